/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_CHECK_H
#define TCPSTATE_TESTS_CHECK_H

/*
 * This module provides assertions that print both values when they fail. CUnit counts them as
 * its own. Those that end in _FATAL end the test.
 *
 * Numbers are compared as 64 bits: an unsigned number from 2^63 on is printed as a negative one.
 */

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stdint.h>

#define CHECK_EQ_INT(actual, expected)       CHECK_EQ(int, actual, expected, false)
#define CHECK_EQ_INT_FATAL(actual, expected) CHECK_EQ(int, actual, expected, true)

/* Either may be NULL, which equals nothing but NULL. */
#define CHECK_EQ_STR(actual, expected)       CHECK_EQ(str, actual, expected, false)
#define CHECK_EQ_STR_FATAL(actual, expected) CHECK_EQ(str, actual, expected, true)

/* Where an assertion stands, and what it says. */
struct check_place {
	const char *text;
	const char *file;
	unsigned int line;
	bool fatal;
};

#define CHECK_EQ(type, actual, expected, fatal)                                                    \
	check_eq_##type(actual, expected,                                                          \
			&(struct check_place){#actual ", " #expected, __FILE__, __LINE__, fatal})

void check_eq_int(intmax_t actual, intmax_t expected, const struct check_place *place);
void check_eq_str(const char *actual, const char *expected, const struct check_place *place);

#endif
