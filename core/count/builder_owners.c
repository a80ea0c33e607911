/* SPDX-License-Identifier: MIT */
/*
 * Whose the sockets are: known owners are credited at once, the others after the scan.
 */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

bool builder_may_pend(struct builder *b)
{
	if (b->n_pending < PENDING_MAX)
		return true;
	b->overflowed = true;
	return false;
}

int builder_pend(struct builder *b, const struct pending *pending)
{
	if (ARRAY_RESERVE(b->pending, &b->pending_capacity, b->n_pending + 1) < 0)
		return -ENOMEM;
	b->pending[b->n_pending++] = *pending;
	return 0;
}

bool builder_overflowed(const struct builder *b)
{
	return b->overflowed;
}

static struct owner_counts *counts_of(struct builder *b, uint32_t owner)
{
	size_t known = b->n_by_owner;

	if (owner >= known) {
		if (ARRAY_RESERVE(b->by_owner, &b->n_by_owner, owner + 1) < 0)
			return NULL;
		memset(b->by_owner + known, 0, (b->n_by_owner - known) * sizeof(*b->by_owner));
	}
	return &b->by_owner[owner];
}

int builder_credit(struct builder *b, uint32_t owner, uint8_t state)
{
	struct owner_counts *counts = counts_of(b, owner);

	if (!counts)
		return -ENOMEM;
	counts->states[state - 1]++;
	return 0;
}

/* A socket that was seen before its owner was known. */
static int resolve(struct builder *b, const struct pending *p, uint32_t owner)
{
	if (builder_credit(b, owner, p->state) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n_suspects; i++)
		b->suspects[p->suspect + i].owner = owner;
	/* An evicted row holds another socket by now. */
	if (p->row != UINT32_MAX && b->conns[p->row].inode == p->inode)
		b->conns[p->row].owner = owner;
	if (p->listener != UINT32_MAX)
		b->listener_sockets[p->listener].owner = owner;
	return builder_port_owner(b, p, owner);
}

int builder_resolve(struct builder *b)
{
	int ret = 0;

	for (size_t i = 0; i < b->n_pending && ret == 0; i++) {
		const struct pending *p = &b->pending[i];
		uint32_t owner = owners_find(b->options.owners, p->inode, p->cgroup_id);

		if (owner)
			ret = resolve(b, p, owner);
	}
	/* Most were there in the first sample, or a flood of new sockets. */
	free(b->pending);
	b->pending = NULL;
	b->n_pending = b->pending_capacity = 0;
	return ret;
}
