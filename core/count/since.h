/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SINCE_H
#define TCPSTATE_CORE_SINCE_H

/*
 * This module remembers since when a suspicious socket has been as it is, from sample to sample.
 * The kernel does not tell when a socket came into its state, and the times that it tells are 32
 * bits of milliseconds: after 49.7 days they begin at 0 again. Only sockets that are asked for take
 * memory, SINCE_MAX of them at the most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/base/tally.h"
#include "core/model/conn.h"

enum { SINCE_MAX = 65536 };

/* What a socket is watched for. All but SINCE_CLOSING are of ESTABLISHED sockets as well. */
enum since_what { SINCE_CLOSING, SINCE_PROBING, SINCE_UNREAD, SINCE_WHAT_COUNT };

struct since {
	struct tally sockets; /* struct since_entry of since.c */
	size_t next;          /* index of the entry after the one last looked up */
	uint32_t now_s;
	uint32_t round;                  /* of this sample, from 1 on */
	uint32_t last[SINCE_WHAT_COUNT]; /* the last round that was ended; 0: none yet */
	uint32_t omitted;                /* looked up in this round and not kept */
	bool info_comes;                 /* the source can tell tcp_info */
	bool info_wanted;                /* in this round, of ESTABLISHED sockets */
	bool ask_info;                   /* it was in the last one that read those */
};

void since_init(struct since *s);
void since_done(struct since *s);

/* Starts a sample, or starts it once more. now_s: CLOCK_MONOTONIC. */
void since_begin(struct since *s, uint32_t now_s);

/*
 * How many seconds the socket has been idle in its state: the shorter of conn->idle_s, which goes
 * on here where the kernel's begins at 0 again, and of the time since it was first seen in that
 * state. A socket that the first sample finds may have been in it for long: for that one, and for
 * one that is not kept, conn->idle_s counts alone. *ret_rested: it had been idle for CONN_REST_S
 * before its peer closed it, and has moved no data since.
 */
uint32_t since_idle(struct since *s, const struct conn *conn, bool *ret_rested);

/*
 * How many seconds these bytes have waited: since the socket was first seen so and without a look
 * at which they had become fewer. 0 before the fifth look, and where the socket is not kept.
 */
uint32_t since_waiting(struct since *s, enum since_what what, const struct conn *conn,
		       uint32_t bytes);

/* Ends a sample. all: it has read the ESTABLISHED ones, too. What was not looked up is forgotten.
 */
void since_end(struct since *s, bool all);

#endif
