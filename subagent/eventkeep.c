/* SPDX-License-Identifier: MIT */
#include "subagent/eventkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subagent/log.h"

static const char *trouble(int error)
{
	return error == -EBUSY    ? "another tcpstated keeps it"
	       : error == -EINVAL ? "not a file of events"
				  : strerror(-error);
}

/* Its end is told as well; a directory that is not there is no trouble, the events are then kept in
 * memory only. */
static void tell(struct eventkeep *keep, int error)
{
	bool failing = error != 0 && error != -ENOENT;

	if (failing && !keep->unwritable)
		log_line(LOG_WARNING, "%s: %s: what changes is not kept over a restart", keep->path,
			 trouble(error));
	else if (!failing && keep->unwritable)
		log_line(LOG_NOTICE, "%s can be written again", keep->path);
	keep->unwritable = failing;
}

void eventkeep_to(struct eventkeep *keep, const char *path)
{
	snprintf(keep->path, sizeof(keep->path), "%s", path);
}

int eventkeep_open(struct eventkeep *keep, const char *path)
{
	int ret = 0;

	eventkeep_to(keep, path);
	keep->lock.fd = -1;
	keep->events = calloc(1, sizeof(*keep->events));
	if (!keep->events)
		return -ENOMEM;
	if (path[0])
		ret = eventfile_lock(&keep->lock, path);
	/* Where the directory cannot be written, what is in it can still be read. */
	if (path[0] && ret != -EBUSY)
		ret = eventfile_read(path, keep->events);
	if (ret < 0 && ret != -ENOENT)
		log_line(LOG_WARNING, "%s: %s: beginning without earlier changes", path,
			 trouble(ret));
	return 0;
}

void eventkeep_close(struct eventkeep *keep)
{
	free(keep->events);
	if (keep->events && keep->lock.fd >= 0)
		close(keep->lock.fd);
}

bool eventkeep_note(struct eventkeep *keep, const struct snapshot *s)
{
	bool changed = events_note(keep->events, s) > 0;
	int ret;

	if (!changed || !keep->path[0])
		return changed;
	ret = eventfile_lock(&keep->lock, keep->path);
	if (ret == 0)
		ret = eventfile_write(keep->path, keep->events);
	tell(keep, ret);
	return changed;
}

void eventkeep_show(const struct eventkeep *keep, struct snapshot *s)
{
	s->events = keep->events->rows;
	s->n_events = keep->events->count;
}
