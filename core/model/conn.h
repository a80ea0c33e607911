/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONN_H
#define TCPSTATE_CORE_CONN_H

/*
 * This module describes one TCP socket as plain data, in the units of TCPSTATE-MIB, whichever
 * source it came from. A kept row is this struct: 96 bytes at most (tested).
 */

#include <stdint.h>

#include "core/model/inet.h"

enum conn_flag {
	CONN_DUAL_STACK = 1 << 0,  /* an IPv6 socket that takes IPv4 as well (not IPV6_V6ONLY) */
	CONN_HAS_INFO = 1 << 1,    /* age_s, idle_s and rtt_us are known */
	CONN_TW_SOCKET = 1 << 2,   /* kept as a time-wait socket: counted in sockstat's "tw" */
	CONN_UNANSWERED = 1 << 3,  /* half-open, and the SYN-ACK has been sent again */
	CONN_UNACKED = 1 << 4,     /* a segment waits for its ACK: the retransmission timer runs */
	CONN_PROBING = 1 << 5,     /* the window is shut, the zero-window probe timer runs */
	CONN_TRANSPARENT = 1 << 6, /* IP_TRANSPARENT: its address need not be this host's */
	CONN_REUSABLE = 1 << 7,    /* TIME_WAIT for a second: tcp_tw_reuse may give its port back */
	/* CLOSE_WAIT: no data had moved for CONN_REST_S when the last segment came. Its own bit: no
	 * socket is in both states. */
	CONN_RESTED = CONN_REUSABLE,
	/* SYN_RECV: a whole socket, in the accept queue or accepted (TCP Fast Open). */
	CONN_FAST_OPEN = CONN_REUSABLE,
};

/* idle_s of a socket that has been idle for so long or longer. */
enum { CONN_IDLE_MAX = UINT16_MAX };

enum { CONN_REST_S = 60 };

struct conn {
	struct inet_addr local;
	struct inet_addr remote;
	uint16_t local_port;  /* host order */
	uint16_t remote_port; /* host order; 0 for LISTEN */
	uint16_t idle_s;      /* seconds without traffic of the application's; see diag_parse() */
	uint8_t state;        /* enum tcp_state */
	uint8_t ip_version;   /* enum ip_version: IP_V4 or IP_V6 */
	uint8_t flags;        /* bits of enum conn_flag */
	uint8_t retransmits;  /* of the segment that is waiting; SYN-ACKs for SYN_RECV; probes */
	uint32_t recv_queue;  /* bytes unread; LISTEN: connections in the accept queue */
	uint32_t send_queue;  /* bytes unacknowledged; LISTEN: the accept queue's limit */
	uint32_t age_s;       /* seconds since the last segment (ACK or data) arrived */
	union {
		uint32_t rtt_us; /* smoothed round trip time, microseconds */
		uint32_t drops;  /* LISTEN with SKMEMINFO: sk_drops */
	};
	uint32_t uid;       /* owner's user id; 0 for SYN_RECV and TIME_WAIT */
	uint32_t inode;     /* of the socket; 0: no process owns it */
	uint32_t owner;     /* index into the snapshot's owners, 0: nobody known */
	uint64_t cgroup_id; /* inode number of the cgroup2 directory; 0: unknown */
	uint64_t id;        /* the socket's for life: its cookie, else its inode; 0: it has none */
};

_Static_assert(sizeof(struct conn) <= 96, "a kept row is at most 96 bytes");

#endif
