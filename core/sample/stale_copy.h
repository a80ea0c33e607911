/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_STALE_COPY_H
#define TCPSTATE_CORE_STALE_COPY_H

/*
 * This module makes the snapshot that stands for a sample that failed: the last one once more, so
 * that later samples can build on it.
 */

#include "core/kernel/owner.h"
#include "core/model/snapshot.h"

/*
 * A copy of last; its tuning is used once more. renumbered: owners_begin() was called since last
 * was taken, and the copy's owners get their new numbers, as *owner does, which is one of those in
 * last; else NULL. Returns NULL if it is out of memory.
 */
struct snapshot *stale_copy_new(const struct snapshot *last, const struct owners *renumbered,
				uint32_t *owner);

#endif
