/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config_private.h"
#include "core/diagnosis/rule.h"
#include "tests/support/suite.h"

static void test_table(void)
{
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		const struct condition_info *info = &condition_table[i];
		const char *stop = strstr(info->advice, ". ");

		CHECK_EQ_INT(info->id, i + 1);
		CU_ASSERT_PTR_EQUAL(condition_by_name(info->name), info);
		/* SnmpAdminString of 255; the first sentence is what a pager shows. */
		CU_ASSERT_TRUE(strlen(info->advice) <= 255);
		CU_ASSERT_TRUE(stop && stop - info->advice <= 80);
		CU_ASSERT_TRUE(info->phrase[0] != '\0' && info->unit[0] != '\0');
		/* "1 %", "1 times" and "1.5 times" are right as they are. */
		CHECK_EQ_INT(!info->one, strcmp(info->unit, "%") == 0 ||
					     strcmp(info->unit, "times") == 0 || info->tenths);
		CU_ASSERT_TRUE(info->rule.critical == -1 ||
			       info->rule.warning <= info->rule.critical);
	}
	CU_ASSERT_PTR_EQUAL(condition_by_name("CLOSEWAITSTALE"), &condition_table[5]);
	CU_ASSERT_PTR_NULL(condition_by_name("closeWait"));
	CU_ASSERT_PTR_NULL(condition_by_name(""));
}

static const char *const parts[] = {"\n**Default:** ", "\n**Symptom:** ", "\n**Meaning:** ",
				    "\n**Confirm:**\n```\n", "\n**Change:** "};

/* The text of doc/diagnosis.md; the caller frees it. */
static char *read_doc(void)
{
	const char *dir = getenv("DOCDIR");
	char path[4096], *text = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *in;

	snprintf(path, sizeof(path), "%s/diagnosis.md", dir ? dir : "doc");
	in = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(in);
	len = getdelim(&text, &size, '\0', in);
	fclose(in);
	CU_ASSERT_FATAL(len > 0);
	return text;
}

/* The line in backquotes that "Default" states sets, over other numbers, the defaults. */
static void check_defaults(const char *section, const struct condition_info *info)
{
	char line[CONFIG_LINE_MAX], error[CONFIG_ERROR_MAX] = "";
	const char *argv[CONFIG_ARGS_MAX];
	const char *from = strchr(section, '`') + 1;
	struct config config = {0};
	struct rule *rule = &config.rules.of[info->id];
	int argc;

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(from, "`"), from);
	argc = config_split(line, argv, error);
	CU_ASSERT_FATAL(argc > 2);
	CHECK_EQ_INT(config_set(&config_core_options, &config, argv[0], argc - 1, argv + 1, error),
		     0);
	CHECK_EQ_STR(error, "");
	CHECK_EQ_INT(rule->enabled, info->rule.enabled);
	CHECK_EQ_INT(rule->warning, info->rule.warning);
	CHECK_EQ_INT(rule->critical, info->rule.critical);
	CHECK_EQ_INT(rule->hold_s, info->rule.hold_s);
	CHECK_EQ_INT(rule->clear_percent, info->rule.clear_percent);
	CHECK_EQ_INT(rule->floor, info->rule.floor);
	CHECK_EQ_INT(rule->share_percent, info->rule.share_percent);
}

/* Each condition has its section, with all its parts in order and the defaults. */
static void test_doc(void)
{
	char *doc = read_doc();

	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		const struct condition_info *info = &condition_table[i];
		char heading[64];
		const char *at, *end;

		snprintf(heading, sizeof(heading), "\n## %s\n", info->name);
		at = strstr(doc, heading);
		if (!at)
			fprintf(stderr, "no section %s\n", info->name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(at);
		end = strstr(at + 1, "\n## ");
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
			at = strstr(at, parts[j]);
			CU_ASSERT_FATAL(at != NULL && at < end);
			if (j > 0)
				continue;
			if (info->id == CONDITION_STATE_COUNT)
				CHECK_EQ_INT(strncmp(at, "\n**Default:** off; ", 19), 0);
			else
				check_defaults(at, info);
		}
	}
	free(doc);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"table", test_table},
	    {"doc", test_doc},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("rule", tests);
}
