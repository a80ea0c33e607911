/* SPDX-License-Identifier: MIT */
/*
 * The rows of the listeners: the sums over the sockets that share an address and port, and the one
 * socket whose accept queue is fullest.
 */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/model/state.h"

static int compare_listeners(const void *a, const void *b)
{
	return listener_cmp(a, b);
}

static void fill_listener(const struct listener_entry *entry, bool has_limits, struct listener *row)
{
	/* Member by member: the row goes into a file with the bytes between them. */
	memset(row, 0, sizeof(*row));
	row->addr = entry->key.addr;
	row->port = entry->key.port;
	row->dual_stack = entry->dual_stack;
	row->has_limits = has_limits;
	row->sockets = entry->sockets;
	row->accept_queue = entry->accept_queue;
	row->syn_queue = entry->half_open;
	row->syn_unanswered = entry->unanswered;
	row->drops = entry->drops;
	if (has_limits) {
		row->accept_queue_limit = entry->accept_queue_limit;
		row->accept_queue_percent =
		    bounds_fullness(row->accept_queue, row->accept_queue_limit);
		row->syn_queue_limit = entry->syn_queue_limit;
		row->syn_queue_least = entry->syn_queue_least;
		row->syn_queue_percent = bounds_fullness(row->syn_queue, row->syn_queue_limit);
	}
}

bool builder_is_lower(const struct snapshot *s, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a != 0;
	/* pid 0, nobody known, becomes the highest. */
	return s->owners[a].pid - 1 < s->owners[b].pid - 1;
}

/* The row names its lowest owner, and the owner of the fullest socket, of equal ones the lowest. */
static void put_socket(const struct builder_listener_socket *socket, struct snapshot *now)
{
	struct listener *row = &now->listeners[socket->listener];
	uint32_t full = row->has_limits ? bounds_fullness(socket->queue, socket->limit) : 0;

	if (builder_is_lower(now, socket->owner, row->owner))
		row->owner = socket->owner;
	if (full < row->accept_queue_fullest)
		return;
	if (full == row->accept_queue_fullest &&
	    (socket->queue < row->fullest_queue ||
	     (socket->queue == row->fullest_queue && row->fullest_limit &&
	      !builder_is_lower(now, socket->owner, row->fullest_owner))))
		return;
	row->accept_queue_fullest = full;
	row->fullest_queue = socket->queue;
	row->fullest_limit = row->has_limits ? socket->limit : 0;
	row->fullest_owner = socket->owner;
}

static void put_states(const struct listener_entry *entry, struct snapshot *now)
{
	struct listener_state *states = &now->listener_states[entry->row * STATE_COUNT];

	for (uint32_t i = 0; i < STATE_COUNT; i++)
		states[i] = (struct listener_state){
		    .listener = entry->row, .state = i + 1, .count = entry->states[i]};
}

int builder_put_listeners(struct builder *b, struct snapshot *now)
{
	struct listener_entry *entries = (struct listener_entry *)b->listeners.entries;
	size_t count = b->listeners.count;

	now->listeners = array_new(count, sizeof(*now->listeners));
	now->listener_states = array_new(count * STATE_COUNT, sizeof(*now->listener_states));
	if (!now->listeners || !now->listener_states)
		return -ENOMEM;
	now->n_listeners = count;
	for (size_t i = 0; i < count; i++)
		fill_listener(&entries[i], b->options.limits_known, &now->listeners[i]);
	qsort(now->listeners, count, sizeof(*now->listeners), compare_listeners);
	for (size_t i = 0; i < count; i++) {
		const struct listener *row =
		    snapshot_listener(now, &entries[i].key.addr, entries[i].key.port);

		entries[i].row = (uint32_t)(row - now->listeners);
		put_states(&entries[i], now);
	}
	for (size_t i = 0; i < b->n_listener_sockets; i++) {
		b->listener_sockets[i].listener = entries[b->listener_sockets[i].listener].row;
		put_socket(&b->listener_sockets[i], now);
	}
	for (size_t i = 0; i < b->n_listener_sockets; i++) {
		struct listener *row = &now->listeners[b->listener_sockets[i].listener];

		row->several_owners |= b->listener_sockets[i].owner != row->owner;
	}
	return 0;
}
