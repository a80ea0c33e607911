/* SPDX-License-Identifier: MIT */
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

/* CUnit copies the text. */
static void check(bool equal, const struct check_place *place, const char *values)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s: %s", place->text, values);
	CU_assertImplementation(equal, place->line, text, place->file, "", place->fatal);
}

void check_eq_int(intmax_t actual, intmax_t expected, const struct check_place *place)
{
	char values[64];

	snprintf(values, sizeof(values), "is %jd, not %jd", actual, expected);
	check(actual == expected, place, values);
}

void check_eq_str(const char *actual, const char *expected, const struct check_place *place)
{
	bool equal = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
	char values[2048];

	snprintf(values, sizeof(values), "is \"%.900s\", not \"%.900s\"",
		 actual ? actual : "(null)", expected ? expected : "(null)");
	check(equal, place, values);
}
