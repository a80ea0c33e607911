/* SPDX-License-Identifier: MIT */
#include "core/schedule.h"

#include <string.h>

enum { LISTENER_INTERVAL_MS = 1000 };

/* Milliseconds until `share` (parts per ten thousand of a core) has paid for cost_us. */
static uint32_t pay_ms(uint64_t cost_us, double share)
{
	double ms = share > 0 ? (double)cost_us * 10 / share : UINT32_MAX;

	return ms < UINT32_MAX ? (uint32_t)(ms + 0.999) : UINT32_MAX;
}

/* What a sample of cost_us each interval_ms takes, parts per ten thousand of a core. */
static double share_of(uint64_t cost_us, uint32_t interval_ms)
{
	return (double)cost_us * 10 / interval_ms;
}

static uint32_t stretch(uint32_t interval_ms, uint64_t cost_us, double share)
{
	uint32_t ms = pay_ms(cost_us, share);

	return ms > interval_ms ? ms : interval_ms;
}

static void set_effective(struct schedule *s)
{
	const uint64_t *cost = s->cost_us;
	uint32_t *effective = s->effective_ms;
	const uint32_t *wanted = s->interval_ms;
	double left = s->budget;

	effective[SAMPLE_LISTENERS] =
	    stretch(wanted[SAMPLE_LISTENERS], cost[SAMPLE_LISTENERS], left / 4);
	left -= share_of(cost[SAMPLE_LISTENERS], effective[SAMPLE_LISTENERS]);
	if (share_of(cost[SAMPLE_FULL], wanted[SAMPLE_FAST]) <= left) {
		effective[SAMPLE_FAST] = effective[SAMPLE_FULL] = wanted[SAMPLE_FAST];
		return;
	}
	effective[SAMPLE_FAST] =
	    stretch(wanted[SAMPLE_FAST], cost[SAMPLE_FAST], left * 3 / 4);
	left -= share_of(cost[SAMPLE_FAST], effective[SAMPLE_FAST]);
	effective[SAMPLE_FULL] = stretch(wanted[SAMPLE_FULL], cost[SAMPLE_FULL], left);
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

enum sample_kind schedule_next(const struct schedule *s, uint64_t now_ms,
			       uint64_t *ret_at_ms)
{
	enum sample_kind kind = SAMPLE_FULL;

	/* Of kinds due at the same time, or by now, the fuller one: it covers the others.
	 */
	for (int other = SAMPLE_FAST; other >= SAMPLE_LISTENERS; other--)
		if (s->due_ms[kind] > now_ms && s->due_ms[other] < s->due_ms[kind])
			kind = (enum sample_kind)other;
	*ret_at_ms = s->due_ms[kind];
	return kind;
}

/* Clears the seconds of the ring that have passed without a sample. */
static void advance(struct schedule *s, uint64_t second)
{
	if (second - s->second >= SCHEDULE_WINDOW_S)
		memset(s->spent_us, 0, sizeof(s->spent_us));
	else
		for (uint64_t i = s->second + 1; i <= second; i++)
			s->spent_us[i % SCHEDULE_WINDOW_S] = 0;
	s->second = second;
}

void schedule_done(struct schedule *s, enum sample_kind kind, uint64_t now_ms,
		   uint64_t cpu_us)
{
	if (now_ms / 1000 > s->second)
		advance(s, now_ms / 1000);
	s->spent_us[s->second % SCHEDULE_WINDOW_S] += cpu_us;
	/* The first one looks for the owners of all sockets at once. That is the price of
	 * the start, which no interval has to pay. */
	s->cost_us[kind] = s->begun ? cpu_us : 0;
	s->begun = true;
	set_effective(s);
	/* A sample does the work of the lesser kinds as well. */
	for (int i = 0; i <= (int)kind; i++)
		s->due_ms[i] = now_ms + s->effective_ms[i];
}

uint32_t schedule_cpu(const struct schedule *s, uint64_t now_ms)
{
	uint64_t total = 0, elapsed_ms = now_ms - s->started_ms;

	for (int i = 0; i < SCHEDULE_WINDOW_S; i++)
		total += s->spent_us[i];
	if (elapsed_ms > SCHEDULE_WINDOW_S * 1000)
		elapsed_ms = SCHEDULE_WINDOW_S * 1000;
	if (elapsed_ms < 1000)
		elapsed_ms = 1000;
	return (uint32_t)((total * 10 + elapsed_ms / 2) / elapsed_ms);
}

struct pace schedule_pace(const struct schedule *s, uint64_t now_ms)
{
	return (struct pace){
	    .interval_ms = s->effective_ms[SAMPLE_FAST],
	    .detail_interval_ms = s->effective_ms[SAMPLE_FULL],
	    .cpu_pptt = schedule_cpu(s, now_ms),
	};
}
