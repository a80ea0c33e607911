/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SCHEDULE_H
#define TCPSTATE_CORE_SCHEDULE_H

/*
 * This module decides which kind of sample is due when, so that the CPU time of all
 * samples stays within the budget. Pure: it is told the time and what each sample cost.
 *
 * Each kind pays for its own last sample: the next one is not due before the share of the
 * budget that the kind has would have paid for it. Listener samples come first, fast ones
 * get three quarters of what they leave, full ones the rest. Where a full sample fits
 * into the base interval, every sample is full.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/sampler.h"

enum { SCHEDULE_KINDS = SAMPLE_FULL + 1, SCHEDULE_WINDOW_S = 60 };

struct schedule {
	uint32_t interval_ms[SCHEDULE_KINDS];  /* as configured */
	uint32_t effective_ms[SCHEDULE_KINDS]; /* stretched to the budget */
	uint64_t due_ms[SCHEDULE_KINDS];
	uint64_t
	    cost_us[SCHEDULE_KINDS]; /* of the last sample of the kind; 0: none yet */
	uint32_t budget;             /* parts per ten thousand of one core */
	bool begun;                  /* the first sample was taken */
	uint64_t started_ms;
	uint64_t second;                      /* the newest second in spent_us */
	uint64_t spent_us[SCHEDULE_WINDOW_S]; /* CPU time by second, a ring */
};

/* Everything is due at once, a full sample first. now_ms: CLOCK_MONOTONIC. */
void schedule_init(struct schedule *s, const struct config *config, uint64_t now_ms);

/* New intervals and budget; what was learned about costs stays. */
void schedule_configure(struct schedule *s, const struct config *config, uint64_t now_ms);

/* The kind that is due next and when (may lie in the past). After a delay that is the
 * fullest of those that are due, so that the first thing seen is not old counts. */
enum sample_kind schedule_next(const struct schedule *s, uint64_t now_ms,
			       uint64_t *ret_at_ms);

/* Notes that a sample of this kind was begun at now_ms and took cpu_us of CPU time. */
void schedule_done(struct schedule *s, enum sample_kind kind, uint64_t now_ms,
		   uint64_t cpu_us);

/* CPU used in the last minute (or since the start), parts per ten thousand of a core. */
uint32_t schedule_cpu(const struct schedule *s, uint64_t now_ms);

/* The effective intervals as a sample shows them. */
struct pace schedule_pace(const struct schedule *s, uint64_t now_ms);

#endif
