/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_EVENTFILE_H
#define TCPSTATE_SUBAGENT_EVENTFILE_H

/*
 * This module keeps the last changes of the conditions in a file, over restarts of the daemon and
 * for the command line to show.
 */

#include "core/diagnosis/events.h"

/* The right to replace a file: of several daemons one has it, as long as it runs. */
struct eventfile_lock {
	int fd; /* -1: none */
	char path[256];
};

/* Takes the right to replace the file at path, if it is not held already, and gives up that for
 * another path. 0; -EBUSY: another process has it; -ENOENT: the directory is not there; or what
 * open() gave. It ends with the process. */
int eventfile_lock(struct eventfile_lock *lock, const char *path);

/* Reads the file into events, which must be zeroed. 0; -ENOENT: there is none; -EINVAL: it is
 * something else, or damaged; or what open() and read() gave. events is untouched on failure. */
int eventfile_read(const char *path, struct events *events);

/* Replaces the file. 0 or -errno: the old one is as it was. -ENOENT: its directory is not there. */
int eventfile_write(const char *path, const struct events *events);

#endif
