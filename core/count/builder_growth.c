/* SPDX-License-Identifier: MIT */
/*
 * Whether stale connections become more. A client's pool that lies idle while its server closes all
 * of it, as at a restart, has many of them at once and no more later: that is no growth. A leak
 * goes on.
 */
#include "core/count/builder_private.h"

#include <errno.h>
#include <stdlib.h>

/* The fresh connections to one remote address that idled before it closed them. */
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

int builder_growth(const struct builder *b, unsigned kind, struct suspects *row)
{
	struct wave *waves = calloc(b->remotes.count + 1, sizeof(*waves));

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
		if (is_fresh(socket) && is_pooled(b, socket))
			add_to_wave(&waves[socket->remote], socket->stale_s);
		else
			row->fresh += is_fresh(socket);
	}
	for (size_t i = 0; i < b->remotes.count; i++)
		if (waves[i].count == 1 || waves[i].oldest_s - waves[i].youngest_s >= WAVE_S)
			row->fresh += waves[i].count;
	free(waves);
	return 0;
}
