/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TREND_H
#define TCPSTATE_CORE_TREND_H

/*
 * This module tells when something that grows steadily is full. Pure.
 */

#include <stddef.h>
#include <stdint.h>

enum { TREND_MINUTES = 10, TREND_NONE = UINT32_MAX };

struct trend {
	struct {
		int64_t at_ms;
		uint64_t usage;
	} marks[TREND_MINUTES + 1]; /* a minute apart, oldest first */
	size_t count;
	char whose[160];
};

/*
 * Notes how much is used at now_ms, CLOCK_MONOTONIC. whose: a change of that begins a new trend.
 * Returns in how many seconds it is full at the pace of the last ten minutes; TREND_NONE where it
 * has not grown in each of them, as where it is looked at more rarely than once in a minute and a
 * half, or where it takes more than 30 days. A zeroed struct trend is an empty one.
 */
uint32_t trend_note(struct trend *t, int64_t now_ms, const char *whose, uint64_t usage,
		    uint64_t capacity);

#endif
