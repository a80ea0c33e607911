/* SPDX-License-Identifier: MIT */
#include "core/sample/carry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/kernel/bounds.h"
#include "core/count/suspect.h"

/* The low byte is the row's state. Rows of different states have different keys, and are in the
 * keys' order. */
typedef uint64_t (*key_fn)(const void *row);

static uint64_t conn_key(const void *row)
{
	return ((const struct conn *)row)->state;
}

static uint64_t remote_key(const void *row)
{
	return ((const struct remote *)row)->state;
}

static uint64_t process_key(const void *row)
{
	const struct process *process = row;

	return (uint64_t)process->pid << 8 | process->state;
}

static bool is_carried(uint32_t states, uint64_t key)
{
	return !(states & STATE_BIT(key & 0xff));
}

/* Merges the carried ones of last's rows into now's, `max` of both together at the most. rows: the
 * address of the pointer to now's. */
static int merge(const void *last, size_t n_last, size_t size, key_fn key, uint32_t states,
		 size_t max, void *rows, size_t *count)
{
	const char *from = last, *own;
	size_t n_own = *count, carried = 0;
	char *merged, *to;
	void *old;

	/* The pointer's type is the caller's: it is copied, not read as a void *. */
	memcpy(&old, rows, sizeof(old));
	own = old;
	for (size_t i = 0; i < n_last; i++)
		carried += is_carried(states, key(from + i * size));
	if (carried > max - n_own)
		carried = max - n_own;
	if (carried == 0)
		return 0;
	merged = to = array_new(n_own + carried, size);
	if (!merged)
		return -ENOMEM;
	*count += carried;
	/* As in a look at the listeners: all of them. */
	if (n_own == 0 && carried == n_last) {
		memcpy(merged, last, n_last * size);
		carried = 0;
	}
	for (; carried > 0; from += size) {
		uint64_t k = key(from);

		if (!is_carried(states, k))
			continue;
		for (; n_own > 0 && key(own) < k; n_own--, own += size, to += size)
			memcpy(to, own, size);
		memcpy(to, from, size);
		to += size;
		carried--;
	}
	if (n_own > 0)
		memcpy(to, own, n_own * size);
	free(old);
	memcpy(rows, &merged, sizeof(merged));
	return 0;
}

#define MERGE(last, now, rows, key, states, max)                                                   \
	merge((last)->rows, (last)->n_##rows, sizeof(*(last)->rows), key, states, max,             \
	      &(now)->rows, &(now)->n_##rows)

static void carry_states(const struct snapshot *last, uint32_t states, struct snapshot *now)
{
	for (size_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++)
		if (is_carried(states, now->states[i].state))
			now->states[i].count = last->states[i].count;
	for (size_t i = 0; i < STATE_COUNT; i++) {
		if (!is_carried(states, i + 1))
			continue;
		now->spreads[i] = last->spreads[i];
		now->tops[i] = last->tops[i];
	}
}

static void carry_listener(const struct snapshot *last, uint32_t states, struct snapshot *now,
			   size_t index)
{
	struct listener *row = &now->listeners[index];
	const struct listener *before = snapshot_listener(last, &row->addr, row->port);
	const struct listener_state *from;
	struct listener_state *to = &now->listener_states[index * STATE_COUNT];

	if (!before)
		return;
	from = &last->listener_states[(size_t)(before - last->listeners) * STATE_COUNT];
	for (size_t i = 0; i < STATE_COUNT; i++)
		if (is_carried(states, i + 1))
			to[i].count = from[i].count;
	if (!is_carried(states, STATE_SYN_RECV))
		return;
	row->syn_queue = before->syn_queue;
	row->syn_unanswered = before->syn_unanswered;
	if (row->has_limits)
		row->syn_queue_percent = bounds_fullness(row->syn_queue, row->syn_queue_limit);
}

static uint32_t port_key(const struct port *port)
{
	return (uint32_t)port->remote << 16 | port->port;
}

/* Both are sorted. */
static void carry_ports(const struct snapshot *last, uint32_t states, struct snapshot *now)
{
	const struct port *from = last->ports, *end = last->ports + last->n_ports;

	for (size_t i = 0; i < now->n_ports; i++) {
		struct port *row = &now->ports[i];

		while (from < end && port_key(from) < port_key(row))
			from++;
		if (from == end || port_key(from) != port_key(row))
			continue;
		for (size_t j = 0; j < STATE_COUNT; j++)
			if (is_carried(states, j + 1))
				row->count[j] = from->count[j];
	}
}

/* The listeners have other rows now. */
static void carry_suspects(const struct snapshot *last, struct snapshot *now, unsigned kind)
{
	struct suspects *row = &now->suspects[kind];

	*row = last->suspects[kind];
	for (int i = 0; i < SUSPECT_TOPS && row->listeners[i].count > 0; i++) {
		uint32_t *index = &row->listeners[i].index;
		const struct listener *was, *is;

		if (*index == UINT32_MAX)
			continue; /* it had gone before */
		was = &last->listeners[*index];
		is = snapshot_listener(now, &was->addr, was->port);
		*index = is ? (uint32_t)(is - now->listeners) : UINT32_MAX;
	}
}

/* A counter never falls, unless a namespace was restored from what it once was. */
static bool has_fallen(const struct snapshot *last, const struct snapshot *now)
{
	for (size_t i = 0, j = 0; i < last->n_counters && j < now->n_counters;) {
		int order = strcmp(last->counters[i].name, now->counters[j].name);

		if (order == 0 && now->counters[j].value < last->counters[i].value)
			return true;
		i += order <= 0;
		j += order >= 0;
	}
	return false;
}

static void carry_info(const struct snapshot *last, uint32_t states, struct snapshot *now)
{
	if (!has_fallen(last, now))
		now->info.counters_since = last->info.counters_since;
	if (is_carried(states, STATE_ESTABLISHED))
		now->info.detail_at = last->info.detail_at;
	if (!is_carried(states, STATE_SYN_RECV))
		return;
	now->info.counted_at = last->info.counted_at;
	now->info.counted_source = last->info.counted_source;
	now->info.suspects_omitted = last->info.suspects_omitted;
}

int carry_over(const struct snapshot *last, uint32_t states, uint32_t conn_rows,
	       struct snapshot *now)
{
	uint32_t seen = suspects_seen(states);
	int ret;

	now->info.counters_since = now->info.time;
	now->info.counted_at = now->info.detail_at = now->info.monotonic;
	now->info.counted_source = now->info.source;
	if (!last)
		return 0;
	carry_info(last, states, now);
	carry_states(last, states, now);
	carry_ports(last, states, now);
	for (size_t i = 0; i < now->n_listeners; i++)
		carry_listener(last, states, now, i);
	for (unsigned kind = 0; kind < SUSPECT_COUNT; kind++)
		if (!(seen >> kind & 1))
			carry_suspects(last, now, kind);
	ret = MERGE(last, now, conns, conn_key, states, conn_rows);
	if (ret == 0)
		ret = MERGE(last, now, remotes, remote_key, states, SIZE_MAX);
	if (ret == 0)
		ret = MERGE(last, now, processes, process_key, states, SIZE_MAX);
	return ret;
}
