/* SPDX-License-Identifier: MIT */
#include "core/figures/arcs.h"
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

/* What is sent again is not among what is sent. */
static void test_resent(void)
{
	static const struct {
		uint64_t sent, again;
		bool rated, known;
		uint32_t share;
	} cases[] = {
	    {90, 10, true, true, 1000}, {100000, 0, true, true, 0}, {0, 7, true, true, 10000},
	    {29999, 1, true, true, 0},  {15000, 1, true, true, 1},  {0, 0, true, false, 0},
	    {90, 10, false, false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct counter counters[] = {
		    {"TcpOutSegs", 1000, cases[i].sent, true},
		    {"TcpRetransSegs", 1000, cases[i].again, cases[i].rated},
		};
		struct snapshot s = {.counters = counters, .n_counters = 2};

		s.info.resent_share = 77;
		s.info.resent_known = true;
		arcs_fill(&s);
		CHECK_EQ_INT(s.info.resent_known, cases[i].known);
		CHECK_EQ_INT(s.info.resent_share, cases[i].share);
		s.n_counters = 1;
		arcs_fill(&s);
		CU_ASSERT_FALSE(s.info.resent_known);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"arcs", test_arcs},
	    {"what is sent again", test_resent},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("arcs", tests);
}
