/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/diagnosis/measure.h"
#include "core/diagnosis/rule.h"

enum { PAUSE_MS = 60 * 1000, FLAP_MS = 600 * 1000, FLAP_MAX = 8 };

/* What was told last of one condition; nothing yet: id 0. */
struct told {
	char netns[NETNS_NAME_MAX];
	struct condition condition;
	int64_t at_ms[FLAP_MAX]; /* the last times, newest first; count of them */
	uint32_t count;
	int64_t critical_ms; /* when it was last told as critical; 0: never */
	bool listed;         /* in the snapshot that is being looked at */
};

/* Those that were ever told, in no order: few. */
struct notify {
	struct told *told;
	size_t count, capacity;
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
	if (!t)
		return;
	free(t->told);
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

/* Who is told of a change. */
struct receiver {
	void (*tell)(const struct transition *transition, void *arg);
	void *arg;
};

static void tell_change(struct told *told, const struct condition *now, int64_t now_ms,
			const struct receiver *to)
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
	memcpy(transition.netns, told->netns, sizeof(transition.netns));
	note_told(told, &transition.condition, now_ms);
	to->tell(&transition, to->arg);
}

static struct told *find(struct notify *t, const char *netns, const struct condition *row)
{
	for (struct told *told = t->told; told < t->told + t->count; told++)
		if (told->condition.id == row->id && told->condition.element == row->element &&
		    strcmp(told->netns, netns) == 0)
			return told;
	return NULL;
}

/* One of which nothing was told. NULL: out of memory, it is told with the next snapshot. */
static struct told *add(struct notify *t, const char *netns)
{
	struct told *told;

	if (ARRAY_RESERVE(t->told, &t->capacity, t->count + 1) < 0)
		return NULL;
	told = &t->told[t->count++];
	*told = (struct told){.listed = true};
	snprintf(told->netns, sizeof(told->netns), "%s", netns);
	return told;
}

void notify_resume(struct notify *t, const char *netns, const struct condition *condition)
{
	struct told *told = add(t, netns);

	if (told)
		told->condition = *condition;
}

static void look_at(struct notify *t, const char *netns, const struct condition *row,
		    int64_t now_ms, const struct receiver *to)
{
	struct told *told = find(t, netns, row);

	if (!told && row->severity != SEVERITY_WARNING && row->severity != SEVERITY_CRITICAL)
		return;
	if (!told)
		told = add(t, netns);
	if (!told)
		return;
	told->listed = true;
	tell_change(told, row, now_ms, to);
}

/* It is not judged any more. */
static void tell_over(struct told *told, const struct snapshot *now, int64_t now_ms,
		      const struct receiver *to)
{
	struct condition off = told->condition;

	off.severity = SEVERITY_NORMAL;
	off.value = 0;
	off.offender[0] = '\0';
	off.since = now->info.time;
	tell_change(told, &off, now_ms, to);
}

void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	const char *netns = now->info.netns;
	const struct receiver to = {tell, arg};
	int64_t now_ms = measure_now_ms(now);

	for (size_t i = 0; i < t->count; i++)
		t->told[i].listed = false;
	for (size_t i = 0; i < now->n_conditions; i++)
		look_at(t, netns, &now->conditions[i], now_ms, &to);
	for (size_t i = 0; i < t->count; i++)
		if (!t->told[i].listed && strcmp(t->told[i].netns, netns) == 0)
			tell_over(&t->told[i], now, now_ms, &to);
}

void notify_gone(struct notify *t, const struct snapshot *host,
		 void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	const struct receiver to = {tell, arg};

	for (size_t i = t->count; i-- > 0;) {
		struct told *told = &t->told[i];

		if (!told->netns[0] ||
		    netns_find(host->namespaces, host->n_namespaces, told->netns))
			continue;
		tell_over(told, host, measure_now_ms(host), &to);
		if (told->condition.severity == SEVERITY_NORMAL)
			*told = t->told[--t->count];
	}
}
