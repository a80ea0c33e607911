/* SPDX-License-Identifier: MIT */
#include "subagent/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "subagent/log.h"
#include "subagent/prometheus.h"

/* Each reason once, in a row; nothing of it is an error: the command line then samples itself. */
static void tell(struct publish *p, int error)
{
	if (error < 0 && error != p->error)
		log_line(LOG_NOTICE, "%s: %s: --once and --check do not see this daemon", p->path,
			 strerror(-error));
	else if (error == 0 && p->error < 0)
		log_line(LOG_NOTICE, "%s can be written again", p->path);
	p->error = error;
}

void publish_to(struct publish *p, const char *path)
{
	if (strcmp(p->path, path) == 0)
		return;
	publish_keep(p, NULL, 0);
	free(p->netns);
	p->netns = NULL;
	p->n_netns = p->netns_capacity = 0;
	/* What it shows is not running any more. */
	if (timing_us(&p->counted_at) != 0 && p->error == 0)
		unlink(p->path);
	p->counted_at = (struct timespec){0};
	p->error = 0;
	snprintf(p->path, sizeof(p->path), "%s", path);
	snapshotfile_clear(p->path);
}

static bool is_due(const struct publish *p, const struct snapshot *s, bool changed)
{
	return p->path[0] &&
	       (changed || timing_us(&s->info.counted_at) != timing_us(&p->counted_at));
}

int publish_snapshot(struct publish *p, const struct snapshot *s,
		     const struct handover_settings *settings, bool changed)
{
	struct snapshotfile file = {.path = p->path, .config_path = p->config_path};
	void *block;
	size_t size;
	int ret = snapshotfile_pack(&file, s, &block, &size);

	if (ret < 0)
		return ret;
	/* One that is behind gets a later one. */
	(void)handover_send(p->agent_fd, settings, block, size);
	if (is_due(p, s, changed)) {
		p->counted_at = s->info.counted_at;
		tell(p, snapshotfile_write(&file, block, size));
	}
	free(block);
	return 0;
}

static bool note_file(struct publish *p, uint64_t inode)
{
	for (size_t i = 0; i < p->n_netns; i++)
		if (p->netns[i] == inode)
			return true;
	if (ARRAY_RESERVE(p->netns, &p->netns_capacity, p->n_netns + 1) < 0)
		return false;
	p->netns[p->n_netns++] = inode;
	return true;
}

/* What hinders it is told of the host's own file. */
static void write_netns(struct publish *p, const struct snapshotfile *file, const void *block,
			size_t size)
{
	if (p->path[0] && p->error == 0 && note_file(p, file->netns))
		(void)snapshotfile_write(file, block, size);
}

int publish_netns(struct publish *p, const struct snapshot *s, uint64_t inode,
		  const struct handover_settings *settings)
{
	char path[SNAPSHOTFILE_PATH_MAX];
	struct snapshotfile file = {path, p->config_path, inode};
	void *block;
	size_t size;
	int ret;

	snapshotfile_path_in(p->path, inode, path);
	ret = snapshotfile_pack(&file, s, &block, &size);
	if (ret < 0)
		return ret;
	ret = handover_send(p->agent_fd, settings, block, size);
	if (ret == 0)
		write_netns(p, &file, block, size);
	free(block);
	return ret;
}

static bool has_inode(const struct netns *rows, size_t n, uint64_t inode)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].inode == inode)
			return true;
	return false;
}

void publish_keep(struct publish *p, const struct netns *rows, size_t n)
{
	char path[SNAPSHOTFILE_PATH_MAX];

	for (size_t i = p->n_netns; i-- > 0;) {
		if (has_inode(rows, n, p->netns[i]))
			continue;
		snapshotfile_path_in(p->path, p->netns[i], path);
		unlink(path);
		p->netns[i] = p->netns[--p->n_netns];
	}
}

void publish_prometheus_to(struct publish *p, const char *path)
{
	if (strcmp(p->prometheus, path) == 0)
		return;
	/* The node exporter would show it for ever. */
	if (p->prometheus[0])
		unlink(p->prometheus);
	p->prometheus_error = 0;
	snprintf(p->prometheus, sizeof(p->prometheus), "%s", path);
}

void publish_prometheus(struct publish *p, const struct snapshot *s)
{
	int error = p->prometheus[0] ? prometheus_write(p->prometheus, s) : 0;

	if (error < 0 && error != p->prometheus_error)
		log_line(LOG_WARNING, "%s: %s: Prometheus sees nothing new", p->prometheus,
			 strerror(-error));
	else if (error == 0 && p->prometheus_error < 0)
		log_line(LOG_NOTICE, "%s can be written again", p->prometheus);
	p->prometheus_error = error;
}
