/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_EVENTKEEP_H
#define TCPSTATE_SUBAGENT_EVENTKEEP_H

/*
 * This module keeps the daemon's last changes of the conditions, in memory and in the file of
 * eventfile.h, and tells the log what hinders the latter.
 */

#include "subagent/eventfile.h"

struct eventkeep {
	struct events *events;
	struct eventfile_lock lock;
	char path[128];  /* "": no file */
	bool unwritable; /* told */
};

/* Takes over what the file says; without one that can be read it begins anew. 0 or -ENOMEM. */
int eventkeep_open(struct eventkeep *keep, const char *path);
void eventkeep_close(struct eventkeep *keep);

/* Another file from now on. */
void eventkeep_to(struct eventkeep *keep, const char *path);

/* Notes what has changed. Returns true if something has. */
bool eventkeep_note(struct eventkeep *keep, const struct snapshot *s);

/* Has this copy of a snapshot show the events, which remain ours. */
void eventkeep_show(const struct eventkeep *keep, struct snapshot *s);

#endif
