/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_SAMPLING_H
#define TCPSTATE_TESTS_SAMPLING_H

/*
 * This module is shared by the parts of tests/tools/sampling, the program that takes samples of
 * its network namespace with core/sampler for the tests in shell, kind by kind.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sample/sampler.h"

struct sampling {
	struct sampler *sampler;
	struct snapshot *last; /* the newest sample; NULL: none yet */
};

/* Takes a sample, which must not fail: that ends the program. Returns it. */
const struct snapshot *sampling_take(struct sampling *s, enum sample_kind kind);

/* Prints all that a sample has counted, a line each, in the order of its rows; but for times,
 * ages, and figures of the whole machine. */
void show(const struct snapshot *s);

/* Prints the severity of its conditions, a line each. */
void show_conditions(const struct snapshot *s);

/* One connection as /proc/net/tcp has it. */
struct line {
	char ends[80]; /* both addresses and ports, as they are printed */
	uint32_t inode;
	uint32_t state;  /* enum tcp_state */
	uint32_t when;   /* the timer's remaining time */
	bool time_wait;  /* kept as a time-wait socket: TIME_WAIT, some FIN_WAIT_2 */
	bool unchanging; /* see listing_compare() */
};

struct listing {
	struct line *lines;
	size_t count, capacity;
};

/* Reads /proc/net/tcp and tcp6 anew; failure ends the program. */
void listing_read(struct listing *l);

/* Marks the lines of `before` that stand in `after` as they were: of the same socket in the same
 * state. */
void listing_compare(struct listing *before, struct listing *after);

void listing_done(struct listing *l);

/* Takes that many fast and full samples by turns while connections come and go, holds each against
 * the listings before and after it, and prints what was found. */
void watch(struct sampling *s, uint32_t samples);

#endif
