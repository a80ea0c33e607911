/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_FEED_H
#define TCPSTATE_CORE_FEED_H

/*
 * This module runs a sampler in a thread of its own and hands each snapshot over with one atomic
 * exchange. The reader gives a snapshot back when it has a newer one; the thread frees it. Little
 * else is shared.
 */

#include "core/config/config.h"
#include "core/model/snapshot.h"

struct feed;

/* Starts the thread. All signals are blocked in it. 0 or -errno. */
int feed_start(const struct config *config, struct feed **ret_feed);

/* Stops the thread, frees it and every snapshot still given out. NULL is allowed. 0, or -ETIMEDOUT:
 * the thread hangs, all is as it was, and only the end of the process ends it. */
int feed_stop(struct feed *feed);

/* A file descriptor that becomes readable when a snapshot is ready, or the first one could not be
 * taken. */
int feed_fd(const struct feed *feed);

/* The newest snapshot, NULL if there is none since the last call. Clears feed_fd(). The caller
 * owns it until feed_return(). */
const struct snapshot *feed_take(struct feed *feed);
void feed_return(struct feed *feed, const struct snapshot *snapshot);

/* Why there is still no first snapshot, if feed_fd() told of that; else NULL. The caller frees the
 * text. */
char *feed_trouble(struct feed *feed);

/* CPU time that the reader has spent on a snapshot, microseconds: it comes out of the budget. */
void feed_spent(struct feed *feed, uint64_t us);

/* A new configuration (copied), and the tuning read again. -ENOMEM. */
int feed_configure(struct feed *feed, const struct config *config);

#endif
