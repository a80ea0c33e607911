/* SPDX-License-Identifier: MIT */
#include "core/kernel/procpid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"

/* What lies in /proc/self/fd, the handle that reads it not included. */
static uint32_t count_own(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint32_t count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	for (const struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count - 1;
}

/* The directories of /proc that are processes. */
static void test_number(void)
{
	uint32_t number = 7;

	CU_ASSERT_FALSE(procpid_number("", &number));
	CU_ASSERT_FALSE(procpid_number("self", &number));
	CU_ASSERT_FALSE(procpid_number("12x", &number));
	CU_ASSERT_FALSE(procpid_number("4294967296", &number));
	CHECK_EQ_INT(number, 7);
	CU_ASSERT_TRUE(procpid_number("4294967295", &number));
	CHECK_EQ_INT(number, UINT32_MAX);
}

/* This process, against its own files and getrlimit(). */
static void test_own(void)
{
	int dir_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC), spare[3];
	uint32_t fds = 0, limit = 0;
	struct rlimit rlimit;
	struct stat told;
	int err;

	CU_ASSERT_FATAL(dir_fd >= 0);
	for (int i = 0; i < 3; i++)
		spare[i] = dup(dir_fd);
	CU_ASSERT_FATAL(fstatat(dir_fd, "fd", &told, 0) == 0);
	CU_ASSERT_FATAL(getrlimit(RLIMIT_NOFILE, &rlimit) == 0);
	err = procpid_descriptors(dir_fd, 0, &fds, &limit);
	if (told.st_size == 0 || rlimit.rlim_cur == RLIM_INFINITY) {
		CHECK_EQ_INT(err, -ENODATA);
	} else {
		CHECK_EQ_INT(err, 0);
		CHECK_EQ_INT(fds, count_own());
		CHECK_EQ_INT(limit, rlimit.rlim_cur);
	}
	for (int i = 0; i < 3; i++)
		close(spare[i]);
	close(dir_fd);
}

/* Any directory has a size, so that only limits decides. */
static void test_limits(void)
{
	static const struct {
		const char *text;
		int error;
		uint32_t limit;
	} cases[] = {
	    {"Limit Soft Hard\nMax open files            1024    4096    files\n", 0, 1024},
	    {"Limit\nMax open files            0       4096    files\n", 0, 0},
	    {"Limit\nMax open files            4294967295  unlimited files\n", 0, UINT32_MAX},
	    {"Limit\nMax open files            4294967296  unlimited files\n", -EBADMSG, 0},
	    {"Limit\nMax open files            unlimited unlimited files\n", -ENODATA, 0},
	    {"Limit\nMax open files            -1 4096 files\n", -EBADMSG, 0},
	    {"Limit\nMax open files            12x 4096 files\n", -EBADMSG, 0},
	    {"Limit\nMax open files", -EBADMSG, 0},
	    {"Max open files 7 7 files\n", -EBADMSG, 0}, /* not in the heading */
	    {"Limit\n", -EBADMSG, 0},
	};
	char path[] = "/tmp/test_procpid.XXXXXX";
	uint32_t fds, limit;
	int dir_fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
	dir_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK_EQ_INT(procpid_descriptors(dir_fd, 0, &fds, &limit), -ENOENT);
	CHECK_EQ_INT(mkdirat(dir_fd, "fd", 0700), 0);
	CHECK_EQ_INT(mkdirat(dir_fd, "fd/1", 0700), 0); /* btrfs: an empty one has the size 0 */
	CHECK_EQ_INT(procpid_descriptors(dir_fd, 0, &fds, &limit), -ENOENT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = openat(dir_fd, "limits", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		CU_ASSERT_FATAL(write(fd, cases[i].text, strlen(cases[i].text)) > 0);
		close(fd);
		fds = limit = 0;
		CHECK_EQ_INT(procpid_descriptors(dir_fd, 0, &fds, &limit), cases[i].error);
		CHECK_EQ_INT(limit, cases[i].limit);
		CHECK_EQ_INT(fds > 0, cases[i].error == 0);
	}
	unlinkat(dir_fd, "limits", 0);
	unlinkat(dir_fd, "fd/1", AT_REMOVEDIR);
	unlinkat(dir_fd, "fd", AT_REMOVEDIR);
	rmdir(path);
	close(dir_fd);
}

/* Other directories of /proc have no size, as this one has none before Linux 6.2. */
static void test_counted(void)
{
	char path[] = "/tmp/test_procpid.XXXXXX";
	uint32_t fds = 0, limit = 0;
	int dir_fd, fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(path));
	dir_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK_EQ_INT(symlinkat("/proc/self/task", dir_fd, "fd"), 0);
	fd = openat(dir_fd, "limits", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	dprintf(fd, "Limit\nMax open files            1024    4096    files\n");
	close(fd);
	CHECK_EQ_INT(procpid_descriptors(dir_fd, 0, &fds, &limit), -ENODATA);
	CHECK_EQ_INT(procpid_descriptors(dir_fd, 700, &fds, &limit), 0);
	CHECK_EQ_INT(fds, 700);
	CHECK_EQ_INT(limit, 1024);
	unlinkat(dir_fd, "limits", 0);
	unlinkat(dir_fd, "fd", 0);
	rmdir(path);
	close(dir_fd);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"this process", test_own},
	    {"limits", test_limits},
	    {"counted by the caller", test_counted},
	    {"the number of a process", test_number},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("procpid", tests);
}
