/* SPDX-License-Identifier: MIT */
/*
 * Local ports run out in two ways. connect() picks a port that is free towards its remote address
 * and port; bind() before connect() picks one that no socket of the local address has, and takes
 * it for all remotes. What a socket did the kernel does not tell, but in the range connect() takes
 * a port at an even distance from its beginning while there is one (inet_hash_connect()), bind() an
 * odd one (inet_csk_find_open_port()): an odd port that one socket has, and that has not been left
 * to connect() by a remote that has all the even ones, was bound.
 */
#include <errno.h>
#include <string.h>

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
	if (!(conn->flags & CONN_REUSABLE) || b->options.reuse == REUSE_NONE)
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
	vote_add(&block->owners, conn->owner, 1);
	pending->block = (uint32_t)(block - (const struct block_entry *)b->blocks.entries);
	return 0;
}

int builder_add_port(struct builder *b, const struct lookahead *c, struct pending *pending)
{
	struct ports_key key = builder_ports_key(&c->conn);
	struct ports_entry *entry;
	int ret;

	if (!builder_is_ephemeral(b, &c->conn))
		return 0;
	ret = add_to_block(b, &c->conn, pending);
	if (ret < 0 || c->conn.state == STATE_CLOSED || is_given_back(b, &c->conn))
		return ret;
	entry = tally_add_hashed(&b->ports, &key, c->ports_hash);
	if (!entry)
		return -ENOMEM;
	entry->used++;
	entry->odd += is_odd(b, c->conn.local_port);
	vote_add(&entry->owners, c->conn.owner, 1);
	pending->ports = (uint32_t)(entry - (const struct ports_entry *)b->ports.entries);
	return 0;
}

/* The ports of one local address. Its key is hashed whole. */
struct local_key {
	struct inet_addr addr;
	uint8_t unused[3];
};

struct local {
	struct local_key key;
	uint32_t ports; /* different ones */
	uint32_t bound; /* of these, at the least */
	uint32_t left;  /* odd ones that remotes have left to connect() */
	struct vote owners;
};

static struct local *local_of(struct tally *locals, const struct inet_addr *addr)
{
	struct local_key key = {.addr = *addr};

	return tally_add(locals, &key);
}

static int add_block(const struct builder *b, const struct block_entry *block, struct tally *locals)
{
	struct local *local = local_of(locals, &block->key.local);
	uint32_t odd = is_odd(b, 0) ? 0x55555555 : 0xaaaaaaaa;

	if (!local)
		return -ENOMEM;
	for (unsigned i = 0; i < 8; i++) {
		local->ports += (uint32_t)__builtin_popcount(block->taken[i]);
		local->bound +=
		    (uint32_t)__builtin_popcount(block->taken[i] & ~block->shared[i] & odd);
	}
	local->bound += block->closed;
	for (int i = 0; i < 2; i++)
		vote_add(&local->owners, block->owners.owner[i], block->owners.count[i]);
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

/* Where at least a quarter of the ports was bound, bind() is what runs out first. Ports bound on
 * no address in particular are taken on each. */
static uint32_t bound_ports(const struct local *local, const struct local *any)
{
	uint64_t bound = local->bound > local->left ? local->bound - local->left : 0;
	uint32_t ports = local->ports;

	if (any && any != local) {
		bound += any->bound;
		ports += any->ports;
	}
	return bound * 4 >= ports ? ports : 0;
}

static void put_bound(const struct builder *b, struct tally *locals, struct builder_ports *ports)
{
	for (size_t i = 0; i < locals->count; i++) {
		const struct local *local = tally_entry(locals, i);
		struct local_key any = {.addr = {.type = local->key.addr.type}};
		uint32_t used = bound_ports(local, tally_find(locals, &any));

		if (used > b->options.ports_usable)
			used = b->options.ports_usable;
		if (used > ports->used)
			*ports = (struct builder_ports){
			    .used = used,
			    .bound = true,
			    .local = local->key.addr,
			    .owner = vote_top(&local->owners),
			};
	}
}

static void put_remote(const struct builder *b, struct builder_ports *ports)
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
		*ports = (struct builder_ports){
		    .used = top->used,
		    .local = top->key.local,
		    .remote = top->key.remote,
		    .remote_port = top->key.remote_port,
		    .owner = vote_top(&top->owners),
		};
}

int builder_fullest_ports(const struct builder *b, struct builder_ports *ret_ports)
{
	struct builder_ports ports = {0};
	struct tally locals;
	int ret;

	tally_init(&locals, sizeof(struct local_key), sizeof(struct local));
	ret = sum_up(b, &locals);
	put_remote(b, &ports);
	if (ret == 0) {
		put_bound(b, &locals, &ports);
		*ret_ports = ports;
	}
	tally_done(&locals);
	return ret;
}
