/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/events.h"
#include "tests/support/suite.h"

enum { N = SEVERITY_NORMAL, W = SEVERITY_WARNING, C = SEVERITY_CRITICAL, U = SEVERITY_UNKNOWN };

/* A snapshot of two conditions at a second of the wall clock. */
static size_t note(struct events *events, time_t at, uint32_t memory, uint32_t state)
{
	struct condition rows[] = {{.id = CONDITION_MEMORY,
				    .value = 70,
				    .warning = 60,
				    .critical = 90,
				    .severity = memory,
				    .offender = ""},
				   {.id = CONDITION_STATE_COUNT,
				    .element = STATE_SYN_RECV,
				    .value = 500,
				    .warning = -1,
				    .critical = 400,
				    .severity = state,
				    .offender = "caf\xc3\xa9[7] x.service, 3 of 4"}};
	struct snapshot s = {.conditions = rows, .n_conditions = 2, .info.time.tv_sec = at};

	return events_note(events, &s);
}

static struct events *make(void)
{
	struct events *events = calloc(1, sizeof(*events));

	CU_ASSERT_PTR_NOT_NULL_FATAL(events);
	return events;
}

static void test_note(void)
{
	struct events *events = make();

	CHECK_EQ_INT(note(events, 1000, U, N), 0);
	CHECK_EQ_INT(note(events, 1001, N, C), 1);
	CHECK_EQ_INT(note(events, 1002, W, U), 1);
	CHECK_EQ_INT(note(events, 1003, W, C), 0);
	CHECK_EQ_INT(note(events, 1004, N, N), 2);
	CHECK_EQ_INT_FATAL(events->count, 4);
	for (uint32_t i = 0; i < 4; i++)
		CHECK_EQ_INT(events->rows[i].number, i + 1);
	CHECK_EQ_INT(events->rows[0].id, CONDITION_STATE_COUNT);
	CHECK_EQ_INT(events->rows[0].element, STATE_SYN_RECV);
	CHECK_EQ_INT(events->rows[0].threshold, 400);
	CHECK_EQ_INT(events->rows[1].was, N);
	CHECK_EQ_INT(events->rows[1].severity, W);
	CHECK_EQ_INT(events->rows[1].threshold, 60);
	CHECK_EQ_INT(events->rows[3].was, C);
	CHECK_EQ_INT(events->rows[3].severity, N);
	CHECK_EQ_INT(events->rows[3].threshold, 400);
	CHECK_EQ_INT(events->rows[3].time.tv_sec, 1004);
	free(events);
}

/* What is no longer judged is over, once. */
static void test_switched_off(void)
{
	struct events *events = make();
	struct snapshot none = {.info.time.tv_sec = 2000};

	note(events, 1000, W, C);
	CHECK_EQ_INT(events_note(events, &none), 2);
	CHECK_EQ_INT(events_note(events, &none), 0);
	CHECK_EQ_INT_FATAL(events->count, 4);
	CHECK_EQ_INT(events->rows[3].was, C);
	CHECK_EQ_INT(events->rows[3].severity, N);
	CHECK_EQ_INT(events->rows[3].threshold, -1);
	CHECK_EQ_INT(events->rows[3].time.tv_sec, 2000);
	CHECK_EQ_INT(note(events, 3000, N, C), 1);
	free(events);
}

/* The last 200, whose numbers go on. */
static void test_bounded(void)
{
	struct events *events = make();

	for (int i = 0; i < 300; i++)
		note(events, 1000 + i, i % 2 == 0 ? W : N, N);
	CHECK_EQ_INT(events->count, EVENTS_MAX);
	CHECK_EQ_INT(events->rows[0].number, 101);
	CHECK_EQ_INT(events->rows[EVENTS_MAX - 1].number, 300);
	free(events);
}

static void test_kept(void)
{
	struct events *events = make(), *again = make();
	char *text, *copy;

	for (int i = 0; i < 300; i++)
		note(events, 1000 + i, i % 2 == 0 ? W : N, i % 3 == 0 ? C : N);
	events_note(events, &(struct snapshot){.n_conditions = 0});
	text = events_format(events);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	copy = strdup(text);
	CHECK_EQ_INT(events_parse(again, copy), 0);
	CHECK_EQ_INT_FATAL(again->count, EVENTS_MAX);
	for (size_t i = 0; i < EVENTS_MAX; i++) {
		CHECK_EQ_INT(again->rows[i].number, events->rows[i].number);
		CHECK_EQ_INT(again->rows[i].time.tv_sec, events->rows[i].time.tv_sec);
		CHECK_EQ_INT(again->rows[i].severity, events->rows[i].severity);
		CHECK_EQ_INT(again->rows[i].was, events->rows[i].was);
		CHECK_EQ_INT(again->rows[i].threshold, events->rows[i].threshold);
		CHECK_EQ_STR(again->rows[i].offender, events->rows[i].offender);
	}
	/* A new daemon judges anew, and counts on. */
	CHECK_EQ_INT(note(again, 5000, W, N), 1);
	CHECK_EQ_INT(again->rows[EVENTS_MAX - 1].number, events->last + 1);
	free(copy);
	free(text);
	free(again);
	free(events);
}

/* Each namespace has its own changes; the first version of the file knew of none. */
static void test_namespaces(void)
{
	struct event_marks marks = {{{0}}};
	struct condition row = {.id = CONDITION_MEMORY, .severity = W, .offender = "x"};
	struct snapshot s = {.conditions = &row, .n_conditions = 1, .info.netns = "shop-1"};
	struct events *events = make(), *again = make();
	char *text, old[] = "tcpstate events 1\n7 1000 1 0 1 2 5 4 shop-1 x\n";

	CHECK_EQ_INT(note(events, 1000, W, N), 1);
	CHECK_EQ_INT(events_note_in(events, &marks, &s), 1);
	CHECK_EQ_INT(events_note_in(events, &marks, &s), 0);
	CHECK_EQ_INT(note(events, 1001, N, N), 1);
	text = events_format(events);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CHECK_EQ_INT(events_parse(again, text), 0);
	CHECK_EQ_INT_FATAL(again->count, 3);
	CHECK_EQ_STR(again->rows[0].netns, "");
	CHECK_EQ_STR(again->rows[1].netns, "shop-1");
	CHECK_EQ_STR(again->rows[1].offender, "x");
	CHECK_EQ_INT(events_parse(again, old), 0);
	CHECK_EQ_STR(again->rows[0].netns, "");
	CHECK_EQ_STR(again->rows[0].offender, "shop-1 x");
	free(text);
	free(again);
	free(events);
}

static void test_damaged(void)
{
	static const char *const texts[] = {
	    "",
	    "tcpstate events 1",
	    "tcpstate events 3\n",
	    "tcpstate events 2\n1 1000 1 0 1 2 5 4 x\n",
	    "tcpstate events 2\n1 1000  1 0 1 2 5 4 x\n",
	    "tcpstate events 2\n1 1000 a-name-of-more-than-32-characters 1 0 1 2 5 4 x\n",
	    "tcpstate events 1 \n",
	    "tcpstate events 1\n1 1000 1 0 1 2 5 4 x",
	    "tcpstate events 1\n1 1000 1 0 1 2 5 4\n",
	    "tcpstate events 1\n0 1000 1 0 1 2 5 4 x\n",
	    "tcpstate events 1\n1 1000 0 0 1 2 5 4 x\n",
	    "tcpstate events 1\n1 1000 200 0 1 2 5 4 x\n",
	    "tcpstate events 1\n1 1000 1 12 1 2 5 4 x\n",
	    "tcpstate events 1\n1 1000 1 0 0 2 5 4 x\n",
	    "tcpstate events 1\n1 1000 1 0 1 4 5 4 x\n",
	    "tcpstate events 1\n1 1000 1 0 1 2 2147483648 4 x\n",
	    "tcpstate events 1\n1 1000 1 0 1 2 -5 4 x\n",
	    "tcpstate events 1\n1 1000 1 0 1 2 -1\n",
	    "tcpstate events 1\n1 214748364701 1 0 1 2 5 4 x\n",
	    "tcpstate events 1\n2147483648 1000 1 0 1 2 5 4 x\n",
	    "tcpstate events 1\n2 1000 1 0 1 2 5 4 x\n2 1000 1 0 1 2 5 4 x\n",
	    "tcpstate events 1\n\n",
	};
	struct events *events = make();
	char longer[512], control[] = "tcpstate events 1\n1 1000 1 0 1 2 5 4 a\033b\n";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = strdup(texts[i]);

		CHECK_EQ_INT(events_parse(events, text), -EINVAL);
		CHECK_EQ_INT(events->count, 0);
		free(text);
	}
	snprintf(longer, sizeof(longer), "tcpstate events 1\n1 1000 1 0 1 2 5 4 %0192d\n", 0);
	CHECK_EQ_INT(events_parse(events, longer), -EINVAL);
	snprintf(longer, sizeof(longer), "tcpstate events 1\n1 1000 1 0 1 2 5 4 %0191d\n", 0);
	CHECK_EQ_INT(events_parse(events, longer), 0);
	CHECK_EQ_INT(events_parse(events, control), 0);
	CHECK_EQ_STR(events->rows[0].offender, "a?b");
	free(events);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"changes are noted", test_note},
	    {"what was switched off", test_switched_off},
	    {"the last 200", test_bounded},
	    {"kept as text", test_kept},
	    {"namespaces", test_namespaces},
	    {"damaged text", test_damaged},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("events", tests);
}
