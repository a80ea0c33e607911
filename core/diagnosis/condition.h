/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONDITION_H
#define TCPSTATE_CORE_CONDITION_H

/*
 * This module is the diagnosis: rules that look at a snapshot and the one before, and say what is
 * abnormal, against which bound, who causes it and what to do. It reads no file and no clock: time
 * is the snapshots'.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"
#include "core/model/state.h"

enum condition_id {
	CONDITION_SYN_QUEUE = 1,
	CONDITION_SYN_UNANSWERED,
	CONDITION_SYN_COOKIES,
	CONDITION_ACCEPT_QUEUE,
	CONDITION_ACCEPT_DROPS,
	CONDITION_CLOSE_WAIT_STALE,
	CONDITION_CLOSE_WAIT_UNACCEPTED,
	CONDITION_FIN_WAIT_2_STALE,
	CONDITION_CLOSING_STUCK,
	CONDITION_SYN_SENT_FANOUT,
	CONDITION_TIME_WAIT,
	CONDITION_EPHEMERAL_PORTS,
	CONDITION_ORPHANS,
	CONDITION_MEMORY,
	CONDITION_STATE_COUNT,
	CONDITION_STATE_SURGE,
	CONDITION_TUNING_HARMFUL,
	CONDITION_TUNING_DRIFT,
	CONDITION_SAMPLING,
};

enum { CONDITION_COUNT = 19 };

/* When a condition is raised and when it clears. */
struct rule {
	bool enabled;
	int32_t warning;        /* threshold; -1: no warning */
	int32_t critical;       /* threshold; -1: never critical */
	uint32_t hold_s;        /* how long without a break */
	uint32_t clear_percent; /* clears below this share of the threshold */
	uint32_t floor;         /* stateSurge: the mean counts as this at the least */
};

/* What is known of a condition before anything is measured. */
struct condition_info {
	uint32_t id;
	const char *name;   /* "closeWaitStale" */
	const char *unit;   /* "connections", "%", "1/s" */
	const char *phrase; /* the measure in words: "connections in CLOSE_WAIT, silent for ..." */
	const char *one;    /* the same of a single one; NULL: no other words */
	const char *advice; /* one or two sentences for a person on call */
	struct rule rule;   /* the defaults */
};

extern const struct condition_info condition_table[CONDITION_COUNT];

/* The row of condition_table with this name, in any case; NULL if none. */
const struct condition_info *condition_by_name(const char *name);

/* What the rules remember between samples: holds, rates, the hour's mean. */
struct conditions;

struct config;

int conditions_new(struct conditions **ret_conditions);
void conditions_free(struct conditions *c);

/*
 * Measures all conditions of `now` and fills now->conditions (one row a condition that is switched
 * on, sorted by id and element; those that `now` had are freed) and now->diagnosis. `before`: the
 * snapshot before, NULL for the first. -ENOMEM: now is untouched.
 *
 * A rule moves on only when the figures it looks at are new: what a listener sample or the copy
 * after a failed one carries over neither holds a threshold nor breaks a hold. All time is
 * CLOCK_MONOTONIC but `since`. A condition is SEVERITY_UNKNOWN until it has been measured (a rate:
 * at the second sample), and where this host does not give its figures: when it does again, the
 * condition is what it was, but a hold begins anew. diagnosis.worst is SEVERITY_UNKNOWN only if
 * nothing is known at all.
 */
int conditions_update(struct conditions *c, const struct config *config,
		      const struct snapshot *before, struct snapshot *now);

/* A change of severity, ready to be told. */
struct transition {
	struct condition condition; /* after the change; severity normal: cleared */
	uint32_t was;               /* enum severity before */
};

/*
 * Calls tell for each condition whose severity differs from what was told last (normal at first),
 * at most once a minute and condition: what it is at the minute's end is told then. An unknown
 * severity is no news; a condition that was switched off while it was raised is told as cleared.
 */
struct notify;
int notify_new(struct notify **ret_telling);
void notify_free(struct notify *t);
void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg);

/* The measure in words, to stand behind the value. */
const char *condition_phrase(const struct condition *condition);

/*
 * The line that stands by itself in a pager, without the host's name: "CRITICAL closeWaitStale:
 * 1201 connections in CLOSE_WAIT, silent for 60 s or more (critical at 200), java[4321]
 * app.service, local port 8080, 1198 of 1201: ...". Parts that do not fit into size are left out.
 * Returns buf.
 */
char *condition_format(const struct condition *condition, char *buf, size_t size);

#endif
