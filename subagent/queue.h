/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_QUEUE_H
#define TCPSTATE_SUBAGENT_QUEUE_H

/*
 * This module keeps the notifications that the master has not confirmed yet, in the order in which
 * they came up. A transition leaves it when it is confirmed, when there is no room for a newer one,
 * or when its condition has changed again before it was sent: only the newest of each is told after
 * an outage.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/diagnosis/notify.h"
#include "subagent/told.h"

enum { QUEUE_MAX = 256 };

struct queued {
	struct transition transition;
	int request; /* that carries it in this session; 0: not sent */
};

struct queue {
	struct queued rows[QUEUE_MAX]; /* oldest first */
	size_t count;
	uint32_t lost;     /* given up: no room, or refused by the master */
	struct told *told; /* where what the master has answered is noted; NULL: nowhere */
};

/* Appends a copy; an unsent one of the same condition goes, and what it was before that is what the
 * copy was before. Without room the oldest one that is not sent is lost, or else this one: what is
 * sent may arrive. */
void queue_add(struct queue *queue, const struct transition *transition);

/* The oldest one that is not sent, for the caller to send and to note the request; NULL: there is
 * none. */
struct queued *queue_unsent(struct queue *queue);

/* The master has answered the request. refused: it will never take it. An unknown request is one
 * that was lost meanwhile. */
void queue_answered(struct queue *queue, int request, bool refused);

/* The session is over: whatever was not answered has to be sent again. */
void queue_again(struct queue *queue);

#endif
