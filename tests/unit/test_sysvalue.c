/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysvalue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"

static void numbers(void)
{
	static const struct {
		const char *text;
		bool good;
		int64_t number;
	} cases[] = {
	    {"0", true, 0},
	    {"-1", true, -1},
	    {"9223372036854775807", true, INT64_MAX},
	    {"-9223372036854775808", true, INT64_MIN},
	    {"9223372036854775808", false, 0},
	    {"", false, 0},
	    {"-", false, 0},
	    {"+1", false, 0},
	    {" 1", false, 0},
	    {"1 ", false, 0},
	    {"--1", false, 0},
	    {"0x10", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t number = 0;

		CHECK_EQ_INT(sysvalue_number(cases[i].text, &number), cases[i].good);
		CHECK_EQ_INT(number, cases[i].number);
	}
}

static void elements(void)
{
	static const struct {
		const char *text;
		size_t count;
		const char *last;
	} cases[] = {
	    {"", 1, ""},
	    {"1", 1, "1"},
	    {"1\t2\t3", 3, "3"},
	    {"\t1\t\t2\t", 2, "2"},
	    {"1 2", 1, "1 2"},
	    {"a\tb", 1, "a\tb"},
	    {"1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\t14\t15\t16\t17", 16, "16"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *parts[SYSVALUE_ELEMENTS_MAX], text[128];
		size_t count;

		snprintf(text, sizeof(text), "%s", cases[i].text);
		count = sysvalue_split(text, parts);
		CHECK_EQ_INT_FATAL(count, cases[i].count);
		CHECK_EQ_STR(parts[count - 1], cases[i].last);
	}
}

static void files(void)
{
	static char large[SYSVALUE_FILE_MAX + 2];
	char *value = NULL;
	struct tree t;
	int dir;

	tree_make(&t);
	tree_file(&t, "empty", "");
	tree_file(&t, "lines", "a\nb\n");
	tree_link(&t, "link", "lines");
	memset(large, '1', SYSVALUE_FILE_MAX + 1);
	tree_file(&t, "toolarge", large);
	large[SYSVALUE_FILE_MAX] = '\0';
	tree_file(&t, "large", large);
	dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_FATAL(dir >= 0);
	CHECK_EQ_INT(sysvalue_read(dir, "no", &value), -ENOENT);
	CHECK_EQ_INT(sysvalue_read(dir, "link", &value), -ELOOP);
	CHECK_EQ_INT(sysvalue_read(dir, ".", &value), -EISDIR);
	CHECK_EQ_INT(sysvalue_read(dir, "toolarge", &value), -EFBIG);
	CU_ASSERT_PTR_NULL(value);
	CHECK_EQ_INT_FATAL(sysvalue_read(dir, "empty", &value), 0);
	CHECK_EQ_STR(value, "");
	free(value);
	CHECK_EQ_INT_FATAL(sysvalue_read(dir, "lines", &value), 0);
	CHECK_EQ_STR(value, "a\nb");
	free(value);
	CHECK_EQ_INT_FATAL(sysvalue_read(dir, "large", &value), 0);
	CHECK_EQ_INT(strlen(value), SYSVALUE_FILE_MAX);
	free(value);
	close(dir);
	tree_remove(&t);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"numbers", numbers},
	    {"elements", elements},
	    {"files", files},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("sysvalue", tests);
}
