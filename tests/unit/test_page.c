/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/page.h"
#include "tests/support/suite.h"

/* 40 and 60 columns. */
#define TEXT_40 "1234567 1234567 1234567 1234567 1234567 "
#define TEXT_60 TEXT_40 "12345678901234567890"
#define WORD_50 "12345678901234567890123456789012345678901234567890"

static void test_number(void)
{
	static const struct {
		uint64_t number;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {999, "999"},
	    {1000, "1,000"},
	    {48211, "48,211"},
	    {999999, "999,999"},
	    {1000000, "1,000,000"},
	    {999999999, "999,999,999"},
	    {1000000000, "1.0 G"},
	    {UINT32_MAX, "4.3 G"},
	    {999949999999, "999.9 G"},
	    {1000000000000, "1.0 T"},
	    {UINT64_MAX, "18.4 E"},
	};
	char buf[PAGE_NUMBER_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_EQ_STR(page_number(cases[i].number, buf), cases[i].text);
		CU_ASSERT(strlen(buf) <= 11);
	}
}

static void test_width(void)
{
	CHECK_EQ_INT(page_width(""), 0);
	CHECK_EQ_INT(page_width("nginx[812]"), 10);
	CHECK_EQ_INT(page_width("caf\xc3\xa9"), 4);
	CHECK_EQ_INT(page_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	CHECK_EQ_INT(page_width("\xf0\x9f\x90\x98"), 2);
}

static void test_fitting(void)
{
	static const struct {
		const char *text;
		size_t columns, bytes;
	} cases[] = {
	    {"", 5, 0},
	    {"abc", 3, 3},
	    {"abc", 2, 2},
	    {"abc", 0, 0},
	    {"\033[1;31mab\033[0mc", 3, 14},
	    {"\033[1;31mab\033[0mc", 2, 13},
	    {"\033[1", 2, 3},
	    {"a\xc3\xa9\xe6\x97\xa5", 2, 3},
	    {"a\xc3\xa9\xe6\x97\xa5", 3, 3},
	    {"a\xc3\xa9\xe6\x97\xa5", 4, 6},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ_INT(page_fitting(cases[i].text, strlen(cases[i].text), cases[i].columns),
			     cases[i].bytes);
}

static void expect_text(size_t at, size_t indent, const char *text, const char *expected)
{
	char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	page_text(out, at, indent, "%s", text);
	fclose(out);
	if (strcmp(printed, expected) != 0)
		printf("\n    printed: %s    instead: %s", printed, expected);
	CHECK_EQ_STR(printed, expected);
	free(printed);
}

static void test_text(void)
{
	expect_text(0, 0, "", "\n");
	expect_text(0, 0, "one  two", "one  two\n");
	/* Exactly as wide as the page, and one more. */
	expect_text(0, 4, TEXT_40 TEXT_60, TEXT_40 TEXT_60 "\n");
	expect_text(1, 4, TEXT_40 TEXT_60,
		    TEXT_40 "1234567 1234567 1234567 1234567 1234567\n"
			    "    12345678901234567890\n");
	/* A space at the edge is not carried over. */
	expect_text(0, 2, WORD_50 WORD_50 " end", WORD_50 WORD_50 "\n  end\n");
	expect_text(0, 2, WORD_50 "   " WORD_50, WORD_50 "\n  " WORD_50 "\n");
	/* A word that is too long for any line. */
	expect_text(50, 50, WORD_50 WORD_50,
		    WORD_50 "\n                         "
			    "                         " WORD_50 "\n");
	/* Characters are not cut in two. */
	expect_text(99, 4, "\xe6\x97\xa5", "\n    \xe6\x97\xa5\n");
	expect_text(97, 97, "\xe6\x97\xa5\xe6\x9c\xac",
		    "\xe6\x97\xa5\n"
		    "                                                  "
		    "                                               \xe6\x9c\xac\n");
	/* Nothing that a terminal obeys. */
	expect_text(0, 0, "a\033[2Jb\nc\rd\x9b\x7f\xff", "a?[2Jb?c?d???\n");
}

static const struct page_column columns[] = {
    {"LEFT", PAGE_LEFT},
    {"NUMBER", PAGE_RIGHT},
    {"CLIP", PAGE_CLIP},
    {"WRAP", PAGE_WRAP},
};

static void expect_table(struct page_table *table, const char *expected)
{
	char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	page_table(out, table);
	fclose(out);
	if (strcmp(printed, expected) != 0)
		printf("\n    printed:\n%s    instead:\n%s", printed, expected);
	CHECK_EQ_STR(printed, expected);
	free(printed);
}

static void test_table(void)
{
	static struct page_table table;

	table = (struct page_table){.columns = columns, .n_columns = 4};
	page_row(&table);
	page_cell(&table, 0, "a");
	page_cell(&table, 1, "%d", 1234567);
	page_cell(&table, 2, "caf\xc3\xa9");
	page_cell(&table, 3, "x");
	page_row(&table);
	page_cell(&table, 2, "only\tthis");
	expect_table(&table, "LEFT   NUMBER  CLIP       WRAP\n"
			     "a     1234567  caf\xc3\xa9       x\n"
			     "               only?this\n");
}

static void test_table_narrow(void)
{
	static struct page_table table;

	table = (struct page_table){.columns = columns, .n_columns = 4};
	page_row(&table);
	page_cell(&table, 0, "a");
	page_cell(&table, 1, "1");
	page_cell(&table, 2, "begin-" WORD_50 "-end");
	page_cell(&table, 3, TEXT_60);
	page_row(&table);
	page_cell(&table, 0, "b");
	/* The two that may be are made equally wide: 42 columns. */
	expect_table(&table, "LEFT  NUMBER  CLIP                                        WRAP\n"
			     "a          1  begin-12345678901234567890...234567890-end  "
			     "1234567 1234567 1234567 1234567 1234567\n"
			     "                                                          "
			     "12345678901234567890\n"
			     "b\n");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"numbers", test_number},
	    {"width of a text", test_width},
	    {"what fits into a line", test_fitting},
	    {"text breaks at spaces", test_text},
	    {"columns are aligned", test_table},
	    {"columns give way", test_table_narrow},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("page", tests);
}
