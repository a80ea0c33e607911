/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_DIAG_H
#define TCPSTATE_CORE_DIAG_H

/*
 * This module reads the kernel's TCP sockets through sock_diag (netlink(7), linux/inet_diag.h),
 * both address families in one pass.
 */

#include <stdbool.h>
#include <stdint.h>
#include <linux/netlink.h>

#include "core/model/conn.h"

struct diag;

/* What to ask for besides the socket itself. */
enum diag_want {
	DIAG_WANT_INFO = 1 << 0,   /* tcp_info: ages, rtt_us; a third more time a socket */
	DIAG_WANT_MEMINFO = 1 << 1 /* SK_MEMINFO: drops */
};

/* Called for each socket. A result below 0 ends the dump with that error. */
typedef int (*diag_cb)(const struct conn *conn, void *arg);

struct diag_stats {
	uint32_t sockets;        /* given to the callback */
	uint32_t unknown_states; /* skipped: a state this program does not know */
	uint32_t malformed;      /* skipped: message too short or with a foreign family */
};

/*
 * Opens the netlink socket in the calling thread's network namespace. -EPERM, -EACCES,
 * -EPROTONOSUPPORT, ...: sock_diag is refused here.
 */
int diag_open(struct diag **ret_diag);
void diag_close(struct diag *diag);

/*
 * Dumps the sockets whose state is in state_bits (STATE_BIT()s) and gives each to cb. want: enum
 * diag_want. The counts of *ret_stats are those of this dump.
 *
 * -EINTR: the kernel said that the dump is inconsistent (NLM_F_DUMP_INTR); the caller forgets what
 * cb was given and repeats. -ENOENT, -EOPNOTSUPP: no tcp_diag in this kernel. -EPROTO: the
 * kernel's answer was not one to this request. -ETIMEDOUT: none came within seconds. Else what the
 * system calls or cb returned.
 *
 * An error of cb lets the rest of the dump pass unseen. After an error of the socket it is opened
 * again by the next dump, in the namespace of the thread that calls then.
 */
int diag_dump(struct diag *diag, uint32_t state_bits, unsigned want, diag_cb cb, void *arg,
	      struct diag_stats *ret_stats);

/*
 * Translates one message of a dump. Pure. -EBADMSG: too short or a family that is neither AF_INET
 * nor AF_INET6; -ENOTSUP: a state this program does not know.
 *
 * idle_s, with tcp_info: for how long the application has moved nothing that it still could.
 * CLOSE_WAIT: since it sent data; FIN_WAIT_2: since data came; without keepalive no longer than
 * since the last segment. FIN_WAIT_1, LAST_ACK, CLOSING, ESTABLISHED: since data was sent. Other
 * states: 0.
 */
int diag_parse(const struct nlmsghdr *nlh, struct conn *ret_conn);

#endif
