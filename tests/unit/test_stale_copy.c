/* SPDX-License-Identifier: MIT */
#include "core/sample/stale_copy.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/host.h"
#include "tests/support/suite.h"

/* Four processes, each with a connection, and the owners as they are then. */
static struct snapshot *first_sample(const struct host *h)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	const struct owner *list;

	NEXT_ROUND(h, 501, 502, 503, 504);
	list = owners_list(h->owners, &s->n_owners);
	s->owners = malloc(s->n_owners * sizeof(*list));
	memcpy(s->owners, list, s->n_owners * sizeof(*list));
	s->n_conns = s->n_processes = 4;
	s->conns = calloc(4, sizeof(*s->conns));
	s->processes = calloc(4, sizeof(*s->processes));
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t owner = owners_find(h->owners, 501 + i, 0);

		s->conns[i] = (struct conn){.inode = 501 + i, .owner = owner};
		s->processes[i].owner = s->tops[i].owner = s->suspects[i].owners[0].index = owner;
	}
	s->limits[s->n_limits++].owner = s->conns[3].owner;
	return s;
}

static uint32_t pid_of(const struct snapshot *s, uint32_t owner)
{
	CU_ASSERT_FATAL(owner < s->n_owners);
	return s->owners[owner].pid;
}

/* Two processes end, the next full sample begins, and fails. */
static void test_owners_have_new_numbers(void)
{
	static const uint32_t pids[] = {0, 20, 0, 40};
	struct host h = host_new();
	struct snapshot *last, *s;
	uint32_t owner;

	for (unsigned i = 0; i < 4; i++) {
		host_process(&h, 10 * (i + 1), "server");
		host_socket(&h, 10 * (i + 1), 3, 501 + i);
	}
	last = first_sample(&h);
	owner = last->conns[3].owner;
	CHECK_EQ_INT(pid_of(last, owner), 40);
	tree_drop(&h.proc, "10");
	tree_drop(&h.proc, "30");
	owners_begin(h.owners);
	s = stale_copy_new(last, h.owners, &owner);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ_INT(pid_of(s, s->conns[i].owner), pids[i]);
		CHECK_EQ_INT(pid_of(s, s->tops[i].owner), pids[i]);
		CHECK_EQ_INT(pid_of(s, s->suspects[i].owners[0].index), pids[i]);
	}
	CHECK_EQ_INT_FATAL(s->n_processes, 2);
	CHECK_EQ_INT(pid_of(s, s->processes[0].owner), 20);
	CHECK_EQ_INT(pid_of(s, s->processes[1].owner), 40);
	CHECK_EQ_INT(pid_of(s, s->limits[0].owner), 40);
	CHECK_EQ_INT(pid_of(s, owner), 40);
	/* The next one begins, fails as well, and nobody has ended. */
	snapshot_free(last);
	last = s;
	owners_begin(h.owners);
	s = stale_copy_new(last, h.owners, &owner);
	CHECK_EQ_INT(pid_of(s, s->conns[1].owner), 0);
	CHECK_EQ_INT(pid_of(s, s->conns[3].owner), 0);
	snapshot_free(s);
	snapshot_free(last);
	host_free(&h);
}

static void test_owners_as_they_were(void)
{
	struct tuning_table tuning = {.users = 1};
	struct host h = host_new();
	struct snapshot *last, *s;
	uint32_t owner = 1;

	host_process(&h, 10, "server");
	for (unsigned i = 0; i < 4; i++)
		host_socket(&h, 10, 3 + i, 501 + i);
	last = first_sample(&h);
	last->tuning = &tuning;
	s = stale_copy_new(last, NULL, &owner);
	CHECK_EQ_INT(pid_of(s, s->conns[3].owner), 10);
	CHECK_EQ_INT(owner, 1);
	CHECK_EQ_INT(tuning.users, 2);
	snapshot_free(s);
	snapshot_free(last);
	host_free(&h);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"owners have new numbers", test_owners_have_new_numbers},
	    {"owners as they were", test_owners_as_they_were},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("stale_copy", tests);
}
