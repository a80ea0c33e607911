/* SPDX-License-Identifier: MIT */
#include "core/base/history.h"

uint32_t peak_note(struct peak *peak, uint32_t window_s, uint64_t now_ms, uint32_t value)
{
	uint64_t step = now_ms / (window_s * UINT64_C(1000) / (PEAK_BUCKETS - 1));
	uint32_t *bucket = &peak->bucket[step % PEAK_BUCKETS];
	uint32_t highest = 0;

	for (unsigned i = 0; i < PEAK_BUCKETS && peak->step < step; i++)
		peak->bucket[++peak->step % PEAK_BUCKETS] = 0;
	peak->step = step;
	if (*bucket < value)
		*bucket = value;
	for (unsigned i = 0; i < PEAK_BUCKETS; i++) {
		if (highest < peak->bucket[i])
			highest = peak->bucket[i];
	}
	return highest;
}
