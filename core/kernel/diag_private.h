/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_DIAG_PRIVATE_H
#define TCPSTATE_CORE_DIAG_PRIVATE_H

/*
 * This module is the part of diag that reads the kernel's answer from memory. Only diag.c and its
 * test include it.
 */

#include <stddef.h>

#include "core/kernel/diag.h"

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
