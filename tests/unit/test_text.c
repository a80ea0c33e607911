/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

#include <stdint.h>
#include <stdio.h>

#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How many bytes a character takes, which are put with a NUL behind them. */
static size_t put_utf8(uint32_t code, char text[8])
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len; i-- > 0; code >>= 6)
		text[i] = (char)(i ? 0x80 | (code & 0x3f) : first[len] | code);
	text[len] = '\0';
	return len;
}

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
	    /* U+2027 and U+202F: a point and a narrow space. */
	    {"\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\xa7\xe2\x80\xaf"},
	    {"exe\xe2\x80\xaegpj", "exe???gpj"},
	    {"\xef\xbb\xbf#", "???#"},
	    {"\xf3\xa0\x81\x81", "????"},
	};
	char text[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		text_clean(text);
		CHECK_EQ_STR(text, cases[i].clean);
	}
}

/* Those of Unicode that print nothing: bidirectional controls, zero width, separators, C0 and C1.
 */
static void test_invisible(void)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0x01, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
	    {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2064},   {0x2066, 0x206f},
	    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f},
	};

	for (size_t i = 0; i < COUNT(ranges); i++)
		for (uint32_t code = ranges[i].first; code <= ranges[i].last; code++) {
			char text[8];
			size_t len = put_utf8(code, text);

			text_clean(text);
			CHECK_EQ_STR(text, &"????"[4 - len]);
		}
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"made printable", test_text_clean},
	    {"nothing invisible", test_invisible},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("text", tests);
}
