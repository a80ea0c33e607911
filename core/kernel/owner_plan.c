/* SPDX-License-Identifier: MIT */
/*
 * Which processes a scan reads.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/kernel/owner_private.h"

/* Processes that are not near are read in one of so many rounds. */
enum { ALL_ROUNDS = 8 };

static int compare(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

void owners_near(struct owners *o, const uint32_t *pids, size_t count)
{
	o->near = pids;
	o->n_near = count;
}

static bool leaves_out(const struct owners *o)
{
	return o->near && o->round % ALL_ROUNDS != 0;
}

/* Makes candidates of the processes. Both lists are in the order of the pids. Returns how many. */
static size_t choose(const struct owners *o, const uint32_t *pids, size_t count,
		     struct candidate *ret_all)
{
	bool others = !leaves_out(o);
	size_t n = 0;

	for (size_t i = 0, j = 0; i < count; i++) {
		bool near;

		while (j < o->n_near && o->near[j] < pids[i])
			j++;
		near = j < o->n_near && o->near[j] == pids[i];
		if (near || others)
			ret_all[n++] = (struct candidate){.pid = pids[i], .near = near};
	}
	return n;
}

int owners_begin_scan(struct owners *o)
{
	struct candidate *all;
	uint32_t *pids;
	size_t count;
	int err;

	err = procpid_list(o->proc_fd, &pids, &count);
	if (err)
		return err;
	all = calloc(count + 1, sizeof(*all));
	if (all)
		count = choose(o, pids, count, all);
	free(pids);
	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < o->inodes.count; i++) {
		struct known *known = tally_entry(&o->inodes, i);

		known->sought = owners_lacks(known);
	}
	o->scan = (struct scan){
	    .processes = all,
	    .count = count,
	    .partial = leaves_out(o),
	    .thorough = o->thorough,
	    .dir_fd = -1,
	};
	return 0;
}

void owners_number_candidates(struct owners *o)
{
	struct scan *scan = &o->scan;

	for (size_t i = 0; i < scan->count; i++)
		scan->processes[i].owner = 0;
	for (uint32_t i = 1; i < o->count; i++) {
		struct candidate key = {.pid = o->list[i].pid}, *found = NULL;

		if (key.pid)
			found = bsearch(&key, scan->processes, scan->count, sizeof(key), compare);
		if (found)
			found->owner = i;
	}
}
