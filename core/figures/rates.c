/* SPDX-License-Identifier: MIT */
#include "core/base/timing.h"
#include "core/figures/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many moments as there are steps in a minute, the one after it, and the newest. */
enum { MINUTE_MS = 60000, STEP_MS = 5000, MOMENTS = MINUTE_MS / STEP_MS + 2 };

struct moment {
	int64_t at_ms;
	struct counter *counters;
	size_t count;
};

struct rates {
	struct moment moments[MOMENTS]; /* oldest first */
	size_t count;
};

int rates_new(struct rates **ret_rates)
{
	struct rates *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	*ret_rates = r;
	return 0;
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->moments[i].counters);
	free(r);
}

static void drop_oldest(struct rates *r)
{
	free(r->moments[0].counters);
	r->count--;
	memmove(&r->moments[0], &r->moments[1], r->count * sizeof(r->moments[0]));
}

static int remember(struct rates *r, int64_t now_ms, const struct snapshot *now)
{
	size_t size = now->n_counters * sizeof(*now->counters);
	struct counter *copy;

	if (now->n_counters == 0 ||
	    (r->count > 0 && now_ms - r->moments[r->count - 1].at_ms < STEP_MS))
		return 0;
	copy = malloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, now->counters, size);
	if (r->count == MOMENTS)
		drop_oldest(r);
	r->moments[r->count++] = (struct moment){now_ms, copy, now->n_counters};
	return 0;
}

static uint64_t per_minute(uint64_t gain, int64_t elapsed_ms)
{
	if (elapsed_ms <= MINUTE_MS + STEP_MS)
		return gain;
	return (uint64_t)((double)gain * MINUTE_MS / (double)elapsed_ms);
}

/* Both arrays are sorted by name. */
static void rate(const struct moment *was, struct snapshot *now)
{
	size_t i = 0;

	for (size_t j = 0; j < now->n_counters; j++) {
		struct counter *is = &now->counters[j];

		while (i < was->count && strcmp(was->counters[i].name, is->name) < 0)
			i++;
		is->rated = i < was->count && strcmp(was->counters[i].name, is->name) == 0 &&
			    is->value >= was->counters[i].value;
		is->last_minute =
		    is->rated ? per_minute(is->value - was->counters[i].value, now->info.rated_ms)
			      : 0;
	}
}

int rates_note(struct rates *r, struct snapshot *now)
{
	int64_t now_ms = timing_ms(&now->info.monotonic);

	/* The newest one that is a minute old is the minute's beginning. */
	while (r->count > 1 && now_ms - r->moments[1].at_ms >= MINUTE_MS)
		drop_oldest(r);
	if (r->count > 0) {
		now->info.rated_ms = now_ms - r->moments[0].at_ms;
		rate(&r->moments[0], now);
	}
	return remember(r, now_ms, now);
}
