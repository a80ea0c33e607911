/* SPDX-License-Identifier: MIT */
#include "core/kernel/totals.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

/* Counters are sorted by name, as proc_counters() leaves them. */
static bool overflowing(uint64_t dropped, uint64_t sent, bool always)
{
	struct counter was[] = {
	    {.name = "TcpExtSyncookiesSent", .value = 100},
	    {.name = "TcpExtTCPReqQFullDrop", .value = 7},
	};
	struct counter is[] = {
	    {.name = "TcpExtSyncookiesSent", .value = sent},
	    {.name = "TcpExtTCPReqQFullDrop", .value = dropped},
	};
	struct snapshot last = {.info.always_cookies = always, .counters = was, .n_counters = 2};
	struct totals totals = {.counters = {.rows = is, .count = 2}};

	return totals_overflowing(&totals, &last);
}

static void a_syn_queue_that_overflows_is_seen(void)
{
	CU_ASSERT_TRUE(overflowing(7, 101, false));
	CU_ASSERT_TRUE(overflowing(8, 100, false));
	CU_ASSERT_FALSE(overflowing(7, 100, false));
	/* tcp_syncookies 2 */
	CU_ASSERT_FALSE(overflowing(7, 101, true));
	/* A new namespace. */
	CU_ASSERT_FALSE(overflowing(0, 0, false));
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
	static const struct totals_meaning meaning;
	struct totals totals = {.sockstat = {.time_wait = time_wait}};

	totals_derive(&meaning, &totals, &totals, 0, full, now);
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

	totals_derive(&(struct totals_meaning){0},
		      &(struct totals){.counters = {.rows = &was, .count = 1}},
		      &(struct totals){.counters = {.rows = &is, .count = 1}}, 0, full, &now);
	return snapshot_count(&now, IP_TOTAL, STATE_ESTABLISHED);
}

static uint64_t shown(uint64_t value)
{
	struct counter row = {.name = "TcpRetransSegs", .value = value};
	struct totals totals = {.counters = {.rows = &row, .count = 1}};
	struct snapshot now = {0};

	CHECK_EQ_INT_FATAL(totals_counters(&totals, &(struct counter_names){0}, &now), 0);
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

/* The totals around a full sample, and what that counted. */
struct moment {
	uint64_t before, after; /* CurrEstab */
	uint64_t opened;        /* connections, between the two */
	uint32_t established, close_wait;
};

static void learn(struct totals_meaning *meaning, const struct moment *m)
{
	struct counter was[] = {
	    {.name = "TcpActiveOpens", .value = 500},
	    {.name = "TcpCurrEstab", .value = m->before},
	};
	struct counter is[] = {
	    {.name = "TcpActiveOpens", .value = 500 + m->opened},
	    {.name = "TcpCurrEstab", .value = m->after},
	};
	struct totals before = {.counters = {.rows = was, .count = 2}},
		      after = {.counters = {.rows = is, .count = 2}};
	struct snapshot now = {0};
	struct state_row *rows = &now.states[(IP_TOTAL - 1) * STATE_COUNT];

	rows[STATE_ESTABLISHED - 1].count = m->established;
	rows[STATE_CLOSE_WAIT - 1].count = m->close_wait;
	totals_learn(meaning, &before, &after, 0, &now);
}

/* ESTABLISHED as a fast sample says with this CurrEstab and CLOSE_WAIT; -1: it cannot. */
static int64_t fast(const struct totals_meaning *meaning, uint64_t curr_estab, uint32_t close_wait)
{
	struct counter row = {.name = "TcpCurrEstab", .value = curr_estab};
	struct totals totals = {.sockstat = {.has_time_wait = true},
				.counters = {.rows = &row, .count = 1}};
	struct state_row full[IP_VERSION_COUNT * STATE_COUNT] = {0};
	struct snapshot now = {0};

	if (!totals_derivable(meaning, &totals, close_wait))
		return -1;
	now.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_CLOSE_WAIT - 1].count = close_wait;
	totals_derive(meaning, &totals, &totals, 0, full, &now);
	return snapshot_count(&now, IP_TOTAL, STATE_ESTABLISHED);
}

/* Each begins with nothing known, and then has a fast sample with CurrEstab 100, CLOSE_WAIT 30. */
static void what_curr_estab_counts_is_found_out(void)
{
	static const struct {
		struct moment moments[3];
		int64_t established;
	} cases[] = {
	    /* Unknown: a fast sample would guess. */
	    {{{0}}, -1},
	    {{{10, 10, 0, 10, 0}}, -1},
	    /* One CLOSE_WAIT is enough in a quiet moment. */
	    {{{10, 10, 0, 10, 1}}, 100},
	    {{{11, 11, 0, 10, 1}}, 70},
	    {{{700, 700, 0, 0, 700}}, 70},
	    {{{0, 0, 0, 0, 700}}, 100},
	    /* It stays known while there is none. */
	    {{{10, 10, 0, 10, 1}, {10, 10, 0, 10, 0}}, 100},
	    {{{11, 11, 0, 10, 1}, {10, 10, 0, 10, 0}}, 70},
	    /* Comings and goings, but more in CLOSE_WAIT. */
	    {{{1000, 1004, 10, 1003, 40}}, 100},
	    {{{1040, 1044, 10, 1003, 40}}, 70},
	    /* More comings and goings: what was known stays. */
	    {{{10, 10, 0, 10, 1}, {1040, 1044, 20, 1003, 40}}, 100},
	    {{{11, 11, 0, 10, 1}, {1000, 1004, 20, 1003, 40}}, 70},
	    /* Half the way between the two. */
	    {{{1000, 1000, 1, 980, 40}}, -1},
	    {{{1001, 1001, 1, 980, 40}}, 70},
	    {{{999, 999, 1, 980, 40}}, 100},
	    /* Moved to another kernel, live. */
	    {{{10, 10, 0, 10, 9}, {19, 19, 0, 10, 9}}, 70},
	    {{{19, 19, 0, 10, 9}, {10, 10, 0, 10, 9}}, 100},
	    /* Nothing that the sockets say. */
	    {{{5, 5, 0, 10, 9}}, -1},
	    {{{11, 11, 0, 10, 9}}, -1},
	    {{{19, 19, 0, 10, 9}, {5, 5, 0, 10, 0}}, -1},
	    {{{5, 5, 0, 10, 0}, {10, 10, 0, 10, 0}}, -1},
	    {{{5, 5, 0, 10, 0}, {19, 19, 0, 10, 9}}, 70},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct totals_meaning meaning = {0};

		for (size_t j = 0; j < 3; j++)
			if (cases[i].moments[j].before || cases[i].moments[j].close_wait)
				learn(&meaning, &cases[i].moments[j]);
		CHECK_EQ_INT(fast(&meaning, 100, 30), cases[i].established);
	}
}

/* Where a full sample cannot tell, because of all that comes and goes, it would be off by as much
 * itself: it is not worth its price. */
static void what_a_full_sample_cannot_tell_is_not_asked(void)
{
	struct totals_meaning meaning = {0};

	CHECK_EQ_INT(fast(&meaning, 100, 0), 100);
	CHECK_EQ_INT(fast(&meaning, 100, 1), -1);
	learn(&meaning, &(struct moment){1000, 1010, 10, 1003, 5});
	CHECK_EQ_INT(fast(&meaning, 1000, 40), 960);
	CHECK_EQ_INT(fast(&meaning, 1000, 41), -1);
}

static void a_total_that_is_not_given_derives_nothing(void)
{
	struct counter row = {.name = "TcpCurrEstab", .value = 1};
	struct totals no_tw = {.counters = {.rows = &row, .count = 1}};
	struct totals no_tcp = {.sockstat = {.has_time_wait = true}};
	static const struct totals_meaning known = {.curr_estab = CURR_ESTAB_WITH_CLOSE_WAIT};

	CU_ASSERT_FALSE(totals_derivable(&known, &no_tw, 0));
	CU_ASSERT_FALSE(totals_derivable(&known, &no_tcp, 0));
}

static bool time_wait_tells(struct totals_meaning *meaning, uint64_t before, uint64_t after,
			    uint64_t expired, uint32_t time_wait, uint32_t fin2)
{
	struct counter was[] = {{.name = "TcpCurrEstab"}, {.name = "TcpExtTW", .value = 1}};
	struct counter is[] = {{.name = "TcpCurrEstab"},
			       {.name = "TcpExtTW", .value = 1 + expired}};
	struct totals t0 = {.sockstat = {.time_wait = before, .has_time_wait = true},
			    .counters = {.rows = was, .count = 2}};
	struct totals t1 = {.sockstat = {.time_wait = after, .has_time_wait = true},
			    .counters = {.rows = is, .count = 2}};
	struct snapshot now = {0};

	now.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_TIME_WAIT - 1].count = time_wait;
	totals_learn(meaning, &t0, &t1, fin2, &now);
	return totals_derivable(meaning, &t1, 0);
}

/* As on kernels where it is that of all namespaces. */
static void tw_is_compared_with_the_sockets(void)
{
	struct totals_meaning meaning = {0};

	CU_ASSERT_TRUE(time_wait_tells(&meaning, 20, 20, 0, 7, 13));
	CU_ASSERT_FALSE(time_wait_tells(&meaning, 21, 21, 0, 7, 13));
	/* A moment that is not quiet tells nothing new. */
	CU_ASSERT_FALSE(time_wait_tells(&meaning, 19, 20, 0, 7, 13));
	CU_ASSERT_FALSE(time_wait_tells(&meaning, 20, 20, 1, 7, 13));
	CU_ASSERT_TRUE(time_wait_tells(&meaning, 20, 20, 0, 7, 13));
	CU_ASSERT_TRUE(time_wait_tells(&meaning, 21, 21, 1, 7, 13));
}

/* The rows are in the order of their names. */
static void counters_are_the_kernels_and_the_users(void)
{
	static const struct counter_names named = {.count = 1, .name = {"TcpInSegs"}};
	struct counter rows[] = {{.name = "TcpActiveOpens", .value = 7},
				 {.name = "TcpCurrEstab", .value = 9},
				 {.name = "TcpInSegs", .value = 5},
				 {.name = "TcpOutRsts", .value = 3}};
	struct totals totals = {.counters = {.rows = rows, .count = 4}};
	struct snapshot now = {0};

	CHECK_EQ_INT_FATAL(totals_counters(&totals, &named, &now), 0);
	CHECK_EQ_INT_FATAL(now.n_counters, 3);
	CHECK_EQ_STR(now.counters[0].name, "TcpActiveOpens");
	CHECK_EQ_STR(now.counters[1].name, "TcpInSegs");
	CHECK_EQ_STR(now.counters[2].name, "TcpOutRsts");
	CHECK_EQ_INT(now.counters[2].value, 3);
	free(now.counters);
}

static void what_is_missing_is_said_once(void)
{
	struct counter rows[] = {{.name = "TcpCurrEstab"}, {.name = "TcpExtListenDrops"}};
	struct totals totals = {
	    .sockstat = {.has_orphans = true, .has_time_wait = true, .has_memory = true},
	    .counters = {.rows = rows, .count = 2}};
	struct snapshot now = {0};

	totals_missing(&totals, &now);
	CHECK_EQ_STR(now.info.missing, "");
	totals.counters.count = 1;
	totals.sockstat.has_memory = false;
	totals_missing(&totals, &now);
	CHECK_EQ_STR(now.info.missing, "/proc/net lacks netstat's TcpExt (acceptDrops, synCookies "
				       "unknown), sockstat's mem (memory unknown)");
	/* All of them have room. */
	totals_missing(&(struct totals){0}, &now);
	CU_ASSERT_PTR_NOT_NULL(strstr(now.info.missing, "sockstat's mem (memory unknown)"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a SYN queue that overflows is seen", a_syn_queue_that_overflows_is_seen},
	    {"a counter that is new or gone says nothing",
	     a_counter_that_is_new_or_gone_says_nothing},
	    {"the division is that of the full sample", division_is_that_of_the_full_sample},
	    {"a total below 0 is 0", a_total_below_0_is_0},
	    {"what CurrEstab counts is found out", what_curr_estab_counts_is_found_out},
	    {"what a full sample cannot tell is not asked",
	     what_a_full_sample_cannot_tell_is_not_asked},
	    {"a total that is not given derives nothing",
	     a_total_that_is_not_given_derives_nothing},
	    {"tw is compared with the sockets", tw_is_compared_with_the_sockets},
	    {"the counters that rules need and that are named",
	     counters_are_the_kernels_and_the_users},
	    {"what is missing is said once", what_is_missing_is_said_once},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("totals", tests);
}
