/* SPDX-License-Identifier: MIT */
#include "core/tuning/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"

static uint64_t look(const struct tree *t, const char *profile)
{
	char path[128];
	uint64_t mark = 0;

	snprintf(path, sizeof(path), "%s/%s", t->path, profile ? profile : "");
	CHECK_EQ_INT_FATAL(watch_mark(t->path, profile ? path : NULL, &mark), 0);
	return mark;
}

/* Each of these changes the mark, and looking again does not. */
static void each_change(void)
{
	static const struct {
		const char *what, *path;
		const char *text; /* to be written; NULL: the path goes */
		const char *link; /* to be linked to instead */
	} cases[] = {
	    {"a directory with a file comes", "etc/sysctl.d/a.conf", "x", NULL},
	    {"a second one", "run/sysctl.d/b.conf", "x", NULL},
	    {"a file that systemd alone does not read", "etc/sysctl.conf", "x", NULL},
	    {"a hidden one", "etc/sysctl.d/.c.conf", "x", NULL},
	    {"written in place", "etc/sysctl.d/a.conf", "xy", NULL},
	    {"emptied", "run/sysctl.d/b.conf", "", NULL},
	    {"hides another", "etc/sysctl.d/b.conf", "", NULL},
	    {"no longer", "etc/sysctl.d/b.conf", NULL, NULL},
	    {"a link", "usr/lib/sysctl.d/l.conf", NULL, "../../../target"},
	    {"what it leads to comes", "target", "x", NULL},
	    {"and changes", "target", "xy", NULL},
	    {"and goes", "target", NULL, NULL},
	    {"a loop", "lib/sysctl.d/o.conf", NULL, "o.conf"},
	    {"a directory goes", "etc/sysctl.d", NULL, NULL},
	    {"the profile comes", "mine.conf", "x", NULL},
	    {"and changes", "mine.conf", "xy", NULL},
	    {"and goes", "mine.conf", NULL, NULL},
	};
	uint64_t mark;
	struct tree t;

	tree_make(&t);
	mark = look(&t, "mine.conf");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = mark;

		if (cases[i].link)
			tree_link(&t, cases[i].path, cases[i].link);
		else if (cases[i].text)
			tree_file(&t, cases[i].path, cases[i].text);
		else
			tree_drop(&t, cases[i].path);
		mark = look(&t, "mine.conf");
		if (mark == before)
			printf("not seen: %s (%s)\n", cases[i].what, cases[i].path);
		CU_ASSERT_NOT_EQUAL(mark, before);
		CHECK_EQ_INT(mark, look(&t, "mine.conf"));
	}
	tree_remove(&t);
}

/* The same length and the old mtime, as cp --preserve leaves them. */
static void same_size_and_time(void)
{
	struct stat old, new;
	struct timespec times[2];
	uint64_t mark;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/a.conf", "1");
	CHECK_EQ_INT_FATAL(stat(tree_path(&t, "etc/sysctl.d/a.conf"), &old), 0);
	mark = look(&t, NULL);
	times[0] = old.st_atim;
	times[1] = old.st_mtim;
	/* The clock of a file system goes in steps of a few milliseconds. */
	do {
		tree_file(&t, "etc/sysctl.d/a.conf", "2");
		CHECK_EQ_INT_FATAL(
		    utimensat(AT_FDCWD, tree_path(&t, "etc/sysctl.d/a.conf"), times, 0), 0);
		CHECK_EQ_INT_FATAL(stat(tree_path(&t, "etc/sysctl.d/a.conf"), &new), 0);
	} while (new.st_ctim.tv_sec == old.st_ctim.tv_sec &&new.st_ctim.tv_nsec ==
		 old.st_ctim.tv_nsec);
	CHECK_EQ_INT(new.st_mtim.tv_nsec, old.st_mtim.tv_nsec);
	CU_ASSERT_NOT_EQUAL(look(&t, NULL), mark);
	tree_remove(&t);
}

/* What no program reads may change as it likes. */
static void what_does_not_count(void)
{
	uint64_t mark;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/a.conf", "x");
	tree_file(&t, "usr/lib/sysctl.d/a.conf", "hidden");
	mark = look(&t, "mine.conf");
	tree_file(&t, "etc/sysctl.d/README", "x");
	tree_file(&t, "etc/sysctl.d/a.conf~", "x");
	tree_file(&t, "usr/lib/sysctl.d/a.conf", "x");
	tree_file(&t, "yours.conf", "x");
	CHECK_EQ_INT(look(&t, "mine.conf"), mark);
	CU_ASSERT_NOT_EQUAL(look(&t, "yours.conf"), mark);
	CU_ASSERT_NOT_EQUAL(look(&t, NULL), mark);
	tree_remove(&t);
}

static void no_root(void)
{
	uint64_t mark = 4711;

	CHECK_EQ_INT(watch_mark("/nonexistent", NULL, &mark), -ENOENT);
	CHECK_EQ_INT(mark, 4711);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"each change", each_change},
	    {"the same size and time", same_size_and_time},
	    {"what does not count", what_does_not_count},
	    {"no root", no_root},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("watch", tests);
}
