/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_DIAG_PRIVATE_H
#define TCPSTATE_CORE_DIAG_PRIVATE_H

/*
 * This module is the inner side of diag and procnet: the kernel's answer as it lies in memory, and
 * what both sources tell in the same numbers.
 */

#include <stddef.h>

#include "core/kernel/diag.h"
#include "core/model/state.h"

/* Which timer of a socket runs: idiag_timer (inet_sk_diag_fill(), inet_twsk_diag_fill()), and the
 * column "tr" of /proc/net/tcp (get_tcp4_sock(), get_timewait4_sock()). */
enum { TIMER_RETRANSMIT = 1, TIMER_KEEPALIVE, TIMER_TIME_WAIT, TIMER_PROBE };

/* The bits of enum conn_flag that follow from the timer. resent: how often a segment was sent
 * again; reusable: a time-wait socket is old enough for tcp_tw_reuse. */
static inline uint8_t diag_timer_flags(enum tcp_state state, unsigned timer, unsigned resent,
				       bool reusable)
{
	uint8_t flags = 0;

	if (timer == TIMER_TIME_WAIT)
		flags |= CONN_TW_SOCKET;
	if (state == STATE_TIME_WAIT && timer == TIMER_TIME_WAIT && reusable)
		flags |= CONN_REUSABLE;
	if (timer == TIMER_PROBE)
		flags |= CONN_PROBING;
	if (state == STATE_SYN_RECV)
		flags |= resent > 0 ? CONN_UNANSWERED : 0;
	else if (timer == TIMER_RETRANSMIT)
		flags |= CONN_UNACKED;
	return flags;
}

/* A dump that is being received. */
struct diag_reply {
	uint32_t seq;        /* of the request */
	uint32_t port_id;    /* of the socket */
	uint32_t state_bits; /* STATE_BIT()s asked for */
	diag_cb cb;
	void *arg;
	bool done;               /* the kernel has ended the dump: nothing more will come */
	int error;               /* the first one, of the kernel or of cb; cb rests from then on */
	struct diag_stats stats; /* so far */
};

/*
 * Takes one datagram. 0: go on until reply->done, then reply->error is the result. -EPROTO: no
 * netlink messages, or not the answer to this request; what else would come on this socket is
 * unknown.
 */
int diag_reply_take(struct diag_reply *reply, const void *datagram, size_t len);

#endif
