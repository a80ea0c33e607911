/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "tests/support/lab.h"
#include "tests/support/suite.h"

/* One moment: the measure, and what the diagnosis must say then. */
struct moment {
	int64_t at_ms;
	uint32_t value;
	uint32_t severity;
};

/* Drives "orphans" (a percentage that stands in the snapshot) through time. */
static void drive(struct lab *lab, const struct moment *moments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct condition *row;

		lab->now.s.limits[1].percent = moments[i].value;
		lab_step(lab, moments[i].at_ms);
		row = lab_row(lab, CONDITION_ORPHANS, 0);
		if (row->severity != moments[i].severity)
			fprintf(stderr, "at %lld ms: severity %u, wanted %u\n",
				(long long)moments[i].at_ms, row->severity, moments[i].severity);
		CHECK_EQ_INT(row->severity, moments[i].severity);
		CHECK_EQ_INT(row->value, (int32_t)moments[i].value);
	}
}

#define DRIVE(lab_, ...)                                                                           \
	do {                                                                                       \
		static const struct moment moments_[] = {__VA_ARGS__};                             \
		drive(lab_, moments_, sizeof(moments_) / sizeof(moments_[0]));                     \
	} while (0)

enum { N = SEVERITY_NORMAL, W = SEVERITY_WARNING, C = SEVERITY_CRITICAL };

static void open_with_rule(struct lab *lab, uint32_t hold_s)
{
	lab_open(lab);
	lab->config.rules.of[CONDITION_ORPHANS] = (struct rule){
	    .enabled = true, .warning = 50, .critical = 100, .hold_s = hold_s, .clear_percent = 80};
}

static void test_hold(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {1000, 49, N}, {2000, 50, N}, {11999, 60, N}, {12000, 50, W});
	lab_close(&lab);
}

static void test_break_in_hold(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {1000, 70, N}, {9000, 70, N}, {10000, 49, N}, {11000, 70, N}, {20999, 70, N},
	      {21000, 70, W});
	/* The same on the way down: at 80 % of the threshold it is not below. */
	DRIVE(&lab, {30000, 39, W}, {38000, 40, W}, {39000, 39, W}, {48999, 0, W}, {49000, 39, N});
	lab_close(&lab);
}

static void test_between_clear_and_threshold(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {0, 50, N}, {10000, 50, W}, {20000, 49, W}, {60000, 40, W}, {90000, 45, W},
	      {100000, 39, W}, {110000, 39, N}, {120000, 49, N}, {180000, 49, N});
	lab_close(&lab);
}

static void test_both_thresholds(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {0, 100, N}, {5000, 60, N}, {10000, 60, W}, {11000, 100, W}, {20999, 100, W},
	      {21000, 100, C}, {30000, 79, C}, {39000, 79, C}, {40000, 79, W}, {50000, 10, W},
	      {60000, 10, N}, {70000, 200, N}, {80000, 200, C}, {90000, 0, C}, {100000, 0, N});
	lab_close(&lab);
}

static void test_no_hold(void)
{
	struct lab lab;

	open_with_rule(&lab, 0);
	DRIVE(&lab, {0, 50, W}, {1000, 39, N}, {2000, 100, C}, {3000, 99, C}, {4000, 79, W},
	      {5000, 0, N});
	lab_close(&lab);
}

static void test_thresholds_off(void)
{
	struct lab lab;

	open_with_rule(&lab, 0);
	lab.config.rules.of[CONDITION_ORPHANS].warning = -1;
	DRIVE(&lab, {0, 99, N}, {1000, 100, C}, {2000, 0, N});
	lab.config.rules.of[CONDITION_ORPHANS].warning = 50;
	lab.config.rules.of[CONDITION_ORPHANS].critical = -1;
	DRIVE(&lab, {3000, 500, W});
	/* Taken back while it is raised. */
	lab.config.rules.of[CONDITION_ORPHANS].warning = -1;
	DRIVE(&lab, {4000, 500, N});
	lab_close(&lab);
}

static void test_stretched_interval(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {0, 0, N}, {300000, 60, N}, {600000, 60, W}, {900000, 10, W}, {1200000, 10, N});
	lab_close(&lab);
}

/* What a listener sample carries over is no second sight of it. */
static void test_carried_over(void)
{
	struct lab lab;
	int64_t t;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE].count = 5000;
	lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE].fresh = 1;
	lab_step(&lab, 60000);
	for (t = 61000; t < 120000; t += 1000)
		lab_step_listeners(&lab, t);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE), SEVERITY_NORMAL);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_CLOSE_WAIT_STALE, 0)->value, 5000);
	lab_step(&lab, t);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE), SEVERITY_CRITICAL);
	lab_close(&lab);
}

/* Fast samples find no ports and read no tuning. */
static void test_carried_over_details(void)
{
	struct lab lab;
	int64_t t;

	lab_open(&lab);
	lab.now.s.limits[3].percent = 100;
	lab.now.table.drifted = 1;
	lab_step(&lab, 1000);
	for (t = 5000; t < 200000; t += 5000)
		lab_step_fast(&lab, t);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_EPHEMERAL_PORTS), SEVERITY_NORMAL);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_TUNING_DRIFT), SEVERITY_NORMAL);
	lab_step(&lab, t);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_EPHEMERAL_PORTS), SEVERITY_CRITICAL);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_TUNING_DRIFT), SEVERITY_WARNING);
	lab_close(&lab);
}

static void test_clock_jump(void)
{
	struct lab lab;
	const struct condition *row;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {1000, 60, N});
	lab.wall_ahead_s += 86400;
	DRIVE(&lab, {2000, 60, N});
	lab.wall_ahead_s -= 2 * 86400;
	DRIVE(&lab, {10999, 60, N}, {11000, 60, W}, {12000, 60, W});
	row = lab_row(&lab, CONDITION_ORPHANS, 0);
	CHECK_EQ_INT(row->since.tv_sec, lab.wall_ahead_s + 11);
	lab_close(&lab);
}

static void test_since(void)
{
	struct lab lab;

	open_with_rule(&lab, 0);
	DRIVE(&lab, {1000, 0, N}, {2000, 0, N});
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ORPHANS, 0)->since.tv_sec, lab.wall_ahead_s + 1);
	DRIVE(&lab, {3000, 60, W}, {4000, 70, W});
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ORPHANS, 0)->since.tv_sec, lab.wall_ahead_s + 3);
	lab_close(&lab);
}

static void test_first_sample(void)
{
	struct lab lab;

	lab_open(&lab);
	lab.now.counters[LAB_COOKIES].value = 5000000;
	lab_step(&lab, 1000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), SEVERITY_UNKNOWN);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), SEVERITY_UNKNOWN);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ORPHANS), SEVERITY_NORMAL);
	CHECK_EQ_INT(lab.now.s.diagnosis.worst, SEVERITY_NORMAL);
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), SEVERITY_NORMAL);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), SEVERITY_NORMAL);
	lab_close(&lab);
}

/* tcp_syncookies 2 sends them to everybody, whose connections are well. */
static void test_always_cookies(void)
{
	struct lab lab;

	lab_open(&lab);
	lab.now.s.info.always_cookies = true;
	lab_step(&lab, 1000);
	lab.now.counters[LAB_COOKIES].value += 500;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), SEVERITY_UNKNOWN);
	lab_close(&lab);
}

/* A counter that went back says nothing until a minute of it is known. */
static void test_counter_reset(void)
{
	struct lab lab;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.counters[LAB_COOKIES].value += 500;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), W);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_COOKIES, 0)->value, 500);
	lab.now.counters[LAB_COOKIES].value = 3;
	lab_step(&lab, 7000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), W);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_COOKIES, 0)->value, 500);
	for (int64_t t = 12000; t <= 67000; t += 5000)
		lab_step(&lab, t);
	lab.now.counters[LAB_COOKIES].value += 20;
	lab_step(&lab, 72000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_COOKIES, 0)->value, 20);
	lab_close(&lab);
}

/* Drives acceptDrops a second at a time, events of them each period_s, and says how often its
 * severity changed. */
static unsigned lose(struct lab *lab, int64_t *t, int64_t seconds, uint64_t events,
		     int64_t period_s)
{
	uint32_t severity = lab_severity(lab, CONDITION_ACCEPT_DROPS);
	unsigned changes = 0;

	for (int64_t end = *t + seconds * 1000; *t < end;) {
		*t += 1000;
		if (period_s > 0 && *t / 1000 % period_s == 0)
			lab->now.counters[LAB_OVERFLOWS].value += events;
		if (*t % 15000 == 0)
			lab_step(lab, *t);
		else if (*t % 5000 == 0)
			lab_step_fast(lab, *t);
		else
			lab_step_listeners(lab, *t);
		changes += lab_severity(lab, CONDITION_ACCEPT_DROPS) != severity;
		severity = lab_severity(lab, CONDITION_ACCEPT_DROPS);
	}
	return changes;
}

static struct lab *open_losing(struct lab *lab, int64_t *t)
{
	lab_open(lab);
	lab_step(lab, 0);
	*t = 0;
	lose(lab, t, 100, 0, 0);
	CHECK_EQ_INT(lab_severity(lab, CONDITION_ACCEPT_DROPS), N);
	return lab;
}

/* One lost SYN in two minutes is nothing; one in ten seconds is, and stays one alarm. */
static void test_events_seldom(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	CHECK_EQ_INT(lose(&lab, &t, 3600, 1, 120), 0);
	CHECK_EQ_INT(lose(&lab, &t, 70, 1, 10), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	CHECK_EQ_INT(lose(&lab, &t, 3600, 1, 10), 0);
	/* Rarer ones than it takes to raise it keep it up. */
	CHECK_EQ_INT(lose(&lab, &t, 3600, 1, 240), 0);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	lab_close(&lab);
}

/* A burst is a warning, however large; it is over after five minutes without any. */
static void test_events_burst(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	lab.now.counters[LAB_OVERFLOWS].value += 3000;
	CHECK_EQ_INT(lose(&lab, &t, 1, 0, 0), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 3000);
	CHECK_EQ_INT(lose(&lab, &t, 299, 0, 0), 0);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 0);
	CHECK_EQ_INT(lose(&lab, &t, 1, 0, 0), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), N);
	lab_close(&lab);
}

/* Critical once it has lasted for two minutes: a hundred seconds are none. */
static void test_events_lasting(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	CHECK_EQ_INT(lose(&lab, &t, 100, 700, 1), 1);
	CHECK_EQ_INT(lose(&lab, &t, 200, 0, 0), 0);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	lab_close(&lab);

	open_losing(&lab, &t);
	CHECK_EQ_INT(lose(&lab, &t, 120, 700, 1), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	CHECK_EQ_INT(lose(&lab, &t, 1, 700, 1), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), C);
	/* Fewer: it eases, and then ends. */
	CHECK_EQ_INT(lose(&lab, &t, 200, 1, 10), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	CHECK_EQ_INT(lose(&lab, &t, 310, 0, 0), 1);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), N);
	lab_close(&lab);
}

/* However rare the samples are, what they count is brought down to a minute. */
static void test_events_rare_samples(void)
{
	struct lab lab;

	lab_open(&lab);
	for (int64_t t = 0; t < 3600000; t += 300000) {
		lab_step(&lab, t);
		lab.now.counters[LAB_OVERFLOWS].value += 25;
	}
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 5);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), N);
	lab_close(&lab);
}

/* Who lost the newest one is named as long as the condition counts any. */
static void test_events_offender(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	lab.now.listeners[1].drops += 10;
	lab.now.counters[LAB_OVERFLOWS].value += 10;
	lose(&lab, &t, 1, 0, 0);
	lose(&lab, &t, 40, 0, 0);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->offender,
		     "0.0.0.0:8080 java[4321] app.service");
	lose(&lab, &t, 60, 0, 0);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->offender, "");
	lab_close(&lab);
}

/* Who lost one an hour ago did not lose those of now, of which nobody knows whose they are. */
static void test_events_old_offender(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	lab.now.listeners[1].drops += 10;
	lab.now.counters[LAB_OVERFLOWS].value += 10;
	lose(&lab, &t, 1, 0, 0);
	lose(&lab, &t, 3600, 1, 30);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 2);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->offender, "");
	lab_close(&lab);
}

/* A condition that is switched on within a minute of the events is raised once and for long. */
static void test_events_before(void)
{
	struct lab lab;
	int64_t t;

	open_losing(&lab, &t);
	lab.config.rules.of[CONDITION_ACCEPT_DROPS].enabled = false;
	lab.now.counters[LAB_OVERFLOWS].value += 3000;
	lab_step(&lab, t += 1000);
	lab.config.rules.of[CONDITION_ACCEPT_DROPS].enabled = true;
	lab_step(&lab, t += 1000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_DROPS), W);
	CHECK_EQ_INT(lose(&lab, &t, 299, 0, 0), 0);
	CHECK_EQ_INT(lose(&lab, &t, 1, 0, 0), 1);
	lab_close(&lab);
}

/* Half-open connections without an answer, and handshakes a second, for a time; whether it was ever
 * raised. */
static bool answer_not(uint32_t unanswered, uint64_t handshakes, uint32_t backlog, int64_t seconds)
{
	bool raised = false;
	struct lab lab;

	lab_open(&lab);
	lab.now.listeners[0].syn_queue_limit = backlog;
	for (int64_t t = 0; t <= seconds * 1000; t += 5000) {
		lab.now.s.suspects[SUSPECT_SYN_UNANSWERED] = (struct suspects){
		    .count = unanswered, .listeners = {{0, unanswered}}, .n_listeners = 1};
		lab_step(&lab, t);
		lab.now.counters[LAB_PASSIVE_OPENS].value += handshakes * 5;
		raised = raised || lab_severity(&lab, CONDITION_SYN_UNANSWERED) == W ||
			 lab_severity(&lab, CONDITION_SYN_UNANSWERED) == C;
	}
	lab_close(&lab);
	return raised;
}

static void test_unanswered(void)
{
	/* The noise of the Internet, 1 and 10 a second for a minute each, on a busy host and on one
	 * with nothing else to do. */
	CU_ASSERT_FALSE(answer_not(70, 50, 128, 600));
	CU_ASSERT_FALSE(answer_not(630, 50, 4096, 600));
	CU_ASSERT_FALSE(answer_not(630, 0, 4096, 600));
	CU_ASSERT_FALSE(answer_not(63, 0, 63, 600));
	CU_ASSERT_FALSE(answer_not(1, 0, 1, 600));
	/* A tenth of the packets of a busy site. */
	CU_ASSERT_FALSE(answer_not(400, 2000, 4096, 1800));
	/* A flood; a way back that is lost for half of the clients. */
	CU_ASSERT_TRUE(answer_not(129, 0, 128, 60));
	CU_ASSERT_TRUE(answer_not(4096, 100, 4096, 60));
	CU_ASSERT_TRUE(answer_not(6000, 100, 4096, 60));
}

/* So many hosts that leave a SYN unanswered, of so many connections opened a second. */
static bool fan_out(uint32_t remotes, uint64_t opened)
{
	bool raised = false;
	struct lab lab;

	lab_open(&lab);
	for (int64_t t = 0; t <= 600000; t += 5000) {
		lab.now.s.suspects[SUSPECT_SYN_SENT].addresses = remotes;
		lab_step(&lab, t);
		lab.now.counters[LAB_ACTIVE_OPENS].value += opened * 5;
		raised = raised || lab_severity(&lab, CONDITION_SYN_SENT_FANOUT) == W ||
			 lab_severity(&lab, CONDITION_SYN_SENT_FANOUT) == C;
	}
	lab_close(&lab);
	return raised;
}

static void test_share(void)
{
	CU_ASSERT_FALSE(fan_out(99, 1));
	CU_ASSERT_TRUE(fan_out(100, 1));
	CU_ASSERT_TRUE(fan_out(720, 120));
	CU_ASSERT_FALSE(fan_out(719, 120));
}

/* The rule's share of the traffic is looked at with clear, too: no flapping around it. */
static void test_share_clears(void)
{
	struct lab lab;
	struct suspects *stuck = &lab.now.s.suspects[SUSPECT_CLOSING_STUCK];

	lab_open(&lab);
	stuck->count = 100;
	lab.now.s.info.sockets = 1010;
	lab_step(&lab, 0);
	lab_step(&lab, 600000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSING_STUCK), N);
	lab.now.s.info.sockets = 1000;
	lab_step(&lab, 700000);
	lab_step(&lab, 800000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSING_STUCK), W);
	lab.now.s.info.sockets = 1250;
	lab_step(&lab, 900000);
	lab_step(&lab, 1000000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSING_STUCK), W);
	lab.now.s.info.sockets = 1260;
	lab_step(&lab, 1100000);
	lab_step(&lab, 1200000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSING_STUCK), N);
	lab_close(&lab);
}

/* A failed sample neither raises nor clears, but says that the figures grow old. */
static void test_failed_samples(void)
{
	const struct condition *row;
	struct lab lab;

	open_with_rule(&lab, 10);
	lab.config.rules.of[CONDITION_SAMPLING].hold_s = 0;
	DRIVE(&lab, {1000, 60, N});
	lab_step_failed(&lab, 6000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, 1);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_SAMPLING, 0)->offender, "");
	for (int64_t t = 7000; t < 16000; t += 1000)
		lab_step_failed(&lab, t);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ORPHANS), SEVERITY_NORMAL);
	row = lab_row(&lab, CONDITION_SAMPLING, 0);
	CHECK_EQ_INT(row->severity, SEVERITY_NORMAL);
	CHECK_EQ_INT(row->value, 2);
	lab_step_failed(&lab, 16000);
	row = lab_row(&lab, CONDITION_SAMPLING, 0);
	CHECK_EQ_INT(row->severity, SEVERITY_WARNING);
	CHECK_EQ_INT(row->value, 3);
	CHECK_EQ_STR(row->offender, "sock_diag: Cannot allocate memory");
	lab_step_failed(&lab, 51000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), SEVERITY_CRITICAL);
	lab_step(&lab, 52000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), SEVERITY_NORMAL);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ORPHANS), SEVERITY_WARNING);
	lab_close(&lab);
}

static uint32_t *syn_recv(struct lab *lab)
{
	return &lab->now.s.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_SYN_RECV - 1].count;
}

/* A count for a time, by samples of 5 s; the row after them. */
static const struct condition *count_for(struct lab *lab, int64_t *t, uint32_t count,
					 int64_t seconds)
{
	*syn_recv(lab) = count;
	for (int64_t end = *t + seconds * 1000; *t < end;)
		lab_step(lab, *t += 5000);
	return lab_row(lab, CONDITION_STATE_SURGE, STATE_SYN_RECV);
}

/* Against the mean before it, in tenths; for an hour, and then it is the usual. */
static void test_surge(void)
{
	static const struct {
		uint32_t usual, surge, severity;
		int32_t value;
	} cases[] = {{200, 2100, W, 105}, {100, 1000, W, 100}, {100, 9000, C, 900},
		     {0, 1000, W, 100},   {100, 999, N, 99},   {5, 999, N, 99}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct condition *row;
		struct lab lab;
		int64_t t = 0;

		lab_open(&lab);
		*syn_recv(&lab) = cases[i].usual;
		lab_step(&lab, t);
		row = count_for(&lab, &t, cases[i].usual, 3600);
		CHECK_EQ_STR(row->name, "stateSurge.SYN_RECV");
		CHECK_EQ_INT(row->severity, N);
		row = count_for(&lab, &t, cases[i].surge, 35);
		CHECK_EQ_INT(row->severity, cases[i].severity);
		if (cases[i].severity != N) {
			row = count_for(&lab, &t, cases[i].surge, 3500);
			CHECK_EQ_INT(row->severity, cases[i].severity);
			CHECK_EQ_INT(row->value, cases[i].value);
		}
		CHECK_EQ_INT(row->warning, 100);
		CHECK_EQ_INT(row->critical, 500);
		row = count_for(&lab, &t, cases[i].surge, 140);
		CHECK_EQ_INT(row->severity, N);
		lab_close(&lab);
	}
}

/* What is short of a hold leaves the mean as it was; a smaller floor makes a surge of less. */
static void test_surge_short(void)
{
	struct lab lab;
	int64_t t = 0;

	lab_open(&lab);
	*syn_recv(&lab) = 100;
	lab_step(&lab, t);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ_INT(count_for(&lab, &t, 100, 60)->severity, N);
		CHECK_EQ_INT(count_for(&lab, &t, 5000, 25)->severity, N);
	}
	CHECK_EQ_INT(count_for(&lab, &t, 5000, 10)->value, 500);
	lab.config.rules.of[CONDITION_STATE_SURGE].floor = 10;
	count_for(&lab, &t, 100, 600);
	CHECK_EQ_INT(count_for(&lab, &t, 1000, 35)->value, 100);
	lab_close(&lab);
}

static void test_rows(void)
{
	struct lab lab;
	size_t all;

	lab_open(&lab);
	lab_step(&lab, 1000);
	all = lab.now.s.n_conditions;
	/* All but stateCount, and stateSurge for two states. */
	CHECK_EQ_INT(all, CONDITION_COUNT - 2 + 2);
	lab.config.rules.of[CONDITION_MEMORY].enabled = false;
	lab.config.rules.surge_states = 0;
	lab.config.rules.of_state[STATE_CLOSE_WAIT - 1].enabled = true;
	lab.config.rules.of_state[STATE_CLOSE_WAIT - 1].critical = 300;
	lab.config.rules.of_state[STATE_CLOSE_WAIT - 1].hold_s = 0;
	lab.now.s.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_CLOSE_WAIT - 1].count = UINT32_MAX;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab.now.s.n_conditions, all - 2);
	for (size_t i = 0; i < lab.now.s.n_conditions; i++) {
		const struct condition *row = &lab.now.s.conditions[i];

		CU_ASSERT_NOT_EQUAL(row->id, CONDITION_MEMORY);
		CU_ASSERT_TRUE(i == 0 || row->id > row[-1].id ||
			       (row->id == row[-1].id && row->element > row[-1].element));
	}
	CHECK_EQ_STR(lab_row(&lab, CONDITION_STATE_COUNT, STATE_CLOSE_WAIT)->name,
		     "stateCount.CLOSE_WAIT");
	CHECK_EQ_INT(lab_row(&lab, CONDITION_STATE_COUNT, STATE_CLOSE_WAIT)->value, INT32_MAX);
	CHECK_EQ_INT(lab.now.s.diagnosis.worst, SEVERITY_CRITICAL);
	CHECK_EQ_INT(lab.now.s.diagnosis.critical, 1);
	CHECK_EQ_INT(lab.now.s.diagnosis.warning, 0);

	for (size_t i = 1; i <= CONDITION_COUNT; i++)
		lab.config.rules.of[i].enabled = false;
	lab.config.rules.of_state[STATE_CLOSE_WAIT - 1].enabled = false;
	lab_step(&lab, 3000);
	CHECK_EQ_INT(lab.now.s.n_conditions, 0);
	CHECK_EQ_INT(lab.now.s.diagnosis.worst, SEVERITY_UNKNOWN);
	lab_close(&lab);
}

/* A sample that says nothing of orphans. */
static void step_unknown(struct lab *lab, int64_t at_ms)
{
	lab->now.s.n_limits = 1;
	lab_step(lab, at_ms);
	CHECK_EQ_INT(lab_severity(lab, CONDITION_ORPHANS), SEVERITY_UNKNOWN);
	CHECK_EQ_INT(lab_row(lab, CONDITION_ORPHANS, 0)->value, 0);
	CHECK_EQ_INT(lab->now.s.diagnosis.warning, 0);
	lab->now.s.n_limits = 4;
}

/* What cannot be measured is not raised for a reader; once it can be again, it is what it was, and
 * clears in its own time. */
static void test_unknown(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {0, 60, N}, {10000, 60, W});
	step_unknown(&lab, 11000);
	DRIVE(&lab, {12000, 60, W});
	step_unknown(&lab, 13000);
	DRIVE(&lab, {100000, 0, W}, {110000, 0, N});
	step_unknown(&lab, 111000);
	DRIVE(&lab, {112000, 0, N});
	lab_close(&lab);
}

/* Nobody knows whether the value stayed where it was. */
static void test_unknown_breaks_a_hold(void)
{
	struct lab lab;

	open_with_rule(&lab, 10);
	DRIVE(&lab, {0, 60, N}, {9000, 60, N});
	step_unknown(&lab, 10000);
	DRIVE(&lab, {11000, 60, N}, {20999, 60, N}, {21000, 60, W}, {22000, 0, W});
	step_unknown(&lab, 32000);
	DRIVE(&lab, {33000, 0, W}, {43000, 0, N});
	lab_close(&lab);
}

/* What a listener sample carries over has the ages of the sample that counted. */
static void test_unknown_is_carried_over(void)
{
	struct lab lab;
	struct suspects *stale = &lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE];

	lab_open(&lab);
	lab.config.rules.of[CONDITION_CLOSE_WAIT_STALE].hold_s = 0;
	stale->count = 5000;
	stale->fresh = 1;
	lab_step(&lab, 1000);
	lab.now.s.info.source = SOURCE_PROC_NET;
	lab_step_listeners(&lab, 2000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE), C);
	stale->count = 0;
	lab_step(&lab, 3000);
	lab.now.s.info.source = SOURCE_SOCK_DIAG;
	lab_step_listeners(&lab, 4000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE), SEVERITY_UNKNOWN);
	stale->count = 5000;
	lab_step(&lab, 5000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE), C);
	lab_close(&lab);
}

/* CLOSE_WAIT for a minute at a time, stale and of these fresh. */
static void stale_minute(struct lab *lab, int64_t *at_ms, uint32_t count, uint32_t fresh,
			 uint32_t severity)
{
	struct suspects *stale = &lab->now.s.suspects[SUSPECT_CLOSE_WAIT_STALE];

	stale->count = stale->owners[0].count = count;
	stale->owners[0].index = 1;
	stale->fresh = fresh;
	for (int i = 0; i < 12; i++, *at_ms += 5000)
		lab_step(lab, *at_ms);
	CHECK_EQ_INT(lab_severity(lab, CONDITION_CLOSE_WAIT_STALE), severity);
}

static void test_leak_grows(void)
{
	struct lab lab;
	int64_t t = 1000;

	lab_open(&lab);
	lab.now.owners[1].fds_max = 65536;
	/* The pool of an idle client, and one that is large. */
	for (int minute = 0; minute < 60; minute++)
		stale_minute(&lab, &t, minute < 30 ? 40 : 500, 0, N);
	stale_minute(&lab, &t, 19, 1, N);
	/* A leak; what has been told stays until it is gone, whether it still grows or not. */
	stale_minute(&lab, &t, 21, 1, W);
	stale_minute(&lab, &t, 199, 10, W);
	stale_minute(&lab, &t, 200, 0, W);
	stale_minute(&lab, &t, 201, 1, C);
	for (int minute = 0; minute < 20; minute++)
		stale_minute(&lab, &t, 201, 0, C);
	stale_minute(&lab, &t, 40, 0, W);
	stale_minute(&lab, &t, 15, 1, N);
	stale_minute(&lab, &t, 40, 0, N);
	lab_close(&lab);
}

/* What was told of a pool that its servers closed bit by bit ends when nothing more has come for an
 * hour; a leak of connections that others opened is there until it is gone. */
static void test_pool_settles(void)
{
	struct lab lab;
	struct suspects *stale = &lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE];
	int64_t t = 1000;

	lab_open(&lab);
	lab.now.owners[1].fds_max = 65536;
	stale->pooled = 21;
	stale_minute(&lab, &t, 40, 2, W);
	stale->youngest_s = 3599;
	stale_minute(&lab, &t, 40, 0, W);
	stale->youngest_s = 3600;
	stale_minute(&lab, &t, 40, 0, N);
	stale->youngest_s = 0;
	stale_minute(&lab, &t, 45, 5, W);
	stale->youngest_s = 3600;
	stale->pooled = 22;
	stale_minute(&lab, &t, 45, 0, W);
	/* However long it has been there, it takes descriptors. */
	stale->pooled = 45;
	lab.now.owners[1].fds_max = 100;
	stale_minute(&lab, &t, 45, 0, C);
	lab_close(&lab);
}

static void test_leak_fills_descriptors(void)
{
	struct lab lab;
	int64_t t = 1000;

	lab_open(&lab);
	lab.now.owners[1].fds_max = 256;
	stale_minute(&lab, &t, 63, 0, N);
	stale_minute(&lab, &t, 64, 0, C);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_CLOSE_WAIT_STALE, 0)->offender,
		     "nginx[812] nginx.service, 64 of 64, 64 of its 256 descriptors");
	/* Not the one with the most, but the one with the smallest limit. */
	lab.now.owners[1].fds_max = 1024;
	lab.now.owners[2].fds_max = 64;
	lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE].owners[1] = (struct suspect_top){2, 16};
	stale_minute(&lab, &t, 64, 0, C);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_CLOSE_WAIT_STALE, 0)->offender,
		     "java[4321] app.service, 16 of its 64 descriptors");
	lab.now.owners[2].fds_max = 65;
	stale_minute(&lab, &t, 64, 0, W);
	/* It has lowered the limit, to open no more. */
	lab.now.owners[2].fds_max = 1;
	stale_minute(&lab, &t, 64, 0, W);
	lab_close(&lab);
}

/* Nobody renews the snapshot: the clock alone judges it. */
static void test_overdue(void)
{
	static const struct {
		int64_t age_ms;
		int32_t value;
		uint32_t severity;
	} moments[] = {
	    {14999, 2, N},  {44999, 8, N},  {45000, 9, W},
	    {79999, 15, W}, {80000, 16, C}, {90000, 18, C},
	};
	struct lab lab;

	lab_open(&lab);
	lab.now.s.info.interval_ms = 5000;
	lab.now.s.info.detail_interval_ms = 15000;
	lab_step(&lab, 1000);
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		conditions_overdue(&lab.config.rules.of[CONDITION_SAMPLING],
				   1000 + moments[i].age_ms, &lab.now.s);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, moments[i].value);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), moments[i].severity);
		CHECK_EQ_INT(lab.now.s.diagnosis.worst, moments[i].severity);
	}
	CHECK_EQ_STR(lab_row(&lab, CONDITION_SAMPLING, 0)->offender,
		     "the sampler gives no samples");
	lab_close(&lab);
}

/* It is told before it is full. */
static void test_time_left(void)
{
	static const struct {
		uint32_t percent, left_s;
		bool growing;
		uint32_t severity;
		const char *offender;
	} moments[] = {
	    {60, 3600, true, N, "full in 60 min"}, {50, 3599, true, N, "full in 59 min"},
	    {51, 3599, true, W, "full in 59 min"}, {51, 0, false, N, ""},
	    {55, 600, true, W, "full in 10 min"},  {56, 599, true, C, "full in 9 min"},
	    {56, 700, true, W, "full in 11 min"},  {20, 400000, true, N, "full in 4 days"},
	};
	struct lab lab;
	int64_t t = 1000;

	lab_open(&lab);
	lab.config.rules.of[CONDITION_ORPHANS] =
	    (struct rule){.enabled = true, .warning = 80, .critical = 100, .clear_percent = 80};
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++, t += 5000) {
		struct limit *orphans = &lab.now.s.limits[1];

		orphans->percent = moments[i].percent;
		orphans->left_s = moments[i].left_s;
		orphans->growing = moments[i].growing;
		lab_step(&lab, t);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_ORPHANS), moments[i].severity);
		CHECK_EQ_STR(lab_row(&lab, CONDITION_ORPHANS, 0)->offender, moments[i].offender);
	}
	lab_close(&lab);
}

static void test_quiet(void)
{
	static const struct {
		uint32_t id, severity;
		bool quiet;
	} cases[] = {
	    {CONDITION_SYN_COOKIES, SEVERITY_NORMAL, true},
	    {CONDITION_SYN_COOKIES, SEVERITY_UNKNOWN, true},
	    {CONDITION_SYN_COOKIES, SEVERITY_WARNING, false},
	    {CONDITION_SYN_COOKIES, SEVERITY_CRITICAL, false},
	    /* Switched off. */
	    {CONDITION_ACCEPT_DROPS, SEVERITY_NORMAL, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct condition rows[] = {
		    {.id = CONDITION_SYN_QUEUE, .severity = SEVERITY_WARNING},
		    {.id = cases[i].id, .severity = cases[i].severity},
		};
		struct snapshot s = {.conditions = rows, .n_conditions = 2};

		CHECK_EQ_INT(condition_is_quiet(&s, CONDITION_SYN_COOKIES), cases[i].quiet);
	}
	conditions_free(NULL);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"a leak grows", test_leak_grows},
	    {"full before long", test_time_left},
	    {"a sampler that hangs", test_overdue},
	    {"a pool that settles", test_pool_settles},
	    {"a leak that fills the descriptors", test_leak_fills_descriptors},
	    {"hold", test_hold},
	    {"break in hold", test_break_in_hold},
	    {"between clear and threshold", test_between_clear_and_threshold},
	    {"both thresholds", test_both_thresholds},
	    {"no hold", test_no_hold},
	    {"cookies for everybody", test_always_cookies},
	    {"thresholds off", test_thresholds_off},
	    {"stretched interval", test_stretched_interval},
	    {"carried over", test_carried_over},
	    {"carried over details", test_carried_over_details},
	    {"clock jump", test_clock_jump},
	    {"since", test_since},
	    {"first sample", test_first_sample},
	    {"counter reset", test_counter_reset},
	    {"failed samples", test_failed_samples},
	    {"events, seldom", test_events_seldom},
	    {"events, a burst", test_events_burst},
	    {"events that last", test_events_lasting},
	    {"events between rare samples", test_events_rare_samples},
	    {"events, who causes them", test_events_offender},
	    {"an offender of long ago", test_events_old_offender},
	    {"events of before it was switched on", test_events_before},
	    {"unanswered SYN-ACKs", test_unanswered},
	    {"a share of the traffic", test_share},
	    {"a share that clears", test_share_clears},
	    {"surge", test_surge},
	    {"a short surge", test_surge_short},
	    {"rows", test_rows},
	    {"unknown", test_unknown},
	    {"unknown breaks a hold", test_unknown_breaks_a_hold},
	    {"unknown is carried over", test_unknown_is_carried_over},
	    {"quiet", test_quiet},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("condition", tests);
}
