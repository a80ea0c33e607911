/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

#include <stdio.h>

#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_text_clean(void)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
	    {"", ""},
	    {"nginx: worker", "nginx: worker"},
	    {"a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?"},
	    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	    {"\xe2\x82\xac \xf0\x9f\x90\xa7", "\xe2\x82\xac \xf0\x9f\x90\xa7"},
	    {"cut\xc3", "cut?"},
	    {"cut\xe2\x82", "cut??"},
	    {"cut\xf0\x9f\x90", "cut???"},
	    {"\xc3(", "?("},
	    {"\xe2\x82x", "??x"},
	    {"\x80\xbf", "??"},
	    {"\xc0\xaf", "??"},
	    {"\xc1\xbf", "??"},
	    {"\xe0\x80\xaf", "???"},
	    {"\xe0\xa0\x80", "\xe0\xa0\x80"},
	    {"\xed\xa0\x80", "???"},
	    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
	    {"\xf0\x8f\xbf\xbf", "????"},
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xf4\x90\x80\x80", "????"},
	    {"\xf5\x80\x80\x80", "????"},
	    {"\xff\xfe", "??"},
	    {"\xc2\x9b"
	     "31m",
	     "??31m"},
	    {"\xc2\xa0", "\xc2\xa0"},
	};
	char text[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		text_clean(text);
		CHECK_EQ_STR(text, cases[i].clean);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"made printable", test_text_clean},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("text", tests);
}
