/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/diagnosis/wording.h"
#include "tests/support/suite.h"

static char *format(const struct condition *c, uint32_t was, uint32_t told, char *buf, size_t size)
{
	return transition_format(&(struct transition){.condition = *c, .was = was, .told = told},
				 buf, size);
}

static void test_format(void)
{
	struct condition c = {.id = CONDITION_CLOSE_WAIT_STALE,
			      .name = "closeWaitStale",
			      .value = 1201,
			      .warning = 20,
			      .critical = 200,
			      .severity = SEVERITY_CRITICAL,
			      .offender = "java[4321] app.service, local port 8080, "
					  "1198 of 1201",
			      .advice = "The application does not close(). More."};
	char buf[512];

	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 1, buf, sizeof(buf)),
		     "CRITICAL closeWaitStale: 1201 connections in CLOSE_WAIT, silent for 60 s or "
		     "more (critical at 200), java[4321] app.service, local port 8080, 1198 of "
		     "1201: The application does not close().");
	CHECK_EQ_INT(strncmp(transition_format(&(struct transition){.condition = c,
								    .was = SEVERITY_NORMAL,
								    .told = 1,
								    .netns = "shop-1"},
					       buf, sizeof(buf)),
			     "CRITICAL shop-1: closeWaitStale: 1201 ", 38),
		     0);
	format(&c, SEVERITY_NORMAL, 1, buf, 120);
	CHECK_EQ_STR(buf,
		     "CRITICAL closeWaitStale: 1201 connections in CLOSE_WAIT, silent for 60 s or "
		     "more (critical at 200)");
	c.severity = SEVERITY_WARNING;
	c.offender[0] = '\0';
	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 1, buf, sizeof(buf)),
		     "WARNING closeWaitStale: 1201 connections in CLOSE_WAIT, silent for 60 s or "
		     "more (warning at 20): The application does not close().");
	c.severity = SEVERITY_NORMAL;
	c.value = 3;
	c.warning = -1;
	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 1, buf, sizeof(buf)),
		     "NORMAL closeWaitStale: 3 connections in CLOSE_WAIT, silent for 60 s or more "
		     "(critical at 200)");
	c.value = 1;
	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 1, buf, sizeof(buf)),
		     "NORMAL closeWaitStale: 1 connection in CLOSE_WAIT, silent for 60 s or more "
		     "(critical at 200)");
	c.id = CONDITION_MEMORY;
	CHECK_EQ_STR(condition_phrase(&c), "% of tcp_mem's maximum in use");
	c.severity = SEVERITY_UNKNOWN;
	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 1, buf, sizeof(buf)), "UNKNOWN closeWaitStale");
}

static void test_change(void)
{
	struct condition c = {.id = CONDITION_STATE_SURGE,
			      .name = "stateSurge.SYN_RECV",
			      .value = 105,
			      .warning = 100,
			      .critical = 500,
			      .severity = SEVERITY_WARNING,
			      .advice = "Look. More."};
	char buf[512];

	CHECK_EQ_STR(format(&c, SEVERITY_CRITICAL, 3, buf, sizeof(buf)),
		     "WARNING stateSurge.SYN_RECV (eased): 10.5 times the mean of the hour before "
		     "in this state (warning at 10): Look.");
	CHECK_EQ_STR(format(&c, SEVERITY_NORMAL, 4, buf, sizeof(buf)),
		     "WARNING stateSurge.SYN_RECV (flaps: told 4 times in ten minutes): 10.5 times "
		     "the mean of the hour before in this state (warning at 10): Look.");
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"format", test_format},
	    {"what has changed", test_change},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("wording", tests);
}
