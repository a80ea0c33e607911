/* SPDX-License-Identifier: MIT */
#include "core/sample/stale_copy.h"

#include <stdlib.h>
#include <string.h>

/* Those that have gone have no name any more. */
static void renumber_processes(struct snapshot *s, const uint32_t *numbers)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_processes; i++) {
		struct process row = s->processes[i];

		row.owner = numbers[row.owner];
		if (row.owner)
			s->processes[kept++] = row;
	}
	s->n_processes = kept;
}

static void renumber_rows(struct snapshot *s, const uint32_t *numbers)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		s->listeners[i].owner = numbers[s->listeners[i].owner];
		s->listeners[i].fullest_owner = numbers[s->listeners[i].fullest_owner];
		s->listeners[i].drops_owner = numbers[s->listeners[i].drops_owner];
	}
	for (size_t i = 0; i < s->n_conns; i++)
		s->conns[i].owner = numbers[s->conns[i].owner];
	renumber_processes(s, numbers);
	for (size_t i = 0; i < s->n_limits; i++)
		s->limits[i].owner = numbers[s->limits[i].owner];
	for (size_t i = 0; i < STATE_COUNT; i++)
		s->tops[i].owner = numbers[s->tops[i].owner];
	for (size_t i = 0; i < SUSPECT_COUNT; i++) {
		struct suspects *row = &s->suspects[i];

		for (size_t j = 0; j < SUSPECT_TOPS; j++)
			row->owners[j].index = numbers[row->owners[j].index];
		row->endpoint_owner.index = numbers[row->endpoint_owner.index];
	}
}

/* The owners as they are numbered now, and every row's number. */
static bool renumber(struct snapshot *s, const struct owners *o, uint32_t *owner)
{
	size_t count;
	const struct owner *list = owners_list(o, &count);
	struct owner *owners = malloc(count * sizeof(*owners));
	uint32_t *numbers = malloc(s->n_owners * sizeof(*numbers));

	if (!owners || !numbers) {
		free(owners);
		free(numbers);
		return false;
	}
	owners_renumbered(o, numbers, s->n_owners);
	renumber_rows(s, numbers);
	*owner = numbers[*owner];
	free(numbers);
	memcpy(owners, list, count * sizeof(*owners));
	free(s->owners);
	s->owners = owners;
	s->n_owners = count;
	return true;
}

struct snapshot *stale_copy_new(const struct snapshot *last, const struct owners *renumbered,
				uint32_t *owner)
{
	struct snapshot *s = snapshot_copy(last);

	if (s && renumbered && !renumber(s, renumbered, owner)) {
		snapshot_free(s);
		return NULL;
	}
	if (s && s->tuning)
		s->tuning->users++;
	return s;
}
