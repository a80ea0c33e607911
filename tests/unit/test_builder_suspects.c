/* SPDX-License-Identifier: MIT */
/*
 * Who has the most suspects, held against a count by hand: few processes, listeners, addresses and
 * ports, so that ties are the rule.
 */
#include <stdlib.h>
#include <string.h>

#include "core/count/builder_private.h"
#include "tests/support/suite.h"

enum { ROUNDS = 4000, SOCKETS = 12, OWNERS = 5, LISTENERS = 4, ADDRESSES = 6, PORTS = 4 };

static const uint8_t addresses[ADDRESSES][4] = {{198, 51, 100, 7}, {10, 0, 0, 1}, {10, 0, 0, 2},
						{10, 0, 0, 3},     {10, 0, 1, 1}, {10, 0, 1, 2}};
static const uint16_t ports[PORTS] = {80, 443, 8080, 0xffff};

/* Which row a listener has: not the order in which they came. */
static const uint32_t rows[LISTENERS] = {2, 0, 3, 1};

/* LISTENERS: it belongs to none. */
struct socket {
	uint32_t owner, listener, address, local, remote;
};

struct crowd {
	struct socket of[SOCKETS];
	size_t count;
};

static unsigned seed;

static uint32_t draw(uint32_t below)
{
	return (uint32_t)rand_r(&seed) % below;
}

static struct crowd make_crowd(void)
{
	/* Sometimes all of one kind, so that somebody stands out. */
	uint32_t owners = 1 + draw(OWNERS), listeners = 1 + draw(LISTENERS + 1);
	uint32_t first = LISTENERS + 1 - listeners;
	struct crowd c = {.count = 1 + draw(SOCKETS)};

	for (size_t i = 0; i < c.count; i++)
		c.of[i] = (struct socket){draw(owners), first + draw(listeners), draw(ADDRESSES),
					  draw(PORTS), draw(PORTS)};
	return c;
}

static struct inet_addr address(uint32_t i)
{
	struct inet_addr addr = {.type = INET_IPV4};

	memcpy(addr.bytes, addresses[i], sizeof(addresses[i]));
	return addr;
}

static void put_crowd(struct builder *b, const struct crowd *c, unsigned kind, uint8_t state)
{
	const struct suspicion suspicion = {.kinds = 1u << kind};

	for (uint32_t i = 0; i < LISTENERS; i++) {
		const struct listener_key key = {.port = (uint16_t)(i + 1)};
		struct listener_entry *entry = tally_add(&b->listeners, &key);

		CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
		entry->row = rows[i];
	}
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		const struct remote_key key = {.addr = address(i), .state = state};

		CU_ASSERT_PTR_NOT_NULL_FATAL(tally_add(&b->remotes, &key));
	}
	for (size_t i = 0; i < c->count; i++) {
		const struct socket *s = &c->of[i];
		const struct conn conn = {.state = state,
					  .owner = s->owner,
					  .remote = address(s->address),
					  .local_port = ports[s->local],
					  .remote_port = ports[s->remote]};
		struct pending pending = {0};

		CHECK_EQ_INT_FATAL(
		    builder_suspect(b, &suspicion, &conn,
				    s->listener == LISTENERS ? UINT32_MAX : s->listener, s->address,
				    &pending),
		    0);
		CHECK_EQ_INT(pending.suspect, i);
		CHECK_EQ_INT(pending.n_suspects, 1);
	}
}

/* --- the count by hand --- */

/* How many sockets have the number `value`, by which they are told apart. */
typedef uint32_t number_of(const struct socket *s);

static uint32_t owner_of(const struct socket *s)
{
	return s->owner;
}

/* LISTENERS: none. */
static uint32_t row_of(const struct socket *s)
{
	return s->listener == LISTENERS ? LISTENERS : rows[s->listener];
}

static uint32_t address_of(const struct socket *s)
{
	return s->address;
}

/* By the numbers of their addresses: 198.51.100.0/24 is 0, 10.0.0.0/24 is 1, 10.0.1.0/24 is 2. */
static uint32_t network_of(const struct socket *s)
{
	return s->address == 0 ? 0 : s->address < 4 ? 1 : 2;
}

static uint32_t local_of(const struct socket *s)
{
	return ports[s->local];
}

static uint32_t remote_of(const struct socket *s)
{
	return ports[s->remote];
}

static uint32_t endpoint_of(const struct socket *s)
{
	return s->address * PORTS + s->remote;
}

static uint32_t count_of(const struct crowd *c, number_of *of, uint32_t value)
{
	uint32_t count = 0;

	for (size_t i = 0; i < c->count; i++)
		count += of(&c->of[i]) == value;
	return count;
}

static struct crowd only(const struct crowd *c, number_of *of, uint32_t value)
{
	struct crowd part = {.count = 0};

	for (size_t i = 0; i < c->count; i++)
		if (of(&c->of[i]) == value)
			part.of[part.count++] = c->of[i];
	return part;
}

/* Values in the order in which they are named where they have equally many. */
static const uint32_t in_order_of_addresses[ADDRESSES] = {1, 2, 3, 4, 5, 0};
static const uint32_t in_order_of_networks[] = {1, 2, 0};

/* The one with the n-th most of the n_values; count 0: there are not so many. */
static uint32_t nth(const struct crowd *c, number_of *of, const uint32_t *values, size_t n_values,
		    uint32_t n, uint32_t *ret_count)
{
	for (uint32_t count = SOCKETS; count > 0; count--)
		for (size_t i = 0; i < n_values; i++)
			if (count_of(c, of, values[i]) == count && n-- == 0) {
				*ret_count = count;
				return values[i];
			}
	*ret_count = 0;
	return 0;
}

static void check_tops(const struct crowd *c, number_of *of, uint32_t first, uint32_t end,
		       const struct suspect_top tops[SUSPECT_TOPS], uint32_t different)
{
	uint32_t values[OWNERS + LISTENERS], n = 0, seen = 0, count;

	for (uint32_t value = first; value < end; value++) {
		seen += count_of(c, of, value) > 0;
		values[n++] = value;
	}
	CHECK_EQ_INT(different, seen);
	for (uint32_t i = 0; i < SUSPECT_TOPS; i++) {
		uint32_t value = nth(c, of, values, n, i, &count);

		CHECK_EQ_INT(tops[i].count, count);
		if (count > 0)
			CHECK_EQ_INT(tops[i].index, value);
	}
}

static void check_remotes(const struct crowd *c, const struct suspects *row)
{
	uint32_t count, value, different = 0, in_network = 0;

	for (uint32_t i = 0; i < ADDRESSES; i++)
		different += count_of(c, address_of, i) > 0;
	CHECK_EQ_INT(row->n_remotes, different);
	for (uint32_t i = 0; i < SUSPECT_TOPS; i++) {
		value = nth(c, address_of, in_order_of_addresses, ADDRESSES, i, &count);
		CHECK_EQ_INT(row->remotes[i].count, count);
		if (count > 0)
			CHECK_EQ_INT(memcmp(row->remotes[i].addr.bytes, addresses[value], 4), 0);
	}
	value = nth(c, network_of, in_order_of_networks, 3, 0, &count);
	CHECK_EQ_INT(row->network_count, count);
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		const struct socket s = {.address = i};

		if (network_of(&s) != value)
			continue;
		CHECK_EQ_INT(memcmp(row->network.bytes, addresses[i], 3), 0);
		CHECK_EQ_INT(row->network.bytes[3], 0);
		in_network += count_of(c, address_of, i) > 0;
	}
	CHECK_EQ_INT(row->network_remotes, in_network);
}

/* More than half of them belong to no listener: they go out, and the port is the peer's. */
static void check_port(const struct crowd *c, const struct suspects *row)
{
	uint32_t values[PORTS], count, value;
	bool outgoing = 2 * count_of(c, row_of, LISTENERS) > c->count;

	for (uint32_t i = 0; i < PORTS; i++)
		values[i] = ports[i];
	value = nth(c, outgoing ? remote_of : local_of, values, PORTS, 0, &count);
	CHECK_EQ_INT(row->outgoing, outgoing);
	CHECK_EQ_INT(row->port, value);
	CHECK_EQ_INT(row->port_count, count);
}

static void check_endpoint(const struct crowd *c, const struct suspects *row)
{
	uint32_t values[ADDRESSES * PORTS], owners[OWNERS], count, value, owner;
	struct crowd part;

	for (uint32_t i = 0; i < ADDRESSES * PORTS; i++)
		values[i] = in_order_of_addresses[i / PORTS] * PORTS + i % PORTS;
	for (uint32_t i = 1; i < OWNERS; i++)
		owners[i - 1] = i;
	value = nth(c, endpoint_of, values, ADDRESSES * PORTS, 0, &count);
	CHECK_EQ_INT(row->endpoint.count, count);
	CHECK_EQ_INT(row->endpoint.port, ports[value % PORTS]);
	CHECK_EQ_INT(memcmp(row->endpoint.addr.bytes, addresses[value / PORTS], 4), 0);
	part = only(c, endpoint_of, value);
	owner = nth(&part, owner_of, owners, OWNERS - 1, 0, &count);
	CHECK_EQ_INT(row->endpoint_owner.count, count);
	CHECK_EQ_INT(row->endpoint_owner.index, owner);
}

/* by: whose suspects are looked at if he has half of them or more; NULL: all are. */
static void check_crowd(struct builder *b, unsigned kind, uint8_t state, number_of *by)
{
	static const struct builder_options options = {.states = STATE_MASK_ALL};
	struct snapshot *now = calloc(1, sizeof(*now));
	struct crowd c = make_crowd(), part = c;
	const struct suspects *row = &now->suspects[kind];
	const struct suspect_top *top = by == owner_of ? row->owners : row->listeners;
	uint32_t different = 0;

	CHECK_EQ_INT_FATAL(builder_begin(b, &options), 0);
	now->n_owners = OWNERS;
	put_crowd(b, &c, kind, state);
	/* A kind that this sample does not see is none of its business. */
	CHECK_EQ_INT(builder_suspects(b, ~(1u << kind), now), 0);
	CHECK_EQ_INT(row->count, 0);
	CHECK_EQ_INT(builder_suspects(b, 1u << kind, now), 0);

	CHECK_EQ_INT(row->count, c.count);
	check_tops(&c, owner_of, 1, OWNERS, row->owners, row->n_owners);
	check_tops(&c, row_of, 0, LISTENERS, row->listeners, row->n_listeners);
	for (uint32_t i = 0; i < ADDRESSES; i++)
		different += count_of(&c, address_of, i) > 0;
	CHECK_EQ_INT(row->addresses, different);
	if (by && top->count > 0 && 2 * top->count >= c.count)
		part = only(&c, by, top->index);
	CHECK_EQ_INT(row->within, part.count);
	check_port(&part, row);
	check_remotes(&part, row);
	if (kind == SUSPECT_UPSTREAM_SILENT || kind == SUSPECT_PEER_SILENT)
		check_endpoint(&c, row);
	else
		CHECK_EQ_INT(row->endpoint.count, 0);
	free(now);
}

static void test_ranks(void)
{
	static const struct {
		unsigned kind;
		uint8_t state;
		number_of *by;
	} cases[] = {
	    {SUSPECT_FIN_WAIT_2_STALE, STATE_FIN_WAIT_2, owner_of},
	    {SUSPECT_CLOSING_STUCK, STATE_CLOSING, NULL},
	    {SUSPECT_SYN_RECV, STATE_SYN_RECV, row_of},
	    {SUSPECT_UPSTREAM_SILENT, STATE_SYN_SENT, owner_of},
	    {SUSPECT_PEER_SILENT, STATE_ESTABLISHED, owner_of},
	};
	struct builder *b;

	CHECK_EQ_INT_FATAL(builder_new(&b), 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t j = i % (sizeof(cases) / sizeof(cases[0]));

		seed = i;
		check_crowd(b, cases[j].kind, cases[j].state, cases[j].by);
		if (CU_get_number_of_failures() > 0) {
			printf("\n    with the seed %u", i);
			break;
		}
	}
	builder_free(b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"who has the most", test_ranks},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("builder_suspects", tests);
}
