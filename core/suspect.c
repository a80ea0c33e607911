/* SPDX-License-Identifier: MIT */
#include "core/suspect.h"

#include <errno.h>
#include <string.h>

enum { CLOSE_WAIT_STALE_S = 60 };

enum dimension { BY_OWNER, BY_PORT, BY_LISTENER, BY_REMOTE, BY_NETWORK, DIMENSIONS };

struct who {
	uint8_t kind; /* enum suspect */
	uint8_t dimension;
	uint8_t unused;
	struct inet_addr addr; /* BY_REMOTE, BY_NETWORK */
	uint32_t number;       /* BY_OWNER, BY_PORT, BY_LISTENER */
};

_Static_assert(sizeof(struct who) == 28, "no padding: the key is hashed whole");

struct who_count {
	struct who who;
	uint32_t count;
	uint32_t remotes; /* BY_NETWORK: different addresses */
};

void suspect_init(struct suspect_counts *c)
{
	tally_init(&c->who, sizeof(struct who), sizeof(struct who_count));
	memset(c->total, 0, sizeof(c->total));
}

void suspect_done(struct suspect_counts *c)
{
	tally_done(&c->who);
}

void suspect_clear(struct suspect_counts *c)
{
	tally_clear(&c->who);
	memset(c->total, 0, sizeof(c->total));
}

static bool silent_for(const struct conn *conn, uint32_t seconds)
{
	return (conn->flags & CONN_HAS_INFO) && conn->age_s >= seconds;
}

unsigned suspect_kinds(const struct conn *conn, uint32_t fin_wait_stale_s)
{
	switch ((enum tcp_state)conn->state) {
	case STATE_SYN_SENT:
		return 1u << SUSPECT_SYN_SENT;
	case STATE_SYN_RECV:
		return 1u << SUSPECT_SYN_RECV |
		       (conn->flags & CONN_UNANSWERED ? 1u << SUSPECT_SYN_UNANSWERED : 0);
	case STATE_CLOSE_WAIT:
		if (!conn->inode)
			return 1u << SUSPECT_CLOSE_WAIT_UNACCEPTED;
		return silent_for(conn, CLOSE_WAIT_STALE_S)
			   ? 1u << SUSPECT_CLOSE_WAIT_STALE
			   : 0;
	case STATE_FIN_WAIT_2:
		if (conn->inode && silent_for(conn, fin_wait_stale_s))
			return 1u << SUSPECT_FIN_WAIT_2_STALE;
		return 0;
	case STATE_FIN_WAIT_1:
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		return conn->retransmits ? 1u << SUSPECT_CLOSING_STUCK : 0;
	case STATE_CLOSED:
	case STATE_LISTEN:
	case STATE_ESTABLISHED:
	case STATE_TIME_WAIT:
		break;
	}
	return 0;
}

static struct who_count *count_one(struct suspect_counts *c, const struct who *who)
{
	struct who_count *entry = tally_add(&c->who, who);

	if (entry)
		entry->count++;
	return entry;
}

/* The /24 or /64 of an address. */
static struct inet_addr network_of(const struct inet_addr *addr)
{
	struct inet_addr network = {.type =
					addr->type == INET_IPV4 ? INET_IPV4 : INET_IPV6};

	memcpy(network.bytes, addr->bytes, addr->type == INET_IPV4 ? 3 : 8);
	return network;
}

static int count_kind(struct suspect_counts *c, enum suspect kind,
		      const struct conn *conn, uint32_t listener)
{
	uint16_t port = kind == SUSPECT_SYN_SENT ? conn->remote_port : conn->local_port;
	struct who who = {.kind = (uint8_t)kind};
	struct who_count *remote, *network;

	c->total[kind]++;
	if (conn->owner) {
		who.dimension = BY_OWNER;
		who.number = conn->owner;
		if (!count_one(c, &who))
			return -ENOMEM;
	}
	if (listener != UINT32_MAX) {
		who.dimension = BY_LISTENER;
		who.number = listener;
		if (!count_one(c, &who))
			return -ENOMEM;
	}
	who.dimension = BY_PORT;
	who.number = port;
	if (!count_one(c, &who))
		return -ENOMEM;
	who.number = 0;
	who.dimension = BY_REMOTE;
	who.addr = conn->remote;
	remote = count_one(c, &who);
	if (!remote)
		return -ENOMEM;
	bool first = remote->count == 1;
	who.dimension = BY_NETWORK;
	who.addr = network_of(&conn->remote);
	network = count_one(c, &who);
	if (!network)
		return -ENOMEM;
	network->remotes += first;
	return 0;
}

int suspect_add(struct suspect_counts *c, unsigned kinds, const struct conn *conn,
		uint32_t listener)
{
	for (unsigned kind = 0; kinds >> kind; kind++) {
		if (!(kinds >> kind & 1))
			continue;
		if (count_kind(c, (enum suspect)kind, conn, listener) < 0)
			return -ENOMEM;
	}
	return 0;
}

int suspect_add_owner(struct suspect_counts *c, unsigned kinds, uint32_t owner)
{
	for (unsigned kind = 0; kinds >> kind; kind++) {
		struct who who = {
		    .kind = (uint8_t)kind, .dimension = BY_OWNER, .number = owner};

		if ((kinds >> kind & 1) && !count_one(c, &who))
			return -ENOMEM;
	}
	return 0;
}

static bool ahead(const struct who_count *a, const struct who_count *b)
{
	if (!b || a->count != b->count)
		return !b || a->count > b->count;
	return memcmp(&a->who, &b->who, sizeof(a->who)) < 0;
}

void suspect_result(const struct suspect_counts *c,
		    struct suspects ret_rows[SUSPECT_COUNT])
{
	const struct who_count *top[SUSPECT_COUNT][DIMENSIONS] = {{NULL}};

	for (size_t i = 0; i < c->who.count; i++) {
		const struct who_count *entry = tally_entry(&c->who, i);
		const struct who_count **best =
		    &top[entry->who.kind][entry->who.dimension];

		if (ahead(entry, *best))
			*best = entry;
	}
	for (int kind = 0; kind < SUSPECT_COUNT; kind++) {
		const struct who_count *const *best = top[kind];
		struct suspects row = {.count = c->total[kind], .listener = UINT32_MAX};

		if (best[BY_OWNER]) {
			row.owner = best[BY_OWNER]->who.number;
			row.owner_count = best[BY_OWNER]->count;
		}
		if (best[BY_LISTENER]) {
			row.listener = best[BY_LISTENER]->who.number;
			row.listener_count = best[BY_LISTENER]->count;
		}
		if (best[BY_PORT]) {
			row.port = (uint16_t)best[BY_PORT]->who.number;
			row.port_count = best[BY_PORT]->count;
		}
		if (best[BY_REMOTE]) {
			row.remote = best[BY_REMOTE]->who.addr;
			row.remote_count = best[BY_REMOTE]->count;
		}
		if (best[BY_NETWORK]) {
			row.network = best[BY_NETWORK]->who.addr;
			row.network_count = best[BY_NETWORK]->count;
			row.network_remotes = best[BY_NETWORK]->remotes;
		}
		ret_rows[kind] = row;
	}
}
