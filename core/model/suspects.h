/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SUSPECTS_H
#define TCPSTATE_CORE_SUSPECTS_H

/*
 * This module is the part of a snapshot that tells which sockets the conditions look at, how many
 * of them there are, and who has the most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/model/inet.h"

/*
 * Sockets that a condition counts, found while the sockets are read, because the kept rows are
 * bounded. For each kind: how many, and who has the most of them.
 */
enum suspect {
	SUSPECT_CLOSE_WAIT_STALE,      /* CLOSE_WAIT with an inode, idle for 60 s or more */
	SUSPECT_CLOSE_WAIT_UNACCEPTED, /* CLOSE_WAIT with inode 0: still in an accept queue */
	SUSPECT_FIN_WAIT_2_STALE,      /* FIN_WAIT_2 with an inode, idle > 2 tcp_fin_timeout */
	SUSPECT_CLOSING_STUCK,         /* FIN_WAIT_1, LAST_ACK, CLOSING: no answer, or no room */
	SUSPECT_SYN_SENT,              /* SYN_SENT whose SYN has been sent again */
	SUSPECT_SYN_UNANSWERED,        /* SYN_RECV whose SYN-ACK has been sent again */
	SUSPECT_SYN_RECV,              /* SYN_RECV */
	SUSPECT_UPSTREAM_SILENT,       /* as SUSPECT_SYN_SENT, for another condition */
	/* These three are the newest full sample's. */
	SUSPECT_PEER_SILENT,      /* ESTABLISHED with data that was sent three times again */
	SUSPECT_PEER_NOT_READING, /* ESTABLISHED, CLOSE_WAIT: the peer's window shut for 60 s */
	SUSPECT_NOT_READING,      /* ESTABLISHED with data unread for 60 s */
};

enum { SUSPECT_COUNT = 11, SUSPECT_TOPS = 3 };

/* Who has how many of the suspects. */
struct suspect_top {
	uint32_t index; /* of an owner, or a listener; UINT32_MAX: the listener has gone */
	uint32_t count;
};

struct suspect_remote {
	struct inet_addr addr;
	uint16_t port; /* the endpoint's, else 0 */
	uint32_t count;
};

struct suspects {
	uint32_t count;
	uint32_t ignored; /* left out of all that follows and of count */
	uint32_t fresh;   /* became stale within the last 15 minutes, but those of a pool that were
			     closed at the same time */
	uint32_t pooled;  /* opened from here, and idle long before their peer closed them */
	uint32_t youngest_s; /* for how long the one has been stale that became so last */
	uint32_t addresses;  /* different remote addresses, of all */
	struct suspect_top owners[SUSPECT_TOPS]; /* with the most; count 0: no more of them */
	uint32_t n_owners;                       /* different ones; nobody is none */
	struct suspect_top listeners[SUSPECT_TOPS];
	uint32_t n_listeners;
	/* The one remote address and port with the most, and the process with the most of those;
	 * for SUSPECT_UPSTREAM_SILENT and SUSPECT_PEER_SILENT. */
	struct suspect_remote endpoint;
	struct suspect_top endpoint_owner;
	/*
	 * From here on: of the suspects of owners[0], or of listeners[0] for half-open and
	 * unaccepted ones, if it has at least half of all, else of all.
	 */
	uint32_t within;
	bool outgoing; /* this host opened most of them: the port is the remote one */
	uint16_t port; /* with the most */
	uint32_t port_count;
	struct suspect_remote remotes[SUSPECT_TOPS]; /* addresses with the most */
	uint32_t n_remotes;                          /* different addresses */
	struct inet_addr network;                    /* /24 or /64 with the most, host bytes 0 */
	uint32_t network_count;
	uint32_t network_remotes; /* different addresses counted in that network */
};

#endif
