/* SPDX-License-Identifier: MIT */
#include "core/schedule.h"

#include "tests/suite.h"

/* What each kind of sample costs on a made-up host, microseconds of CPU time. */
struct host {
	uint64_t cost_us[SCHEDULE_KINDS];
};

/* What an hour (or so) of sampling was like. */
struct life {
	uint64_t spent_us;
	uint32_t count[SCHEDULE_KINDS];
	uint64_t longest_gap_ms; /* between samples that read the suspicious states */
	uint64_t end_ms;
};

static struct config config_with(uint32_t interval_s, uint32_t detail_s, uint32_t budget)
{
	struct config config;

	config_init(&config);
	config.interval_s = interval_s;
	config.detail_interval_s = detail_s;
	config.cpu_budget = budget;
	return config;
}

/* Lives on the schedule until end_ms, as feed.c does. */
static struct life live(struct schedule *s, const struct host *host, uint64_t now_ms,
			uint64_t end_ms)
{
	struct life life = {0};
	uint64_t fresh_ms = now_ms, at_ms;

	for (;;) {
		enum sample_kind kind = schedule_next(s, now_ms, &at_ms);

		if (at_ms > now_ms)
			now_ms = at_ms;
		if (now_ms >= end_ms)
			break;
		if (kind != SAMPLE_LISTENERS) {
			if (now_ms - fresh_ms > life.longest_gap_ms)
				life.longest_gap_ms = now_ms - fresh_ms;
			fresh_ms = now_ms;
		}
		schedule_done(s, kind, now_ms, host->cost_us[kind]);
		life.spent_us += host->cost_us[kind];
		life.count[kind]++;
		now_ms += host->cost_us[kind] / 1000;
	}
	life.end_ms = now_ms;
	return life;
}

static const uint64_t hour_ms = 3600 * 1000;

static void test_small_host_is_always_full(void)
{
	struct config config = config_with(5, 15, 100);
	struct host host = {{300, 500, 5000}};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &host, 0, hour_ms);
	CU_ASSERT_EQUAL(life.count[SAMPLE_FAST], 0);
	CU_ASSERT_EQUAL(life.count[SAMPLE_FULL], 720);
	CU_ASSERT_EQUAL(life.count[SAMPLE_LISTENERS], 4 * 720);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).interval_ms, 5000);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).detail_interval_ms, 5000);
}

static void test_first_is_full(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 1234567);
	CU_ASSERT_EQUAL(schedule_next(&s, 1234567, &at_ms), SAMPLE_FULL);
	CU_ASSERT_EQUAL(at_ms, 1234567);
}

/* Costs of hosts from ten sockets to some millions, in microseconds. */
static void test_budget_holds(void)
{
	static const struct host hosts[] = {
	    {{100, 150, 200}},      {{300, 5000, 20000}},     {{300, 21000, 140000}},
	    {{350, 90000, 450000}}, {{400, 300000, 1300000}}, {{50000, 2000000, 5000000}},
	};
	static const uint32_t budgets[] = {10, 100, 1000};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (size_t j = 0; j < sizeof(budgets) / sizeof(budgets[0]); j++) {
			struct config config = config_with(5, 15, budgets[j]);
			struct schedule s;
			struct life life;
			uint64_t one_of_each, allowed;

			schedule_init(&s, &config, 0);
			life = live(&s, &hosts[i], 0, 24 * hour_ms);
			allowed = 24 * hour_ms * budgets[j] / 10;
			/* The last sample of each kind may not be paid for yet, and the
			 * first one never is. */
			one_of_each = hosts[i].cost_us[0] + hosts[i].cost_us[1] +
				      2 * hosts[i].cost_us[2];
			CU_ASSERT(life.spent_us <= allowed + one_of_each);
			CU_ASSERT(life.count[SAMPLE_FULL] > 0);
			CU_ASSERT(life.count[SAMPLE_LISTENERS] > 0);
		}
	}
}

/* 400,000 sockets: the suspicious states are looked at again within 15 s. */
static void test_large_host_keeps_suspicious_states_fresh(void)
{
	struct config config = config_with(5, 15, 100);
	struct host host = {{350, 90000, 450000}};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &host, 0, hour_ms);
	CU_ASSERT(life.longest_gap_ms <= 15000);
	CU_ASSERT(life.count[SAMPLE_FAST] > life.count[SAMPLE_FULL]);
}

/* The first sample of a host with 400,000 descriptors takes a second. */
static void test_the_start_is_not_held_against_what_follows(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 0);
	schedule_done(&s, SAMPLE_FULL, 0, 1300000);
	CU_ASSERT_EQUAL(schedule_pace(&s, 1000).interval_ms, 5000);
	CU_ASSERT_EQUAL(schedule_pace(&s, 1000).detail_interval_ms, 5000);
	/* But it is told. */
	CU_ASSERT(schedule_cpu(&s, 10000) >= 1000);
	schedule_done(&s, SAMPLE_FULL, 5000, 1300000);
	CU_ASSERT_EQUAL(schedule_next(&s, 10000, &at_ms), SAMPLE_FAST);
	CU_ASSERT(schedule_pace(&s, 6000).detail_interval_ms > 100000);
}

static void test_intervals_come_back(void)
{
	struct config config = config_with(5, 15, 100);
	struct host busy = {{350, 300000, 1300000}}, calm = {{300, 500, 5000}};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &busy, 0, hour_ms);
	CU_ASSERT(schedule_pace(&s, life.end_ms).interval_ms > 5000);
	life = live(&s, &calm, life.end_ms, 2 * hour_ms);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).interval_ms, 5000);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).detail_interval_ms, 5000);
}

static void test_detail_interval_without_pressure(void)
{
	/* A full sample that does not fit each second, but each 15. */
	struct config config = config_with(1, 15, 100);
	struct host host = {{300, 1000, 30000}};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &host, 0, hour_ms);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).interval_ms, 1000);
	CU_ASSERT_EQUAL(schedule_pace(&s, life.end_ms).detail_interval_ms, 15000);
	CU_ASSERT(life.count[SAMPLE_FULL] >= 235 && life.count[SAMPLE_FULL] <= 241);
}

static void test_reconfigured(void)
{
	struct config config = config_with(60, 60, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 0);
	schedule_done(&s, SAMPLE_FULL, 0, 1000);
	config.interval_s = 1;
	config.detail_interval_s = 1;
	schedule_configure(&s, &config, 500);
	CU_ASSERT_EQUAL(schedule_next(&s, 500, &at_ms), SAMPLE_FULL);
	CU_ASSERT_EQUAL(at_ms, 500);
	schedule_done(&s, SAMPLE_FULL, 500, 1000);
	CU_ASSERT_EQUAL(schedule_next(&s, 501, &at_ms), SAMPLE_FULL);
	CU_ASSERT_EQUAL(at_ms, 1500);
}

/* Listeners are due at 1 s, the others at 5 s. After a time without any CPU the first
 * sample counts all, so that nobody takes old counts for a fault. */
static void test_after_a_stall(void)
{
	static const struct {
		uint64_t now_ms, at_ms;
		enum sample_kind kind;
	} cases[] = {
	    {0, 1000, SAMPLE_LISTENERS},    {1000, 1000, SAMPLE_LISTENERS},
	    {4999, 1000, SAMPLE_LISTENERS}, {5000, 5000, SAMPLE_FULL},
	    {20000, 5000, SAMPLE_FULL},
	};
	struct config config = config_with(5, 15, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 0);
	schedule_done(&s, SAMPLE_FULL, 0, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(schedule_next(&s, cases[i].now_ms, &at_ms),
				cases[i].kind);
		CU_ASSERT_EQUAL(at_ms, cases[i].at_ms);
	}
}

static void test_cpu_of_the_last_minute(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;

	schedule_init(&s, &config, 1000);
	CU_ASSERT_EQUAL(schedule_cpu(&s, 1000), 0);
	/* 10 ms in each of 60 seconds is 1 %. */
	for (uint64_t i = 0; i < 60; i++)
		schedule_done(&s, SAMPLE_LISTENERS, 1000 + i * 1000, 10000);
	CU_ASSERT_EQUAL(schedule_cpu(&s, 61000), 100);
	/* A sample after a long pause: what is older than a minute is forgotten. */
	schedule_done(&s, SAMPLE_LISTENERS, 1000000, 6000);
	CU_ASSERT_EQUAL(schedule_cpu(&s, 1000500), 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a small host is always full", test_small_host_is_always_full},
	    {"the first sample is full", test_first_is_full},
	    {"the budget holds", test_budget_holds},
	    {"a large host keeps the suspicious states fresh",
	     test_large_host_keeps_suspicious_states_fresh},
	    {"the start is not held against what follows",
	     test_the_start_is_not_held_against_what_follows},
	    {"intervals come back", test_intervals_come_back},
	    {"detail interval without pressure", test_detail_interval_without_pressure},
	    {"reconfigured", test_reconfigured},
	    {"after a stall", test_after_a_stall},
	    {"CPU of the last minute", test_cpu_of_the_last_minute},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("schedule", tests);
}
