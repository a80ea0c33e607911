/* SPDX-License-Identifier: MIT */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/model/state.h"

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

static void put_counts(const struct builder *b, struct snapshot *now)
{
	for (uint32_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++) {
		struct state_row *row = &now->states[i];

		row->ip_version = i / STATE_COUNT + 1;
		row->state = i % STATE_COUNT + 1;
		if (row->ip_version == IP_TOTAL)
			row->count = builder_count(b, row->state);
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

static int put_conns(struct builder *b, struct snapshot *now)
{
	if (b->n_conns)
		sort_conns(b);
	now->conns = array_new(b->n_conns, sizeof(*now->conns));
	if (!now->conns)
		return -ENOMEM;
	if (b->n_conns)
		memcpy(now->conns, b->conns, b->n_conns * sizeof(*now->conns));
	now->n_conns = b->n_conns;
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

static int put_remotes(const struct builder *b, struct snapshot *now)
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
		/* The bytes after the address as well: the row goes into a file. */
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

static size_t count_processes(const struct builder *b, const struct snapshot *now)
{
	size_t count = 0;

	for (size_t i = 1; i < b->n_by_owner && i < now->n_owners; i++)
		for (size_t j = 0; j < STATE_COUNT; j++)
			count += b->by_owner[i].states[j] && now->owners[i].pid;
	return count;
}

static void rank_owner(struct snapshot *now, uint32_t owner, uint32_t state, uint32_t count)
{
	struct state_top *top = &now->tops[state - 1];

	if (count > top->owner_count ||
	    (count == top->owner_count && builder_is_lower(now, owner, top->owner))) {
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

static int put_processes(const struct builder *b, struct snapshot *now)
{
	now->processes = array_new(count_processes(b, now), sizeof(*now->processes));
	if (!now->processes)
		return -ENOMEM;
	for (uint32_t owner = 1; owner < b->n_by_owner && owner < now->n_owners; owner++)
		for (uint32_t state = 1; state <= STATE_COUNT; state++)
			if (b->by_owner[owner].states[state - 1])
				put_process(now, owner, state,
					    b->by_owner[owner].states[state - 1]);
	qsort(now->processes, now->n_processes, sizeof(*now->processes), compare_processes);
	return 0;
}

static int put_suspects(struct builder *b, struct snapshot *now)
{
	uint32_t seen = suspects_seen(b->options.states);

	if (seen)
		since_end(&b->since, b->options.states & STATE_BIT(STATE_ESTABLISHED));
	now->info.suspects_omitted = b->since.omitted;
	return builder_suspects(b, seen, now);
}

int builder_finish(struct builder *b, struct snapshot *now, struct builder_result *ret_result)
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
	put_counts(b, now);
	ret = put_owners(b, now);
	if (ret == 0)
		ret = builder_put_listeners(b, now);
	if (ret == 0)
		ret = put_conns(b, now);
	if (ret == 0)
		ret = put_remotes(b, now);
	if (ret == 0)
		ret = put_processes(b, now);
	if (ret == 0)
		ret = portcount_finish(&b->port_counts, now);
	if (ret == 0)
		ret = put_suspects(b, now);
	if (ret == 0)
		ret = builder_fullest_ports(b, &result.ports);
	if (ret == 0)
		*ret_result = result;
	return ret;
}
