/* SPDX-License-Identifier: MIT */
#include "core/base/history.h"

#include <stddef.h>

#include "tests/support/suite.h"

struct note {
	uint64_t ms;
	uint32_t value;
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* The highest value noted in the last `span_ms`, the newest note included. */
static uint32_t highest_since(const struct note *notes, size_t count, uint64_t span_ms)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < count; i++) {
		if (notes[i].ms + span_ms >= notes[count - 1].ms && notes[i].value > highest)
			highest = notes[i].value;
	}
	return highest;
}

/*
 * Whatever the series, the peak is no lower than the highest value of the window and no higher
 * than that of the window and a fifteenth.
 */
static void peak_lies_between_the_bounds(void)
{
	static const uint32_t windows[] = {15, 60, 300, 900, 3600};
	enum { NOTES = 2000 };
	static struct note notes[NOTES];
	size_t high = 0, low = 0;

	for (size_t w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
		uint64_t span = windows[w] * UINT64_C(1000);
		struct peak peak = {.step = 0};
		uint32_t seed = windows[w];
		uint64_t now = next(&seed);

		for (size_t i = 0; i < NOTES; i++) {
			uint32_t got;

			/* Now and then a gap as long as the window or many times that. */
			now += next(&seed) % (span / 40);
			if (next(&seed) % 100 == 0)
				now += next(&seed) % 4 * span / 2;
			if (next(&seed) % 500 == 0)
				now += 100 * span;
			notes[i].ms = now;
			notes[i].value = next(&seed) % 50 ? next(&seed) % 10 : next(&seed) % 1000;
			got = peak_note(&peak, windows[w], now, notes[i].value);
			low += got < highest_since(notes, i + 1, span);
			high += got > highest_since(notes, i + 1, span + span / 15);
		}
	}
	CHECK_EQ_INT(low, 0);
	CHECK_EQ_INT(high, 0);
}

static void window_has_its_edges(void)
{
	/* Minutes: a step is 4 s. The clock starts on a step and just before one. */
	static const struct {
		uint64_t start_ms, at_ms;
		uint32_t peak;
	} cases[] = {
	    {4000, 4000, 9},  {4000, 64000, 9}, {4000, 67999, 9}, {4000, 68000, 1},
	    {7999, 67999, 9}, {7999, 68000, 1}, {0, 60000, 9},    {0, 63999, 9},
	    {0, 64000, 1},    {0, 1u << 30, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peak peak = {.step = 0};

		CHECK_EQ_INT(peak_note(&peak, 60, cases[i].start_ms, 9), 9);
		CHECK_EQ_INT(peak_note(&peak, 60, cases[i].at_ms, 1), cases[i].peak);
	}
}

static void extremes_are_kept(void)
{
	struct peak peak = {.step = 0};

	CHECK_EQ_INT(peak_note(&peak, 900, UINT64_MAX - 60000, 0), 0);
	CHECK_EQ_INT(peak_note(&peak, 900, UINT64_MAX - 60000, UINT32_MAX), UINT32_MAX);
	CHECK_EQ_INT(peak_note(&peak, 900, UINT64_MAX, 0), UINT32_MAX);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"the peak lies between the bounds", peak_lies_between_the_bounds},
	    {"the window has its edges", window_has_its_edges},
	    {"extremes are kept", extremes_are_kept},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("history", tests);
}
