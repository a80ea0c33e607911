/* SPDX-License-Identifier: MIT */
/*
 * The listening sockets of a sample, and which of them a connection belongs to.
 */
#include "core/count/builder_private.h"

#include <errno.h>

#include "core/base/array.h"
#include "core/base/number.h"

/* The listener of this address and port, bound to the zone or, second, to no device. */
static struct listener_entry *listener_at(const struct builder *b, const struct inet_addr *addr,
					  uint16_t port, uint32_t zone)
{
	struct listener_key key = {.addr = *addr, .port = port};
	struct listener_entry *entry = NULL;

	if (zone) {
		inet_addr_set_zone(&key.addr, zone);
		entry = tally_find(&b->listeners, &key);
		inet_addr_set_zone(&key.addr, 0);
	}
	return entry ? entry : tally_find(&b->listeners, &key);
}

/* The most specific listener that fits: the address before the wildcard, the family's own wildcard
 * before a dual-stack one, a bound one before others (__inet_lookup_listener()). */
static struct listener_entry *addressed(const struct builder *b, const struct conn *conn)
{
	static const struct inet_addr any[] = {{.type = INET_IPV4}, {.type = INET_IPV6}};
	uint32_t zone = inet_addr_zone(&conn->local);
	struct inet_addr local = conn->local;
	struct listener_entry *entry, *dual;

	if (!portset_has(&b->listening, conn->local_port))
		return NULL;
	if (zone)
		inet_addr_set_zone(&local, 0);
	entry = listener_at(b, &local, conn->local_port, zone);
	if (entry)
		return entry;
	entry = listener_at(b, &any[conn->ip_version == IP_V6], conn->local_port, zone);
	if (conn->ip_version == IP_V6 || (entry && inet_addr_zone(&entry->key.addr) == zone))
		return entry;
	dual = listener_at(b, &any[1], conn->local_port, zone);
	if (!dual || !dual->dual_stack || (entry && inet_addr_zone(&dual->key.addr) == 0))
		return entry;
	return dual;
}

/* Certainly made by a listener: half-open, or a transparent one that nobody has accepted. */
static bool is_incoming(const struct conn *conn)
{
	return conn->inode == 0 &&
	       (conn->state == STATE_SYN_RECV ||
		((conn->flags & CONN_TRANSPARENT) &&
		 (conn->state == STATE_ESTABLISHED || conn->state == STATE_CLOSE_WAIT)));
}

/* True if the listener could have taken the connection from a rule of the firewall or a program. */
static bool could_take(const struct listener_entry *entry, const struct conn *conn)
{
	uint32_t zone = inet_addr_zone(&entry->key.addr);

	return (zone == 0 || zone == inet_addr_zone(&conn->local)) &&
	       (conn->ip_version == IP_V6 ? !inet_addr_is_v4(&entry->key.addr)
					  : inet_addr_is_v4(&entry->key.addr) || entry->dual_stack);
}

/*
 * The listener of a connection that no listener's address and port fit: TPROXY gives it to a
 * transparent one, a look-up by BPF to any. Only where a single one comes into question it is known
 * which.
 */
static struct listener_entry *steered(const struct builder *b, const struct conn *conn)
{
	struct listener_entry *entries = (struct listener_entry *)b->listeners.entries,
			      *found = NULL;

	if (b->n_proxies == 0)
		return b->listeners.count == 1 && could_take(entries, conn) ? entries : NULL;
	for (uint32_t i = 0; i < b->n_proxies; i++) {
		if (i == PROXIES_MAX)
			return NULL;
		if (!could_take(&entries[b->proxies[i]], conn))
			continue;
		if (found)
			return NULL;
		found = &entries[b->proxies[i]];
	}
	return found;
}

struct listener_entry *builder_listener_of(struct builder *b, const struct conn *conn)
{
	struct listener_entry *entry = addressed(b, conn);

	return entry || !is_incoming(conn) ? entry : steered(b, conn);
}

uint32_t builder_listener_index(const struct builder *b, const struct listener_entry *entry)
{
	if (!entry)
		return UINT32_MAX;
	return (uint32_t)(entry - (const struct listener_entry *)b->listeners.entries);
}

int builder_add_listener(struct builder *b, const struct conn *conn, struct pending *pending)
{
	struct listener_key key = {.addr = conn->local, .port = conn->local_port};
	struct listener_entry *entry;
	uint32_t half_open = conn->send_queue;

	if (half_open > b->options.syn_max)
		half_open = b->options.syn_max;
	entry = tally_add(&b->listeners, &key);
	if (!entry || ARRAY_RESERVE(b->listener_sockets, &b->listener_sockets_capacity,
				    b->n_listener_sockets + 1) < 0)
		return -ENOMEM;
	portset_add(&b->listening, conn->local_port);
	entry->dual_stack |= !!(conn->flags & CONN_DUAL_STACK);
	if ((conn->flags & CONN_TRANSPARENT) && !entry->transparent) {
		if (b->n_proxies < PROXIES_MAX)
			b->proxies[b->n_proxies] = builder_listener_index(b, entry);
		b->n_proxies++;
		entry->transparent = true;
	}
	entry->sockets++;
	entry->accept_queue = add_sat(entry->accept_queue, conn->recv_queue);
	entry->accept_queue_limit = add_sat(entry->accept_queue_limit, conn->send_queue);
	if (entry->sockets == 1 || half_open < entry->syn_queue_least)
		entry->syn_queue_least = half_open;
	entry->syn_queue_limit = add_sat(entry->syn_queue_limit, half_open);
	entry->drops += conn->drops;
	entry->states[STATE_LISTEN - 1]++;
	pending->listener = (uint32_t)b->n_listener_sockets;
	b->listener_sockets[b->n_listener_sockets++] = (struct builder_listener_socket){
	    .inode = conn->inode,
	    .drops = conn->drops,
	    .listener = builder_listener_index(b, entry),
	    .queue = conn->recv_queue,
	    .limit = conn->send_queue,
	    .owner = conn->owner,
	};
	return 0;
}
