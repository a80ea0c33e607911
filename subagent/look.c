/* SPDX-License-Identifier: MIT */
#include "subagent/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timing.h"
#include "subagent/eventfile.h"
#include "subagent/snapshotfile.h"

/* Parts per ten thousand. */
enum { WHOLE_CORE = 10000 };

static void forget_holds(struct config *config)
{
	for (int i = 1; i <= CONDITION_COUNT; i++)
		config->rules.of[i].hold_s = 0;
	for (int i = 0; i < STATE_COUNT; i++)
		config->rules.of_state[i].hold_s = 0;
}

void look_begin(struct look *l, const struct daemon_config *config, const char *config_path)
{
	memset(l, 0, sizeof(*l));
	l->config = config;
	l->config_path = config_path;
	l->own = config->common;
	forget_holds(&l->own);
}

void look_end(struct look *l)
{
	sampler_free(l->sampler);
	l->sampler = NULL;
	onenetns_close(&l->netns);
	namespaces_free(l->others);
	l->others = NULL;
}

/* Has *seen be that of the namespace instead of the host's, which lists it. On failure it is
 * dropped. */
static int enter(struct look *l, struct seen *seen)
{
	const struct snapshot *host = seen->snapshot;
	const struct netns *row = netns_find(host->namespaces, host->n_namespaces, l->netns.name);
	char path[SNAPSHOTFILE_PATH_MAX];
	struct snapshotfile file = {.path = path, .config_path = l->config_path};
	struct seen inside = {.snapshot = NULL};
	int ret = host->info.others ? -ENXIO : -ENOENT;

	if (row) {
		file.netns = row->inode;
		snapshotfile_path_in(l->config->snapshot, row->inode, path);
		ret = snapshotfile_read(&file, &inside.snapshot, &inside.block);
	} else if (ret == -ENXIO) {
		onenetns_miss(&l->netns, host->namespaces, host->n_namespaces, true);
	}
	/* An inode is used again. */
	if (ret == 0 && strcmp(inside.snapshot->info.netns, l->netns.name) != 0)
		ret = -ESTALE;
	look_drop(seen);
	if (ret == 0)
		*seen = inside;
	else
		look_drop(&inside);
	return ret;
}

int look_running(struct look *l, struct seen *ret_seen)
{
	const struct snapshotfile file = {.path = l->config->snapshot,
					  .config_path = l->config_path};
	struct seen seen = {.snapshot = NULL};
	int ret;

	if (!l->config->snapshot[0])
		return -ENOENT;
	ret = snapshotfile_read(&file, &seen.snapshot, &seen.block);
	if (ret == 0 && l->netns.name)
		ret = enter(l, &seen);
	if (ret == 0)
		*ret_seen = seen;
	return ret;
}

static int take(struct look *l, const struct pace *pace, const struct snapshot *last,
		struct snapshot **ret_snapshot)
{
	int ret;

	l->netns.error[0] = '\0';
	if (l->netns.name)
		return onenetns_take(&l->netns, &l->own, &l->sampler, pace, last, ret_snapshot);
	ret = l->sampler ? 0 : sampler_new(&l->own, &l->sampler);
	return ret < 0 ? ret : sampler_take(l->sampler, SAMPLE_FULL, pace, last, ret_snapshot);
}

int look_own(struct look *l, const struct snapshot *last, struct seen *ret_seen)
{
	const struct pace pace = {.scan_us = UINT32_MAX};
	struct snapshot *s = NULL;

	l->error = take(l, &pace, last, &s);
	if (l->error < 0) {
		/* A copy of the last one is nothing new to show. */
		sampler_release(s);
		return l->error;
	}
	memset(&l->events, 0, sizeof(l->events));
	/* Without them the page has no such part. */
	if (!l->netns.name && eventfile_read(l->config->events, &l->events) == 0) {
		s->events = l->events.rows;
		s->n_events = l->events.count;
	}
	*ret_seen = (struct seen){.snapshot = s, .own = s};
	return 0;
}

/* The rows are the module's own until its next step. */
static struct snapshot *copy_with(const struct snapshot *s, const struct namespaces *others)
{
	struct snapshot view = *s, *copy;

	namespaces_show(others, &view);
	copy = malloc(sizeof(*copy) + view.n_namespaces * sizeof(*view.namespaces));
	if (!copy)
		return NULL;
	*copy = view;
	if (view.n_namespaces > 0)
		memcpy(copy + 1, view.namespaces, view.n_namespaces * sizeof(*view.namespaces));
	copy->namespaces = (const struct netns *)(copy + 1);
	return copy;
}

int look_others(struct look *l, struct seen *seen)
{
	int ret;

	if (!l->own.namespaces || l->netns.name)
		return 0;
	ret = l->others ? 0 : namespaces_new(&l->own, &l->others);
	if (ret == 0)
		ret = namespaces_step(l->others, timing_now_ms(), WHOLE_CORE);
	if (ret == 0) {
		seen->shown = copy_with(seen->own, l->others);
		ret = seen->shown ? 0 : -ENOMEM;
	}
	if (ret == 0)
		seen->snapshot = seen->shown;
	else
		snprintf(l->netns.error, sizeof(l->netns.error), "other namespaces: %s",
			 strerror(-ret));
	return ret;
}

const char *look_error(const struct look *l)
{
	if (l->netns.error[0])
		return l->netns.error;
	return l->sampler ? sampler_error(l->sampler) : strerror(-l->error);
}

void look_drop(struct seen *seen)
{
	free(seen->block);
	free(seen->shown);
	sampler_release(seen->own);
	*seen = (struct seen){.snapshot = NULL};
}

int64_t look_age_ms(const struct snapshot *s)
{
	return (int64_t)timing_now_ms() - timing_ms(&s->info.monotonic);
}

void look_origin(const struct snapshot *s, char buf[LOOK_ORIGIN_MAX])
{
	snprintf(buf, LOOK_ORIGIN_MAX, "From the running tcpstated, %.1f s ago",
		 (double)look_age_ms(s) / 1000);
}
