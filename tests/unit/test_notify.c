/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/diagnosis/notify.h"
#include "core/diagnosis/rule.h"
#include "tests/support/lab.h"
#include "tests/support/suite.h"

enum { TOLD_MAX = 64 };

struct story {
	struct notify *notify;
	struct condition rows[2]; /* memory, stateCount.SYN_RECV */
	size_t n_rows;
	int64_t now_ms;
	size_t count;
	struct transition told[TOLD_MAX];
	int64_t at_ms[TOLD_MAX];
};

static void on_tell(const struct transition *transition, void *arg)
{
	struct story *story = arg;

	CU_ASSERT_FATAL(story->count < TOLD_MAX);
	story->told[story->count] = *transition;
	story->at_ms[story->count++] = story->now_ms;
}

static void begin(struct story *story)
{
	*story = (struct story){
	    .rows = {{.id = CONDITION_MEMORY, .name = "memory", .severity = SEVERITY_NORMAL},
		     {.id = CONDITION_STATE_COUNT,
		      .element = STATE_SYN_RECV,
		      .name = "stateCount.SYN_RECV",
		      .severity = SEVERITY_NORMAL}},
	    .n_rows = 2,
	};
	CHECK_EQ_INT_FATAL(notify_new(&story->notify), 0);
}

static void step(struct story *story, int64_t at_ms)
{
	struct snapshot s = {.conditions = story->rows, .n_conditions = story->n_rows};

	s.info.monotonic.tv_sec = at_ms / 1000;
	s.info.monotonic.tv_nsec = at_ms % 1000 * 1000000;
	story->now_ms = at_ms;
	notify_update(story->notify, &s, on_tell, story);
}

static void step_as(struct story *story, int64_t at_ms, uint32_t memory, uint32_t state)
{
	story->rows[0].severity = memory;
	story->rows[1].severity = state;
	step(story, at_ms);
}

enum { N = SEVERITY_NORMAL, W = SEVERITY_WARNING, C = SEVERITY_CRITICAL, U = SEVERITY_UNKNOWN };

static void test_each_change_once(void)
{
	struct story story;

	begin(&story);
	step_as(&story, 1000, U, N);
	step_as(&story, 2000, N, N);
	CHECK_EQ_INT(story.count, 0);
	story.rows[0].value = 95;
	step_as(&story, 3000, C, N);
	step_as(&story, 4000, C, W);
	step_as(&story, 5000, C, W);
	CHECK_EQ_INT_FATAL(story.count, 2);
	CHECK_EQ_INT(story.told[0].was, SEVERITY_NORMAL);
	CHECK_EQ_INT(story.told[0].condition.severity, SEVERITY_CRITICAL);
	CHECK_EQ_INT(story.told[0].condition.value, 95);
	CHECK_EQ_INT(story.told[1].condition.element, STATE_SYN_RECV);
	step_as(&story, 63000, N, W);
	CHECK_EQ_INT_FATAL(story.count, 3);
	CHECK_EQ_INT(story.told[2].was, SEVERITY_CRITICAL);
	CHECK_EQ_INT(story.told[2].condition.severity, SEVERITY_NORMAL);
	notify_free(story.notify);
}

/* Ten minutes of flapping, twice a second, and then quiet in one of the states. */
static void check_flapping(uint32_t high, uint32_t last)
{
	struct story story;
	bool flaps = false;
	int64_t t;

	begin(&story);
	for (t = 0; t < 600000; t += 500)
		step_as(&story, t, t % 1000 == 0 ? W : t % 1500 == 0 ? high : N, N);
	CU_ASSERT_TRUE(story.count >= 4 && story.count <= 10);
	for (size_t i = 0; i < story.count; i++) {
		CHECK_EQ_INT(story.told[i].told <= i + 1, true);
		CHECK_EQ_INT(story.told[i].told >= NOTIFY_FLAPS, transition_flaps(&story.told[i]));
		flaps = flaps || transition_flaps(&story.told[i]);
	}
	CU_ASSERT_TRUE(flaps);
	for (; t < 1300000; t += 500)
		step_as(&story, t, last, N);
	CU_ASSERT_TRUE(story.count <= 12);
	for (size_t i = 1; i < story.count; i++) {
		CHECK_EQ_INT(story.told[i].was, story.told[i - 1].condition.severity);
		CU_ASSERT_NOT_EQUAL(story.told[i].was, story.told[i].condition.severity);
	}
	CHECK_EQ_INT(story.told[story.count - 1].condition.severity, last);
	notify_free(story.notify);
}

static void test_flapping(void)
{
	check_flapping(W, SEVERITY_NORMAL);
	check_flapping(C, SEVERITY_NORMAL);
	check_flapping(C, SEVERITY_WARNING);
	check_flapping(C, SEVERITY_CRITICAL);
}

/* What becomes critical while it flaps as a warning is told at once, but once in that time. */
static void test_critical_while_it_flaps(void)
{
	struct story story;
	int64_t t;

	begin(&story);
	for (t = 1000; t < 570000; t += 1000)
		step_as(&story, t, t % 2000 == 0 ? W : N, N);
	CHECK_EQ_INT(story.count, 8);
	step_as(&story, t, C, N);
	CHECK_EQ_INT_FATAL(story.count, 9);
	CHECK_EQ_INT(story.told[8].condition.severity, SEVERITY_CRITICAL);
	for (t += 1000; t < 590000; t += 1000)
		step_as(&story, t, t % 2000 == 0 ? C : W, N);
	CHECK_EQ_INT(story.count, 9);
	notify_free(story.notify);
}

/* Worse at once; better a minute after the last word, at the first sample behind it. */
static void test_end_of_minute(void)
{
	struct story story;

	begin(&story);
	step_as(&story, 10000, W, N);
	step_as(&story, 11000, C, N);
	CHECK_EQ_INT_FATAL(story.count, 2);
	CHECK_EQ_INT(story.told[1].was, SEVERITY_WARNING);
	CHECK_EQ_INT(story.told[1].condition.severity, SEVERITY_CRITICAL);
	step_as(&story, 20000, W, N);
	step_as(&story, 70999, W, N);
	CHECK_EQ_INT(story.count, 2);
	step_as(&story, 71000, W, N);
	CHECK_EQ_INT_FATAL(story.count, 3);
	CHECK_EQ_INT(story.told[2].was, SEVERITY_CRITICAL);
	CHECK_EQ_INT(story.told[2].condition.severity, SEVERITY_WARNING);
	CHECK_EQ_INT(story.told[2].told, 3);
	/* Down and up again within the minute: nothing has changed. */
	step_as(&story, 80000, N, N);
	step_as(&story, 90000, W, N);
	step_as(&story, 200000, W, N);
	CHECK_EQ_INT(story.count, 3);
	notify_free(story.notify);
}

static void test_unknown_is_no_news(void)
{
	struct story story;

	begin(&story);
	step_as(&story, 1000, C, U);
	step_as(&story, 100000, U, U);
	step_as(&story, 200000, C, U);
	CHECK_EQ_INT(story.count, 1);
	step_as(&story, 300000, U, U);
	step_as(&story, 400000, N, U);
	CHECK_EQ_INT_FATAL(story.count, 2);
	CHECK_EQ_INT(story.told[1].was, SEVERITY_CRITICAL);
	notify_free(story.notify);
}

static void test_switched_off(void)
{
	struct story story;

	begin(&story);
	strcpy(story.rows[1].offender, "nginx[812]");
	story.rows[1].value = 500;
	step_as(&story, 1000, N, C);
	story.n_rows = 1;
	step(&story, 2000);
	CHECK_EQ_INT(story.count, 1);
	step(&story, 61000);
	CHECK_EQ_INT_FATAL(story.count, 2);
	CHECK_EQ_INT(story.told[1].was, SEVERITY_CRITICAL);
	CHECK_EQ_INT(story.told[1].condition.severity, SEVERITY_NORMAL);
	CHECK_EQ_INT(story.told[1].condition.value, 0);
	CHECK_EQ_STR(story.told[1].condition.offender, "");
	CHECK_EQ_STR(story.told[1].condition.name, "stateCount.SYN_RECV");
	step(&story, 300000);
	CHECK_EQ_INT(story.count, 2);
	/* Switched on again it is told again. */
	story.n_rows = 2;
	step(&story, 400000);
	CHECK_EQ_INT_FATAL(story.count, 3);
	CHECK_EQ_INT(story.told[2].was, SEVERITY_NORMAL);
	notify_free(story.notify);
	notify_free(NULL);
}

static void count_told(const struct transition *transition, void *arg)
{
	if (transition->condition.id == CONDITION_CLOSE_WAIT_STALE)
		++*(unsigned *)arg;
}

/* /proc/net/tcp tells no ages: a sample from there is no news of what stands. */
static void test_stands_through_unknown(void)
{
	struct notify *notify;
	struct lab lab;
	unsigned told = 0;

	lab_open(&lab);
	CHECK_EQ_INT_FATAL(notify_new(&notify), 0);
	for (int64_t t = 0; t < 600000; t += 5000) {
		bool refused = t == 200000 || (t >= 300000 && t < 400000);

		lab.now.s.info.source = refused ? SOURCE_PROC_NET : SOURCE_SOCK_DIAG;
		lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE].count = refused ? 0 : 5000;
		lab.now.s.suspects[SUSPECT_CLOSE_WAIT_STALE].fresh = !refused;
		lab_step(&lab, t);
		notify_update(notify, &lab.now.s, count_told, &told);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_CLOSE_WAIT_STALE),
			     refused     ? SEVERITY_UNKNOWN
			     : t < 15000 ? SEVERITY_NORMAL
					 : SEVERITY_CRITICAL);
	}
	CHECK_EQ_INT(told, 1);
	notify_free(notify);
	lab_close(&lab);
}

/* What waits for somebody to tell it to, and what a condition was that has been switched off. */
static void test_outlives_the_snapshot(void)
{
	char unit[] = "%", advice[] = "Look.";
	struct story story;

	begin(&story);
	story.rows[0].unit = unit;
	story.rows[0].advice = advice;
	step_as(&story, 1000, C, N);
	memset(unit, 'x', sizeof(unit) - 1);
	memset(advice, 'x', sizeof(advice) - 1);
	story.n_rows = 0;
	step(&story, 100000);
	CHECK_EQ_INT_FATAL(story.count, 2);
	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ_STR(story.told[i].condition.unit,
			     condition_table[CONDITION_MEMORY - 1].unit);
		CHECK_EQ_STR(story.told[i].condition.advice,
			     condition_table[CONDITION_MEMORY - 1].advice);
	}
	notify_free(story.notify);
}

/* The same condition of two namespaces; one goes while it is raised. */
static void test_namespaces(void)
{
	static const struct netns rows[] = {{.name = "shop-1"}};
	struct condition row = {.id = CONDITION_MEMORY, .name = "memory", .severity = W};
	struct snapshot other = {.conditions = &row, .n_conditions = 1, .info.netns = "shop-1"};
	struct snapshot host = {.namespaces = rows, .n_namespaces = 1};
	struct story story;

	begin(&story);
	step_as(&story, 1000, W, N);
	notify_update(story.notify, &other, on_tell, &story);
	notify_update(story.notify, &other, on_tell, &story);
	CHECK_EQ_INT_FATAL(story.count, 2);
	CHECK_EQ_STR(story.told[0].netns, "");
	CHECK_EQ_STR(story.told[1].netns, "shop-1");
	CHECK_EQ_INT(story.told[1].told, 1);
	host.info.monotonic.tv_sec = 100;
	notify_gone(story.notify, &host, on_tell, &story);
	CHECK_EQ_INT(story.count, 2);
	host.n_namespaces = 0;
	host.info.monotonic.tv_sec = 200;
	notify_gone(story.notify, &host, on_tell, &story);
	notify_gone(story.notify, &host, on_tell, &story);
	CHECK_EQ_INT_FATAL(story.count, 3);
	CHECK_EQ_STR(story.told[2].netns, "shop-1");
	CHECK_EQ_INT(story.told[2].condition.severity, N);
	/* The host's own is still raised. */
	step_as(&story, 300000, W, N);
	CHECK_EQ_INT(story.count, 3);
	notify_free(story.notify);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"each change once", test_each_change_once},
	    {"flapping", test_flapping},
	    {"critical while it flaps", test_critical_while_it_flaps},
	    {"end of minute", test_end_of_minute},
	    {"unknown is no news", test_unknown_is_no_news},
	    {"switched off", test_switched_off},
	    {"a condition that stands through unknown times", test_stands_through_unknown},
	    {"what is told outlives the snapshot", test_outlives_the_snapshot},
	    {"namespaces", test_namespaces},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("notify", tests);
}
