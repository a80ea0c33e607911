/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_MEASURE_H
#define TCPSTATE_CORE_MEASURE_H

/*
 * This module measures what the conditions judge: a value against the bound that really applies,
 * the moment that it is true for, and who causes it. Pure.
 */

#include <stdint.h>

#include "core/diagnosis/rule.h"
#include "core/base/text.h"
#include "core/model/snapshot.h"

enum { MINUTE_MS = 60000 };

/* What a snapshot says of one condition. */
enum measured {
	MEASURED_NOTHING, /* nothing new: what was known before stands */
	MEASURED_UNKNOWN, /* cannot be measured here */
	MEASURED_VALUE,
};

struct measure {
	uint64_t value;
	uint64_t whole;   /* what the value must be a share of, where the rule has one */
	uint32_t counted; /* what the rule's floor is held against */
	uint32_t ignored; /* left out of the value, as the user wants it */
	bool small;       /* too few connections to raise the condition, whatever the percent */
	bool still;       /* it does not grow: keeps the condition raised, but does not raise it */
	bool settled;     /* it has not grown for long: does not keep it raised either */
	uint32_t least;   /* enum severity, the lowest there is whatever the value; 0: none */
	bool happened;    /* of events: some since the snapshot before */
	int64_t at_ms;    /* CLOCK_MONOTONIC of the figures, which may be older than the sample */
	char offender[sizeof(((struct condition *)NULL)->offender)];
	char figures[sizeof(((struct condition *)NULL)->figures)];
};

/* What is measured. */
struct measuring {
	uint32_t condition; /* enum condition_id; measure_take() sets it, and `of` */
	/* What the condition looks at: enum limit_id, enum suspect, or a tuning's enum
	 * tuning_status. */
	uint32_t of;
	uint32_t element;              /* the state for stateCount and stateSurge */
	const struct rule *rule;       /* decides what is counted */
	const struct ignores *ignores; /* what is left out; NULL: nothing */
	const struct snapshot *before; /* NULL: there is none */
	const struct snapshot *now;
	struct text *figures; /* as in struct condition; measure_take() sets it */
};

/*
 * Measures one condition; that of stateSurge is the plain count. Without MEASURED_VALUE only
 * ret_measure->figures is set: why.
 */
enum measured measure_take(const struct measuring *in, enum condition_id id,
			   struct measure *ret_measure);

/* Whether the condition that is measured leaves this one out. */
bool measure_ignores(const struct measuring *in, const struct ignore_subject *subject);

/* CLOCK_MONOTONIC of a snapshot in milliseconds; of the failed attempt to renew it, where that is
 * newer. */
int64_t measure_now_ms(const struct snapshot *s);

/* How old counts and details are at now_ms, the older of the two in its own interval. */
uint64_t measure_intervals(const struct snapshot *s, int64_t now_ms);

/* Notes why there is no value. Returns `measured`. */
enum measured measure_lacks(const struct measuring *in, enum measured measured, const char *why);

/* For the measuring functions: the gain of a counter in the last minute, or since the first sample.
 */
enum measured measure_minute(const struct snapshot *s, const char *name, uint64_t *ret_events);

/* The same, which is noted: "12 SYNs dropped in the last minute", or why it is not known. */
enum measured measure_events(const struct measuring *in, const char *name, const char *words,
			     uint64_t *ret_events);

/* The same to compare others with: the gain of a shorter time is brought up to a minute. */
enum measured measure_traffic(const struct measuring *in, const char *name, uint64_t *ret_traffic);

/* CLOCK_MONOTONIC in milliseconds: when the states were counted. */
int64_t measure_counted_ms(const struct snapshot *s);

/*
 * The measures of the listeners and the kernel's counters, of its limits, and of suspicious
 * sockets. They fill m->value, m->at_ms where it is not the time of the snapshot, and text, which
 * ends up in m->offender.
 */
typedef enum measured measure_function(const struct measuring *in, struct text *text,
				       struct measure *m);
measure_function measure_syn_queue, measure_syn_cookies, measure_accept_queue, measure_accept_drops,
    measure_limit, measure_descriptors, measure_time_wait, measure_ephemeral_ports,
    measure_syn_unanswered, measure_close_wait_stale, measure_close_wait_unaccepted,
    measure_fin_wait_2_stale, measure_closing_stuck, measure_syn_sent_fanout, measure_endpoint,
    measure_peer_not_reading, measure_not_reading;

#endif
