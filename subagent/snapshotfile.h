/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SNAPSHOTFILE_H
#define TCPSTATE_SUBAGENT_SNAPSHOTFILE_H

/*
 * This module keeps the running daemon's newest snapshot in a file, for the command line to show:
 * it knows peaks, holds and changes that a single look cannot.
 */

#include <sys/types.h>
#include <time.h>

#include "core/model/snapshot.h"

/* Where it is, if the configuration does not say otherwise. */
#define SNAPSHOTFILE_DEFAULT "/run/tcpstate/snapshot"

/* What a reader and the daemon must have in common. config_path: of the configuration file, which
 * need not be there. */
struct snapshotfile {
	const char *path;
	const char *config_path;
	uint64_t netns; /* inode of another namespace than the caller's own; 0: that one */
};

enum { SNAPSHOTFILE_PATH_MAX = 160 };

/* Where the snapshot of another namespace is, beside the host's. */
void snapshotfile_path_in(const char *path, uint64_t netns, char ret_path[SNAPSHOTFILE_PATH_MAX]);

/* Removes all of these, whole or half written: a daemon that was killed has left them. path: of the
 * host's, which stays. */
void snapshotfile_clear(const char *path);

/* Makes the block that is written: flat.h. The caller frees it. 0 or -ENOMEM. */
int snapshotfile_pack(const struct snapshotfile *file, const struct snapshot *s, void **ret_block,
		      size_t *ret_size);

/* Replaces the file, which the daemon's user and group may read. 0 or -errno; -ENOENT: its
 * directory is not there. */
int snapshotfile_write(const struct snapshotfile *file, const void *block, size_t size);

/*
 * Reads the file if it is of this version, of this network namespace and of a daemon with the same
 * configuration file, and not older than three of the daemon's intervals; one of another namespace,
 * which is renewed when there is something new, than ten minutes. *ret_block, which the
 * caller frees, is what the snapshot lies in. 0; -ENOENT: there is none; -ESTALE: one that is not
 * to be shown; -EINVAL: a damaged one; or what open() and read() gave.
 */
int snapshotfile_read(const struct snapshotfile *file, const struct snapshot **ret_snapshot,
		      void **ret_block);

/* What a reader that stays has of a file, whichever daemon writes it; zeroed at first. */
struct snapshotfile_copy {
	const struct snapshot *snapshot; /* of the newest file; NULL: none that can be shown */
	void *block;                     /* what it lies in */
	int error;                       /* why it is NULL: -errno */
	/* Which file it is. */
	dev_t device;
	ino_t inode;
	struct timespec changed_at;
};

/*
 * Reads the file if it is another one than the last time; one that has not changed costs a stat().
 * 0: copy->snapshot is to be shown, and good until the next call; -ETIME: it is older than three of
 * the daemon's intervals; -ESTALE: of another version; or as snapshotfile_read().
 */
int snapshotfile_follow(struct snapshotfile_copy *copy, const char *path);
void snapshotfile_drop(struct snapshotfile_copy *copy);

#endif
