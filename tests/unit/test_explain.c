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
	expect(&row, &rules, "            share: 10 % of the last minute's traffic\n");
	expect(&row, &rules, "  now       70 addresses: normal\n  missing   30 more\n");
	row.value = 120;
	row.traffic = 5000;
	expect(&row, &rules, "too small a share of the last minute's traffic, 5000\n");
	row.traffic = 1000;
	row.turning_s = 4;
	expect(&row, &rules, "  missing   it has been there for 4 s of 10\n");
	row.still = true;
	expect(&row, &rules, "  missing   it does not grow");
	row.small = true;
	expect(&row, &rules, "  missing   it concerns fewer than ");
	row.ignored = 3;
	expect(&row, &rules, "  ignored   3, as configured\n");
	row.warning = row.critical = -1;
	expect(&row, &rules, "  rule      never warning, never critical (addresses)\n");
	expect(&row, &rules, "  missing   it has no threshold\n");
	row.severity = SEVERITY_UNKNOWN;
	expect(&row, &rules, "  now       unknown: ");
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
	    {"what is missing", test_reasons},
	    {"every condition", test_all},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("explain", tests);
}
