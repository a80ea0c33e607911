/* SPDX-License-Identifier: MIT */
#include "core/base/portset.h"

#include <string.h>

#include "tests/support/suite.h"

static void lists(void)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t first, last, count;
	} cases[] = {
	    {"", true, 0, 0, 0},
	    {"8080", true, 8080, 8080, 1},
	    {"80,8000-8010,9000", true, 80, 9000, 13},
	    {" 80, 81 ,\n", true, 80, 81, 2},
	    {"0-65535", true, 0, 65535, 65536},
	    {"65536", false, 0, 0, 0},
	    {"80,99999999999", false, 80, 80, 1},
	    {"9-8", false, 0, 0, 0},
	    {"8-", false, 0, 0, 0},
	    {"-8", false, 0, 0, 0},
	    {"8;9", false, 0, 0, 0},
	    {"8-9-10", false, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t count = 0, first = 0, last = 0;
		struct portset set;

		CHECK_EQ_INT(portset_parse(cases[i].text, &set), cases[i].good);
		for (uint32_t port = 0; port < 65536; port++) {
			if (!portset_has(&set, (uint16_t)port))
				continue;
			if (count++ == 0)
				first = port;
			last = port;
		}
		CHECK_EQ_INT(count, cases[i].count);
		CHECK_EQ_INT(first, cases[i].first);
		CHECK_EQ_INT(last, cases[i].last);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {{"lists", lists}, CU_TEST_INFO_NULL};

	return suite_run("portset", tests);
}
