/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_PUBLISH_H
#define TCPSTATE_SUBAGENT_PUBLISH_H

/*
 * This module keeps the file with the daemon's newest snapshot up to date, and the log told of what
 * hinders it.
 */

#include "subagent/snapshotfile.h"

struct publish {
	char path[128];             /* "": nothing is written */
	const char *config_path;    /* as for struct snapshotfile */
	int error;                  /* of the newest writing; 0 or -errno */
	struct timespec counted_at; /* of the snapshot in the file; 0: none */
};

/* Writes from now on to this file; one at another path is removed. */
void publish_to(struct publish *p, const char *path);

/* Writes the snapshot if its states have been counted anew since the last one, or a condition has
 * changed: not with each look at the listeners, for a large host's rows are a megabyte. */
void publish_snapshot(struct publish *p, const struct snapshot *s, bool changed);

#endif
