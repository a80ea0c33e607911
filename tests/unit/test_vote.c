/* SPDX-License-Identifier: MIT */
#include "core/count/vote.h"
#include "tests/support/suite.h"

/* Pairs of owner and count, up to an owner that is UINT32_MAX. */
static uint32_t top_of(const uint32_t *given)
{
	struct vote v = {{0}, {0}};

	for (; given[0] != UINT32_MAX; given += 2)
		vote_add(&v, given[0], given[1]);
	return vote_top(&v);
}

#define TOP(...) top_of((const uint32_t[]){__VA_ARGS__, UINT32_MAX})

static void test_two(void)
{
	CHECK_EQ_INT(TOP(0, 5), 0);
	CHECK_EQ_INT(TOP(3, 0), 0);
	CHECK_EQ_INT(TOP(3, 1), 3);
	CHECK_EQ_INT(TOP(3, 1, 0, 9), 3);
	CHECK_EQ_INT(TOP(3, 1, 4, 2), 4);
	CHECK_EQ_INT(TOP(3, 1, 4, 2, 3, 2), 3);
	CHECK_EQ_INT(TOP(4, 2, 3, 2), 3);
	CHECK_EQ_INT(TOP(3, 2, 4, 2), 3);
	CHECK_EQ_INT(TOP(7, 261, 9, 239), 7);
	CHECK_EQ_INT(TOP(9, 239, 7, 261), 7);
}

/* One that has a single thing and comes last is never named. */
static void test_more(void)
{
	CHECK_EQ_INT(TOP(1, 50, 2, 50, 3, 1), 1);
	CHECK_EQ_INT(TOP(1, 50, 2, 40, 3, 45), 1);
	CHECK_EQ_INT(TOP(1, 1, 2, 1, 3, 60), 3);
	CHECK_EQ_INT(TOP(1, 5, 2, 5, 3, 5, 1, 1), 1);
	/* A place that is free, and one that is its own. */
	CHECK_EQ_INT(TOP(1, 2, 2, 5, 3, 2, 2, 1, 4, 3), 2);
}

/* Whoever has more than half is named, in whatever order they come. */
static void test_majority(void)
{
	uint32_t seed = 1;

	for (int round = 0; round < 200; round++) {
		struct vote v = {{0}, {0}};
		uint32_t mine = 0, all = 0;

		for (; all < 500; all++) {
			seed = seed * 1103515245 + 12345;
			uint32_t owner = (seed >> 16) % 16 < 10 ? 77 : 1 + (seed >> 20) % 5;

			vote_add(&v, owner, 1);
			mine += owner == 77;
		}
		CU_ASSERT(mine > all / 2);
		CHECK_EQ_INT(vote_top(&v), 77);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"two", test_two},
	    {"more", test_more},
	    {"a majority", test_majority},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("vote", tests);
}
