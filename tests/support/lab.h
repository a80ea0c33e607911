/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_LAB_H
#define TCPSTATE_TESTS_LAB_H

/*
 * This module makes up snapshots and drives the conditions through time with them.
 */

#include "core/config/config.h"
#include "core/diagnosis/condition.h"

enum { LAB_LISTENERS = 3, LAB_OWNERS = 3, LAB_TUNING = 3 };

/* In the order of their names. */
enum lab_counter {
	LAB_ACTIVE_OPENS,
	LAB_OVERFLOWS,
	LAB_COOKIES,
	LAB_DEFERRED,
	LAB_FULL_DROPS,
	LAB_PASSIVE_OPENS,
	LAB_COUNTERS
};

/* A snapshot of a quiet host and all that it points to. */
struct world {
	struct snapshot s;
	struct listener listeners[LAB_LISTENERS]; /* 0.0.0.0:80, :8080 and [::]:443 */
	struct owner owners[LAB_OWNERS];          /* nobody, nginx[812], java[4321] */
	struct counter counters[LAB_COUNTERS];    /* by enum lab_counter */
	struct tuning tuning[LAB_TUNING];
	struct tuning_table table;
};

struct lab {
	struct conditions *conditions;
	struct rates *rates;
	struct config config;
	struct world now; /* what the next step shows: change it at will */
	struct world before;
	uint32_t steps;
	int64_t wall_ahead_s; /* by how much the wall clock is ahead of CLOCK_MONOTONIC */
};

void lab_open(struct lab *lab);
void lab_close(struct lab *lab);

/* A full sample at this CLOCK_MONOTONIC, in milliseconds. */
void lab_step(struct lab *lab, int64_t at_ms);

/* A fast sample: the details and the tuning are those of before. */
void lab_step_fast(struct lab *lab, int64_t at_ms);

/* A listener sample: the states are those counted before. */
void lab_step_listeners(struct lab *lab, int64_t at_ms);

/* A sample that failed: the copy of the one before. */
void lab_step_failed(struct lab *lab, int64_t at_ms);

/* A row of the newest diagnosis; fails the test if there is none. */
const struct condition *lab_row(const struct lab *lab, uint32_t id, uint32_t element);

/* The severity of a condition that has one row. */
uint32_t lab_severity(const struct lab *lab, uint32_t id);

struct inet_addr lab_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);

#endif
