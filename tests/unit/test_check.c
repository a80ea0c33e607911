/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "subagent/check.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

/* The line; the caller frees it. */
static char *print(struct snapshot *s, int *ret_code)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	*ret_code = check_print(out, s, -1);
	fclose(out);
	return text;
}

static void expect(struct snapshot *s, int code, const char *line)
{
	int printed_code;
	char *printed = print(s, &printed_code);

	CHECK_EQ_INT(printed_code, code);
	if (strcmp(printed, line) != 0)
		printf("\n    printed: %s    instead: %s", printed, line);
	CHECK_EQ_STR(printed, line);
	free(printed);
	sample_free(s);
}

static void test_unknown(void)
{
	expect(sample_empty(), 3,
	       "TCPSTATE UNKNOWN - nothing could be judged, 0 sockets | closed=0;;;0 "
	       "listen=0;;;0 syn_sent=0;;;0 syn_recv=0;;;0 established=0;;;0 "
	       "fin_wait_1=0;;;0 fin_wait_2=0;;;0 close_wait=0;;;0 last_ack=0;;;0 "
	       "closing=0;;;0 time_wait=0;;;0\n");
}

static void test_normal(void)
{
	expect(sample_quiet(), 0,
	       "TCPSTATE OK - nothing abnormal, 18 sockets | closed=0;;;0 listen=1;;;0 "
	       "syn_sent=0;;;0 syn_recv=0;;;0 established=14;;;0 fin_wait_1=0;;;0 "
	       "fin_wait_2=0;;;0 close_wait=0;;;0 last_ack=0;;;0 closing=0;;;0 "
	       "time_wait=3;;;0 time_wait_buckets=0%;60;90;0\n");
}

static void test_critical(void)
{
	expect(sample_trouble(), 2,
	       "TCPSTATE CRITICAL - synQueue 100% (0.0.0.0:8443 nginx[812] "
	       "nginx.service), closeWaitStale 1201 (java[4321] app.service), "
	       "ephemeralPorts 72% (from 10.0.3.7 towards 10.0.7.12:5432), unknown: synUnanswered, "
	       "synCookies, acceptDrops | "
	       "closed=0;;;0 listen=17;;;0 syn_sent=2;;;0 syn_recv=132;;;0 "
	       "established=44870;;;0 fin_wait_1=0;;;0 fin_wait_2=0;;;0 "
	       "close_wait=1204;;;0 last_ack=0;;;0 closing=0;;;0 time_wait=1902;;;0 "
	       "time_wait_buckets=0%;60;90;0 memory=10%;60;90;0 "
	       "ephemeral_ports=92%;70;90;0 syn_backlog=100%;50;90;0 files=0%;;;0\n");
}

/* The user's own threshold of a state is that of its figure. */
static void test_state_rule(void)
{
	struct snapshot *s = sample_quiet();
	struct condition *row = &s->conditions[s->n_conditions++];

	*row = (struct condition){
	    .id = CONDITION_STATE_COUNT,
	    .element = STATE_TIME_WAIT,
	    .name = "stateCount.TIME_WAIT",
	    .value = 3,
	    .unit = "connections",
	    .warning = 2,
	    .critical = -1,
	    .severity = SEVERITY_WARNING,
	};
	s->diagnosis.worst = SEVERITY_WARNING;
	expect(s, 1,
	       "TCPSTATE WARNING - stateCount.TIME_WAIT 3 | closed=0;;;0 listen=1;;;0 "
	       "syn_sent=0;;;0 syn_recv=0;;;0 established=14;;;0 fin_wait_1=0;;;0 "
	       "fin_wait_2=0;;;0 close_wait=0;;;0 last_ack=0;;;0 closing=0;;;0 "
	       "time_wait=3;2;;0 time_wait_buckets=0%;60;90;0\n");
}

static void test_rate(void)
{
	struct snapshot *s = sample_quiet();
	int code;
	char *line;

	s->conditions[2].severity = SEVERITY_WARNING;
	s->conditions[2].value = 171;
	s->diagnosis.worst = SEVERITY_WARNING;
	line = print(s, &code);
	CHECK_EQ_INT(strncmp(line, "TCPSTATE WARNING - synCookies 171/min | closed=", 47), 0);
	free(line);
	sample_free(s);
}

/* One line, one "|", whatever processes and namespaces are called. */
static void test_hostile(void)
{
	static const struct netns row = {.name = "a|b",
					 .worst = SEVERITY_WARNING,
					 .condition = "closeWaitStale",
					 .offender = "x|y[7], 3 of 3"};
	struct snapshot *s = sample_hostile();
	int code;
	char *line, *bar;

	s->namespaces = &row;
	s->n_namespaces = 1;
	line = print(s, &code);
	bar = strchr(line, '|');
	CHECK_EQ_INT(code, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "a_b: closeWaitStale (x_y[7])"));
	CU_ASSERT(strlen(line) < 4096);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bar);
	CHECK_EQ_INT(strncmp(bar, "| closed=4294967294;;;0 ", 24), 0);
	CU_ASSERT_PTR_NULL(strchr(bar + 1, '|'));
	CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + strlen(line) - 1);
	CU_ASSERT_PTR_NULL(strchr(line, '\033'));
	free(line);
	s->namespaces = NULL;
	s->n_namespaces = 0;
	sample_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"nothing known", test_unknown},
	    {"normal", test_normal},
	    {"critical", test_critical},
	    {"a threshold for a state", test_state_rule},
	    {"a rate", test_rate},
	    {"hostile names", test_hostile},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("check", tests);
}
