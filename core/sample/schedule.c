/* SPDX-License-Identifier: MIT */
#include "core/sample/schedule.h"

#include <string.h>

#include "core/base/number.h"

enum { LISTENER_INTERVAL_MS = 1000 };

/* In any time as long as this the samples take no more than the budget gives. */
enum { SPAN_MS = 300 * 1000 };

/* The CPU time that `share` (parts per ten thousand of a core) gives in so long a time. */
static double given_us(double share, uint32_t ms)
{
	return share * ms / 10;
}

/* What a sample of cost_us each interval_ms takes, parts per ten thousand of a core. */
static double share_of(uint64_t cost_us, uint32_t interval_ms)
{
	return (double)cost_us * 10 / interval_ms;
}

/*
 * The interval at which samples of cost_us keep to their share. It is a whole part of the span,
 * because a span that is no multiple of the interval holds one sample more than it pays for. A
 * sample that the span cannot pay for waits until it has been paid.
 */
static uint32_t stretch(uint32_t interval_ms, uint64_t cost_us, double share)
{
	double fit = cost_us ? given_us(share, SPAN_MS) / (double)cost_us : SPAN_MS;
	double ms = UINT32_MAX;

	if (fit >= 1)
		ms = (double)SPAN_MS / (uint32_t)fit;
	else if (fit > 0)
		ms = SPAN_MS / fit;
	if (ms <= interval_ms)
		return interval_ms;
	return ms < UINT32_MAX ? (uint32_t)(ms + 0.999) : UINT32_MAX;
}

static double within(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

static void set_effective(struct schedule *s)
{
	const uint64_t *cost = s->cost_us;
	uint32_t *effective = s->effective_ms;
	const uint32_t *wanted = s->interval_ms;
	uint64_t full = cost[SAMPLE_FULL] + cost[SAMPLE_FULL] / 4;
	double left = s->budget, detail;

	effective[SAMPLE_LISTENERS] =
	    stretch(wanted[SAMPLE_LISTENERS], cost[SAMPLE_LISTENERS], left / 4);
	left -= share_of(cost[SAMPLE_LISTENERS], effective[SAMPLE_LISTENERS]);
	s->full_share = left;
	if (stretch(wanted[SAMPLE_FAST], full, left) == wanted[SAMPLE_FAST]) {
		effective[SAMPLE_FAST] = effective[SAMPLE_FULL] = wanted[SAMPLE_FAST];
		return;
	}
	detail = within(share_of(full, SPAN_MS), left / 4, left / 2);
	effective[SAMPLE_FAST] = stretch(wanted[SAMPLE_FAST], cost[SAMPLE_FAST], left - detail);
	s->full_share -= share_of(cost[SAMPLE_FAST], effective[SAMPLE_FAST]);
	effective[SAMPLE_FULL] = stretch(wanted[SAMPLE_FULL], full, s->full_share);
}

void schedule_configure(struct schedule *s, const struct config *config, uint64_t now_ms)
{
	s->budget = config->cpu_budget;
	s->interval_ms[SAMPLE_LISTENERS] = LISTENER_INTERVAL_MS;
	s->interval_ms[SAMPLE_FAST] = config->interval_s * 1000;
	s->interval_ms[SAMPLE_FULL] = config->detail_interval_s * 1000;
	if (s->interval_ms[SAMPLE_FULL] < s->interval_ms[SAMPLE_FAST])
		s->interval_ms[SAMPLE_FULL] = s->interval_ms[SAMPLE_FAST];
	set_effective(s);
	for (int kind = 0; kind < SCHEDULE_KINDS; kind++)
		s->due_ms[kind] = now_ms;
}

void schedule_init(struct schedule *s, const struct config *config, uint64_t now_ms)
{
	memset(s, 0, sizeof(*s));
	s->started_ms = now_ms;
	s->second = now_ms / 1000;
	schedule_configure(s, config, now_ms);
}

enum sample_kind schedule_next(const struct schedule *s, uint64_t now_ms, uint64_t *ret_at_ms)
{
	enum sample_kind kind = SAMPLE_FULL;

	/* Of kinds due at the same time, or by now, the fuller one: it does the others' work. */
	for (int other = SAMPLE_FAST; s->begun && other >= SAMPLE_LISTENERS; other--)
		if (s->due_ms[kind] > now_ms && s->due_ms[other] < s->due_ms[kind])
			kind = (enum sample_kind)other;
	*ret_at_ms = s->due_ms[kind];
	return kind;
}

/* Clears the seconds of the ring that have passed without a sample. */
static void advance(struct schedule *s, uint64_t second)
{
	uint64_t from = s->second + 1;

	if (second >= SCHEDULE_WINDOW_S && from < second - SCHEDULE_WINDOW_S + 1)
		from = second - SCHEDULE_WINDOW_S + 1;
	for (uint64_t i = from; i <= second; i++)
		s->spent_us[i % SCHEDULE_WINDOW_S] = s->beside_us[i % SCHEDULE_WINDOW_S] = 0;
	s->second = second;
}

/* ring: one of the two of s. */
static void note_in(struct schedule *s, uint64_t ring[SCHEDULE_WINDOW_S], uint64_t now_ms,
		    uint64_t cpu_us)
{
	if (now_ms / 1000 > s->second)
		advance(s, now_ms / 1000);
	ring[s->second % SCHEDULE_WINDOW_S] += cpu_us;
}

static void note_spent(struct schedule *s, uint64_t now_ms, uint64_t cpu_us)
{
	note_in(s, s->spent_us, now_ms, cpu_us);
}

/*
 * Fast samples walk the same sockets. Where they cost less than half of what they did at the last
 * full sample, the next full one will, too, and is not to wait until the last one has been paid
 * for.
 */
static void expect_less(struct schedule *s)
{
	uint64_t fast_us = s->last_us[SAMPLE_FAST], less_us;

	if (s->fast_then_us == 0)
		s->fast_then_us = fast_us;
	if (fast_us >= s->fast_then_us / 2)
		return;
	less_us = s->cost_us[SAMPLE_FULL] * fast_us / s->fast_then_us;
	s->unpaid_us += s->cost_us[SAMPLE_FULL] - less_us;
	s->cost_us[SAMPLE_FULL] = less_us;
	s->fast_then_us = fast_us;
}

/* A full sample that was expected to cost less and did not has to pay for both. */
static void note_full(struct schedule *s, uint64_t cost_us)
{
	bool mistaken = cost_us / 2 > s->cost_us[SAMPLE_FULL];

	s->cost_us[SAMPLE_FULL] = cost_us + (mistaken ? s->unpaid_us : 0);
	s->unpaid_us = 0;
	s->fast_then_us = s->last_us[SAMPLE_FAST];
}

/*
 * On a busy machine the same work costs twice as much at times. What a sample takes more than the
 * one before is paid for over the next ones, so that none of them comes so much later. All is paid
 * in the end.
 */
static void note_lesser(struct schedule *s, enum sample_kind kind, uint64_t cost_us)
{
	uint64_t last_us = s->last_us[kind];
	uint64_t usual_us = last_us && last_us < cost_us ? last_us : cost_us;
	uint64_t owed_us = s->owed_us[kind] + cost_us;

	s->cost_us[kind] = usual_us + (owed_us - usual_us) / 8;
	s->owed_us[kind] = owed_us - s->cost_us[kind];
	s->last_us[kind] = cost_us;
	if (kind == SAMPLE_FAST)
		expect_less(s);
}

/* A kind whose cost was learned when it was high is not to wait for ever for fuller samples,
 * which come more often and say nothing of it: twice as long as it takes to pay for the last of
 * its own is enough. */
static void set_due(struct schedule *s)
{
	for (int i = 0; i < SCHEDULE_KINDS; i++) {
		uint64_t due_ms = s->begun_ms[i] + s->effective_ms[i];
		uint64_t wanted_ms = s->begun_ms[i] + s->interval_ms[i];
		uint64_t latest_ms = s->own_ms[i] + 2 * (uint64_t)s->effective_ms[i];

		if (latest_ms < wanted_ms)
			latest_ms = wanted_ms;
		s->due_ms[i] = due_ms < latest_ms ? due_ms : latest_ms;
	}
}

void schedule_done(struct schedule *s, enum sample_kind kind, uint64_t now_ms, uint64_t cpu_us,
		   uint64_t scan_us)
{
	uint64_t cost_us = sub_sat(cpu_us, scan_us);

	note_spent(s, now_ms, cpu_us);
	/* The first one finds everything new. That is the price of the start, which no interval
	 * has to pay. */
	if (!s->begun)
		cost_us = 0;
	s->begun = true;
	if (kind == SAMPLE_FULL)
		note_full(s, cost_us);
	else
		note_lesser(s, kind, cost_us);
	set_effective(s);
	s->own_ms[kind] = now_ms;
	/* A sample does the work of the lesser kinds as well. */
	for (int i = 0; i <= (int)kind; i++)
		s->begun_ms[i] = now_ms;
	set_due(s);
}

void schedule_failed_first(struct schedule *s, uint64_t now_ms, uint64_t cpu_us)
{
	note_spent(s, now_ms, cpu_us);
	note_full(s, cpu_us);
	set_effective(s);
	s->due_ms[SAMPLE_FULL] = now_ms + s->effective_ms[SAMPLE_FULL];
}

void schedule_spend(struct schedule *s, uint64_t now_ms, uint64_t cpu_us)
{
	note_in(s, s->beside_us, now_ms, cpu_us);
}

/* Parts per ten thousand of a core. */
static uint32_t cpu_of(const struct schedule *s, const uint64_t ring[SCHEDULE_WINDOW_S],
		       uint64_t now_ms)
{
	uint64_t total = 0, elapsed_ms = now_ms - s->started_ms;

	for (int i = 0; i < SCHEDULE_WINDOW_S; i++)
		total += ring[i];
	if (elapsed_ms > SCHEDULE_WINDOW_S * 1000)
		elapsed_ms = SCHEDULE_WINDOW_S * 1000;
	if (elapsed_ms < 1000)
		elapsed_ms = 1000;
	return (uint32_t)((total * 10 + elapsed_ms / 2) / elapsed_ms);
}

uint32_t schedule_own_cpu(const struct schedule *s, uint64_t now_ms)
{
	return cpu_of(s, s->spent_us, now_ms);
}

uint32_t schedule_cpu(const struct schedule *s, uint64_t now_ms)
{
	return schedule_own_cpu(s, now_ms) + cpu_of(s, s->beside_us, now_ms);
}

/* What a full sample leaves of what it may take, so that its interval depends on its own cost
 * only. */
static uint32_t scan_us(const struct schedule *s)
{
	uint64_t cost_us = s->cost_us[SAMPLE_FULL];
	uint32_t ms = s->effective_ms[SAMPLE_FULL];
	double given = given_us(s->full_share, ms < SPAN_MS ? ms : SPAN_MS);

	if (!s->begun)
		return UINT32_MAX;
	return (uint32_t)within(given - (double)cost_us, (double)(cost_us / 4), UINT32_MAX);
}

struct pace schedule_pace(const struct schedule *s, enum sample_kind kind, uint64_t now_ms)
{
	return (struct pace){
	    .interval_ms = s->effective_ms[SAMPLE_FAST],
	    .detail_interval_ms = s->effective_ms[SAMPLE_FULL],
	    .cpu_pptt = schedule_cpu(s, now_ms),
	    .scan_us = kind == SAMPLE_FULL ? scan_us(s) : 0,
	};
}
