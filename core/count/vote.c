/* SPDX-License-Identifier: MIT */
#include "core/count/vote.h"

#include <stddef.h>

/* The place of an owner, or a free one; 2: there is none. */
static size_t place_of(const struct vote *v, uint32_t owner)
{
	for (size_t i = 0; i < 2; i++)
		if (v->count[i] > 0 && v->owner[i] == owner)
			return i;
	for (size_t i = 0; i < 2; i++)
		if (v->count[i] == 0)
			return i;
	return 2;
}

void vote_add(struct vote *v, uint32_t owner, uint32_t count)
{
	size_t at = place_of(v, owner);
	uint32_t least;

	if (owner == 0)
		return;
	if (at < 2) {
		v->owner[at] = owner;
		v->count[at] += count;
		return;
	}
	/* A third one: as many of each of the three go. */
	least = v->count[0] < v->count[1] ? v->count[0] : v->count[1];
	least = count < least ? count : least;
	v->count[0] -= least;
	v->count[1] -= least;
	if (count > least)
		vote_add(v, owner, count - least);
}

uint32_t vote_top(const struct vote *v)
{
	int top =
	    v->count[1] > v->count[0] || (v->count[1] == v->count[0] && v->owner[1] < v->owner[0]);

	return v->count[top] > 0 ? v->owner[top] : 0;
}
