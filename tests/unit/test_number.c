/* SPDX-License-Identifier: MIT */
#include "core/base/number.h"

#include <stddef.h>

#include "tests/support/suite.h"

static void numbers_are_taken_whole(void)
{
	static const struct {
		const char *text;
		unsigned base;
		uint64_t max;
		bool taken;
		uint64_t number;
		size_t used;
	} cases[] = {
	    {"0", 10, 0, true, 0, 1},
	    {"007 ", 10, 7, true, 7, 3},
	    {"12ab", 10, 99, true, 12, 2},
	    {"12ab", 16, UINT16_MAX, true, 0x12ab, 4},
	    {"fFG", 16, 255, true, 255, 2},
	    {"18446744073709551615", 10, UINT64_MAX, true, UINT64_MAX, 20},
	    {"FFFFFFFFFFFFFFFF:", 16, UINT64_MAX, true, UINT64_MAX, 16},
	    {"00000000000000000000000000001", 10, 1, true, 1, 29},
	    {"18446744073709551616", 10, UINT64_MAX, false, 0, 0},
	    {"18446744073709551625", 10, UINT64_MAX, false, 0, 0},
	    {"99999999999999999999999999", 10, UINT64_MAX, false, 0, 0},
	    {"10000000000000000", 16, UINT64_MAX, false, 0, 0},
	    {"4294967296", 10, UINT32_MAX, false, 0, 0},
	    {"100", 16, 255, false, 0, 0},
	    {"8", 10, 7, false, 0, 0},
	    {"1", 10, 0, false, 0, 0},
	    {"", 10, UINT64_MAX, false, 0, 0},
	    {" 1", 10, UINT64_MAX, false, 0, 0},
	    {"-1", 10, UINT64_MAX, false, 0, 0},
	    {"+1", 10, UINT64_MAX, false, 0, 0},
	    {"a", 10, UINT64_MAX, false, 0, 0},
	    {"x1", 16, UINT64_MAX, false, 0, 0},
	    {"\xb2", 10, UINT64_MAX, false, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i].text;
		uint64_t number = 4711;

		CHECK_EQ_INT(number_take(&at, cases[i].base, cases[i].max, &number),
			     cases[i].taken);
		CHECK_EQ_INT(number, cases[i].taken ? cases[i].number : 4711);
		CHECK_EQ_INT(at - cases[i].text, (ptrdiff_t)cases[i].used);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"numbers are taken whole", numbers_are_taken_whole},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("number", tests);
}
