/* SPDX-License-Identifier: MIT */
#include "subagent/told.h"

#include <stdio.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "tests/support/suite.h"

static void note(struct told *told, const char *netns, uint32_t id, uint32_t severity)
{
	struct transition t = {.condition = {.id = id, .severity = severity}};

	snprintf(t.netns, sizeof(t.netns), "%s", netns);
	snprintf(t.condition.name, sizeof(t.condition.name), "%s", condition_name(id));
	told_note(told, &t);
}

static void write_down(const struct transition *t, void *arg)
{
	char *heard = arg;
	size_t len = strlen(heard);

	snprintf(heard + len, 1000 - len, "%s %s %u to %u\n", t->netns, t->condition.name, t->was,
		 t->condition.severity);
}

/* What the next agent tells of a host without namespaces where just this condition is raised; id 0:
 * none. The result is valid until the next call. */
static const char *next_tells(const struct told *told, uint32_t id, uint32_t severity)
{
	static char heard[1000];
	struct condition row = {.id = id, .severity = severity};
	struct snapshot s = {.conditions = &row, .n_conditions = id > 0};
	struct notify *notify;

	heard[0] = '\0';
	if (id)
		snprintf(row.name, sizeof(row.name), "%s", condition_name(id));
	s.info.attempted_at.tv_sec = s.info.monotonic.tv_sec = 1000;
	CHECK_EQ_INT_FATAL(notify_new(&notify), 0);
	told_resume(told, notify);
	notify_update(notify, &s, write_down, heard);
	notify_gone(notify, &s, write_down, heard);
	notify_free(notify);
	return heard;
}

static void neither_again_nor_forgotten(void)
{
	struct told told = {0};

	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), " synQueue 1 to 2\n");
	note(&told, "", 1, SEVERITY_WARNING);
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), "");
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_CRITICAL), " synQueue 2 to 3\n");
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_UNKNOWN), "");
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_NORMAL), " synQueue 2 to 1\n");
	CHECK_EQ_STR(next_tells(&told, 0, 0), " synQueue 2 to 1\n");
	note(&told, "", 1, SEVERITY_CRITICAL);
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_CRITICAL), "");
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), " synQueue 3 to 2\n");
	note(&told, "", 1, SEVERITY_NORMAL);
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_NORMAL), "");
	CHECK_EQ_STR(next_tells(&told, 0, 0), "");
}

static void each_namespace_for_itself(void)
{
	struct told told = {0};

	note(&told, "", 1, SEVERITY_WARNING);
	note(&told, "web", 1, SEVERITY_CRITICAL);
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), "web synQueue 3 to 1\n");
	note(&told, "web", 1, SEVERITY_NORMAL);
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), "");
}

/* The last ones are told again; those that are noted are not lost by it. */
static void has_an_end(void)
{
	struct told told = {0};
	char name[16];

	note(&told, "", 1, SEVERITY_WARNING);
	for (int i = 0; i < TOLD_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		note(&told, name, 1, SEVERITY_WARNING);
	}
	CHECK_EQ_STR(told.rows[TOLD_MAX - 1].netns, "n254");
	note(&told, "n7", 1, SEVERITY_NORMAL);
	note(&told, "late", 1, SEVERITY_WARNING);
	CHECK_EQ_STR(told.rows[8].netns, "late");
	note(&told, "", 1, SEVERITY_CRITICAL);
	CHECK_EQ_INT(told.rows[0].severity, SEVERITY_CRITICAL);
}

/* The memory is the last agent's, whoever that was in the end. */
static void nonsense_is_left_out(void)
{
	struct told told;

	memset(&told, 0xff, sizeof(told));
	CHECK_EQ_STR(next_tells(&told, 1, SEVERITY_WARNING), " synQueue 1 to 2\n");
	memset(&told, 0, sizeof(told));
	for (int i = 0; i < 6; i++)
		note(&told, "x", (uint32_t)i + 1, SEVERITY_WARNING);
	told.rows[0].severity = SEVERITY_UNKNOWN;
	told.rows[1].id = 0;
	told.rows[2].id = CONDITION_COUNT + 1;
	told.rows[3].element = STATE_COUNT + 1;
	memset(told.rows[4].netns, 'x', sizeof(told.rows[4].netns));
	memset(told.rows[5].name, 'x', sizeof(told.rows[5].name));
	CHECK_EQ_STR(next_tells(&told, 0, 0), "");
	note(&told, "\033[7m", 1, SEVERITY_WARNING);
	CHECK_EQ_STR(next_tells(&told, 0, 0), "?[7m synQueue 2 to 1\n");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"neither again nor forgotten", neither_again_nor_forgotten},
	    {"each namespace for itself", each_namespace_for_itself},
	    {"has an end", has_an_end},
	    {"nonsense is left out", nonsense_is_left_out},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("told", tests);
}
