/* SPDX-License-Identifier: MIT */
#include "core/sample/arcs.h"
#include "tests/support/suite.h"

static void test_arcs(void)
{
	struct counter counters[] = {
	    {"TcpActiveOpens", 900, 6, true},   {"TcpAttemptFails", 3, 0, false},
	    {"TcpExtTW", 50, 30, true},         {"TcpExtTWKilled", 20, 30, true},
	    {"TcpExtTWRecycled", 1, 600, true},
	};
	struct snapshot s = {.counters = counters, .n_counters = 5};

	s.info.rated_ms = 60000;
	arcs_fill(&s);
	CHECK_EQ_INT_FATAL(s.n_arcs, 4);
	CHECK_EQ_INT(s.arcs[0].number, 1);
	CHECK_EQ_INT(s.arcs[0].from, STATE_CLOSED);
	CHECK_EQ_INT(s.arcs[0].to, STATE_SYN_SENT);
	CHECK_EQ_INT(s.arcs[0].count, 900);
	CHECK_EQ_INT(s.arcs[0].rate, 10);
	CHECK_EQ_INT(s.arcs[1].number, 3);
	CHECK_EQ_INT(s.arcs[1].rated, false);
	CHECK_EQ_INT(s.arcs[1].rate, 0);
	CHECK_EQ_INT(s.arcs[2].number, 5);
	CHECK_EQ_INT(s.arcs[2].count, 70);
	CHECK_EQ_INT(s.arcs[2].rate, 100);
	CHECK_EQ_INT(s.arcs[3].number, 6);
	CHECK_EQ_INT(s.arcs[3].rate, 1000);
	/* Of less than a minute. */
	s.info.rated_ms = 1000;
	arcs_fill(&s);
	CHECK_EQ_INT(s.arcs[0].rate, 600);
	/* One of two that are counted together is missing. */
	s.n_counters = 3;
	arcs_fill(&s);
	CHECK_EQ_INT(s.n_arcs, 2);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"arcs", test_arcs},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("arcs", tests);
}
