/* SPDX-License-Identifier: MIT */
#include "core/figures/peaks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/history.h"
#include "core/base/tally.h"
#include "core/figures/trend.h"

enum { MINUTE = 60, LONG_WINDOW = 15 * MINUTE, FORGET_MS = 16 * MINUTE * 1000 };

struct listener_past {
	struct listener_key key;
	struct peak accept_queue;
	struct peak syn_queue;
	uint64_t drops;
	struct timespec since; /* as in struct listener */
	uint64_t dropped_ms;
	uint64_t seen_ms;
};

/* A listening socket's sk_drops when it was last looked at. */
struct socket_past {
	uint32_t inode;
	uint32_t drops;
	uint64_t seen_ms;
};

struct peaks {
	struct peak states[IP_VERSION_COUNT * STATE_COUNT][3]; /* 1, 5, 15 minutes */
	struct peak limits[LIMIT_COUNT];
	struct trend trends[LIMIT_COUNT];
	struct tally listeners; /* struct listener_past */
	struct tally sockets;   /* struct socket_past */
};

int peaks_new(struct peaks **ret_peaks)
{
	struct peaks *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	tally_init(&p->listeners, sizeof(struct listener_key), sizeof(struct listener_past));
	tally_init(&p->sockets, sizeof(uint32_t), sizeof(struct socket_past));
	*ret_peaks = p;
	return 0;
}

void peaks_free(struct peaks *p)
{
	if (!p)
		return;
	tally_done(&p->listeners);
	tally_done(&p->sockets);
	free(p);
}

static void note_states(struct peaks *p, uint64_t now_ms, struct snapshot *now)
{
	for (size_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++) {
		struct state_row *row = &now->states[i];
		struct peak *past = p->states[i];

		row->peak_1min = peak_note(&past[0], MINUTE, now_ms, row->count);
		row->peak_5min = peak_note(&past[1], 5 * MINUTE, now_ms, row->count);
		row->peak_15min = peak_note(&past[2], LONG_WINDOW, now_ms, row->count);
	}
}

/* TIME_WAIT and the queues fill to a level with the traffic and empty by themselves. */
static bool can_leak(uint32_t limit)
{
	return limit != LIMIT_TIME_WAIT_BUCKETS && limit != LIMIT_SYN_BACKLOG &&
	       limit != LIMIT_ACCEPT_BACKLOG;
}

static void note_limits(struct peaks *p, uint64_t now_ms, struct snapshot *now)
{
	for (size_t i = 0; i < now->n_limits; i++) {
		struct limit *limit = &now->limits[i];
		uint32_t left_s = TREND_NONE;

		limit->peak_percent =
		    peak_note(&p->limits[limit->id - 1], LONG_WINDOW, now_ms, limit->percent);
		if (can_leak(limit->id))
			left_s = trend_note(&p->trends[limit->id - 1], (int64_t)now_ms,
					    limit->detail, limit->usage, limit->capacity);
		limit->growing = left_s != TREND_NONE;
		limit->left_s = limit->growing ? left_s : 0;
	}
}

/* The drops that a socket has had since they were last told. sk_drops counts in 32 bits from 0 at
 * the socket's birth, and wraps. */
static int new_drops(struct peaks *p, const struct builder_listener_socket *socket, bool told,
		     uint64_t now_ms, uint32_t *ret_drops)
{
	struct socket_past *past = tally_add(&p->sockets, &socket->inode);

	if (!past)
		return -ENOMEM;
	past->seen_ms = now_ms;
	*ret_drops = told ? socket->drops - past->drops : 0;
	past->drops += *ret_drops;
	return 0;
}

static struct listener_past *listener_past(struct peaks *p, const struct listener *row)
{
	struct listener_key key = {.addr = row->addr, .port = row->port};

	return tally_add(&p->listeners, &key);
}

static int note_listeners(struct peaks *p, uint64_t now_ms, struct snapshot *now)
{
	for (size_t i = 0; i < now->n_listeners; i++) {
		struct listener *row = &now->listeners[i];
		struct listener_past *past = listener_past(p, row);

		if (!past)
			return -ENOMEM;
		row->accept_queue_peak =
		    peak_note(&past->accept_queue, LONG_WINDOW, now_ms, row->accept_queue);
		row->syn_queue_peak =
		    peak_note(&past->syn_queue, LONG_WINDOW, now_ms, row->syn_queue);
		row->drops = past->drops;
		if (!past->since.tv_sec)
			past->since = now->info.time;
		row->since = past->since;
		row->dropped_ms = (int64_t)past->dropped_ms;
		past->seen_ms = now_ms;
	}
	return 0;
}

static int note_drops(struct peaks *p, uint64_t now_ms,
		      const struct builder_listener_socket *sockets, size_t n_sockets,
		      struct snapshot *now)
{
	/* /proc/net does not. */
	bool told = now->info.source != SOURCE_PROC_NET;

	for (size_t i = 0; i < n_sockets; i++) {
		struct listener *row = &now->listeners[sockets[i].listener];
		struct listener_past *past = listener_past(p, row);
		uint32_t drops;

		if (!past || new_drops(p, &sockets[i], told, now_ms, &drops) < 0)
			return -ENOMEM;
		past->drops += drops;
		if (drops == 0)
			continue;
		past->dropped_ms = now_ms;
		if (row->drops_sockets++ == 0)
			row->drops_owner = sockets[i].owner;
		else if (row->drops_owner != sockets[i].owner)
			row->drops_owner = 0;
	}
	return 0;
}

/* Forgets what has not been seen for longer than any window. Rare: only when most of a table may
 * be past. */
static int forget(struct tally *t, size_t seen_offset, size_t live, uint64_t now_ms)
{
	struct tally kept;

	if (t->count < 2 * live + 64)
		return 0;
	tally_init(&kept, t->key_size, t->entry_size);
	for (size_t i = 0; i < t->count; i++) {
		const unsigned char *entry = tally_entry(t, i);
		uint64_t seen_ms;
		void *copy;

		memcpy(&seen_ms, entry + seen_offset, sizeof(seen_ms));
		if (now_ms - seen_ms > FORGET_MS)
			continue;
		copy = tally_add(&kept, entry);
		if (!copy) {
			tally_done(&kept);
			return -ENOMEM;
		}
		memcpy(copy, entry, t->entry_size);
	}
	tally_done(t);
	*t = kept;
	return 0;
}

int peaks_note(struct peaks *p, uint64_t now_ms, const struct builder_listener_socket *sockets,
	       size_t n_sockets, struct snapshot *now)
{
	int ret;

	note_states(p, now_ms, now);
	note_limits(p, now_ms, now);
	ret = note_drops(p, now_ms, sockets, n_sockets, now);
	if (ret == 0)
		ret = note_listeners(p, now_ms, now);
	if (ret == 0)
		ret = forget(&p->listeners, offsetof(struct listener_past, seen_ms),
			     now->n_listeners, now_ms);
	if (ret == 0)
		ret = forget(&p->sockets, offsetof(struct socket_past, seen_ms), n_sockets, now_ms);
	return ret;
}
