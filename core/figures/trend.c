/* SPDX-License-Identifier: MIT */
#include "core/figures/trend.h"

#include <stdio.h>
#include <string.h>

/* Ten minutes say nothing of what comes in months. */
enum { MINUTE_MS = 60000, GAP_MS = 90000, FAR_S = 30 * 86400 };

static void begin(struct trend *t, int64_t now_ms, const char *whose, uint64_t usage)
{
	*t = (struct trend){.count = 1, .marks = {{now_ms, usage}}};
	snprintf(t->whose, sizeof(t->whose), "%s", whose);
}

static void mark(struct trend *t, int64_t now_ms, uint64_t usage)
{
	if (t->count == TREND_MINUTES + 1)
		memmove(&t->marks[0], &t->marks[1], --t->count * sizeof(t->marks[0]));
	t->marks[t->count].at_ms = now_ms;
	t->marks[t->count++].usage = usage;
}

uint32_t trend_note(struct trend *t, int64_t now_ms, const char *whose, uint64_t usage,
		    uint64_t capacity)
{
	int64_t since_ms = t->count > 0 ? now_ms - t->marks[t->count - 1].at_ms : 0;
	double left_s;

	if (t->count == 0 || since_ms > GAP_MS || strcmp(whose, t->whose) != 0 ||
	    usage < t->marks[t->count - 1].usage) {
		begin(t, now_ms, whose, usage);
	} else if (since_ms >= MINUTE_MS) {
		if (usage == t->marks[t->count - 1].usage)
			begin(t, now_ms, whose, usage);
		else
			mark(t, now_ms, usage);
	}
	if (t->count <= TREND_MINUTES)
		return TREND_NONE;
	if (usage >= capacity)
		return 0;
	left_s = (double)(capacity - usage) * (double)(now_ms - t->marks[0].at_ms) /
		 (double)(usage - t->marks[0].usage) / 1000;
	return left_s <= FAR_S ? (uint32_t)left_s : TREND_NONE;
}
