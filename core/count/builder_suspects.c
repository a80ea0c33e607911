/* SPDX-License-Identifier: MIT */
/*
 * Who has the most suspects of each kind: process, listener, remote address, remote network, port.
 * A suspect is kept as the indices of what it is counted with, so that ten thousands of them are
 * ranked by adding up in arrays.
 */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/diagnosis/rule.h"
#include "core/model/state.h"

enum { PORT_COUNT = 65536 };

const struct suspect_kind builder_kinds[SUSPECT_COUNT] = {
    [SUSPECT_CLOSE_WAIT_STALE] = {CONDITION_CLOSE_WAIT_STALE, STATE_CLOSE_WAIT, OFFENDER_OWNER,
				  false},
    [SUSPECT_CLOSE_WAIT_UNACCEPTED] = {CONDITION_CLOSE_WAIT_UNACCEPTED, STATE_CLOSE_WAIT,
				       OFFENDER_LISTENER, false},
    [SUSPECT_FIN_WAIT_2_STALE] = {CONDITION_FIN_WAIT_2_STALE, STATE_FIN_WAIT_2, OFFENDER_OWNER,
				  false},
    [SUSPECT_CLOSING_STUCK] = {CONDITION_CLOSING_STUCK, STATE_CLOSING, OFFENDER_REMOTE, false},
    [SUSPECT_SYN_SENT] = {CONDITION_SYN_SENT_FANOUT, STATE_SYN_SENT, OFFENDER_OWNER, false},
    [SUSPECT_SYN_UNANSWERED] = {CONDITION_SYN_UNANSWERED, STATE_SYN_RECV, OFFENDER_LISTENER, false},
    [SUSPECT_SYN_RECV] = {0, STATE_SYN_RECV, OFFENDER_LISTENER, false},
    [SUSPECT_UPSTREAM_SILENT] = {CONDITION_UPSTREAM_SILENT, STATE_SYN_SENT, OFFENDER_OWNER, true},
    [SUSPECT_PEER_SILENT] = {CONDITION_PEER_SILENT, STATE_ESTABLISHED, OFFENDER_OWNER, true},
    [SUSPECT_PEER_NOT_READING] = {CONDITION_PEER_NOT_READING, STATE_ESTABLISHED, OFFENDER_OWNER,
				  false},
    [SUSPECT_NOT_READING] = {CONDITION_NOT_READING, STATE_ESTABLISHED, OFFENDER_OWNER, false},
};

struct network_entry {
	struct inet_addr addr;
	uint8_t unused[3];
	uint32_t count;
	uint32_t remotes; /* different addresses */
};

struct endpoint_key {
	uint32_t remote;
	uint32_t port;
};

struct endpoint_entry {
	struct endpoint_key key;
	uint32_t count;
};

enum { NETWORK_KEY_SIZE = offsetof(struct network_entry, count) };

_Static_assert(NETWORK_KEY_SIZE % 4 == 0, "hashed in words of 4 bytes");

/* The suspects of one kind while they are ranked. */
struct ranking {
	const struct builder *b;
	unsigned kind;
	uint32_t *counts; /* of the owners, the listeners, the remotes or the ports, in turn */
	enum offender by;
	uint32_t whose; /* who is looked at, UINT32_MAX: all */
	struct suspects *row;
};

int builder_suspect(struct builder *b, const struct suspicion *suspicion, const struct conn *conn,
		    uint32_t listener, uint32_t remote, struct pending *pending)
{
	pending->suspect = (uint32_t)b->n_suspects;
	for (unsigned kind = 0; suspicion->kinds >> kind; kind++) {
		struct remote_key key = {.state = builder_kinds[kind].state, .addr = conn->remote};
		uint32_t index = remote;

		if (!(suspicion->kinds >> kind & 1))
			continue;
		if (conn->state != key.state) {
			struct remote_entry *entry = tally_add(&b->remotes, &key);

			if (!entry)
				return -ENOMEM;
			index = (uint32_t)(entry - (struct remote_entry *)b->remotes.entries);
		}
		if (ARRAY_RESERVE(b->suspects, &b->suspects_capacity, b->n_suspects + 1) < 0)
			return -ENOMEM;
		b->suspects[b->n_suspects++] = (struct suspect_socket){
		    .remote = index,
		    .listener = listener,
		    .owner = conn->owner,
		    .local_port = conn->local_port,
		    .remote_port = conn->remote_port,
		    .kind = (uint8_t)kind,
		    .rested = suspicion->rested,
		    .stale_s = suspicion->stale_s,
		};
		pending->n_suspects++;
	}
	return 0;
}

static uint32_t listener_row(const struct builder *b, const struct suspect_socket *socket)
{
	const struct listener_entry *entry;

	if (socket->listener == UINT32_MAX)
		return UINT32_MAX;
	entry = tally_entry(&b->listeners, socket->listener);
	return entry->row;
}

/* The next suspect of the kind that belongs to whom is looked at; NULL at the end. */
static const struct suspect_socket *next(const struct ranking *r, size_t *at)
{
	while (*at < r->b->n_suspects) {
		const struct suspect_socket *socket = &r->b->suspects[(*at)++];
		uint32_t who = r->by == OFFENDER_OWNER ? socket->owner : listener_row(r->b, socket);

		if (socket->kind == r->kind && (r->whose == UINT32_MAX || r->whose == who))
			return socket;
	}
	return NULL;
}

/* The ones with the most, of equal ones the first; returns how many different ones there are. */
static uint32_t put_tops(const uint32_t *counts, size_t n, struct suspect_top tops[SUSPECT_TOPS])
{
	uint32_t different = 0;

	for (uint32_t i = 0; i < n; i++) {
		int at = SUSPECT_TOPS;

		if (counts[i] == 0)
			continue;
		different++;
		for (; at > 0 && counts[i] > tops[at - 1].count; at--)
			if (at < SUSPECT_TOPS)
				tops[at] = tops[at - 1];
		if (at < SUSPECT_TOPS)
			tops[at] = (struct suspect_top){.index = i, .count = counts[i]};
	}
	return different;
}

static void rank_owners(struct ranking *r, size_t n_owners)
{
	const struct suspect_socket *socket;

	memset(r->counts, 0, n_owners * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(r, &at));) {
		r->row->count++;
		r->counts[socket->owner]++;
	}
	r->counts[0] = 0; /* nobody */
	r->row->n_owners = put_tops(r->counts, n_owners, r->row->owners);
}

static void rank_listeners(struct ranking *r)
{
	size_t n = r->b->listeners.count;
	const struct suspect_socket *socket;

	memset(r->counts, 0, n * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(r, &at));)
		if (socket->listener != UINT32_MAX)
			r->counts[listener_row(r->b, socket)]++;
	r->row->n_listeners = put_tops(r->counts, n, r->row->listeners);
}

/* Who is to be looked at: whoever has half of them, else all. */
static void choose(struct ranking *r)
{
	const struct suspects *row = r->row;
	const struct suspect_top *top =
	    r->by == OFFENDER_LISTENER ? &row->listeners[0] : &row->owners[0];

	if (r->by == OFFENDER_REMOTE || top->count == 0 || top->count < row->count - top->count)
		return;
	r->whose = top->index;
}

static void rank_ports(struct ranking *r)
{
	const struct suspect_socket *socket;
	struct suspects *row = r->row;
	uint32_t outgoing = 0;

	memset(r->counts, 0, PORT_COUNT * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(r, &at));) {
		row->within++;
		outgoing += builder_opened(r->b, socket);
	}
	row->outgoing = outgoing > row->within / 2;
	for (size_t at = 0; (socket = next(r, &at));) {
		uint16_t port = row->outgoing ? socket->remote_port : socket->local_port;
		uint32_t count = ++r->counts[port];

		if (count > row->port_count || (count == row->port_count && port < row->port)) {
			row->port = port;
			row->port_count = count;
		}
	}
}

/* The /24 or /64 of an address. */
static struct inet_addr network_of(const struct inet_addr *addr)
{
	bool v4 = inet_addr_is_v4(addr);
	struct inet_addr network = {.type = v4 ? INET_IPV4 : INET_IPV6};

	memcpy(network.bytes, addr->bytes, v4 ? 3 : 8);
	return network;
}

static void rank_network(const struct network_entry *entry, struct suspects *row)
{
	if (entry->count < row->network_count ||
	    (entry->count == row->network_count && inet_addr_cmp(&entry->addr, &row->network) > 0))
		return;
	row->network = entry->addr;
	row->network_count = entry->count;
	row->network_remotes = entry->remotes;
}

static void rank_remote(const struct inet_addr *addr, uint32_t count, struct suspects *row)
{
	int at = SUSPECT_TOPS;

	row->n_remotes++;
	for (; at > 0; at--) {
		const struct suspect_remote *other = &row->remotes[at - 1];

		if (count < other->count ||
		    (count == other->count && inet_addr_cmp(addr, &other->addr) > 0))
			break;
		if (at < SUSPECT_TOPS)
			row->remotes[at] = *other;
	}
	if (at < SUSPECT_TOPS) {
		row->remotes[at].addr = *addr;
		row->remotes[at].count = count;
	}
}

static int rank_remotes(struct ranking *r)
{
	const struct suspect_socket *socket;
	struct tally networks;
	int ret = 0;

	memset(r->counts, 0, r->b->remotes.count * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(r, &at));)
		r->counts[socket->remote]++;
	tally_init(&networks, NETWORK_KEY_SIZE, sizeof(struct network_entry));
	for (size_t i = 0; i < r->b->remotes.count && ret == 0; i++) {
		const struct remote_entry *remote = tally_entry(&r->b->remotes, i);
		struct network_entry key = {.addr = network_of(&remote->key.addr)}, *network;

		if (r->counts[i] == 0)
			continue;
		rank_remote(&remote->key.addr, r->counts[i], r->row);
		network = tally_add(&networks, &key);
		if (!network) {
			ret = -ENOMEM;
			break;
		}
		network->count += r->counts[i];
		network->remotes++;
	}
	for (size_t i = 0; i < networks.count && ret == 0; i++)
		rank_network(tally_entry(&networks, i), r->row);
	tally_done(&networks);
	return ret;
}

/* How many different addresses all of them have, whoever is looked at. */
static void count_addresses(struct ranking *r)
{
	const struct ranking all = {.b = r->b, .kind = r->kind, .whose = UINT32_MAX};
	const struct suspect_socket *socket;

	memset(r->counts, 0, r->b->remotes.count * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(&all, &at));)
		r->row->addresses += r->counts[socket->remote]++ == 0;
}

static void put_endpoint_owner(struct ranking *r, const struct endpoint_key *key, size_t n_owners)
{
	struct suspect_top tops[SUSPECT_TOPS] = {{0}};
	const struct suspect_socket *socket;

	memset(r->counts, 0, n_owners * sizeof(*r->counts));
	for (size_t at = 0; (socket = next(r, &at));)
		if (socket->remote == key->remote && socket->remote_port == key->port)
			r->counts[socket->owner]++;
	r->counts[0] = 0;
	put_tops(r->counts, n_owners, tops);
	r->row->endpoint_owner = tops[0];
}

/* The remote address and port with the most of all. */
static int rank_endpoints(struct ranking *r, size_t n_owners)
{
	const struct suspect_socket *socket;
	struct suspect_remote *top = &r->row->endpoint;
	struct endpoint_key key = {0};
	struct tally endpoints;
	int ret = 0;

	r->whose = UINT32_MAX;
	tally_init(&endpoints, sizeof(struct endpoint_key), sizeof(struct endpoint_entry));
	for (size_t at = 0; (socket = next(r, &at)) && ret == 0;) {
		struct endpoint_key at_key = {socket->remote, socket->remote_port};
		struct endpoint_entry *entry = tally_add(&endpoints, &at_key);

		if (!entry) {
			ret = -ENOMEM;
			break;
		}
		entry->count++;
	}
	for (size_t i = 0; i < endpoints.count; i++) {
		const struct endpoint_entry *entry = tally_entry(&endpoints, i);
		const struct remote_entry *remote = tally_entry(&r->b->remotes, entry->key.remote);
		int order = inet_addr_cmp(&remote->key.addr, &top->addr);

		if (entry->count < top->count ||
		    (entry->count == top->count &&
		     (order > 0 || (order == 0 && entry->key.port > top->port))))
			continue;
		key = entry->key;
		top->addr = remote->key.addr;
		top->port = (uint16_t)key.port;
		top->count = entry->count;
	}
	tally_done(&endpoints);
	if (ret == 0)
		put_endpoint_owner(r, &key, n_owners);
	return ret;
}

static int rank(struct ranking *r, size_t n_owners)
{
	int ret;

	rank_owners(r, n_owners);
	if (r->row->count == 0)
		return 0;
	rank_listeners(r);
	count_addresses(r);
	choose(r);
	rank_ports(r);
	ret = rank_remotes(r);
	if (ret == 0 && r->kind == SUSPECT_CLOSE_WAIT_STALE)
		ret = builder_growth(r->b, r->kind, n_owners, r->row);
	return ret == 0 && builder_kinds[r->kind].endpoint ? rank_endpoints(r, n_owners) : ret;
}

/* As many as there are of what has the most different ones. */
static size_t counts_needed(const struct builder *b, size_t n_owners)
{
	size_t most = PORT_COUNT;

	most = n_owners > most ? n_owners : most;
	most = b->listeners.count > most ? b->listeners.count : most;
	return b->remotes.count > most ? b->remotes.count : most;
}

int builder_suspects(struct builder *b, uint32_t seen, struct snapshot *now)
{
	uint32_t *counts;
	int ret = 0;

	builder_drop_ignored(b, seen, now);
	if (b->n_suspects == 0)
		return 0;
	counts = calloc(counts_needed(b, now->n_owners), sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (unsigned kind = 0; kind < SUSPECT_COUNT && ret == 0; kind++) {
		struct ranking r = {
		    .b = b,
		    .kind = kind,
		    .counts = counts,
		    .by = builder_kinds[kind].offender,
		    .whose = UINT32_MAX,
		    .row = &now->suspects[kind],
		};

		if (seen >> kind & 1)
			ret = rank(&r, now->n_owners);
	}
	free(counts);
	return ret;
}
