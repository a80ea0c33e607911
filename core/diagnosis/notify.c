/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/measure.h"
#include "core/diagnosis/rule.h"

enum { PAUSE_MS = 60 * 1000, FLAP_MS = 600 * 1000, FLAP_MAX = 8 };

/* What was told last of one condition; nothing yet: id 0. */
struct told {
	struct condition condition;
	int64_t at_ms[FLAP_MAX]; /* the last times, newest first; count of them */
	uint32_t count;
	int64_t critical_ms; /* when it was last told as critical; 0: never */
	bool listed;         /* in the snapshot that is being looked at */
};

struct notify {
	struct told told[CONDITION_COUNT + 1][STATE_COUNT + 1]; /* by id, element */
};

int notify_new(struct notify **ret_notify)
{
	struct notify *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret_notify = t;
	return 0;
}

void notify_free(struct notify *t)
{
	free(t);
}

static bool within(int64_t then_ms, int64_t now_ms, int64_t span_ms)
{
	return then_ms > 0 && now_ms - then_ms < span_ms;
}

/* How often it was told in the last ten minutes. */
static uint32_t told_lately(const struct told *told, int64_t now_ms)
{
	uint32_t n = 0;

	while (n < told->count && now_ms - told->at_ms[n] < FLAP_MS)
		n++;
	return n;
}

static bool may_tell(const struct told *told, uint32_t was, uint32_t severity, int64_t now_ms)
{
	if (severity == SEVERITY_UNKNOWN || severity == was)
		return false;
	if (severity == SEVERITY_CRITICAL && !within(told->critical_ms, now_ms, FLAP_MS))
		return true;
	if (severity < was && told->count > 0 && now_ms - told->at_ms[0] < PAUSE_MS)
		return false;
	return told_lately(told, now_ms) < FLAP_MAX;
}

static void note_told(struct told *told, const struct condition *now, int64_t now_ms)
{
	told->condition = *now;
	if (told->count < FLAP_MAX)
		told->count++;
	memmove(&told->at_ms[1], &told->at_ms[0], (told->count - 1) * sizeof(told->at_ms[0]));
	told->at_ms[0] = now_ms;
	if (now->severity == SEVERITY_CRITICAL)
		told->critical_ms = now_ms;
}

static void tell_change(struct told *told, const struct condition *now, int64_t now_ms,
			void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	const struct condition_info *info = &condition_table[now->id - 1];
	uint32_t was = told->condition.id != 0 ? told->condition.severity : SEVERITY_NORMAL;
	struct transition transition = {.condition = *now, .was = was};

	if (!may_tell(told, was, now->severity, now_ms))
		return;
	/* It outlives the snapshot, and with it the texts of one that came as a block. */
	transition.condition.unit = info->unit;
	transition.condition.advice = info->advice;
	transition.told = told_lately(told, now_ms) + 1;
	note_told(told, &transition.condition, now_ms);
	tell(&transition, arg);
}

void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	struct told *told = &t->told[0][0];
	int64_t now_ms = measure_now_ms(now);

	for (size_t i = 0; i < now->n_conditions; i++) {
		const struct condition *row = &now->conditions[i];
		struct told *its = &t->told[row->id][row->element];

		its->listed = true;
		tell_change(its, row, now_ms, tell, arg);
	}
	for (size_t i = 0; i < sizeof(*t) / sizeof(*told); i++) {
		if (!told[i].listed && told[i].condition.id != 0) {
			struct condition off = told[i].condition;

			off.severity = SEVERITY_NORMAL;
			off.value = 0;
			off.offender[0] = '\0';
			off.since = now->info.time;
			tell_change(&told[i], &off, now_ms, tell, arg);
		}
		told[i].listed = false;
	}
}
