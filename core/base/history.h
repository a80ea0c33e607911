/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_HISTORY_H
#define TCPSTATE_CORE_HISTORY_H

/*
 * This module remembers the highest value of a window of time.
 */

#include <stdint.h>

enum { PEAK_BUCKETS = 16 };

/*
 * The highest value of the last `window` seconds. The window is kept in fifteen steps: a peak is
 * seen for the whole window and forgotten at most a fifteenth of it later.
 */
struct peak {
	uint64_t step; /* the newest step: time / (window / 15) */
	uint32_t bucket[PEAK_BUCKETS];
};

/* Notes a value. now_ms: CLOCK_MONOTONIC in milliseconds; window_s: 15 to 3600, the same at each
 * call for one peak. Returns the peak, this value included. A zeroed struct peak is an empty
 * one. */
uint32_t peak_note(struct peak *peak, uint32_t window_s, uint64_t now_ms, uint32_t value);

#endif
