/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/explain.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

/* The caller frees it. */
static char *explain(const struct snapshot *s, const struct rules *rules, const char *name,
		     int *ret_code)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	*ret_code = explain_print(out, rules, s, name);
	fclose(out);
	return text;
}

static void expect(const struct condition *row, const struct rules *rules, const char *words)
{
	struct condition copy = *row;
	const struct snapshot s = {.conditions = &copy, .n_conditions = 1};
	int code;
	char *text = explain(&s, rules, condition_table[row->id - 1].name, &code);

	CHECK_EQ_INT(code, 0);
	if (!strstr(text, words))
		printf("\n%s    lacks: %s\n", text, words);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, words));
	free(text);
}

/* Each reason for which a value does not raise its condition. */
static void test_reasons(void)
{
	struct condition row = {.id = CONDITION_SYN_SENT_FANOUT,
				.name = "synSentFanout",
				.unit = "addresses",
				.severity = SEVERITY_NORMAL,
				.warning = 100,
				.critical = 1000,
				.value = 70};
	struct rules rules;

	rules_init(&rules);
	expect(&row, &rules, "  rule      warning at 100, critical at 1000 (addresses)\n");
	expect(&row, &rules, "            for 10 s without a break; clears below 80 % of that");
	expect(&row, &rules, "  share     needs 10 % of the connection attempts of a minute\n");
	expect(&row, &rules, "  now       70 addresses: normal\n");
	expect(&row, &rules, "\n  missing   30 more\n");
	row.value = 120;
	row.traffic = 5000;
	expect(&row, &rules,
	       "  share     120 of 5000 connection attempts of a minute, 2.4 %; needs 10 %\n");
	expect(&row, &rules, "  missing   it is too small a share\n");
	row.traffic = 1000;
	row.turning_s = 4;
	expect(&row, &rules, "  missing   it has been there for 4 s of 10\n");
	row.still = true;
	expect(&row, &rules, "  missing   it does not grow");
	row.small = true;
	expect(&row, &rules, "  missing   it concerns too few connections, and none is lost\n");
	row.ignored = 3;
	expect(&row, &rules, "  ignored   3, as configured\n");
	snprintf(row.figures, sizeof(row.figures), "3 of 4 in SYN_SENT");
	expect(&row, &rules, "  figures   3 of 4 in SYN_SENT\n");
	row.warning = row.critical = -1;
	expect(&row, &rules, "  rule      never warning, never critical (addresses)\n");
	expect(&row, &rules, "  missing   it has no threshold\n");
	row.severity = SEVERITY_UNKNOWN;
	expect(&row, &rules, "  now       unknown: 3 of 4 in SYN_SENT\n");
	expect(&row, &rules, "\n  share     needs 10 % of");
	row.figures[0] = '\0';
	expect(&row, &rules, "  now       unknown: not measured yet\n");
}

/* The floor is not the same of all. */
static void test_floors(void)
{
	struct condition row = {.id = CONDITION_SYN_UNANSWERED,
				.name = "synUnanswered",
				.unit = "%",
				.severity = SEVERITY_NORMAL,
				.warning = 25,
				.critical = 75,
				.counted = 40};
	struct rules rules;

	rules_init(&rules);
	expect(&row, &rules, "  floor     40 connections; needs 64\n");
	row.severity = SEVERITY_UNKNOWN;
	expect(&row, &rules, "  floor     needs 64 connections\n");
	row.id = CONDITION_STATE_SURGE;
	expect(&row, &rules, "  mean      40 in the hour before; counts as 100 at the least\n");
}

/* Nothing is said of a value that is not known. */
static void test_list(void)
{
	struct condition rows[] = {
	    {.id = CONDITION_SYN_QUEUE,
	     .name = "synQueue",
	     .unit = "%",
	     .value = 7,
	     .severity = SEVERITY_NORMAL},
	    {.id = CONDITION_MEMORY,
	     .name = "memory",
	     .unit = "%",
	     .severity = SEVERITY_UNKNOWN,
	     .figures = "the limit cannot be read here"},
	};
	const struct snapshot s = {.conditions = rows, .n_conditions = 2};
	struct rules rules;
	int code;
	char *text;

	rules_init(&rules);
	text = explain(&s, &rules, NULL, &code);
	CHECK_EQ_STR(text,
		     "synQueue                     normal    7 %\n"
		     "memory                       unknown   the limit cannot be read here\n");
	free(text);
}

/* Every condition by its name in any case; with and without rows. */
static void test_all(void)
{
	struct snapshot *(*const samples[])(void) = {sample_empty, sample_quiet, sample_trouble,
						     sample_hostile};
	struct rules rules;
	int code;

	rules_init(&rules);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct snapshot *s = samples[i]();
		char *text = explain(s, &rules, NULL, &code);

		CHECK_EQ_INT(code, 0);
		free(text);
		for (size_t c = 0; c < CONDITION_COUNT; c++) {
			text = explain(s, &rules, condition_table[c].name, &code);
			CHECK_EQ_INT(code, 0);
			CHECK_EQ_INT(
			    strncmp(text, condition_table[c].name, strlen(condition_table[c].name)),
			    0);
			CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  now       "));
			free(text);
		}
		text = explain(s, &rules, "noSuch", &code);
		CHECK_EQ_INT(code, -ENOENT);
		CHECK_EQ_STR(text, "");
		free(text);
		sample_free(s);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"what is missing", test_reasons}, {"floors", test_floors}, {"the list", test_list},
	    {"every condition", test_all},     CU_TEST_INFO_NULL,
	};

	return suite_run("explain", tests);
}
