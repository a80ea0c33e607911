/* SPDX-License-Identifier: MIT */
/*
 * Suspects that the user has their condition leave out.
 */
#include "core/count/builder_private.h"

#include "core/diagnosis/rule.h"

static const struct {
	uint8_t condition; /* enum condition_id that counts them */
	bool listener;     /* they have no process but the listener's */
} kinds[SUSPECT_COUNT] = {
    [SUSPECT_CLOSE_WAIT_STALE] = {CONDITION_CLOSE_WAIT_STALE, false},
    [SUSPECT_CLOSE_WAIT_UNACCEPTED] = {CONDITION_CLOSE_WAIT_UNACCEPTED, true},
    [SUSPECT_FIN_WAIT_2_STALE] = {CONDITION_FIN_WAIT_2_STALE, false},
    [SUSPECT_CLOSING_STUCK] = {CONDITION_CLOSING_STUCK, false},
    [SUSPECT_SYN_SENT] = {CONDITION_SYN_SENT_FANOUT, false},
    [SUSPECT_SYN_UNANSWERED] = {CONDITION_SYN_UNANSWERED, true},
    [SUSPECT_UPSTREAM_SILENT] = {CONDITION_UPSTREAM_SILENT, false},
    [SUSPECT_PEER_SILENT] = {CONDITION_PEER_SILENT, false},
    [SUSPECT_PEER_NOT_READING] = {CONDITION_PEER_NOT_READING, false},
    [SUSPECT_NOT_READING] = {CONDITION_NOT_READING, false},
};

static bool is_ignored(const struct builder *b, const struct snapshot *now,
		       const struct suspect_socket *socket)
{
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
		if (kinds[socket->kind].listener)
			subject.owner = snapshot_owner(now, listener->owner);
	}
	return ignores_match(b->options.ignores, kinds[socket->kind].condition, &subject);
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
