/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_EVENTKEEP_H
#define TCPSTATE_SUBAGENT_EVENTKEEP_H

/*
 * This module keeps the daemon's last changes of the conditions, in memory and in the file of
 * eventfile.h, and tells the log what hinders the latter.
 */

#include "subagent/eventfile.h"

/* The conditions of another namespace than the host's own, as they were seen last. */
struct eventkeep_place {
	char netns[NETNS_NAME_MAX];
	struct event_marks marks;
};

struct eventkeep {
	struct events *events;
	struct eventkeep_place *places;
	size_t n_places, places_capacity;
	struct eventfile_lock lock;
	char path[128];  /* "": no file */
	bool unwritable; /* told */
};

/* Takes over what the file says; without one that can be read it begins anew. 0 or -ENOMEM. */
int eventkeep_open(struct eventkeep *keep, const char *path);
void eventkeep_close(struct eventkeep *keep);

/* Another file from now on. */
void eventkeep_to(struct eventkeep *keep, const char *path);

/* Notes what has changed, in whichever namespace the snapshot is of. Returns true if something has.
 */
bool eventkeep_note(struct eventkeep *keep, const struct snapshot *s);

/* What was raised in a namespace that is none of these is over. s: the host's snapshot, for the
 * time. Returns true if something was. */
bool eventkeep_keep(struct eventkeep *keep, const struct netns *rows, size_t n,
		    const struct snapshot *s);

/* Has this copy of a snapshot show the events, which remain ours. */
void eventkeep_show(const struct eventkeep *keep, struct snapshot *s);

#endif
