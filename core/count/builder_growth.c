/* SPDX-License-Identifier: MIT */
/*
 * Whether stale connections become more. A client's pool that lies idle while its server closes all
 * of it, as at a restart, or its servers after the same time, has many of them at once and no more
 * later: that is no growth. A leak goes on.
 */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>

/* Fresh connections that idled before they were closed: to one remote address, or of one process.
 */
struct wave {
	uint32_t count;
	uint16_t youngest_s, oldest_s;
};

/* What is closed within this time was closed at once, in seconds. */
enum { WAVE_S = 60 };

/* A service that goes down shuts its listener first: what it still holds came in. */
bool builder_opened(const struct builder *b, const struct suspect_socket *socket)
{
	return socket->listener == UINT32_MAX &&
	       (b->options.port_high == 0 || (socket->local_port >= b->options.port_low &&
					      socket->local_port <= b->options.port_high));
}

static bool is_pooled(const struct builder *b, const struct suspect_socket *socket)
{
	return socket->rested && builder_opened(b, socket);
}

static bool is_fresh(const struct suspect_socket *socket)
{
	return socket->stale_s < SUSPECT_FRESH_S;
}

static void add_to_wave(struct wave *wave, uint16_t stale_s)
{
	if (wave->count++ == 0)
		wave->youngest_s = wave->oldest_s = stale_s;
	else if (stale_s < wave->youngest_s)
		wave->youngest_s = stale_s;
	else if (stale_s > wave->oldest_s)
		wave->oldest_s = stale_s;
}

static bool is_at_once(const struct wave *wave)
{
	return wave->count > 1 && wave->oldest_s - wave->youngest_s < WAVE_S;
}

/* What one remote address has closed at once is no growth, nor is the rest of a process's
 * connections if it was closed at once: one to each of many servers. */
static uint32_t count_growth(const struct builder *b, unsigned kind, size_t n_owners,
			     struct wave *remotes, struct wave *processes)
{
	const struct suspect_socket *end = b->suspects + b->n_suspects;
	uint32_t fresh = 0;

	for (const struct suspect_socket *s = b->suspects; s < end; s++) {
		if (s->kind != kind || !is_fresh(s))
			continue;
		if (is_pooled(b, s))
			add_to_wave(&remotes[s->remote], s->stale_s);
		else
			fresh++;
	}
	for (const struct suspect_socket *s = b->suspects; s < end; s++)
		if (s->kind == kind && is_fresh(s) && is_pooled(b, s) &&
		    !is_at_once(&remotes[s->remote]))
			add_to_wave(&processes[s->owner], s->stale_s);
	for (size_t i = 0; i < n_owners; i++)
		fresh += is_at_once(&processes[i]) ? 0 : processes[i].count;
	return fresh;
}

int builder_growth(const struct builder *b, unsigned kind, size_t n_owners, struct suspects *row)
{
	struct wave *waves = calloc(b->remotes.count + n_owners + 1, sizeof(*waves));

	if (!waves)
		return -ENOMEM;
	row->youngest_s = UINT32_MAX;
	for (size_t i = 0; i < b->n_suspects; i++) {
		const struct suspect_socket *socket = &b->suspects[i];

		if (socket->kind != kind)
			continue;
		if (socket->stale_s < row->youngest_s)
			row->youngest_s = socket->stale_s;
		row->pooled += is_pooled(b, socket);
	}
	row->fresh = count_growth(b, kind, n_owners, waves, waves + b->remotes.count);
	free(waves);
	return 0;
}
