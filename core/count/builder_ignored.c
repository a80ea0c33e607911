/* SPDX-License-Identifier: MIT */
/*
 * Suspects that the user has their condition leave out.
 */
#include "core/count/builder_private.h"

static bool is_ignored(const struct builder *b, const struct snapshot *now,
		       const struct suspect_socket *socket)
{
	const struct suspect_kind *kind = &builder_kinds[socket->kind];
	const struct remote_entry *remote = tally_entry(&b->remotes, socket->remote);
	struct ignore_subject subject = {
	    .owner = snapshot_owner(now, socket->owner),
	    .remote = &remote->key.addr,
	    .local_port = socket->local_port,
	    .remote_port = socket->remote_port,
	};

	if (socket->listener != UINT32_MAX) {
		const struct listener_entry *entry = tally_entry(&b->listeners, socket->listener);
		const struct listener *listener = &now->listeners[entry->row];

		subject.listener = &listener->addr;
		subject.remote_port = 0;
		/* Half-open and unaccepted ones have no process but the listener's. */
		if (kind->offender == OFFENDER_LISTENER)
			subject.owner = snapshot_owner(now, listener->owner);
	}
	return ignores_match(b->options.ignores, kind->condition, &subject);
}

void builder_drop_ignored(struct builder *b, uint32_t seen, struct snapshot *now)
{
	size_t kept = 0;

	if (!b->options.ignores || b->options.ignores->count == 0)
		return;
	for (size_t i = 0; i < b->n_suspects; i++) {
		const struct suspect_socket *socket = &b->suspects[i];

		if (seen >> socket->kind & 1 && is_ignored(b, now, socket))
			now->suspects[socket->kind].ignored++;
		else
			b->suspects[kept++] = *socket;
	}
	b->n_suspects = kept;
}
