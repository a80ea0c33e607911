/* SPDX-License-Identifier: MIT */
#include "core/figures/trend.h"
#include "tests/support/suite.h"

/* Every five seconds, from *now_s on, for so long; the pace is per minute. What was told last. */
static uint32_t grow(struct trend *t, int64_t *now_s, int64_t seconds, double *usage, double pace)
{
	uint32_t left_s = TREND_NONE;

	for (int64_t end = *now_s + seconds; *now_s < end; *now_s += 5) {
		*usage += pace / 12;
		left_s = trend_note(t, *now_s * 1000, "java[4321]", (uint64_t)*usage, 10000);
	}
	return left_s;
}

static void test_steady(void)
{
	struct trend t = {.count = 0};
	int64_t now_s = 1000;
	double usage = 1000;
	uint32_t left_s;

	CU_ASSERT(grow(&t, &now_s, 600, &usage, 120) == TREND_NONE);
	left_s = grow(&t, &now_s, 5, &usage, 120);
	/* 7,790 are left, 120 go in a minute. */
	CU_ASSERT(left_s > 3880 && left_s < 3910);
	left_s = grow(&t, &now_s, 3000, &usage, 120);
	CU_ASSERT(left_s > 880 && left_s < 910);
	left_s = grow(&t, &now_s, 3000, &usage, 120);
	CHECK_EQ_INT(left_s, 0);
}

/* A host that starts its day, one that stands, one that falls, and one that grows in bursts. */
static void test_not_steady(void)
{
	struct trend t = {.count = 0};
	int64_t now_s = 1000;
	double usage = 1000;

	CU_ASSERT(grow(&t, &now_s, 480, &usage, 500) == TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 3600, &usage, 0) == TREND_NONE);
	for (int i = 0; i < 20; i++) {
		CU_ASSERT(grow(&t, &now_s, 300, &usage, 20) == TREND_NONE);
		CU_ASSERT(grow(&t, &now_s, 130, &usage, 0) == TREND_NONE);
	}
	CU_ASSERT(grow(&t, &now_s, 1200, &usage, 20) != TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 60, &usage, 0) != TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 60, &usage, 0) == TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 1200, &usage, 20) != TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 120, &usage, -30) == TREND_NONE);
}

/* Another process, a pause, and a pace that means months. */
static void test_begins_anew(void)
{
	struct trend t = {.count = 0};
	int64_t now_s = 1000;
	double usage = 1000;

	CU_ASSERT(grow(&t, &now_s, 700, &usage, 20) != TREND_NONE);
	CU_ASSERT(trend_note(&t, now_s * 1000, "nginx[812]", 2000, 10000) == TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 600, &usage, 20) == TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 100, &usage, 20) != TREND_NONE);
	now_s += 91;
	CU_ASSERT(grow(&t, &now_s, 5, &usage, 20) == TREND_NONE);
	CU_ASSERT(grow(&t, &now_s, 700, &usage, 20) != TREND_NONE);
	CU_ASSERT(trend_note(&t, now_s * 1000, "java[4321]", 5000, UINT64_MAX) == TREND_NONE);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"what grows steadily", test_steady},
	    {"what does not", test_not_steady},
	    {"another one", test_begins_anew},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("trend", tests);
}
