/* SPDX-License-Identifier: MIT */
#include "core/count/since.h"

#include <stdlib.h>

enum {
	/* A queue that is read, and filled as fast, is never shorter than at the look before by
	 * chance: once in 6 times at three looks, once in 120 at five. */
	LOOKS_MIN = 5,
	/* A sample reads the sockets at its own moments and the kernel counts in ticks. */
	SLACK_S = 3,
};

/* After so many milliseconds the kernel's times begin at 0 again. */
static const uint64_t WRAP_MS = UINT64_C(1) << 32;

/* In words of 32 bits: hashed whole. */
struct since_key {
	uint32_t id[2];
	uint16_t what;
	uint16_t state; /* SINCE_CLOSING: a new state is a new beginning; else 0 */
};

struct since_entry {
	struct since_key key;
	uint32_t round;   /* of the last look */
	uint32_t first_s; /* of the first look, since bytes became fewer */
	uint32_t idle_from_s;
	uint32_t bytes;
	uint16_t looks;
	bool older; /* it was there when the first sample was taken */
	bool rested;
};

void since_init(struct since *s)
{
	*s = (struct since){.round = 1};
	tally_init(&s->sockets, sizeof(struct since_key), sizeof(struct since_entry));
}

void since_done(struct since *s)
{
	tally_done(&s->sockets);
}

/* True if the entry is of the round before, or of this one. */
static bool is_alive(const struct since *s, const struct since_entry *entry)
{
	return entry->round >= s->last[entry->key.what] && entry->round > 0;
}

/* Takes the entries out that are not alive, if they are a quarter or more. */
static void shrink(struct since *s)
{
	struct since_entry *entries = (struct since_entry *)s->sockets.entries, *kept;
	size_t n_kept = 0;

	for (size_t i = 0; i < s->sockets.count; i++)
		n_kept += is_alive(s, &entries[i]);
	if (n_kept > s->sockets.count - s->sockets.count / 4)
		return;
	kept = malloc(n_kept * sizeof(*kept) + 1);
	if (!kept)
		return;
	n_kept = 0;
	for (size_t i = 0; i < s->sockets.count; i++)
		if (is_alive(s, &entries[i]))
			kept[n_kept++] = entries[i];
	tally_clear(&s->sockets);
	for (size_t i = 0; i < n_kept; i++) {
		struct since_entry *entry = tally_add(&s->sockets, &kept[i].key);

		if (entry)
			*entry = kept[i];
	}
	free(kept);
}

void since_begin(struct since *s, uint32_t now_s)
{
	s->now_s = now_s;
	s->next = 0;
	s->omitted = 0;
	s->info_wanted = false;
}

/* The kernel tells its sockets in the same order each time: most often the next entry is the one.
 */
static struct since_entry *look_up(struct since *s, const struct since_key *key)
{
	struct since_entry *entry = NULL;

	if (s->next < s->sockets.count)
		entry = tally_entry(&s->sockets, s->next);
	if (!entry || entry->key.id[0] != key->id[0] || entry->key.id[1] != key->id[1] ||
	    entry->key.what != key->what || entry->key.state != key->state)
		entry = s->sockets.count < SINCE_MAX ? tally_add(&s->sockets, key)
						     : tally_find(&s->sockets, key);
	if (entry)
		s->next = (size_t)(entry - (struct since_entry *)s->sockets.entries) + 1;
	return entry;
}

/* NULL: it is not kept. *ret_new: nothing is known of it but what is seen now. */
static struct since_entry *look(struct since *s, enum since_what what, const struct conn *conn,
				bool *ret_new)
{
	const struct since_key key = {
	    .id = {(uint32_t)conn->id, (uint32_t)(conn->id >> 32)},
	    .what = (uint16_t)what,
	    .state = what == SINCE_CLOSING ? conn->state : 0,
	};
	struct since_entry *entry = conn->id ? look_up(s, &key) : NULL;

	if (!entry) {
		s->omitted++;
		return NULL;
	}
	*ret_new = !is_alive(s, entry);
	if (*ret_new)
		*entry = (struct since_entry){
		    .key = key, .first_s = s->now_s, .older = s->last[what] == 0};
	if (entry->round != s->round)
		entry->looks = (uint16_t)(entry->looks + (entry->looks < UINT16_MAX));
	entry->round = s->round;
	return entry;
}

static bool is_wrap(uint32_t jump_s)
{
	uint64_t beyond_ms = ((uint64_t)jump_s + SLACK_S) * 1000 % WRAP_MS;

	return (uint64_t)jump_s + SLACK_S >= WRAP_MS / 1000 && beyond_ms <= 2 * SLACK_S * 1000;
}

/*
 * Whether no data had moved for a while when the peer closed. Without keepalive the FIN was the
 * last segment, and idle_s counts from it; with it the last one is that only when it has just come.
 */
static bool had_rested(const struct since_entry *entry, const struct conn *conn)
{
	return conn->flags & CONN_RESTED && (!entry->older || conn->idle_s <= conn->age_s);
}

uint32_t since_idle(struct since *s, const struct conn *conn, bool *ret_rested)
{
	uint32_t from_s = s->now_s > conn->idle_s ? s->now_s - conn->idle_s : 0;
	struct since_entry *entry;
	uint32_t idle_s;
	bool is_new;

	*ret_rested = false;
	entry = look(s, SINCE_CLOSING, conn, &is_new);
	if (!entry)
		return conn->idle_s;
	if (is_new)
		entry->idle_from_s = from_s;
	else if (from_s > entry->idle_from_s + SLACK_S && conn->idle_s < CONN_IDLE_MAX &&
		 !is_wrap(from_s - entry->idle_from_s))
		entry->idle_from_s = from_s;
	entry->rested =
	    (is_new ? had_rested(entry, conn) : entry->rested) && conn->flags & CONN_RESTED;
	*ret_rested = entry->rested;
	idle_s = s->now_s - entry->idle_from_s;
	if (entry->older || entry->first_s < entry->idle_from_s)
		return idle_s;
	return s->now_s - entry->first_s;
}

uint32_t since_waiting(struct since *s, enum since_what what, const struct conn *conn,
		       uint32_t bytes)
{
	struct since_entry *entry;
	bool is_new;

	entry = look(s, what, conn, &is_new);
	if (!entry)
		return 0;
	if (bytes < entry->bytes) {
		entry->first_s = s->now_s;
		entry->looks = 1;
	}
	entry->bytes = bytes;
	return entry->looks >= LOOKS_MIN ? s->now_s - entry->first_s : 0;
}

void since_end(struct since *s, bool all)
{
	s->last[SINCE_CLOSING] = s->round;
	if (all) {
		s->last[SINCE_PROBING] = s->last[SINCE_UNREAD] = s->round;
		s->ask_info = s->info_wanted;
	}
	s->round++;
	shrink(s);
}
