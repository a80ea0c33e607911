/* SPDX-License-Identifier: MIT */
#include "subagent/snapshotfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "tests/support/tree.h"
#include "tests/support/model.h"
#include "tests/support/suite.h"

static struct tree tree;
static char path[64];

static void begin(void)
{
	tree_make(&tree);
	snprintf(path, sizeof(path), "%s/snapshot", tree.path);
}

/* One of so many seconds ago, with this many samples. */
static void write_one(int64_t age_s, uint32_t samples)
{
	const struct snapshotfile file = {.path = path, .config_path = "/etc/tcpstate.conf"};
	struct snapshot s;
	void *block;
	size_t size;

	model_fill(&s);
	s.info.samples = samples;
	s.info.monotonic = timing_now(CLOCK_MONOTONIC);
	s.info.monotonic.tv_sec -= age_s;
	s.info.interval_ms = 1000;
	CHECK_EQ_INT_FATAL(snapshotfile_pack(&file, &s, &block, &size), 0);
	CHECK_EQ_INT(snapshotfile_write(&file, block, size), 0);
	free(block);
}

/* Whoever wrote it, and only when it is another one. */
static void test_follow(void)
{
	struct snapshotfile_copy copy = {.snapshot = NULL};
	const struct snapshot *first;

	begin();
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -ENOENT);
	write_one(0, 1);
	CHECK_EQ_INT_FATAL(snapshotfile_follow(&copy, path), 0);
	first = copy.snapshot;
	CHECK_EQ_INT(first->info.samples, 1);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), 0);
	CU_ASSERT_PTR_EQUAL(copy.snapshot, first);
	write_one(0, 2);
	CHECK_EQ_INT_FATAL(snapshotfile_follow(&copy, path), 0);
	CHECK_EQ_INT(copy.snapshot->info.samples, 2);
	snapshotfile_drop(&copy);
	CU_ASSERT_PTR_NULL(copy.snapshot);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), 0);
	unlink(path);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -ENOENT);
	CU_ASSERT_PTR_NULL(copy.block);
	tree_remove(&tree);
}

static void test_not_shown(void)
{
	struct snapshotfile_copy copy = {.snapshot = NULL};

	begin();
	write_one(2, 1);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), 0);
	write_one(4, 2);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -ETIME);
	write_one(-10, 3);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -ETIME);
	tree_file(&tree, "snapshot", "no snapshot");
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -EINVAL);
	CU_ASSERT_PTR_NULL(copy.block);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -EINVAL);
	write_one(0, 4);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), 0);
	unlink(path);
	CHECK_EQ_INT_FATAL(mkdir(path, 0755), 0);
	CHECK_EQ_INT(snapshotfile_follow(&copy, path), -EINVAL);
	rmdir(path);
	snapshotfile_drop(&copy);
	tree_remove(&tree);
}

/* A daemon with another configuration is followed, but not read. */
static void test_read(void)
{
	const struct snapshotfile own = {.path = path, .config_path = "/etc/tcpstate.conf"},
				  other = {.path = path, .config_path = "/etc/other"};
	const struct snapshot *s;
	void *block;

	begin();
	write_one(0, 1);
	CHECK_EQ_INT(snapshotfile_read(&other, &s, &block), -ESTALE);
	CHECK_EQ_INT_FATAL(snapshotfile_read(&own, &s, &block), 0);
	CHECK_EQ_INT(s->info.samples, 1);
	free(block);
	write_one(4, 1);
	CHECK_EQ_INT(snapshotfile_read(&own, &s, &block), -ESTALE);
	tree_remove(&tree);
}

/* Those of other namespaces, and nothing else that lies beside them. */
static void test_clear(void)
{
	static const struct {
		const char *name;
		bool stays;
	} files[] = {
	    {"snapshot", true},
	    {"snapshot.new", true},
	    {"snapshot-", true},
	    {"snapshot-x", true},
	    {"snapshot-12x", true},
	    {"snapshot-12.newer", true},
	    {"other-4026532001", true},
	    {"snapshot-1", false},
	    {"snapshot-4026532001", false},
	    {"snapshot-4026532002.new", false},
	};

	begin();
	for (size_t i = 0; i < COUNT_OF(files); i++)
		tree_file(&tree, files[i].name, "x");
	snapshotfile_clear(path);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		CHECK_EQ_INT(access(tree_path(&tree, files[i].name), F_OK) == 0, files[i].stays);
	snapshotfile_clear("/nowhere/snapshot");
	snapshotfile_clear("snapshot");
	tree_remove(&tree);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a file that changes", test_follow},
	    {"one that is not shown", test_not_shown},
	    {"read once", test_read},
	    {"left by a daemon that was killed", test_clear},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("snapshotfile", tests);
}
