/* SPDX-License-Identifier: MIT */
/*
 * Who has the most suspects of each kind: process, port, listener, remote address, remote network.
 * They are counted where their socket is counted anyway, so that ten thousands of them cost little
 * more than others.
 */
#include "core/sample/builder_private.h"

#include <errno.h>
#include <string.h>

#include "core/model/state.h"

/* Where a remote_entry, which is of one state, counts a kind. */
static const uint8_t place_of[SUSPECT_COUNT] = {
    [SUSPECT_CLOSE_WAIT_UNACCEPTED] = 1,
    [SUSPECT_SYN_UNANSWERED] = 1,
};

/* The state whose remote_entry counts a kind; closingStuck has three states. */
static const uint8_t state_of[SUSPECT_COUNT] = {
    [SUSPECT_CLOSE_WAIT_STALE] = STATE_CLOSE_WAIT,
    [SUSPECT_CLOSE_WAIT_UNACCEPTED] = STATE_CLOSE_WAIT,
    [SUSPECT_FIN_WAIT_2_STALE] = STATE_FIN_WAIT_2,
    [SUSPECT_CLOSING_STUCK] = STATE_CLOSING,
    [SUSPECT_SYN_SENT] = STATE_SYN_SENT,
    [SUSPECT_SYN_UNANSWERED] = STATE_SYN_RECV,
    [SUSPECT_SYN_RECV] = STATE_SYN_RECV,
};

struct network_key {
	struct inet_addr addr;
	uint8_t kind;
	uint8_t unused[2];
};

struct network_entry {
	struct network_key key;
	uint32_t count;
	uint32_t remotes; /* different addresses */
};

_Static_assert(sizeof(struct port_key) % 4 == 0, "hashed in words of 4 bytes");
_Static_assert(sizeof(struct network_key) % 4 == 0, "hashed in words of 4 bytes");

static int count_port(struct builder *b, unsigned kind, const struct conn *conn)
{
	struct port_key key = {
	    .port = kind == SUSPECT_SYN_SENT ? conn->remote_port : conn->local_port,
	    .kind = (uint16_t)kind,
	};
	struct port_entry *entry = tally_add(&b->suspect_ports, &key);

	if (!entry)
		return -ENOMEM;
	entry->count++;
	return 0;
}

static int count_remote(struct builder *b, unsigned kind, const struct conn *conn,
			struct remote_entry *entry)
{
	struct remote_key key = {.state = state_of[kind], .addr = conn->remote};

	if (conn->state != key.state)
		entry = tally_add(&b->remotes, &key);
	if (!entry)
		return -ENOMEM;
	entry->suspects[place_of[kind]]++;
	return 0;
}

int builder_suspect(struct builder *b, unsigned kinds, const struct conn *conn,
		    struct listener_entry *listener, struct remote_entry *remote)
{
	int ret = 0;

	for (unsigned kind = 0; kinds >> kind && ret == 0; kind++) {
		if (!(kinds >> kind & 1))
			continue;
		b->suspects[kind]++;
		if (listener)
			listener->suspects[kind]++;
		ret = count_remote(b, kind, conn, remote);
		if (ret == 0)
			ret = count_port(b, kind, conn);
	}
	return ret;
}

static void rank_owners(const struct builder *b, struct suspects *rows)
{
	for (uint32_t owner = 1; owner < b->n_by_owner; owner++) {
		for (int kind = 0; kind < SUSPECT_COUNT; kind++) {
			uint32_t count = b->by_owner[owner].suspects[kind];

			if (count <= rows[kind].owner_count)
				continue;
			rows[kind].owner = owner;
			rows[kind].owner_count = count;
		}
	}
}

static void rank_listeners(const struct builder *b, struct suspects *rows)
{
	for (size_t i = 0; i < b->listeners.count; i++) {
		const struct listener_entry *entry = tally_entry(&b->listeners, i);

		for (int kind = 0; kind < SUSPECT_COUNT; kind++) {
			struct suspects *row = &rows[kind];
			uint32_t count = entry->suspects[kind];

			if (count < row->listener_count || count == 0 ||
			    (count == row->listener_count && entry->row > row->listener))
				continue;
			row->listener = entry->row;
			row->listener_count = count;
		}
	}
}

static void rank_ports(const struct builder *b, struct suspects *rows)
{
	for (size_t i = 0; i < b->suspect_ports.count; i++) {
		const struct port_entry *entry = tally_entry(&b->suspect_ports, i);
		struct suspects *row = &rows[entry->key.kind];

		if (entry->count < row->port_count ||
		    (entry->count == row->port_count && entry->key.port > row->port))
			continue;
		row->port = entry->key.port;
		row->port_count = entry->count;
	}
}

/* The /24 or /64 of an address. */
static struct inet_addr network_of(const struct inet_addr *addr)
{
	struct inet_addr network = {.type = addr->type == INET_IPV4 ? INET_IPV4 : INET_IPV6};

	memcpy(network.bytes, addr->bytes, addr->type == INET_IPV4 ? 3 : 8);
	return network;
}

static void rank_network(const struct network_entry *entry, struct suspects *rows)
{
	struct suspects *row = &rows[entry->key.kind];

	if (entry->count < row->network_count ||
	    (entry->count == row->network_count &&
	     inet_addr_cmp(&entry->key.addr, &row->network) > 0))
		return;
	row->network = entry->key.addr;
	row->network_count = entry->count;
	row->network_remotes = entry->remotes;
}

static int count_network(struct tally *networks, const struct remote_entry *remote, int kind)
{
	struct network_key key = {.addr = network_of(&remote->key.addr), .kind = (uint8_t)kind};
	struct network_entry *entry = tally_add(networks, &key);

	if (!entry)
		return -ENOMEM;
	entry->count += remote->suspects[place_of[kind]];
	entry->remotes++;
	return 0;
}

static void rank_remote(const struct remote_entry *entry, int kind, struct suspects *row)
{
	uint32_t count = entry->suspects[place_of[kind]];

	if (count < row->remote_count ||
	    (count == row->remote_count && inet_addr_cmp(&entry->key.addr, &row->remote) > 0))
		return;
	row->remote = entry->key.addr;
	row->remote_count = count;
}

static int rank_remotes(const struct builder *b, struct suspects *rows)
{
	struct tally networks;
	int ret = 0;

	tally_init(&networks, sizeof(struct network_key), sizeof(struct network_entry));
	for (size_t i = 0; i < b->remotes.count && ret == 0; i++) {
		const struct remote_entry *entry = tally_entry(&b->remotes, i);

		if (!entry->suspects[0] && !entry->suspects[1])
			continue;
		for (int kind = 0; kind < SUSPECT_COUNT && ret == 0; kind++) {
			if (state_of[kind] != entry->key.state || !entry->suspects[place_of[kind]])
				continue;
			rank_remote(entry, kind, &rows[kind]);
			ret = count_network(&networks, entry, kind);
		}
	}
	for (size_t i = 0; i < networks.count && ret == 0; i++)
		rank_network(tally_entry(&networks, i), rows);
	tally_done(&networks);
	return ret;
}

int builder_suspects(struct builder *b, struct suspects ret_rows[SUSPECT_COUNT])
{
	for (int kind = 0; kind < SUSPECT_COUNT; kind++)
		ret_rows[kind] =
		    (struct suspects){.count = b->suspects[kind], .listener = UINT32_MAX};
	rank_owners(b, ret_rows);
	rank_listeners(b, ret_rows);
	rank_ports(b, ret_rows);
	return rank_remotes(b, ret_rows);
}
