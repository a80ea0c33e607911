/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SNAPSHOTFILE_H
#define TCPSTATE_SUBAGENT_SNAPSHOTFILE_H

/*
 * This module keeps the running daemon's newest snapshot in a file, for the command line to show:
 * it knows peaks, holds and changes that a single look cannot.
 */

#include "core/model/snapshot.h"

/* What a reader and the daemon must have in common. config_path: of the configuration file, which
 * need not be there. */
struct snapshotfile {
	const char *path;
	const char *config_path;
};

/* Replaces the file, which the daemon's user and group may read. 0 or -errno; -ENOENT: its
 * directory is not there. */
int snapshotfile_write(const struct snapshotfile *file, const struct snapshot *s);

/*
 * Reads the file if it is of this version, of this network namespace and of a daemon with the same
 * configuration file, and not older than three of the daemon's intervals. *ret_block, which the
 * caller frees, is what the snapshot lies in. 0; -ENOENT: there is none; -ESTALE: one that is not
 * to be shown; -EINVAL: a damaged one; or what open() and read() gave.
 */
int snapshotfile_read(const struct snapshotfile *file, const struct snapshot **ret_snapshot,
		      void **ret_block);

#endif
