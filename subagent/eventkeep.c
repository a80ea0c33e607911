/* SPDX-License-Identifier: MIT */
#include "subagent/eventkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
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
	/* One that was never opened has no descriptor either. */
	if (keep->events && keep->lock.fd >= 0)
		close(keep->lock.fd);
	free(keep->events);
	free(keep->places);
}

/* NULL: out of memory. */
static struct event_marks *marks_of(struct eventkeep *keep, const char *netns)
{
	struct eventkeep_place *place;

	if (!netns[0])
		return &keep->events->marks;
	for (size_t i = 0; i < keep->n_places; i++)
		if (strcmp(keep->places[i].netns, netns) == 0)
			return &keep->places[i].marks;
	if (ARRAY_RESERVE(keep->places, &keep->places_capacity, keep->n_places + 1) < 0)
		return NULL;
	place = &keep->places[keep->n_places++];
	*place = (struct eventkeep_place){.netns = ""};
	snprintf(place->netns, sizeof(place->netns), "%s", netns);
	return &place->marks;
}

static void save(struct eventkeep *keep)
{
	int ret;

	if (!keep->path[0])
		return;
	ret = eventfile_lock(&keep->lock, keep->path);
	if (ret == 0)
		ret = eventfile_write(keep->path, keep->events);
	tell(keep, ret);
}

bool eventkeep_note(struct eventkeep *keep, const struct snapshot *s)
{
	struct event_marks *marks = marks_of(keep, s->info.netns);
	bool changed = marks && events_note_in(keep->events, marks, s) > 0;

	if (changed)
		save(keep);
	return changed;
}

bool eventkeep_keep(struct eventkeep *keep, const struct netns *rows, size_t n,
		    const struct snapshot *s)
{
	struct snapshot gone = {.info.time = s->info.time};
	size_t over = 0;

	for (size_t i = keep->n_places; i-- > 0;) {
		struct eventkeep_place *place = &keep->places[i];

		if (netns_find(rows, n, place->netns))
			continue;
		memcpy(gone.info.netns, place->netns, sizeof(gone.info.netns));
		over += events_note_in(keep->events, &place->marks, &gone);
		*place = keep->places[--keep->n_places];
	}
	if (over > 0)
		save(keep);
	return over > 0;
}

void eventkeep_show(const struct eventkeep *keep, struct snapshot *s)
{
	s->events = keep->events->rows;
	s->n_events = keep->events->count;
}
