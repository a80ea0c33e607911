/* SPDX-License-Identifier: MIT */
#include "core/count/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/model/state.h"
#include "core/count/builder_private.h"

int builder_new(struct builder **ret_build)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	tally_init(&b->listeners, sizeof(struct listener_key), sizeof(struct listener_entry));
	tally_init(&b->remotes, sizeof(struct remote_key), sizeof(struct remote_entry));
	tally_init(&b->ports, sizeof(struct ports_key), sizeof(struct ports_entry));
	tally_init(&b->blocks, sizeof(struct block_key), sizeof(struct block_entry));
	tally_init(&b->port_owners, sizeof(uint32_t), sizeof(struct port_owner));
	since_init(&b->since);
	*ret_build = b;
	return 0;
}

void builder_free(struct builder *b)
{
	if (!b)
		return;
	tally_done(&b->listeners);
	tally_done(&b->remotes);
	tally_done(&b->ports);
	tally_done(&b->blocks);
	tally_done(&b->port_owners);
	portcount_done(&b->port_counts);
	since_done(&b->since);
	free(b->suspects);
	free(b->by_owner);
	free(b->conns);
	free(b->pending);
	free(b->listener_sockets);
	free(b);
}

int builder_begin(struct builder *b, const struct builder_options *options)
{
	b->options = *options;
	tally_clear(&b->listeners);
	tally_clear(&b->remotes);
	tally_clear(&b->ports);
	tally_clear(&b->blocks);
	tally_clear(&b->port_owners);
	since_begin(&b->since, options->now_s);
	b->since.info_comes = options->limits_known;
	b->n_suspects = 0;
	memset(b->counts, 0, sizeof(b->counts));
	memset(&b->listening, 0, sizeof(b->listening));
	memset(b->rows_of, 0, sizeof(b->rows_of));
	if (b->by_owner)
		memset(b->by_owner, 0, b->n_by_owner * sizeof(*b->by_owner));
	b->n_proxies = 0;
	b->n_conns = 0;
	b->n_pending = 0;
	b->overflowed = false;
	b->n_read = b->n_taken = 0;
	b->n_listener_sockets = 0;
	b->tw_fin2 = 0;
	return portcount_begin(&b->port_counts, options->ports);
}

static struct remote_key remote_key_of(const struct conn *conn)
{
	return (struct remote_key){.state = conn->state, .addr = conn->remote};
}

/*
 * Makes room in a full table for a state that has less than its share: the last row of the state
 * with the most rows gives way, so that a flood of half-open connections does not hide the
 * CLOSE_WAIT ones. Returns the row's index or UINT32_MAX.
 */
static uint32_t evict_row(struct builder *b, uint8_t state)
{
	uint32_t share = b->options.conn_rows / STATE_COUNT;
	unsigned most = 0;

	for (unsigned i = 1; i < STATE_COUNT; i++)
		if (b->rows_of[i] > b->rows_of[most])
			most = i;
	if (b->rows_of[state - 1] >= share || b->rows_of[most] <= share)
		return UINT32_MAX;
	/* A state that was given a row grows to its share only: it does not give way. */
	while (b->evict_from[most] > 0) {
		uint32_t row = --b->evict_from[most];

		if (b->conns[row].state == most + 1) {
			b->rows_of[most]--;
			return row;
		}
	}
	return UINT32_MAX;
}

/* Keeps the row if its state is listed and there is room. */
static int add_row(struct builder *b, const struct conn *conn, struct pending *pending)
{
	uint32_t row;

	if (!(b->options.conn_states & STATE_BIT(conn->state)))
		return 0;
	if (b->n_conns < b->options.conn_rows) {
		if (ARRAY_RESERVE(b->conns, &b->conns_capacity, b->n_conns + 1) < 0)
			return -ENOMEM;
		row = (uint32_t)b->n_conns++;
		b->evict_from[conn->state - 1] = row + 1;
	} else {
		row = evict_row(b, conn->state);
		if (row == UINT32_MAX)
			return 0;
	}
	b->conns[row] = *conn;
	b->rows_of[conn->state - 1]++;
	pending->row = row;
	return 0;
}

/* Counts the remote address, which a bound socket does not have, and the suspect. */
static int add_remote(struct builder *b, const struct lookahead *c,
		      const struct suspicion *suspicion, uint32_t listener, struct pending *pending)
{
	struct remote_key key = remote_key_of(&c->conn);
	struct remote_entry *remote;

	if (c->conn.state == STATE_CLOSED)
		return 0;
	remote = tally_add_hashed(&b->remotes, &key, c->remote_hash);
	if (!remote)
		return -ENOMEM;
	remote->count++;
	if (!suspicion->kinds)
		return 0;
	return builder_suspect(b, suspicion, &c->conn, listener,
			       (uint32_t)(remote - (struct remote_entry *)b->remotes.entries),
			       pending);
}

static int add_connection(struct builder *b, const struct lookahead *c,
			  const struct suspicion *suspicion, struct pending *pending)
{
	struct listener_entry *listener = builder_listener_of(b, &c->conn);
	int ret = 0;

	if (listener) {
		listener->states[c->conn.state - 1]++;
		if (c->conn.state == STATE_SYN_RECV && !(c->conn.flags & CONN_FAST_OPEN)) {
			listener->half_open++;
			listener->unanswered += !!(c->conn.flags & CONN_UNANSWERED);
		}
	} else {
		ret = builder_add_port(b, c, pending);
	}
	if (ret == 0)
		ret = add_remote(b, c, suspicion, builder_listener_index(b, listener), pending);
	return ret < 0 ? ret : add_row(b, &c->conn, pending);
}

static bool reads_all(const struct builder *b)
{
	return b->options.states & STATE_BIT(STATE_ESTABLISHED);
}

/* Counts the socket that has been waiting longest. */
static int take(struct builder *b)
{
	struct lookahead *c = &b->lookahead[b->n_taken++ % LOOKAHEAD];
	struct conn *conn = &c->conn;
	struct pending pending = {
	    .cgroup_id = conn->cgroup_id,
	    .inode = conn->inode,
	    .listener = UINT32_MAX,
	    .ports = UINT32_MAX,
	    .block = UINT32_MAX,
	    .row = UINT32_MAX,
	    .state = conn->state,
	};
	struct suspicion suspicion =
	    suspect_look(&b->since, conn, b->options.fin_wait_stale_s, reads_all(b));
	bool wanted = false;
	int ret;

	ret = portcount_add(&b->port_counts, conn);
	if (ret < 0)
		return ret;
	b->counts[conn->ip_version - 1][conn->state - 1]++;
	if (conn->state == STATE_FIN_WAIT_2 && (conn->flags & CONN_TW_SOCKET))
		b->tw_fin2++;
	if (b->options.owners) {
		conn->owner = owners_find(b->options.owners, conn->inode, conn->cgroup_id);
		if (b->options.scan && conn->state == STATE_LISTEN)
			owners_listening(b->options.owners, conn->inode,
					 conn->recv_queue > conn->send_queue / 4);
		wanted = b->options.scan && owners_wants(b->options.owners, conn->inode) &&
			 builder_may_pend(b);
	}
	if (wanted)
		conn->owner = 0;
	ret = conn->state == STATE_LISTEN ? builder_add_listener(b, conn, &pending)
					  : add_connection(b, c, &suspicion, &pending);
	if (ret < 0)
		return ret;
	if (wanted)
		return builder_pend(b, &pending);
	return conn->owner ? builder_credit(b, conn->owner, conn->state) : 0;
}

/* Lets the processor fetch what take() will touch: at once the slots of the tables, half the way
 * later the entries that they lead to. */
static void announce(struct builder *b, struct lookahead *c)
{
	const struct lookahead *half = &b->lookahead[(b->n_read + LOOKAHEAD / 2) % LOOKAHEAD];
	struct remote_key remote = remote_key_of(&c->conn);
	struct ports_key ports = builder_ports_key(&c->conn);

	c->remote_hash = tally_hash(&b->remotes, &remote);
	tally_prefetch_slot(&b->remotes, c->remote_hash);
	if (builder_is_ephemeral(b, &c->conn)) {
		c->ports_hash = tally_hash(&b->ports, &ports);
		tally_prefetch_slot(&b->ports, c->ports_hash);
	}
	if (b->n_read < LOOKAHEAD / 2)
		return;
	tally_prefetch_entry(&b->remotes, half->remote_hash);
	if (builder_is_ephemeral(b, &half->conn))
		tally_prefetch_entry(&b->ports, half->ports_hash);
}

int builder_socket(const struct conn *conn, void *arg)
{
	struct builder *b = arg;
	struct lookahead *c = &b->lookahead[b->n_read % LOOKAHEAD];
	int ret = b->n_read - b->n_taken == LOOKAHEAD ? take(b) : 0;

	c->conn = *conn;
	announce(b, c);
	b->n_read++;
	return ret;
}

int builder_end(struct builder *b)
{
	int ret = 0;

	while (b->n_taken < b->n_read && ret == 0)
		ret = take(b);
	return ret;
}

uint32_t builder_count(const struct builder *b, enum tcp_state state)
{
	return b->counts[0][state - 1] + b->counts[1][state - 1];
}

bool builder_wants_info(const struct builder *b)
{
	return b->since.ask_info;
}

const struct builder_listener_socket *builder_listener_sockets(const struct builder *b,
							       size_t *ret_count)
{
	*ret_count = b->n_listener_sockets;
	return b->listener_sockets;
}
