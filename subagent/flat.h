/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_FLAT_H
#define TCPSTATE_SUBAGENT_FLAT_H

/*
 * This module makes one block of bytes of a snapshot, and a snapshot of such a block: a header, the
 * snapshot, its arrays one after the other, and a pool of texts. Nothing in the block points to
 * anything; where an array begins follows from the counts, a text is told by its offset.
 *
 * The block is for programs of the same version on the same host: the rows are as they lie in
 * memory. Whoever wrote it, flat_unpack() refuses what a reader could be misled by.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"

/* The most bytes of a block that a reader takes: a million rows of connections, and as much again
 * for all else. */
enum { FLAT_BYTES_MAX = 256 * 1024 * 1024 };

/* Where a snapshot comes from. */
struct flat_origin {
	uint64_t netns;  /* inode of the network namespace */
	uint64_t config; /* which configuration file: a hash of its path */
};

/* Its events go with it; what it says of the hand-over does not. The caller frees the block. 0 or
 * -ENOMEM. */
int flat_pack(const struct snapshot *s, const struct flat_origin *origin, void **ret_block,
	      size_t *ret_size);

/*
 * Checks a block and makes a snapshot of it in place, which lives as long as the block. block: as
 * malloc() aligns it, and the caller's own, so that nobody changes it after the checks. 0; -ESTALE:
 * of another version; -EINVAL: no snapshot, or a damaged one; the block cannot be used again then.
 */
int flat_unpack(void *block, size_t size, const struct snapshot **ret_snapshot,
		struct flat_origin *ret_origin);

#endif
