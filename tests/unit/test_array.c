/* SPDX-License-Identifier: MIT */
#include "core/base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/support/suite.h"

/* AddressSanitizer ends a program that asks for too much, unless it is told to fail as malloc(). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void elements_stay(void)
{
	size_t capacity = 0;
	uint32_t *rows = NULL;

	for (uint32_t i = 0; i < 1000; i++) {
		CHECK_EQ_INT_FATAL(ARRAY_RESERVE(rows, &capacity, i + 1), 0);
		CU_ASSERT_FATAL(capacity > i);
		rows[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		CHECK_EQ_INT(rows[i], i);
	free(rows);
}

static void a_leap_is_taken_and_room_is_kept(void)
{
	size_t capacity = 0;
	char *rows = NULL, *before;

	CHECK_EQ_INT_FATAL(ARRAY_RESERVE(rows, &capacity, 5000), 0);
	CHECK_EQ_INT(capacity, 5000);
	before = rows;
	CHECK_EQ_INT(ARRAY_RESERVE(rows, &capacity, 5000), 0);
	CU_ASSERT_PTR_EQUAL(rows, before);
	CHECK_EQ_INT(capacity, 5000);
	free(rows);
}

static void what_is_too_large_changes_nothing(void)
{
	size_t capacity = 0;
	uint64_t *rows = NULL;

	CHECK_EQ_INT_FATAL(ARRAY_RESERVE(rows, &capacity, 1), 0);
	rows[0] = 7;
	CHECK_EQ_INT(ARRAY_RESERVE(rows, &capacity, SIZE_MAX / 4), -ENOMEM);
	CHECK_EQ_INT(rows[0], 7);
	CU_ASSERT_TRUE(capacity < 1000);
	free(rows);
	rows = array_new(0, 8);
	CU_ASSERT_PTR_NOT_NULL(rows);
	free(rows);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"elements stay", elements_stay},
	    {"a leap is taken, and room is kept", a_leap_is_taken_and_room_is_kept},
	    {"what is too large changes nothing", what_is_too_large_changes_nothing},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("array", tests);
}
