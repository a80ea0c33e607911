/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_EVENTFILE_H
#define TCPSTATE_SUBAGENT_EVENTFILE_H

/*
 * This module keeps the last changes of the conditions in a file, over restarts of the daemon and
 * for the command line to show.
 */

#include "core/diagnosis/events.h"

/* Reads the file into events, which must be zeroed. 0; -ENOENT: there is none; -EINVAL: it is
 * something else, or damaged; or what open() and read() gave. events is untouched on failure. */
int eventfile_read(const char *path, struct events *events);

/* Replaces the file. 0 or -errno: the old one is as it was. -ENOENT: its directory is not there. */
int eventfile_write(const char *path, const struct events *events);

#endif
