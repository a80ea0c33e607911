/* SPDX-License-Identifier: MIT */
#include "core/kernel/owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/support/host.h"
#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CGROUP2_MAGIC = 0x63677270 };

static void test_scan(void)
{
	struct host h = host_new();
	size_t count;

	host_process(&h, 1, "init");
	host_process(&h, 20, "nginx");
	host_process(&h, 300, "java");
	tree_file(&h.proc, "20/cgroup", "1:name=systemd:/other\n0::/system.slice/nginx.service\n");
	host_socket(&h, 20, 3, 501);
	host_socket(&h, 300, 7, 502);
	host_socket(&h, 300, 100000, 503);
	owners_begin(h.owners);
	CHECK_EQ_INT(owners_find(h.owners, 0, 0), 0);
	CU_ASSERT_FALSE(owners_wants(h.owners, 0));
	CU_ASSERT_FALSE(owners_wants(h.owners, 501));
	CHECK_EQ_INT(owners_find(h.owners, 501, 0), 0);
	CU_ASSERT_TRUE(owners_wants(h.owners, 501));
	CU_ASSERT_TRUE(LOOK_UP(&h, 501, 502, 503));
	CHECK_EQ_INT(host_pid(&h, 501), 20);
	CHECK_EQ_STR(host_owner(&h, 501)->name, "nginx");
	CHECK_EQ_STR(host_owner(&h, 501)->service, "nginx.service");
	CHECK_EQ_INT(host_pid(&h, 502), 300);
	CHECK_EQ_INT(owners_find(h.owners, 502, 0), owners_find(h.owners, 503, 0));
	CHECK_EQ_STR(host_owner(&h, 502)->service, "");
	owners_list(h.owners, &count);
	CHECK_EQ_INT(count, 3);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 501, 502, 503));
	host_free(&h);
}

/* The lowest pid owns what several hold, whatever the order of their directories. */
static void test_shared(void)
{
	static const unsigned pids[] = {900, 9, 80, 1000, 10};
	struct host h = host_new();

	for (size_t i = 0; i < COUNT(pids); i++) {
		host_process(&h, pids[i], "worker");
		host_socket(&h, pids[i], 3, 800);
		host_socket(&h, pids[i], 4, 800);
		host_socket(&h, pids[i], 5, 800 + pids[i]);
	}
	NEXT_ROUND(&h, 800, 809, 810, 880, 1700, 1800);
	CHECK_EQ_INT(host_pid(&h, 800), 9);
	CHECK_EQ_INT(host_pid(&h, 1800), 1000);
	tree_drop(&h.proc, "9");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 800, 810, 880, 1700, 1800));
	CHECK_EQ_INT(host_pid(&h, 800), 10);
	host_free(&h);
}

static void test_recycled_pid(void)
{
	struct host h = host_new();

	host_process(&h, 70, "old");
	host_socket(&h, 70, 3, 1000);
	NEXT_ROUND(&h, 1000);
	host_stat(&h, 70, "renamed", 1070);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 1000));
	CHECK_EQ_STR(host_owner(&h, 1000)->name, "renamed");
	host_stat(&h, 70, "new", 2070);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1000));
	CHECK_EQ_STR(host_owner(&h, 1000)->name, "new");
	host_drop(&h, 70, 3);
	host_stat(&h, 70, "newer", 3070);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1000));
	CHECK_EQ_INT(host_pid(&h, 1000), 0);
	host_free(&h);
}

static void test_gone(void)
{
	struct host h = host_new();
	size_t count;

	for (unsigned pid = 1; pid <= 200; pid++) {
		host_process(&h, pid, "x");
		host_socket(&h, pid, 3, 2000 + pid);
		owners_find(h.owners, 2000 + pid, 0);
	}
	CHECK_EQ_INT(owners_scan(h.owners, UINT32_MAX), 0);
	for (unsigned pid = 1; pid <= 200; pid++)
		CHECK_EQ_INT(host_pid(&h, 2000 + pid), pid);
	for (unsigned pid = 1; pid <= 200; pid += 3)
		tree_drop(&h.proc, host_path("%u", pid));
	owners_begin(h.owners);
	for (unsigned pid = 1; pid <= 200; pid++)
		CHECK_EQ_INT(host_pid(&h, 2000 + pid), pid % 3 == 1 ? 0 : pid);
	owners_list(h.owners, &count);
	CHECK_EQ_INT(count, 1 + 133);
	host_free(&h);
}

/* Inodes that are not looked up for a round are forgotten, and owners without any. */
static void test_forgotten(void)
{
	struct host h = host_new();
	size_t count;

	host_process(&h, 5, "x");
	host_process(&h, 6, "y");
	host_socket(&h, 5, 3, 1101);
	host_socket(&h, 6, 3, 1102);
	NEXT_ROUND(&h, 1101, 1102);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 1102));
	owners_begin(h.owners);
	owners_list(h.owners, &count);
	CHECK_EQ_INT(count, 2);
	CU_ASSERT_TRUE(LOOK_UP(&h, 1101));
	CHECK_EQ_INT(host_pid(&h, 1101), 5);

	/* Sockets that come and go do not push out the one that stays. */
	for (uint32_t round = 0; round < 20; round++) {
		owners_begin(h.owners);
		CHECK_EQ_INT(host_pid(&h, 1102), round == 0 ? 0 : 6);
		for (uint32_t i = 0; i < 3000; i++)
			owners_find(h.owners, 10000 + 3000 * round + i, 0);
		CHECK_EQ_INT(owners_scan(h.owners, UINT32_MAX), 0);
	}
	host_free(&h);
}

/* What a scan did not find is not looked for on and on, but not given up either. */
static void test_unfound(void)
{
	struct host h = host_new();
	unsigned wanted = 0;

	host_process(&h, 5, "x");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1200));
	CU_ASSERT_FALSE(owners_wants(h.owners, 1200));
	CU_ASSERT_FALSE(LOOK_UP(&h, 1200));
	for (int round = 0; round < 640; round++)
		wanted += NEXT_ROUND(&h, 1200);
	CU_ASSERT_TRUE(wanted >= 10 && wanted <= 16);
	host_socket(&h, 5, 3, 1200);
	for (int round = 0; round < 64; round++)
		NEXT_ROUND(&h, 1200);
	CHECK_EQ_INT(host_pid(&h, 1200), 5);
	host_free(&h);
}

/* A process hands its socket on to one with a higher pid. */
static void test_handed_on(void)
{
	struct host h = host_new();

	host_process(&h, 5, "old");
	host_process(&h, 6, "new");
	host_socket(&h, 5, 3, 1300);
	host_socket(&h, 5, 4, 1301);
	host_socket(&h, 6, 3, 1302);
	NEXT_ROUND(&h, 1300, 1301, 1302);
	host_drop(&h, 5, 3);
	host_socket(&h, 6, 4, 1300);
	host_socket(&h, 6, 5, 1303);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1300, 1301, 1302, 1303));
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1300, 1301, 1302, 1303));
	CHECK_EQ_INT(host_pid(&h, 1300), 6);
	CHECK_EQ_INT(host_pid(&h, 1301), 5);
	host_free(&h);
}

/* Where the process is not known, the cgroup tells the service. */
static void test_service(void)
{
	struct host h = host_new();
	const struct owner *list;
	struct tree cgroup;
	uint32_t number;
	struct stat st;
	size_t count;
	int fd;

	owners_free(h.owners);
	tree_make(&cgroup);
	tree_file(&cgroup, "a.service/b/cgroup.procs", "");
	fd = open(cgroup.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_EQ_INT_FATAL(fstatat(fd, "a.service/b", &st, 0), 0);
	CHECK_EQ_INT_FATAL(owners_new(h.proc_fd, fd, &h.owners), 0);
	host_process(&h, 1, "init");
	host_socket(&h, 1, 3, 1500);
	for (int round = 0; round < 3; round++) {
		owners_begin(h.owners);
		number = owners_find(h.owners, 1501, st.st_ino);
		CU_ASSERT_NOT_EQUAL(number, 0);
		CHECK_EQ_INT(owners_find(h.owners, 1502, st.st_ino), number);
		list = owners_list(h.owners, &count);
		CHECK_EQ_INT(count, 2);
		CHECK_EQ_INT(list[number].pid, 0);
		CHECK_EQ_STR(list[number].name, "");
		CHECK_EQ_STR(list[number].service, "a.service");
		CHECK_EQ_INT(owners_find(h.owners, 0, st.st_ino), 0);
	}
	CU_ASSERT_TRUE(owners_wants(h.owners, 1501));
	CU_ASSERT_TRUE(LOOK_UP(&h, 1500));
	CHECK_EQ_INT(host_pid(&h, 1500), 1);
	host_free(&h);
	close(fd);
	tree_remove(&cgroup);
}

static void test_open_cgroup(void)
{
	int fd = owners_open_cgroup();
	struct statfs fs;

	CU_ASSERT_TRUE(fd == -1 || (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_MAGIC));
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a scan finds owners", test_scan},
	    {"a shared socket", test_shared},
	    {"a recycled pid", test_recycled_pid},
	    {"processes that have gone", test_gone},
	    {"what is not looked up is forgotten", test_forgotten},
	    {"what nobody holds", test_unfound},
	    {"a socket handed on", test_handed_on},
	    {"the service without the process", test_service},
	    {"the cgroup2 mount", test_open_cgroup},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("owner", tests);
}
