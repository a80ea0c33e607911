/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "subagent/eventfile.h"
#include "tests/support/tree.h"
#include "tests/support/suite.h"

static struct events *make(size_t changes)
{
	struct events *events = calloc(1, sizeof(*events));
	struct condition c = {.id = CONDITION_MEMORY, .value = 70, .warning = 60, .critical = 90};
	struct snapshot s = {.conditions = &c, .n_conditions = 1};

	CU_ASSERT_PTR_NOT_NULL_FATAL(events);
	memset(c.offender, 'x', sizeof(c.offender) - 1);
	for (size_t i = 0; i < changes; i++) {
		c.severity = i % 2 == 0 ? SEVERITY_WARNING : SEVERITY_NORMAL;
		s.info.time.tv_sec = 1000 + (time_t)i;
		events_note(events, &s);
	}
	return events;
}

static void path_in(const struct tree *f, const char *name, char path[64])
{
	snprintf(path, 64, "%s/%s", f->path, name);
}

/* The longest file is read back, and nothing is left beside it. */
static void test_replace(void)
{
	struct events *events = make(300), *again = make(0);
	struct tree f;
	struct stat st;
	char path[64], beside[64];

	tree_make(&f);
	path_in(&f, "events", path);
	path_in(&f, "events.new", beside);
	CHECK_EQ_INT(eventfile_read(path, again), -ENOENT);
	tree_file(&f, "events", "an old one");
	tree_file(&f, "events.new", "left behind");
	CHECK_EQ_INT(eventfile_write(path, events), 0);
	CHECK_EQ_INT(stat(path, &st), 0);
	CHECK_EQ_INT(st.st_mode & 07777, 0644);
	CHECK_EQ_INT(access(beside, F_OK), -1);
	CHECK_EQ_INT(eventfile_read(path, again), 0);
	CHECK_EQ_INT_FATAL(again->count, EVENTS_MAX);
	CHECK_EQ_INT(again->last, 300);
	CHECK_EQ_STR(again->rows[0].offender, events->rows[0].offender);
	tree_remove(&f);
	free(again);
	free(events);
}

/* What lies in the new file's place is not written to. */
static void test_link(void)
{
	struct events *events = make(1);
	struct tree f;
	struct stat st;
	char path[64], other[64];

	tree_make(&f);
	path_in(&f, "events", path);
	path_in(&f, "other", other);
	tree_file(&f, "other", "");
	CHECK_EQ_INT_FATAL(symlinkat("other", f.fd, "events.new"), 0);
	CHECK_EQ_INT(eventfile_write(path, events), 0);
	CHECK_EQ_INT(stat(other, &st), 0);
	CHECK_EQ_INT(st.st_size, 0);
	tree_remove(&f);
	free(events);
}

static void test_unwritable(void)
{
	struct events *events = make(1);
	struct tree f;
	char path[64], long_path[400];

	tree_make(&f);
	path_in(&f, "none/events", path);
	CHECK_EQ_INT(eventfile_write(path, events), -ENOENT);
	tree_file(&f, "file", "");
	path_in(&f, "file/events", path);
	CHECK_EQ_INT(eventfile_write(path, events), -ENOTDIR);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	CHECK_EQ_INT(eventfile_write(long_path, events), -ENAMETOOLONG);
	tree_remove(&f);
	free(events);
}

/* Cut anywhere inside a line, too long, with a NUL, or no regular file. */
static void test_damaged(void)
{
	struct events *events = make(2), *again = make(0);
	char *text = events_format(events), *large = malloc(EVENTS_TEXT_MAX + 2);
	struct tree f;
	char path[64], beside[64];
	int fd;

	CU_ASSERT_FATAL(text && large);
	tree_make(&f);
	path_in(&f, "events", path);
	for (size_t len = strlen(text) - 1; len > 0; len--) {
		text[len] = '\0';
		tree_file(&f, "events", text);
		CHECK_EQ_INT(eventfile_read(path, again), text[len - 1] == '\n' ? 0 : -EINVAL);
	}
	memset(again, 0, sizeof(*again));
	memset(large, 'x', EVENTS_TEXT_MAX + 1);
	large[EVENTS_TEXT_MAX + 1] = '\0';
	tree_file(&f, "events", large);
	CHECK_EQ_INT(eventfile_read(path, again), -EINVAL);
	fd = openat(f.fd, "events", O_WRONLY | O_TRUNC);
	CHECK_EQ_INT(write(fd, "tcpstate events 1\n\0", 19), 19);
	close(fd);
	CHECK_EQ_INT(eventfile_read(path, again), -EINVAL);
	path_in(&f, "fifo", beside);
	CHECK_EQ_INT(mkfifo(beside, 0600), 0);
	CHECK_EQ_INT(eventfile_read(beside, again), -EINVAL);
	CHECK_EQ_INT(eventfile_read(f.path, again), -EINVAL);
	CHECK_EQ_INT(again->count, 0);
	tree_remove(&f);
	free(large);
	free(text);
	free(again);
	free(events);
}

/* One has it, until it goes or turns to another file. */
static void test_lock(void)
{
	struct eventfile_lock one = {.fd = -1}, other = {.fd = -1};
	char path[64], beside[64], nowhere[64];
	struct tree f;

	tree_make(&f);
	path_in(&f, "events", path);
	path_in(&f, "others", beside);
	path_in(&f, "no/events", nowhere);
	CHECK_EQ_INT(eventfile_lock(&one, nowhere), -ENOENT);
	CHECK_EQ_INT(eventfile_lock(&one, path), 0);
	CHECK_EQ_INT(eventfile_lock(&one, path), 0);
	CHECK_EQ_INT(eventfile_lock(&other, path), -EBUSY);
	CHECK_EQ_INT(eventfile_lock(&other, beside), 0);
	CHECK_EQ_INT(eventfile_lock(&one, beside), -EBUSY);
	CHECK_EQ_INT(eventfile_lock(&other, path), 0);
	close(other.fd);
	CHECK_EQ_INT(eventfile_lock(&one, path), 0);
	close(one.fd);
	tree_remove(&f);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"a new file takes its place", test_replace},    {"a link is not followed", test_link},
	    {"where it cannot be written", test_unwritable}, {"damaged files", test_damaged},
	    {"one of several daemons", test_lock},           CU_TEST_INFO_NULL,
	};

	return suite_run("eventfile", tests);
}
