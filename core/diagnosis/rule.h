/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_RULE_H
#define TCPSTATE_CORE_RULE_H

/*
 * This module holds the conditions as data: names, units, texts and default thresholds, and the
 * thresholds that the user has set.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/diagnosis/ignore.h"
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
	CONDITION_UPSTREAM_SILENT,
	CONDITION_PEER_SILENT,
	CONDITION_PEER_NOT_READING,
	CONDITION_NOT_READING,
	CONDITION_DESCRIPTORS,
};

enum { CONDITION_COUNT = 24 };

/* When a condition is raised and when it is cleared. */
struct rule {
	bool enabled;
	int32_t warning;        /* threshold; -1: no warning */
	int32_t critical;       /* threshold; -1: never critical */
	uint32_t hold_s;        /* for how long it must be at the threshold, or clear of it */
	uint32_t clear_percent; /* it is cleared below this share of the threshold */
	/* Connections below which nothing is counted, or a queue that does no harm raises nothing;
	 * 0: it has none. stateSurge: the mean counts as this at the least. */
	uint32_t floor;
	uint32_t share_percent; /* of the traffic that the value must have as well; 0: none */
};

struct condition_info {
	uint32_t id;
	const char *name;   /* "closeWaitStale" */
	const char *unit;   /* "connections", "%", "1/min" */
	const char *phrase; /* the measure in words: "connections in CLOSE_WAIT, silent for ..." */
	const char *one;    /* the same of a single one; NULL: no other words */
	const char *advice; /* one or two sentences for a person on call */
	const char *whole;  /* what the value must be a share of, in words; NULL: of nothing */
	bool events;        /* the value is the events of the last minute */
	bool tenths;        /* so are the value and the row's thresholds, but not the rule's */
	uint32_t ignores;   /* IGNORE_BIT()s: what it can leave out */
	struct rule rule;   /* the defaults */
};

extern const struct condition_info condition_table[CONDITION_COUNT];

/* The rules in force. */
struct rules {
	struct rule of[CONDITION_COUNT + 1]; /* by enum condition_id; [0] is not used */
	struct rule of_state[STATE_COUNT];   /* stateCount, by state - 1 */
	struct ignores ignores;
	uint32_t surge_states; /* STATE_BIT()s that stateSurge looks at */
};

/* Sets the defaults; no state is compared with its last hour. */
void rules_init(struct rules *ret_rules);

/* The name of a condition; NULL: it has no such number. */
const char *condition_name(uint32_t id);

/* The row of condition_table with this name, in any case; NULL if none. */
const struct condition_info *condition_by_name(const char *name);

#endif
