/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_SUITE_H
#define TCPSTATE_TESTS_SUITE_H

/*
 * This module runs the CUnit tests of one program.
 */

#include "tests/support/check.h"

/* Runs all tests and prints the failed assertions and a summary. Returns the exit code of the
 * program: 0 only if at least one test ran and none failed. */
int suite_run(const char *name, CU_TestInfo *tests);

/* The path of a fixture below tests/data; the result is valid until the next call. */
const char *suite_data(const char *name);

/* A directory handle of such a fixture. */
int suite_open_data(const char *name);

#endif
