/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_BUILDER_H
#define TCPSTATE_CORE_BUILDER_H

/*
 * This module turns the sockets of one sample into the rows of a snapshot: counts, and sorted
 * rows of bounded number. It keeps its working memory from sample to sample. Of single sockets it
 * keeps the rows that are listed, the suspicious ones, and those whose owner has still to be found.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/base/portset.h"
#include "core/diagnosis/ignore.h"
#include "core/model/conn.h"
#include "core/kernel/bounds.h"
#include "core/kernel/owner.h"
#include "core/model/snapshot.h"

struct builder;

/* What a sample is built with. */
struct builder_options {
	uint32_t states;      /* STATE_BIT()s of the states that are read now */
	uint32_t conn_states; /* STATE_BIT()s whose connections are listed */
	uint32_t conn_rows;   /* at the most */
	uint32_t remotes;     /* remote addresses a state */
	uint32_t now_s;       /* CLOCK_MONOTONIC */
	uint32_t fin_wait_stale_s;
	bool limits_known;            /* the source tells the accept queues' limits, and tcp_info */
	uint32_t syn_max;             /* half-open connections of a socket, whatever its backlog */
	uint16_t port_low, port_high; /* ip_local_port_range */
	const struct portset *ports_reserved; /* ip_local_reserved_ports; or NULL */
	uint32_t ports_usable;                /* of the range, less the reserved ones */
	uint32_t ports_even;                  /* of these, at an even distance from port_low */
	enum time_wait_reuse reuse;           /* of ports by connect() */
	struct owners *owners;                /* NULL: do not attribute */
	const struct ignores *ignores;        /* suspects to leave out; NULL: none */
	const struct counted_ports *ports;    /* to count connections by; NULL: none */
	bool scan;                            /* owners that are not known yet are looked for */
};

/* The fullest use of local ports: what the limit ephemeralPorts is made of. */
struct builder_ports {
	uint32_t used; /* local ports in use from `local` towards `remote` */
	bool bound;    /* bound before connect(), which takes them for all remote addresses */
	struct inet_addr local;
	struct inet_addr remote; /* unless bound */
	uint16_t remote_port;
	uint32_t owner; /* with the most of these connections; 0: not known for sure */
};

struct builder_result {
	uint32_t time_wait_sockets_fin2; /* FIN_WAIT_2 kept as time-wait sockets */
	struct builder_ports ports;
};

int builder_new(struct builder **ret_build);
void builder_free(struct builder *b);

/* Starts a sample. options is copied; what it points to must live until builder_finish().
 * -ENOMEM. */
int builder_begin(struct builder *b, const struct builder_options *options);

/* Adds a socket; the listeners must come first. arg is the struct builder: a diag_cb. */
int builder_socket(const struct conn *conn, void *arg);

/* All sockets have been added: from now on owners_scan() knows what to look for. 0 or -ENOMEM. */
int builder_end(struct builder *b);

/* How many sockets of a state there were; after builder_end(). */
uint32_t builder_count(const struct builder *b, enum tcp_state state);

/* Whether the next sample that reads ESTABLISHED sockets needs their tcp_info for its suspects. */
bool builder_wants_info(const struct builder *b);

/* True if there were more sockets without a known owner than are kept: after the scan they have to
 * be read once more. */
bool builder_overflowed(const struct builder *b);

/*
 * Finds the missing owners and fills the rows of now: states (counts only), spreads, tops,
 * suspects, listeners (without peaks; drops are this moment's sum), listener_states, ports, conns,
 * remotes, processes, owners; and info.suspects_omitted. Nothing is known of the states that are
 * not in options.states: see carry_over(). 0 or -ENOMEM; then now holds what snapshot_free() frees.
 */
int builder_finish(struct builder *b, struct snapshot *now, struct builder_result *ret_result);

/* A listener's address and port. Hashed whole: its padding is zeroed. */
struct listener_key {
	struct inet_addr addr;
	uint8_t unused;
	uint16_t port;
};

/* The listening sockets of this sample one by one. Valid after builder_finish() until the next
 * builder_begin(). */
struct builder_listener_socket {
	uint32_t inode;
	uint32_t drops;    /* sk_drops */
	uint32_t listener; /* index of their row */
	uint32_t queue;    /* the accept queue and its limit */
	uint32_t limit;
	uint32_t owner;
};
const struct builder_listener_socket *builder_listener_sockets(const struct builder *b,
							       size_t *ret_count);

#endif
