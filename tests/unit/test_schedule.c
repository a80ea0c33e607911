/* SPDX-License-Identifier: MIT */
#include "core/sample/schedule.h"

#include "tests/support/suite.h"

/* What each kind of sample costs on a made-up host, microseconds of CPU time. */
struct host {
	uint64_t cost_us[SCHEDULE_KINDS];
	uint64_t scan_us; /* for all owners, which are looked for again and again */
};

enum { SPAN_MS = 300 * 1000, ENTRIES = 1 << 17 };

/* What an hour (or so) of sampling was like. */
struct life {
	uint64_t spent_us;
	uint64_t most_us; /* in five minutes, without the first sample */
	uint32_t count[SCHEDULE_KINDS];
	uint32_t scans;          /* that came to their end */
	uint64_t longest_gap_ms; /* between samples that read the suspicious states */
	uint64_t last_full_ms;
	uint64_t end_ms;
};

static struct config config_with(uint32_t interval_s, uint32_t detail_s, uint32_t budget)
{
	struct config config;

	config_init(&config_core_options, &config);
	config.interval_s = interval_s;
	config.detail_interval_s = detail_s;
	config.cpu_budget = budget;
	return config;
}

/* The samples of the last five minutes. */
struct span {
	struct {
		uint64_t at_ms, us;
	} samples[ENTRIES];
	size_t first, next;
	uint64_t us;
};

static void note(struct span *span, uint64_t at_ms, uint64_t us)
{
	while (span->first < span->next &&
	       span->samples[span->first % ENTRIES].at_ms + SPAN_MS <= at_ms)
		span->us -= span->samples[span->first++ % ENTRIES].us;
	CU_ASSERT_FATAL(span->next - span->first < ENTRIES);
	span->samples[span->next % ENTRIES].at_ms = at_ms;
	span->samples[span->next++ % ENTRIES].us = us;
	span->us += us;
}

/* Lives on the schedule until end_ms, as feed.c does. */
static struct life live(struct schedule *s, const struct host *host, uint64_t now_ms,
			uint64_t end_ms)
{
	static struct span span;
	struct life life = {0};
	uint64_t fresh_ms = now_ms, at_ms, us, scan_us, left_us = host->scan_us;
	bool first = s->begun == false;

	span = (struct span){0};
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
		if (kind == SAMPLE_FULL)
			life.last_full_ms = now_ms;
		scan_us = schedule_pace(s, kind, now_ms).scan_us;
		scan_us = scan_us < left_us ? scan_us : left_us;
		left_us -= scan_us;
		if (left_us == 0) {
			life.scans++;
			left_us = host->scan_us;
		}
		us = host->cost_us[kind] + scan_us;
		schedule_done(s, kind, now_ms, us, scan_us);
		if (!first)
			note(&span, now_ms, us);
		first = false;
		if (span.us > life.most_us)
			life.most_us = span.us;
		life.spent_us += us;
		life.count[kind]++;
		now_ms += us / 1000;
	}
	life.end_ms = now_ms;
	return life;
}

static const uint64_t hour_ms = 3600 * 1000;

static void test_small_host_is_always_full(void)
{
	struct config config = config_with(5, 15, 100);
	struct host host = {{300, 500, 5000}, 0};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &host, 0, hour_ms);
	CHECK_EQ_INT(life.count[SAMPLE_FAST], 0);
	CHECK_EQ_INT(life.count[SAMPLE_FULL], 720);
	CHECK_EQ_INT(life.count[SAMPLE_LISTENERS], 4 * 720);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).interval_ms, 5000);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).detail_interval_ms, 5000);
}

static void test_first_is_full(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 1234567);
	CHECK_EQ_INT(schedule_next(&s, 1234567, &at_ms), SAMPLE_FULL);
	CHECK_EQ_INT(at_ms, 1234567);
}

/* Hosts with 10, 10,000, 100,000, 400,000 and a million sockets. */
static const struct host hosts[] = {
    {{100, 150, 200}, 2000},
    {{300, 5000, 20000}, 25000},
    {{500, 21000, 140000}, 250000},
    {{1000, 90000, 420000}, 1000000},
    {{1000, 230000, 1050000}, 2500000},
};

static void test_budget_holds(void)
{
	static const uint32_t budgets[] = {100, 200, 1000, 10000};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (size_t j = 0; j < sizeof(budgets) / sizeof(budgets[0]); j++) {
			struct config config = config_with(5, 15, budgets[j]);
			struct schedule s;
			struct life life;

			schedule_init(&s, &config, 0);
			life = live(&s, &hosts[i], 0, 6 * hour_ms);
			CU_ASSERT(life.most_us <= (uint64_t)SPAN_MS * budgets[j] / 10);
			/* Full samples and looking for owners are never given up. */
			CU_ASSERT(life.count[SAMPLE_FULL] >= 6 * 12);
			CU_ASSERT(life.scans >= 6);
			/* The listeners are seen each second, unless a budget without a bound lets
			 * full samples take that long. */
			CU_ASSERT(budgets[j] > 1000 || life.count[SAMPLE_LISTENERS] +
							       life.count[SAMPLE_FAST] +
							       life.count[SAMPLE_FULL] >
							   5 * 3600);
		}
	}
}

/* Where a full sample alone costs more than five minutes of its share, the budget holds over the
 * time that one is paid in, and in five minutes but for that sample. */
static void test_budget_holds_over_longer_times(void)
{
	static const struct {
		struct host host;
		uint32_t budget;
	} cases[] = {
	    {{{1000, 450000, 2200000}, 5000000}, 100},
	    {{{50000, 2000000, 5000000}, 10000000}, 100},
	    {{{1000, 90000, 420000}, 1000000}, 10},
	    {{{1000, 230000, 1050000}, 2500000}, 35},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct host *host = &cases[i].host;
		struct config config = config_with(5, 15, cases[i].budget);
		uint64_t allowed = (uint64_t)cases[i].budget * SPAN_MS / 10;
		/* With the slice of the scan for owners, and the first one. */
		uint64_t one = host->cost_us[2] * 5 / 4;
		struct schedule s;
		struct life life;

		schedule_init(&s, &config, 0);
		life = live(&s, host, 0, 24 * hour_ms);
		CU_ASSERT(life.most_us <= allowed + one + host->cost_us[1]);
		CU_ASSERT(life.spent_us <= allowed * 24 * hour_ms / SPAN_MS + one +
					       host->cost_us[2] + host->scan_us);
		CU_ASSERT(life.count[SAMPLE_FULL] > 2);
		CU_ASSERT(life.count[SAMPLE_FAST] > life.count[SAMPLE_FULL]);
	}
}

/* 400,000 sockets: the suspicious states are looked at again within 15 s, also where each round
 * has owners to look for. */
static void test_large_host_keeps_suspicious_states_fresh(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &hosts[3], 0, 6 * hour_ms);
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
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, 0).scan_us, UINT32_MAX);
	schedule_done(&s, SAMPLE_FULL, 0, 1300000, 800000);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, 1000).interval_ms, 5000);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, 1000).detail_interval_ms, 5000);
	CU_ASSERT_NOT_EQUAL(schedule_pace(&s, SAMPLE_FULL, 1000).scan_us, UINT32_MAX);
	/* But it is told. */
	CU_ASSERT(schedule_cpu(&s, 10000) >= 1000);
	schedule_done(&s, SAMPLE_FULL, 5000, 500000, 0);
	CHECK_EQ_INT(schedule_next(&s, 10000, &at_ms), SAMPLE_FAST);
	CU_ASSERT(schedule_pace(&s, SAMPLE_FULL, 6000).detail_interval_ms > 60000);
}

/* Looking for owners makes no full sample come later, and lesser samples do not look. */
static void test_scans_take_what_is_left(void)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct config config = config_with(5, 15, 100);
		struct host calm = hosts[i];
		struct schedule with, without;
		uint64_t end_ms;

		calm.scan_us = 0;
		schedule_init(&with, &config, 0);
		schedule_init(&without, &config, 0);
		end_ms = live(&with, &hosts[i], 0, hour_ms).end_ms;
		live(&without, &calm, 0, hour_ms);
		CHECK_EQ_INT(schedule_pace(&with, SAMPLE_FULL, end_ms).detail_interval_ms,
			     schedule_pace(&without, SAMPLE_FULL, end_ms).detail_interval_ms);
		CU_ASSERT(schedule_pace(&with, SAMPLE_FULL, end_ms).scan_us >=
			  hosts[i].cost_us[SAMPLE_FULL] / 4);
		CHECK_EQ_INT(schedule_pace(&with, SAMPLE_FAST, end_ms).scan_us, 0);
		CHECK_EQ_INT(schedule_pace(&with, SAMPLE_LISTENERS, end_ms).scan_us, 0);
	}
}

static void test_intervals_come_back(void)
{
	struct config config = config_with(5, 15, 100);

	for (size_t i = 2; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct schedule s;
		struct life life;
		uint64_t gone_ms;

		schedule_init(&s, &config, 0);
		gone_ms = live(&s, &hosts[i], 0, hour_ms).end_ms;
		CU_ASSERT(schedule_pace(&s, SAMPLE_FULL, gone_ms).detail_interval_ms > 15000);
		/* The sockets go: a minute later, all is as configured. */
		life = live(&s, &hosts[0], gone_ms, gone_ms + 60000);
		CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).interval_ms, 5000);
		CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).detail_interval_ms, 5000);
		CU_ASSERT(life.end_ms - life.last_full_ms < 6000);
	}
}

/* One sample of ten costs three times as much as the others. The next one does not come three
 * times as late, and the budget holds nevertheless. */
static void test_expensive_samples(void)
{
	struct config config = config_with(5, 15, 100);
	uint64_t now_ms = 0, at_ms, fresh_ms = 0, spent_us = 0;
	uint32_t count[SCHEDULE_KINDS] = {0};
	struct schedule s;

	schedule_init(&s, &config, 0);
	while (now_ms < 6 * hour_ms) {
		enum sample_kind kind = schedule_next(&s, now_ms, &at_ms);
		bool costly = ++count[kind] % 10 == 0 && kind != SAMPLE_FULL;
		uint64_t us = hosts[3].cost_us[kind] * (costly ? 3 : 1);

		now_ms = at_ms > now_ms ? at_ms : now_ms;
		schedule_done(&s, kind, now_ms, us, 0);
		spent_us += us;
		if (kind == SAMPLE_LISTENERS)
			continue;
		CU_ASSERT(now_ms - fresh_ms < 22000);
		fresh_ms = now_ms;
	}
	CU_ASSERT(spent_us <= 6 * hour_ms * 10);
}

/* For a while lesser samples cost many times as much, so that their intervals become longer than
 * those of fuller ones. When that is over, all is as it was before. */
static void test_a_dear_time_ends(void)
{
	static const uint64_t times[][SCHEDULE_KINDS] = {{100, 1, 1}, {1, 20, 1}, {100, 20, 1}};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			struct config config = config_with(5, 15, 100);
			struct host dear = hosts[i];
			struct schedule s;
			struct life before, life;

			for (int kind = 0; kind < SCHEDULE_KINDS; kind++)
				dear.cost_us[kind] *= times[j][kind];
			schedule_init(&s, &config, 0);
			life = live(&s, &hosts[i], 0, hour_ms);
			before = live(&s, &hosts[i], life.end_ms, 2 * hour_ms);
			life = live(&s, &dear, before.end_ms, before.end_ms + 60000);
			life = live(&s, &hosts[i], life.end_ms, 4 * hour_ms);
			life = live(&s, &hosts[i], life.end_ms, 5 * hour_ms);
			for (int kind = 0; kind < SCHEDULE_KINDS; kind++)
				CU_ASSERT(life.count[kind] >= before.count[kind] * 9 / 10);
			CU_ASSERT(life.most_us <= (uint64_t)SPAN_MS * 10);
		}
	}
}

/* It is taken again, looks for all owners, and costs no more than the budget gives. */
static void test_the_first_fails(void)
{
	struct config config = config_with(5, 15, 100);
	uint64_t at_ms = 0, spent_us = 0;
	struct schedule s;

	schedule_init(&s, &config, 0);
	while (at_ms < hour_ms) {
		CHECK_EQ_INT(schedule_next(&s, at_ms, &at_ms), SAMPLE_FULL);
		CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, at_ms).scan_us, UINT32_MAX);
		schedule_failed_first(&s, at_ms, 400000);
		spent_us += 400000;
	}
	CU_ASSERT(spent_us <= hour_ms * 10 + 400000);
	CU_ASSERT(spent_us >= hour_ms * 5);
	schedule_done(&s, SAMPLE_FULL, at_ms, 400000, 0);
	CHECK_EQ_INT(schedule_next(&s, at_ms, &at_ms), SAMPLE_LISTENERS);
}

/* Fast samples become cheap and full ones do not: one of these is taken too early, and pays for
 * it. */
static void test_mistaken_hope(void)
{
	struct config config = config_with(5, 15, 100);
	struct host other = hosts[3];
	struct schedule s;
	struct life life;

	other.cost_us[SAMPLE_FAST] = 5000;
	schedule_init(&s, &config, 0);
	life = live(&s, &hosts[3], 0, hour_ms);
	life = live(&s, &other, life.end_ms, 2 * hour_ms);
	CU_ASSERT(life.most_us <= (uint64_t)SPAN_MS * 10 + other.cost_us[SAMPLE_FULL] * 5 / 4);
	CU_ASSERT(life.spent_us <= hour_ms * 10);
}

static void test_detail_interval_without_pressure(void)
{
	/* A full sample that does not fit each second, but each 15. */
	struct config config = config_with(1, 15, 100);
	struct host host = {{300, 1000, 30000}, 0};
	struct schedule s;
	struct life life;

	schedule_init(&s, &config, 0);
	life = live(&s, &host, 0, hour_ms);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).interval_ms, 1000);
	CHECK_EQ_INT(schedule_pace(&s, SAMPLE_FULL, life.end_ms).detail_interval_ms, 15000);
	CU_ASSERT(life.count[SAMPLE_FULL] >= 235 && life.count[SAMPLE_FULL] <= 241);
}

static void test_reconfigured(void)
{
	struct config config = config_with(60, 60, 100);
	struct schedule s;
	uint64_t at_ms;

	schedule_init(&s, &config, 0);
	schedule_done(&s, SAMPLE_FULL, 0, 1000, 0);
	config.interval_s = 1;
	config.detail_interval_s = 1;
	schedule_configure(&s, &config, 500);
	CHECK_EQ_INT(schedule_next(&s, 500, &at_ms), SAMPLE_FULL);
	CHECK_EQ_INT(at_ms, 500);
	schedule_done(&s, SAMPLE_FULL, 500, 1000, 0);
	CHECK_EQ_INT(schedule_next(&s, 501, &at_ms), SAMPLE_FULL);
	CHECK_EQ_INT(at_ms, 1500);
}

/* Listeners are due at 1 s, the others at 5 s. After a time without any CPU the first sample
 * counts all, so that nobody takes old counts for a fault. */
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
	schedule_done(&s, SAMPLE_FULL, 0, 1000, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ_INT(schedule_next(&s, cases[i].now_ms, &at_ms), cases[i].kind);
		CHECK_EQ_INT(at_ms, cases[i].at_ms);
	}
}

static void test_cpu_of_the_last_minute(void)
{
	struct config config = config_with(5, 15, 100);
	struct schedule s;

	schedule_init(&s, &config, 1000);
	CHECK_EQ_INT(schedule_cpu(&s, 1000), 0);
	/* 10 ms in each of 60 seconds is 1 %. */
	for (uint64_t i = 0; i < 60; i++)
		schedule_done(&s, SAMPLE_LISTENERS, 1000 + i * 1000, 10000, 0);
	CHECK_EQ_INT(schedule_cpu(&s, 61000), 100);
	/* A sample after a long pause: what is older than a minute is forgotten. */
	schedule_done(&s, SAMPLE_LISTENERS, 1000000, 6000, 0);
	CHECK_EQ_INT(schedule_cpu(&s, 1000500), 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a small host is always full", test_small_host_is_always_full},
	    {"the first sample is full", test_first_is_full},
	    {"the budget holds", test_budget_holds},
	    {"the budget holds over longer times", test_budget_holds_over_longer_times},
	    {"a large host keeps the suspicious states fresh",
	     test_large_host_keeps_suspicious_states_fresh},
	    {"the start is not held against what follows",
	     test_the_start_is_not_held_against_what_follows},
	    {"scans take what is left", test_scans_take_what_is_left},
	    {"intervals come back", test_intervals_come_back},
	    {"expensive samples", test_expensive_samples},
	    {"a dear time ends", test_a_dear_time_ends},
	    {"the first fails", test_the_first_fails},
	    {"mistaken hope", test_mistaken_hope},
	    {"detail interval without pressure", test_detail_interval_without_pressure},
	    {"reconfigured", test_reconfigured},
	    {"after a stall", test_after_a_stall},
	    {"CPU of the last minute", test_cpu_of_the_last_minute},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("schedule", tests);
}
