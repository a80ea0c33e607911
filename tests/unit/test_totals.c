/* SPDX-License-Identifier: MIT */
#include "core/kernel/totals.h"

#include <stddef.h>
#include <stdlib.h>

#include "tests/support/suite.h"

/* Counters are sorted by name, as proc_counters() leaves them. */
static bool overflowing(uint64_t dropped, uint64_t sent)
{
	struct counter was[] = {
	    {.name = "TcpExtSyncookiesSent", .value = 100},
	    {.name = "TcpExtTCPReqQFullDrop", .value = 7},
	};
	struct counter is[] = {
	    {.name = "TcpExtSyncookiesSent", .value = sent},
	    {.name = "TcpExtTCPReqQFullDrop", .value = dropped},
	};
	struct snapshot last = {.counters = was, .n_counters = 2};
	struct totals totals = {.counters = {.rows = is, .count = 2}};

	return totals_overflowing(&totals, &last);
}

static void a_syn_queue_that_overflows_is_seen(void)
{
	CU_ASSERT_TRUE(overflowing(7, 101));
	CU_ASSERT_TRUE(overflowing(8, 100));
	CU_ASSERT_FALSE(overflowing(7, 100));
	/* A new namespace. */
	CU_ASSERT_FALSE(overflowing(0, 0));
}

static void a_counter_that_is_new_or_gone_says_nothing(void)
{
	struct counter row = {.name = "TcpExtSyncookiesSent", .value = 1};
	struct snapshot without = {0}, with = {.counters = &row, .n_counters = 1};
	struct totals totals = {.counters = {.rows = &row, .count = 1}}, none = {0};

	CU_ASSERT_FALSE(totals_overflowing(&totals, &without));
	CU_ASSERT_FALSE(totals_overflowing(&none, &with));
}

/* What a full sample counted of TIME_WAIT. */
static void count_full(struct state_row *full, uint32_t v4, uint32_t v6)
{
	const uint32_t counts[] = {v4, v6, v4 + v6};

	for (int version = IP_V4; version <= IP_TOTAL; version++)
		full[(version - 1) * STATE_COUNT + STATE_TIME_WAIT - 1].count = counts[version - 1];
}

/* A fast sample at which the kernel has that many time-wait sockets. */
static void derive(const struct state_row *full, uint64_t time_wait, struct snapshot *now)
{
	struct totals totals = {.sockstat = {.time_wait = time_wait}};

	totals_derive(&totals, &totals, 0, full, now);
}

/* Each fast sample builds on the one before, but not its division. */
static void division_is_that_of_the_full_sample(void)
{
	static const uint64_t between[] = {1, 0, 7, 3};
	struct state_row full[IP_VERSION_COUNT * STATE_COUNT] = {0};
	struct snapshot now = {0};

	count_full(full, 700, 300);
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		derive(full, between[i], &now);
		CHECK_EQ_INT(snapshot_count(&now, IP_TOTAL, STATE_TIME_WAIT), between[i]);
		derive(full, 2000, &now);
		CHECK_EQ_INT(snapshot_count(&now, IP_V4, STATE_TIME_WAIT), 1400);
		CHECK_EQ_INT(snapshot_count(&now, IP_V6, STATE_TIME_WAIT), 600);
		CHECK_EQ_INT(snapshot_count(&now, IP_TOTAL, STATE_TIME_WAIT), 2000);
	}
	/* It had none: nothing tells. */
	count_full(full, 0, 0);
	derive(full, 2000, &now);
	CHECK_EQ_INT(snapshot_count(&now, IP_V4, STATE_TIME_WAIT), 2000);
	CHECK_EQ_INT(snapshot_count(&now, IP_V6, STATE_TIME_WAIT), 0);
}

static uint32_t established(uint64_t before, uint64_t after)
{
	struct counter was = {.name = "TcpCurrEstab", .value = before};
	struct counter is = {.name = "TcpCurrEstab", .value = after};
	struct state_row full[IP_VERSION_COUNT * STATE_COUNT] = {0};
	struct snapshot now = {0};

	totals_derive(&(struct totals){.counters = {.rows = &was, .count = 1}},
		      &(struct totals){.counters = {.rows = &is, .count = 1}}, 0, full, &now);
	return snapshot_count(&now, IP_TOTAL, STATE_ESTABLISHED);
}

static uint64_t shown(uint64_t value)
{
	struct counter row = {.name = "TcpCurrEstab", .value = value};
	struct totals totals = {.counters = {.rows = &row, .count = 1}};
	struct snapshot now = {0};

	CHECK_EQ_INT_FATAL(totals_counters(&totals, &(struct counter_names){.count = 0}, &now), 0);
	CHECK_EQ_INT_FATAL(now.n_counters, 1);
	value = now.counters[0].value;
	free(now.counters);
	return value;
}

/* A connection that is opened on one CPU and closed on another while the kernel adds up their
 * counters. */
static void a_total_below_0_is_0(void)
{
	CHECK_EQ_INT(established(10, 13), 12);
	CHECK_EQ_INT(established((uint64_t)-1, (uint64_t)-1), 0);
	CHECK_EQ_INT(established((uint64_t)-2, 2), 1);
	CHECK_EQ_INT(shown(10), 10);
	CHECK_EQ_INT(shown((uint64_t)-1), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a SYN queue that overflows is seen", a_syn_queue_that_overflows_is_seen},
	    {"a counter that is new or gone says nothing",
	     a_counter_that_is_new_or_gone_says_nothing},
	    {"the division is that of the full sample", division_is_that_of_the_full_sample},
	    {"a total below 0 is 0", a_total_below_0_is_0},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("totals", tests);
}
