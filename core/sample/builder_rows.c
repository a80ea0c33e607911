/* SPDX-License-Identifier: MIT */
#include "core/sample/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/model/state.h"

bool builder_carries(const struct builder *b, uint32_t state)
{
	return !(b->options.states & STATE_BIT(state));
}

static int put_owners(struct builder *b, struct snapshot *now)
{
	static const struct owner nobody;
	const struct owner *list = &nobody;
	size_t count = 1;

	if (b->options.owners)
		list = owners_list(b->options.owners, &count);
	now->owners = array_new(count, sizeof(*list));
	if (!now->owners)
		return -ENOMEM;
	memcpy(now->owners, list, count * sizeof(*list));
	now->n_owners = count;
	return 0;
}

static void put_counts(struct builder *b, const struct snapshot *last, struct snapshot *now)
{
	for (uint32_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++) {
		struct state_row *row = &now->states[i];

		row->ip_version = i / STATE_COUNT + 1;
		row->state = i % STATE_COUNT + 1;
		if (builder_carries(b, row->state))
			row->count = last->states[i].count;
		else if (row->ip_version == IP_TOTAL)
			row->count = b->counts[0][row->state - 1] + b->counts[1][row->state - 1];
		else
			row->count = b->counts[row->ip_version - 1][row->state - 1];
	}
}

static int compare_conns(const void *a, const void *b)
{
	const struct conn *x = a, *y = b;
	int order;

	if (x->state != y->state)
		return x->state - y->state;
	order = inet_addr_cmp(&x->local, &y->local);
	if (order)
		return order;
	if (x->local_port != y->local_port)
		return x->local_port - y->local_port;
	order = inet_addr_cmp(&x->remote, &y->remote);
	if (order)
		return order;
	return x->remote_port - y->remote_port;
}

/* Sorts the rows of this sample. An index may stand once only: sockets bound to one address with
 * SO_REUSEPORT are the only ones that share it. */
static void sort_conns(struct builder *b)
{
	size_t kept = 0;

	qsort(b->conns, b->n_conns, sizeof(*b->conns), compare_conns);
	for (size_t i = 0; i < b->n_conns; i++)
		if (!kept || compare_conns(&b->conns[kept - 1], &b->conns[i]) != 0)
			b->conns[kept++] = b->conns[i];
	b->n_conns = kept;
}

uint32_t builder_omitted(const struct builder *b, const struct snapshot *now)
{
	uint64_t listed = 0;

	for (uint32_t state = 1; state <= STATE_COUNT; state++)
		if (b->options.conn_states & STATE_BIT(state))
			listed += snapshot_count(now, IP_TOTAL, state);
	return (uint32_t)sub_sat(listed, now->n_conns);
}

/* The rows of this sample, and those of the last one whose states were not read now: both are
 * sorted, and they share no state. */
static int put_conns(struct builder *b, const struct snapshot *last, struct snapshot *now)
{
	size_t n_last = last ? last->n_conns : 0, taken = 0, max;

	if (b->n_conns)
		sort_conns(b);
	max = b->n_conns + n_last;
	if (max > b->options.conn_rows)
		max = b->options.conn_rows;
	now->conns = array_new(max, sizeof(*now->conns));
	if (!now->conns)
		return -ENOMEM;
	max -= b->n_conns; /* of the last one's */
	for (size_t i = 0; i < n_last && max > 0; i++) {
		const struct conn *row = &last->conns[i];

		if (!builder_carries(b, row->state))
			continue;
		while (taken < b->n_conns && b->conns[taken].state < row->state)
			now->conns[now->n_conns++] = b->conns[taken++];
		now->conns[now->n_conns++] = *row;
		max--;
	}
	while (taken < b->n_conns)
		now->conns[now->n_conns++] = b->conns[taken++];
	return 0;
}

static bool more_remote(const struct remote *a, const struct remote *b)
{
	if (a->count != b->count)
		return a->count > b->count;
	return inet_addr_cmp(&a->addr, &b->addr) < 0;
}

/* Puts a remote in its place among the top ones of its state. */
static void rank_remote(const struct remote *remote, struct remote *top, size_t *count, size_t max)
{
	size_t at = *count;

	if (at == max) {
		if (max == 0 || !more_remote(remote, &top[max - 1]))
			return;
		at--;
	} else {
		++*count;
	}
	for (; at > 0 && more_remote(remote, &top[at - 1]); at--)
		top[at] = top[at - 1];
	top[at] = *remote;
}

static int compare_remotes(const void *a, const void *b)
{
	const struct remote *x = a, *y = b;

	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return inet_addr_cmp(&x->addr, &y->addr);
}

static void carry_remotes(const struct builder *b, const struct snapshot *last,
			  struct snapshot *now)
{
	for (size_t i = 0; i < last->n_remotes; i++)
		if (builder_carries(b, last->remotes[i].state))
			now->remotes[now->n_remotes++] = last->remotes[i];
	for (uint32_t i = 0; i < STATE_COUNT; i++) {
		if (!builder_carries(b, i + 1))
			continue;
		now->spreads[i].remotes = last->spreads[i].remotes;
		now->tops[i].remote = last->tops[i].remote;
		now->tops[i].remote_count = last->tops[i].remote_count;
	}
}

static int put_remotes(struct builder *b, const struct snapshot *last, struct snapshot *now)
{
	size_t max = b->options.remotes, counts[STATE_COUNT] = {0};
	size_t room = max ? max : 1; /* the top one is wanted in any case */
	struct remote *top = array_new(STATE_COUNT * room, sizeof(*top));

	now->remotes = array_new(STATE_COUNT * room, sizeof(*now->remotes));
	if (!top || !now->remotes) {
		free(top);
		return -ENOMEM;
	}
	for (size_t i = 0; i < b->remotes.count; i++) {
		const struct remote_entry *entry = tally_entry(&b->remotes, i);
		uint32_t state = entry->key.state;
		struct remote row;

		if (!entry->count)
			continue; /* it only counts suspects of other states */
		now->spreads[state - 1].remotes++;
		/* The bytes behind the address as well: the row goes into a file. */
		memset(&row, 0, sizeof(row));
		row.state = state;
		row.count = entry->count;
		row.addr = entry->key.addr;
		rank_remote(&row, &top[(state - 1) * room], &counts[state - 1], room);
	}
	for (size_t i = 0; i < STATE_COUNT; i++) {
		const struct remote *first = &top[i * room];

		if (counts[i]) {
			now->tops[i].remote = first->addr;
			now->tops[i].remote_count = first->count;
		}
		for (size_t j = 0; j < counts[i] && j < max; j++)
			now->remotes[now->n_remotes++] = first[j];
	}
	free(top);
	if (last)
		carry_remotes(b, last, now);
	qsort(now->remotes, now->n_remotes, sizeof(*now->remotes), compare_remotes);
	return 0;
}

static int compare_processes(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (int)x->state - (int)y->state;
}

static size_t count_processes(const struct builder *b, const struct snapshot *last,
			      const struct snapshot *now)
{
	size_t count = 0;

	for (size_t i = 1; i < b->n_by_owner && i < now->n_owners; i++)
		for (size_t j = 0; j < STATE_COUNT; j++)
			count += b->by_owner[i].states[j] && now->owners[i].pid;
	return count + (last ? last->n_processes : 0);
}

static void rank_owner(struct snapshot *now, uint32_t owner, uint32_t state, uint32_t count)
{
	struct state_top *top = &now->tops[state - 1];

	if (count > top->owner_count ||
	    (count == top->owner_count && now->owners[owner].pid < now->owners[top->owner].pid)) {
		top->owner = owner;
		top->owner_count = count;
	}
}

static void put_process(struct snapshot *now, uint32_t owner, uint32_t state, uint32_t count)
{
	uint32_t pid = now->owners[owner].pid;

	rank_owner(now, owner, state, count);
	if (!pid)
		return;
	now->spreads[state - 1].processes++;
	now->processes[now->n_processes++] =
	    (struct process){.pid = pid, .state = state, .count = count, .owner = owner};
}

static int put_processes(struct builder *b, const struct snapshot *last, struct snapshot *now)
{
	now->processes = array_new(count_processes(b, last, now), sizeof(*now->processes));
	if (!now->processes)
		return -ENOMEM;
	for (uint32_t owner = 1; owner < b->n_by_owner && owner < now->n_owners; owner++)
		for (uint32_t state = 1; state <= STATE_COUNT; state++)
			if (b->by_owner[owner].states[state - 1] && !builder_carries(b, state))
				put_process(now, owner, state,
					    b->by_owner[owner].states[state - 1]);
	for (size_t i = 0; last && i < last->n_processes; i++) {
		const struct process *row = &last->processes[i];

		if (builder_carries(b, row->state))
			put_process(now, row->owner, row->state, row->count);
	}
	/* The one with the most may be a service alone, which has no row. */
	for (uint32_t state = 1; last && state <= STATE_COUNT; state++)
		if (builder_carries(b, state))
			rank_owner(now, last->tops[state - 1].owner, state,
				   last->tops[state - 1].owner_count);
	qsort(now->processes, now->n_processes, sizeof(*now->processes), compare_processes);
	return 0;
}

/* The last sample's, whose listeners have other rows now. */
static void carry_suspects(const struct snapshot *last, struct snapshot *now, int kind)
{
	struct suspects *row = &now->suspects[kind];

	*row = last->suspects[kind];
	for (int i = 0; i < SUSPECT_TOPS && row->listeners[i].count > 0; i++) {
		uint32_t *index = &row->listeners[i].index;
		const struct listener *old, *found;

		if (*index == UINT32_MAX)
			continue; /* it had gone before */
		old = &last->listeners[*index];
		found = builder_find_listener(now, &old->addr, old->port);
		*index = found ? (uint32_t)(found - now->listeners) : UINT32_MAX;
	}
}

static int put_suspects(struct builder *b, const struct snapshot *last, struct snapshot *now)
{
	uint32_t read = builder_carries(b, STATE_SYN_RECV) ? 0 : (1u << SUSPECT_COUNT) - 1;

	if (builder_carries(b, STATE_ESTABLISHED))
		read &= ~SUSPECTS_OF_DETAIL;
	for (int kind = 0; kind < SUSPECT_COUNT; kind++)
		if (last && !(read >> kind & 1))
			carry_suspects(last, now, kind);
	if (read)
		since_end(&b->since, !builder_carries(b, STATE_ESTABLISHED));
	return builder_suspects(b, read, now);
}

int builder_finish(struct builder *b, const struct snapshot *last, struct snapshot *now,
		   struct builder_result *ret_result)
{
	struct builder_result result = {.time_wait_sockets_fin2 = b->tw_fin2};
	int ret;

	for (uint32_t i = 0; i < STATE_COUNT; i++)
		now->spreads[i].state = i + 1;
	ret = builder_end(b);
	if (ret == 0)
		ret = builder_resolve(b);
	if (ret < 0)
		return ret;
	put_counts(b, last, now);
	ret = put_owners(b, now);
	if (ret == 0)
		ret = builder_put_listeners(b, last, now);
	if (ret == 0)
		ret = put_conns(b, last, now);
	if (ret == 0)
		ret = put_remotes(b, last, now);
	if (ret == 0)
		ret = put_processes(b, last, now);
	if (ret == 0)
		ret = portcount_finish(&b->port_counts, b->options.states, last, now);
	if (ret == 0)
		ret = put_suspects(b, last, now);
	if (ret == 0)
		ret = builder_fullest_ports(b, &result.ports);
	if (ret == 0)
		*ret_result = result;
	return ret;
}
