/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONDITION_H
#define TCPSTATE_CORE_CONDITION_H

/*
 * This module judges the conditions from sample to sample: what is abnormal, against which bound,
 * and who causes it. It reads no file and no clock: all times are those of the snapshots.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/model/snapshot.h"
#include "core/diagnosis/rule.h"

/* What is remembered between samples: holds, the newest events, the hour's mean. */
struct conditions;

int conditions_new(struct conditions **ret_conditions);
void conditions_free(struct conditions *c);

/*
 * Measures all conditions of `now` and fills now->conditions (one row a condition that is switched
 * on, sorted by id and element; those that `now` had are freed) and now->diagnosis. `before`: the
 * snapshot before, NULL for the first. -ENOMEM: now is untouched.
 *
 * Only new figures are judged: those that a listener sample, or the copy after a failed sample,
 * carries over neither count towards a hold nor break it. All time is
 * CLOCK_MONOTONIC but `since`. A condition is SEVERITY_UNKNOWN until it has been measured (a rate:
 * at the second sample), and where this host does not give its figures: when it does again, the
 * condition is what it was, but a hold begins again. diagnosis.worst is SEVERITY_UNKNOWN only if
 * nothing is known at all.
 */
int conditions_update(struct conditions *c, const struct rules *rules,
		      const struct snapshot *before, struct snapshot *now);

/* True where the condition is measured and not raised: at normal or unknown. */
bool condition_is_quiet(const struct snapshot *s, enum condition_id id);

/*
 * Judges `sampling` from the clock, in a snapshot that no newer one replaces: how many intervals
 * old it is at now_ms (CLOCK_MONOTONIC), and whether that has lasted for the hold of this rule, its
 * own. The other conditions stay what they were.
 */
void conditions_overdue(const struct rule *rule, int64_t now_ms, struct snapshot *s);

#endif
