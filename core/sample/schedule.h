/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SCHEDULE_H
#define TCPSTATE_CORE_SCHEDULE_H

/*
 * This module decides which kind of sample is due when, so that the CPU time of all samples stays
 * within the budget. Pure: it is told the time and what each sample cost.
 *
 * Each kind has a share of the budget and comes as often as the share pays for what it costs, in
 * any five minutes. A fuller sample does the work of the lesser kinds as well: their next one
 * comes an interval after it. Listener samples come first; full ones get a quarter of what they
 * leave, up to half where one of them in five minutes costs as much; fast ones, which read the
 * suspicious states, get the rest. What a kind leaves goes to the full samples. Where a full
 * sample fits into the base interval, every sample is full.
 *
 * Looking for the owners of new sockets is no kind of its own: it may take what a full sample
 * leaves of its share, a fifth of it at least, and goes on in the next one.
 *
 * A full sample that costs more than five minutes of its share comes when it has been paid for;
 * the five minutes around it hold more than the budget.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/config/config.h"
#include "core/sample/sampler.h"

enum { SCHEDULE_KINDS = SAMPLE_FULL + 1, SCHEDULE_WINDOW_S = 60 };

struct schedule {
	uint32_t interval_ms[SCHEDULE_KINDS];  /* as configured */
	uint32_t effective_ms[SCHEDULE_KINDS]; /* stretched to the budget */
	uint64_t begun_ms[SCHEDULE_KINDS];     /* the last sample that did this work */
	uint64_t own_ms[SCHEDULE_KINDS];       /* the last sample of just this kind */
	uint64_t due_ms[SCHEDULE_KINDS];
	uint64_t cost_us[SCHEDULE_KINDS]; /* that the interval pays for; 0: none yet */
	uint64_t last_us[SAMPLE_FULL];    /* what the last sample of the kind cost */
	uint64_t owed_us[SAMPLE_FULL];    /* of earlier ones, still to be paid for */
	uint64_t fast_then_us;            /* last_us of fast ones at the last full sample */
	uint64_t unpaid_us;               /* of the last full sample: the next will cost less */
	double full_share;                /* what full samples may take, as the budget */
	uint32_t budget;                  /* parts per ten thousand of one core */
	bool begun;                       /* the first sample was taken */
	uint64_t started_ms;
	uint64_t second;                       /* the newest second in spent_us */
	uint64_t spent_us[SCHEDULE_WINDOW_S];  /* CPU time by second, a ring */
	uint64_t beside_us[SCHEDULE_WINDOW_S]; /* the same of schedule_spend() */
};

/* Everything is due at once, a full sample first. now_ms: CLOCK_MONOTONIC. */
void schedule_init(struct schedule *s, const struct config *config, uint64_t now_ms);

/* New intervals and budget; what was learned about costs stays. */
void schedule_configure(struct schedule *s, const struct config *config, uint64_t now_ms);

/* The kind that is due next and when, which may lie in the past. Of several that are due, the
 * fullest. Nothing comes before the first full one. */
enum sample_kind schedule_next(const struct schedule *s, uint64_t now_ms, uint64_t *ret_at_ms);

/* Notes that a sample of this kind was begun at now_ms. cpu_us: CPU time of all the work since the
 * sample before was noted; scan_us: what of it was looking for owners. */
void schedule_done(struct schedule *s, enum sample_kind kind, uint64_t now_ms, uint64_t cpu_us,
		   uint64_t scan_us);

/* Notes that the first sample, begun at now_ms, failed: it is to be taken again, as soon as the
 * budget has paid for this one. */
void schedule_failed_first(struct schedule *s, uint64_t now_ms, uint64_t cpu_us);

/* Notes CPU time that is shown, but that no sample has to make up for: its caller bounds it. */
void schedule_spend(struct schedule *s, uint64_t now_ms, uint64_t cpu_us);

/* CPU used in the last minute (or since the start), parts per ten thousand of a core; and without
 * that of schedule_spend(). */
uint32_t schedule_cpu(const struct schedule *s, uint64_t now_ms);
uint32_t schedule_own_cpu(const struct schedule *s, uint64_t now_ms);

/* The effective intervals as a sample of this kind shows them, and how long it may look for
 * owners: the first one until it has them all. */
struct pace schedule_pace(const struct schedule *s, enum sample_kind kind, uint64_t now_ms);

#endif
