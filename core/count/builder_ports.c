/* SPDX-License-Identifier: MIT */
/*
 * Local ports run out in two ways. connect() picks a port that is free towards its remote address
 * and port; bind() before connect() picks one that no socket of the local address has, and takes
 * it for all remotes. What a socket did the kernel does not tell, but in the range connect() takes
 * a port at an even distance from its beginning while there is one (inet_hash_connect()), bind() an
 * odd one (inet_csk_find_open_port()): an odd port that one socket has, and that has not been left
 * to connect() by a remote that has all the even ones, was bound. Where sockets share many of the
 * odd ones, connect() takes both alike (IP_LOCAL_PORT_RANGE), and what bind() has taken is the
 * surplus.
 */
#include <errno.h>
#include <string.h>

#include "core/base/number.h"
#include "core/count/builder_private.h"

/* Only full samples see all the sockets that have a port. Connections that come in to a transparent
 * proxy may have any local port, and those that it makes in a client's name the client's. */
bool builder_is_ephemeral(const struct builder *b, const struct conn *conn)
{
	if (conn->local_port < b->options.port_low || conn->local_port > b->options.port_high ||
	    !(b->options.states & STATE_BIT(STATE_ESTABLISHED)) ||
	    (conn->flags & CONN_TRANSPARENT) || (conn->state == STATE_SYN_RECV && conn->inode == 0))
		return false;
	return !b->options.ports_reserved ||
	       !portset_has(b->options.ports_reserved, conn->local_port);
}

struct ports_key builder_ports_key(const struct conn *conn)
{
	return (struct ports_key){
	    .local = conn->local, .remote = conn->remote, .remote_port = conn->remote_port};
}

static bool is_odd(const struct builder *b, uint16_t port)
{
	return (port - b->options.port_low) & 1;
}

static bool is_loopback(const struct inet_addr *addr)
{
	static const uint8_t v6[16] = {[15] = 1};

	return inet_addr_is_v4(addr) ? addr->bytes[0] == 127
				     : memcmp(addr->bytes, v6, sizeof(v6)) == 0;
}

/* connect() may take its port once more (tcp_twsk_unique()); bind() may not. */
static bool is_given_back(const struct builder *b, const struct conn *conn)
{
	/* The flag means something else in other states. */
	if (conn->state != STATE_TIME_WAIT || !(conn->flags & CONN_REUSABLE) ||
	    b->options.reuse == REUSE_NONE)
		return false;
	return b->options.reuse == REUSE_ALL || is_loopback(&conn->local) ||
	       is_loopback(&conn->remote);
}

static int add_to_block(struct builder *b, const struct conn *conn, struct pending *pending)
{
	struct block_key key = {.local = conn->local, .number = (uint8_t)(conn->local_port >> 8)};
	struct block_entry *block = tally_add(&b->blocks, &key);
	uint32_t bit = 1u << conn->local_port % 32;
	unsigned word = conn->local_port % 256 / 32;

	if (!block)
		return -ENOMEM;
	block->shared[word] |= block->taken[word] & bit;
	block->taken[word] |= bit;
	block->closed += conn->state == STATE_CLOSED;
	pending->block = (uint32_t)(block - (const struct block_entry *)b->blocks.entries);
	return 0;
}

static void add_owner(struct sole_owner *sole, uint32_t owner)
{
	if (!sole->owner)
		sole->owner = owner;
	else if (sole->owner != owner)
		sole->several = true;
}

/* Sockets are seen once and not kept. Who has the most of them is known without a count where all
 * are one process's; else they are counted in the next full sample, when it is known which ports
 * matter. */
static bool is_asked(const struct builder *b, const struct ports_entry *entry,
		     const struct block_entry *block)
{
	if (!b->asked_several)
		return false;
	if (b->asked.bound)
		return block && inet_addr_cmp(&block->key.local, &b->asked.local) == 0;
	return entry && entry->key.remote_port == b->asked.remote_port &&
	       inet_addr_cmp(&entry->key.remote, &b->asked.remote) == 0 &&
	       inet_addr_cmp(&entry->key.local, &b->asked.local) == 0;
}

int builder_port_owner(struct builder *b, const struct pending *pending, uint32_t owner)
{
	struct ports_entry *entry =
	    pending->ports == UINT32_MAX ? NULL : tally_entry(&b->ports, pending->ports);
	struct block_entry *block =
	    pending->block == UINT32_MAX ? NULL : tally_entry(&b->blocks, pending->block);
	struct port_owner *counted;

	if (owner == 0)
		return 0;
	if (entry)
		add_owner(&entry->owner, owner);
	if (block)
		add_owner(&block->owner, owner);
	if (!is_asked(b, entry, block))
		return 0;
	counted = tally_add(&b->port_owners, &owner);
	if (!counted)
		return -ENOMEM;
	counted->count++;
	return 0;
}

/* Counts the port where it belongs; what is known of its owner comes after that. */
static int count_port(struct builder *b, const struct lookahead *c, struct pending *pending)
{
	struct ports_key key = builder_ports_key(&c->conn);
	struct ports_entry *entry;
	int ret;

	ret = add_to_block(b, &c->conn, pending);
	if (ret < 0 || c->conn.state == STATE_CLOSED || is_given_back(b, &c->conn))
		return ret;
	entry = tally_add_hashed(&b->ports, &key, c->ports_hash);
	if (!entry)
		return -ENOMEM;
	entry->used++;
	entry->odd += is_odd(b, c->conn.local_port);
	pending->ports = (uint32_t)(entry - (const struct ports_entry *)b->ports.entries);
	return 0;
}

int builder_add_port(struct builder *b, const struct lookahead *c, struct pending *pending)
{
	int ret;

	if (!builder_is_ephemeral(b, &c->conn))
		return 0;
	ret = count_port(b, c, pending);
	return ret < 0 ? ret : builder_port_owner(b, pending, c->conn.owner);
}

/* The ports of one local address. Its key is hashed whole. */
struct local_key {
	struct inet_addr addr;
	uint8_t unused[3];
};

struct local {
	struct local_key key;
	uint32_t ports;      /* different ones */
	uint32_t odd, even;  /* of these, those that one socket has */
	uint32_t odd_shared; /* those that several have */
	uint32_t closed;     /* sockets that are bound and nothing else */
	uint32_t left;       /* odd ones that remotes have left to connect() */
	struct sole_owner owner;
};

static struct local *local_of(struct tally *locals, const struct inet_addr *addr)
{
	struct local_key key = {.addr = *addr};

	return tally_add(locals, &key);
}

static uint32_t count_bits(uint32_t bits)
{
	return (uint32_t)__builtin_popcount(bits);
}

static int add_block(const struct builder *b, const struct block_entry *block, struct tally *locals)
{
	struct local *local = local_of(locals, &block->key.local);
	uint32_t odd = is_odd(b, 0) ? 0x55555555 : 0xaaaaaaaa;

	if (!local)
		return -ENOMEM;
	for (unsigned i = 0; i < 8; i++) {
		local->ports += count_bits(block->taken[i]);
		local->odd += count_bits(block->taken[i] & ~block->shared[i] & odd);
		local->even += count_bits(block->taken[i] & ~block->shared[i] & ~odd);
		local->odd_shared += count_bits(block->shared[i] & odd);
	}
	local->closed += block->closed;
	if (block->owner.owner)
		add_owner(&local->owner, block->owner.owner);
	local->owner.several |= block->owner.several;
	return 0;
}

/* A remote that has nine in ten of the even ports. */
static bool has_all_even(const struct builder *b, const struct ports_entry *entry)
{
	return (uint64_t)(entry->used - entry->odd) * 10 >= (uint64_t)b->options.ports_even * 9;
}

static int sum_up(const struct builder *b, struct tally *locals)
{
	int ret = 0;

	for (size_t i = 0; i < b->blocks.count && ret == 0; i++)
		ret = add_block(b, tally_entry(&b->blocks, i), locals);
	for (size_t i = 0; i < b->ports.count && ret == 0; i++) {
		const struct ports_entry *entry = tally_entry(&b->ports, i);
		struct local *local;

		if (!has_all_even(b, entry))
			continue;
		local = local_of(locals, &entry->key.local);
		if (!local)
			return -ENOMEM;
		local->left += entry->odd;
	}
	return ret;
}

/* How many ports bind() has taken, at the least. */
static uint64_t bound_at_least(const struct local *local)
{
	uint32_t connected = local->odd_shared > local->odd / 4 ? local->even : 0;

	if (connected < local->left)
		connected = local->left;
	return sub_sat(local->odd, connected) + local->closed;
}

/* Where at least a quarter of the ports was bound, bind() is what runs out first. Ports bound on
 * no address in particular are taken on each. */
static uint32_t bound_ports(const struct local *local, const struct local *any)
{
	uint64_t bound = bound_at_least(local);
	uint32_t ports = local->ports;

	if (any && any != local) {
		bound += bound_at_least(any);
		ports += any->ports;
	}
	return bound * 4 >= ports ? ports : 0;
}

/* The fullest use, and whose it is. */
struct fullest {
	struct builder_ports ports;
	struct sole_owner owner;
};

static void put_bound(const struct builder *b, struct tally *locals, struct fullest *fullest)
{
	for (size_t i = 0; i < locals->count; i++) {
		const struct local *local = tally_entry(locals, i);
		struct local_key any = {.addr = {.type = local->key.addr.type}};
		uint32_t used = bound_ports(local, tally_find(locals, &any));

		if (used > b->options.ports_usable)
			used = b->options.ports_usable;
		if (used > fullest->ports.used)
			*fullest = (struct fullest){
			    .ports = {.used = used, .bound = true, .local = local->key.addr},
			    .owner = local->owner,
			};
	}
}

static void put_remote(const struct builder *b, struct fullest *fullest)
{
	const struct ports_entry *top = NULL;

	for (size_t i = 0; i < b->ports.count; i++) {
		const struct ports_entry *entry = tally_entry(&b->ports, i);

		if (!top || entry->used > top->used ||
		    (entry->used == top->used &&
		     memcmp(&entry->key, &top->key, sizeof(top->key)) < 0))
			top = entry;
	}
	if (top)
		*fullest = (struct fullest){
		    .ports = {.used = top->used,
			      .local = top->key.local,
			      .remote = top->key.remote,
			      .remote_port = top->key.remote_port},
		    .owner = top->owner,
		};
}

static bool is_same(const struct builder_ports *a, const struct builder_ports *b)
{
	return a->bound == b->bound && inet_addr_cmp(&a->local, &b->local) == 0 &&
	       (a->bound ||
		(a->remote_port == b->remote_port && inet_addr_cmp(&a->remote, &b->remote) == 0));
}

/* The one with the most of those that were asked for, of equal ones the lower index; 0: none. */
static uint32_t most_of_asked(const struct builder *b)
{
	struct port_owner most = {.count = 0};

	for (size_t i = 0; i < b->port_owners.count; i++) {
		const struct port_owner *row = tally_entry(&b->port_owners, i);

		if (row->count > most.count ||
		    (row->count == most.count && row->owner < most.owner))
			most = *row;
	}
	return most.owner;
}

static uint32_t owner_of(const struct builder *b, const struct fullest *fullest)
{
	if (!fullest->owner.several)
		return fullest->owner.owner;
	return b->asked_several && is_same(&fullest->ports, &b->asked) ? most_of_asked(b) : 0;
}

int builder_fullest_ports(struct builder *b, struct builder_ports *ret_ports)
{
	struct fullest fullest = {.ports = {.used = 0}};
	struct tally locals;
	int ret;

	tally_init(&locals, sizeof(struct local_key), sizeof(struct local));
	ret = sum_up(b, &locals);
	if (ret == 0) {
		put_remote(b, &fullest);
		put_bound(b, &locals, &fullest);
		fullest.ports.owner = owner_of(b, &fullest);
		*ret_ports = fullest.ports;
	}
	/* Only full samples see ports. */
	if (ret == 0 && fullest.ports.used > 0) {
		b->asked = fullest.ports;
		b->asked_several = fullest.owner.several;
	}
	tally_done(&locals);
	return ret;
}
