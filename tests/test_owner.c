/* SPDX-License-Identifier: MIT */
#include "core/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/suite.h"
#include "tests/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CGROUP2_MAGIC = 0x63677270 };

/* A folder that stands for /proc, and what is known of it. */
struct host {
	struct tree proc;
	int proc_fd;
	struct owners *owners;
};

static struct host host_new(void)
{
	struct host h;

	tree_make(&h.proc);
	tree_file(&h.proc, "uptime", "1.0 2.0\n");
	h.proc_fd = open(h.proc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(h.proc_fd >= 0);
	CU_ASSERT_EQUAL_FATAL(owners_new(h.proc_fd, -1, &h.owners), 0);
	return h;
}

static void host_free(struct host *h)
{
	owners_free(h->owners);
	close(h->proc_fd);
	tree_remove(&h->proc);
}

static const char *path(const char *format, ...)
{
	static char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

static void set_stat(const struct host *h, unsigned pid, const char *comm, unsigned start)
{
	char text[512];

	snprintf(
	    text, sizeof(text),
	    "%u (%s) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 %u 23 24 25\n",
	    pid, comm, start);
	tree_file(&h->proc, path("%u/stat", pid), text);
}

static void add_process(const struct host *h, unsigned pid, const char *comm)
{
	set_stat(h, pid, comm, 1000 + pid);
	tree_link(&h->proc, path("%u/fd/0", pid), "/dev/null");
}

static void add_socket(const struct host *h, unsigned pid, unsigned fd, unsigned inode)
{
	char target[32];

	snprintf(target, sizeof(target), "socket:[%u]", inode);
	tree_link(&h->proc, path("%u/fd/%u", pid, fd), target);
}

static void drop_socket(const struct host *h, unsigned pid, unsigned fd)
{
	tree_drop(&h->proc, path("%u/fd/%u", pid, fd));
}

static const struct owner *owner_of(const struct host *h, uint32_t inode)
{
	uint32_t number = owners_find(h->owners, inode, 0);
	const struct owner *list;
	size_t count;

	list = owners_list(h->owners, &count);
	CU_ASSERT_TRUE_FATAL(number < count);
	return &list[number];
}

static uint32_t pid_of(const struct host *h, uint32_t inode)
{
	return owner_of(h, inode)->pid;
}

/* Looks the inodes up, scans where one is wanted, and says whether that was so. */
static bool look_up(const struct host *h, const uint32_t *inodes, size_t count)
{
	bool wanted = false;

	for (size_t i = 0; i < count; i++) {
		owners_find(h->owners, inodes[i], 0);
		wanted |= owners_wants(h->owners, inodes[i]);
	}
	CU_ASSERT_EQUAL(owners_scan(h->owners, UINT32_MAX), 0);
	return wanted;
}

static bool next_round(const struct host *h, const uint32_t *inodes, size_t count)
{
	owners_begin(h->owners);
	return look_up(h, inodes, count);
}

#define LOOK_UP(host, ...)                                                               \
	look_up(host, (const uint32_t[]){__VA_ARGS__},                                   \
		sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define NEXT_ROUND(host, ...)                                                            \
	next_round(host, (const uint32_t[]){__VA_ARGS__},                                \
		   sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void test_text_clean(void)
{
	static const struct {
		const char *text, *clean;
	} cases[] = {
	    {"", ""},
	    {"nginx: worker", "nginx: worker"},
	    {"a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?"},
	    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	    {"\xe2\x82\xac \xf0\x9f\x90\xa7", "\xe2\x82\xac \xf0\x9f\x90\xa7"},
	    {"cut\xc3", "cut?"},
	    {"cut\xe2\x82", "cut??"},
	    {"cut\xf0\x9f\x90", "cut???"},
	    {"\xc3(", "?("},
	    {"\xe2\x82x", "??x"},
	    {"\x80\xbf", "??"},
	    {"\xc0\xaf", "??"},
	    {"\xc1\xbf", "??"},
	    {"\xe0\x80\xaf", "???"},
	    {"\xe0\xa0\x80", "\xe0\xa0\x80"},
	    {"\xed\xa0\x80", "???"},
	    {"\xed\x9f\xbf", "\xed\x9f\xbf"},
	    {"\xf0\x8f\xbf\xbf", "????"},
	    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
	    {"\xf4\x90\x80\x80", "????"},
	    {"\xf5\x80\x80\x80", "????"},
	    {"\xff\xfe", "??"},
	    {"\xc2\x9b"
	     "31m",
	     "??31m"},
	    {"\xc2\xa0", "\xc2\xa0"},
	};
	char text[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		owner_text_clean(text);
		CU_ASSERT_STRING_EQUAL(text, cases[i].clean);
	}
}

static void test_scan(void)
{
	struct host h = host_new();
	size_t count;

	add_process(&h, 1, "init");
	add_process(&h, 20, "nginx");
	add_process(&h, 300, "java");
	tree_file(&h.proc, "20/cgroup",
		  "1:name=systemd:/other\n0::/system.slice/nginx.service\n");
	add_socket(&h, 20, 3, 501);
	add_socket(&h, 300, 7, 502);
	add_socket(&h, 300, 100000, 503);
	owners_begin(h.owners);
	CU_ASSERT_EQUAL(owners_find(h.owners, 0, 0), 0);
	CU_ASSERT_FALSE(owners_wants(h.owners, 0));
	CU_ASSERT_FALSE(owners_wants(h.owners, 501));
	CU_ASSERT_EQUAL(owners_find(h.owners, 501, 0), 0);
	CU_ASSERT_TRUE(owners_wants(h.owners, 501));
	CU_ASSERT_TRUE(LOOK_UP(&h, 501, 502, 503));
	CU_ASSERT_EQUAL(pid_of(&h, 501), 20);
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 501)->name, "nginx");
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 501)->service, "nginx.service");
	CU_ASSERT_EQUAL(pid_of(&h, 502), 300);
	CU_ASSERT_EQUAL(owners_find(h.owners, 502, 0), owners_find(h.owners, 503, 0));
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 502)->service, "");
	owners_list(h.owners, &count);
	CU_ASSERT_EQUAL(count, 3);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 501, 502, 503));
	host_free(&h);
}

/* What /proc/PID/fd may hold besides sockets, and targets that only look like one. */
static void test_links(void)
{
	static const char *const others[] = {"pipe:[601]",
					     "socket:601",
					     "socket:[]",
					     "socket:[601",
					     "socket:[601]x",
					     "socket:[+601]",
					     "socket:[ 601]",
					     "socket:[0]",
					     "socket:[4294967897]",
					     "socket:[18446744073709552217]",
					     "/tmp/socket:[601]",
					     "socket:[601] (deleted)",
					     "s",
					     "socket:["};
	struct host h = host_new();

	add_process(&h, 1, "init");
	for (unsigned i = 0; i < COUNT(others); i++)
		tree_link(&h.proc, path("1/fd/%u", 10 + i), others[i]);
	tree_link(&h.proc, "1/fd/self", "socket:[601]");
	tree_link(&h.proc, "1/fd/4294967296", "socket:[601]");
	tree_file(&h.proc, "self/fd/3", "");
	tree_file(&h.proc, "4294967297/fd/3", "");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 601));
	CU_ASSERT_EQUAL(pid_of(&h, 601), 0);
	add_socket(&h, 1, 4294967295, 4294967295);
	CU_ASSERT_TRUE(LOOK_UP(&h, 4294967295));
	CU_ASSERT_EQUAL(pid_of(&h, 4294967295), 1);
	host_free(&h);
}

static void test_stat(void)
{
#define TO_21 " S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"
	static const struct {
		const char *stat, *name; /* NULL: it has no owner */
	} cases[] = {
	    {"5 (a b) c) R 1)" TO_21 " 99 23\n", "a b) c) R 1"},
	    {"5 (()" TO_21 " 99\n", "("},
	    {"5 ()" TO_21 " 99 23\n", ""},
	    {"5 (\n(\x01\xff\xc3\xbc)" TO_21 " 99 23\n", "?(?"
							 "?\xc3\xbc"},
	    {"5 (sixteen bytes ..)" TO_21 " 99 23\n", "sixteen bytes ."},
	    {"5 (fifteen bytes,\xc3\xbc)" TO_21 " 18446744073709551615 23\n",
	     "fifteen bytes,?"},
	    {"", NULL},
	    {"5 (a" TO_21 " 99 23\n", NULL},
	    {"5 a)" TO_21 " 99 23\n", NULL},
	    {"5 )a(" TO_21 " 99 23\n", NULL},
	    {"5 (a)" TO_21 "\n", NULL},
	    {"5 (a)" TO_21 " \n", NULL},
	    {"5 (a)" TO_21 " -9 23\n", NULL},
	    {"5 (a)" TO_21 " 9x 23\n", NULL},
	    {"5 (a)" TO_21 " 18446744073709551616 23\n", NULL},
	};
#undef TO_21

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = host_new();
		bool known = cases[i].name != NULL;

		tree_file(&h.proc, "5/stat", cases[i].stat);
		add_socket(&h, 5, 3, 700);
		CU_ASSERT_TRUE(NEXT_ROUND(&h, 700));
		CU_ASSERT_EQUAL(pid_of(&h, 700), known ? 5 : 0);
		CU_ASSERT_STRING_EQUAL(owner_of(&h, 700)->name,
				       known ? cases[i].name : "");
		host_free(&h);
	}
}

static void test_cgroup(void)
{
	static const struct {
		const char *cgroup, *service;
	} cases[] = {
	    {"0::/system.slice/a.service\n", "a.service"},
	    {"0::/system.slice/a.service", "a.service"},
	    {"0::/system.slice/a:b.service/x\n", "a:b.service"},
	    {"9:name=systemd:/b.service\n8:pids:/c.service\n0::/\n", "b.service"},
	    {"9:name=systemd:/b.service\n8:pids:/c.service\n0::/d.service\n",
	     "d.service"},
	    {"8:pids:/c.service\n0::/\n", ""},
	    {"0::/\xff\x01.service\n", "??.service"},
	    {"", ""},
	    {"\n:\n::\n0::\n", ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = host_new();

		add_process(&h, 5, "x");
		tree_file(&h.proc, "5/cgroup", cases[i].cgroup);
		add_socket(&h, 5, 3, 700);
		CU_ASSERT_TRUE(NEXT_ROUND(&h, 700));
		CU_ASSERT_STRING_EQUAL(owner_of(&h, 700)->service, cases[i].service);
		host_free(&h);
	}
}

/* The lowest pid owns what several hold, whatever the order of their folders. */
static void test_shared(void)
{
	static const unsigned pids[] = {900, 9, 80, 1000, 10};
	struct host h = host_new();

	for (size_t i = 0; i < COUNT(pids); i++) {
		add_process(&h, pids[i], "worker");
		add_socket(&h, pids[i], 3, 800);
		add_socket(&h, pids[i], 4, 800);
		add_socket(&h, pids[i], 5, 800 + pids[i]);
	}
	NEXT_ROUND(&h, 800, 809, 810, 880, 1700, 1800);
	CU_ASSERT_EQUAL(pid_of(&h, 800), 9);
	CU_ASSERT_EQUAL(pid_of(&h, 1800), 1000);
	tree_drop(&h.proc, "9");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 800, 810, 880, 1700, 1800));
	CU_ASSERT_EQUAL(pid_of(&h, 800), 10);
	host_free(&h);
}

/* A scan reads those first that own sockets, and stops when it has found all. */
static void test_early_stop(void)
{
	struct host h = host_new();

	add_process(&h, 1, "lowest");
	add_process(&h, 50, "known");
	add_socket(&h, 50, 3, 900);
	NEXT_ROUND(&h, 900);
	add_socket(&h, 50, 4, 901);
	add_socket(&h, 1, 3, 901);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 900, 901));
	CU_ASSERT_EQUAL(pid_of(&h, 901), 50);
	/* Looking for one that nobody holds leads through all of them. */
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 900, 901, 999));
	CU_ASSERT_EQUAL(pid_of(&h, 901), 1);
	CU_ASSERT_EQUAL(pid_of(&h, 900), 50);
	host_free(&h);
}

static void test_recycled_pid(void)
{
	struct host h = host_new();

	add_process(&h, 70, "old");
	add_socket(&h, 70, 3, 1000);
	NEXT_ROUND(&h, 1000);
	set_stat(&h, 70, "renamed", 1070);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 1000));
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 1000)->name, "renamed");
	set_stat(&h, 70, "new", 2070);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1000));
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 1000)->name, "new");
	drop_socket(&h, 70, 3);
	set_stat(&h, 70, "newer", 3070);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1000));
	CU_ASSERT_EQUAL(pid_of(&h, 1000), 0);
	host_free(&h);
}

/* The process changes between the round's beginning and the scan. */
static void test_recycled_meanwhile(void)
{
	struct host h = host_new();

	add_process(&h, 70, "old");
	add_socket(&h, 70, 3, 1000);
	NEXT_ROUND(&h, 1000);
	owners_begin(h.owners);
	set_stat(&h, 70, "new", 2070);
	add_socket(&h, 70, 4, 1001);
	/* One that nobody holds, so that the scan reads both, in whatever order they
	 * come. */
	LOOK_UP(&h, 1000, 1001, 999);
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 1001)->name, "new");
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 1000)->name, "new");
	host_free(&h);
}

static void test_gone(void)
{
	struct host h = host_new();
	size_t count;

	for (unsigned pid = 1; pid <= 200; pid++) {
		add_process(&h, pid, "x");
		add_socket(&h, pid, 3, 2000 + pid);
		owners_find(h.owners, 2000 + pid, 0);
	}
	CU_ASSERT_EQUAL(owners_scan(h.owners, UINT32_MAX), 0);
	for (unsigned pid = 1; pid <= 200; pid++)
		CU_ASSERT_EQUAL(pid_of(&h, 2000 + pid), pid);
	for (unsigned pid = 1; pid <= 200; pid += 3)
		tree_drop(&h.proc, path("%u", pid));
	owners_begin(h.owners);
	for (unsigned pid = 1; pid <= 200; pid++)
		CU_ASSERT_EQUAL(pid_of(&h, 2000 + pid), pid % 3 == 1 ? 0 : pid);
	owners_list(h.owners, &count);
	CU_ASSERT_EQUAL(count, 1 + 133);
	host_free(&h);
}

/* Inodes that are not looked up for a round are forgotten, and owners without any. */
static void test_forgotten(void)
{
	struct host h = host_new();
	size_t count;

	add_process(&h, 5, "x");
	add_process(&h, 6, "y");
	add_socket(&h, 5, 3, 1101);
	add_socket(&h, 6, 3, 1102);
	NEXT_ROUND(&h, 1101, 1102);
	CU_ASSERT_FALSE(NEXT_ROUND(&h, 1102));
	owners_begin(h.owners);
	owners_list(h.owners, &count);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_TRUE(LOOK_UP(&h, 1101));
	CU_ASSERT_EQUAL(pid_of(&h, 1101), 5);

	/* Sockets that come and go do not push out the one that stays. */
	for (uint32_t round = 0; round < 20; round++) {
		owners_begin(h.owners);
		CU_ASSERT_EQUAL(pid_of(&h, 1102), round == 0 ? 0 : 6);
		for (uint32_t i = 0; i < 3000; i++)
			owners_find(h.owners, 10000 + 3000 * round + i, 0);
		CU_ASSERT_EQUAL(owners_scan(h.owners, UINT32_MAX), 0);
	}
	host_free(&h);
}

/* What a scan did not find is not looked for on and on, but not given up either. */
static void test_unfound(void)
{
	struct host h = host_new();
	unsigned wanted = 0;

	add_process(&h, 5, "x");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1200));
	CU_ASSERT_FALSE(owners_wants(h.owners, 1200));
	CU_ASSERT_FALSE(LOOK_UP(&h, 1200));
	for (int round = 0; round < 640; round++)
		wanted += NEXT_ROUND(&h, 1200);
	CU_ASSERT_TRUE(wanted >= 10 && wanted <= 16);
	add_socket(&h, 5, 3, 1200);
	for (int round = 0; round < 64; round++)
		NEXT_ROUND(&h, 1200);
	CU_ASSERT_EQUAL(pid_of(&h, 1200), 5);
	host_free(&h);
}

/* A process hands its socket on to one with a higher pid. */
static void test_handed_on(void)
{
	struct host h = host_new();

	add_process(&h, 5, "old");
	add_process(&h, 6, "new");
	add_socket(&h, 5, 3, 1300);
	add_socket(&h, 5, 4, 1301);
	add_socket(&h, 6, 3, 1302);
	NEXT_ROUND(&h, 1300, 1301, 1302);
	drop_socket(&h, 5, 3);
	add_socket(&h, 6, 4, 1300);
	add_socket(&h, 6, 5, 1303);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1300, 1301, 1302, 1303));
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 1300, 1301, 1302, 1303));
	CU_ASSERT_EQUAL(pid_of(&h, 1300), 6);
	CU_ASSERT_EQUAL(pid_of(&h, 1301), 5);
	host_free(&h);
}

/* A socket moves to another descriptor, and a new one takes its place. */
static void test_moved(void)
{
	struct host h = host_new();
	bool found = false;

	add_process(&h, 5, "x");
	add_socket(&h, 5, 3, 1400);
	add_socket(&h, 5, 4, 1401);
	NEXT_ROUND(&h, 1400, 1401);
	drop_socket(&h, 5, 3);
	add_socket(&h, 5, 9, 1400);
	add_socket(&h, 5, 3, 1402);
	for (int round = 0; round < 3 && !found; round++) {
		NEXT_ROUND(&h, 1400, 1401, 1402);
		found = pid_of(&h, 1402) == 5;
	}
	CU_ASSERT_TRUE(found);
	CU_ASSERT_EQUAL(pid_of(&h, 1400), 5);
	/* A descriptor whose socket has been closed is read at once. */
	drop_socket(&h, 5, 4);
	add_socket(&h, 5, 4, 1403);
	NEXT_ROUND(&h, 1400, 1402, 1403);
	CU_ASSERT_EQUAL(pid_of(&h, 1403), 5);
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
	CU_ASSERT_EQUAL_FATAL(fstatat(fd, "a.service/b", &st, 0), 0);
	CU_ASSERT_EQUAL_FATAL(owners_new(h.proc_fd, fd, &h.owners), 0);
	add_process(&h, 1, "init");
	add_socket(&h, 1, 3, 1500);
	for (int round = 0; round < 3; round++) {
		owners_begin(h.owners);
		number = owners_find(h.owners, 1501, st.st_ino);
		CU_ASSERT_NOT_EQUAL(number, 0);
		CU_ASSERT_EQUAL(owners_find(h.owners, 1502, st.st_ino), number);
		list = owners_list(h.owners, &count);
		CU_ASSERT_EQUAL(count, 2);
		CU_ASSERT_EQUAL(list[number].pid, 0);
		CU_ASSERT_STRING_EQUAL(list[number].name, "");
		CU_ASSERT_STRING_EQUAL(list[number].service, "a.service");
		CU_ASSERT_EQUAL(owners_find(h.owners, 0, st.st_ino), 0);
	}
	CU_ASSERT_TRUE(owners_wants(h.owners, 1501));
	CU_ASSERT_TRUE(LOOK_UP(&h, 1500));
	CU_ASSERT_EQUAL(pid_of(&h, 1500), 1);
	host_free(&h);
	close(fd);
	tree_remove(&cgroup);
}

static void test_proc_missing(void)
{
	struct host h = host_new();
	struct owners *broken;

	CU_ASSERT_EQUAL_FATAL(owners_new(1 << 20, -1, &broken), 0);
	owners_begin(broken);
	CU_ASSERT_EQUAL(owners_scan(broken, UINT32_MAX), 0);
	owners_find(broken, 1600, 0);
	CU_ASSERT_EQUAL(owners_scan(broken, UINT32_MAX), -EBADF);
	CU_ASSERT_TRUE(owners_wants(broken, 1600));
	owners_free(broken);
	owners_free(NULL);

	/* A process that has gone, one without descriptors, and no process 1: hidden. */
	tree_file(&h.proc, "7/stat", "");
	tree_file(&h.proc, "8", "");
	NEXT_ROUND(&h, 1601);
	CU_ASSERT_EQUAL(owners_unreadable(h.owners), 1);
	add_process(&h, 1, "init");
	LOOK_UP(&h, 1602);
	CU_ASSERT_EQUAL(owners_unreadable(h.owners), 0);
	host_free(&h);
}

/* A slice that may take no time at all still gets on; the owners are found in the end,
 * whatever happens between two slices. */
static void test_slices(void)
{
	enum { PROCESSES = 5, EACH = 300 };
	struct host h = host_new();
	unsigned wrong = 0, slices = 0;

	add_process(&h, 1, "init");
	for (unsigned pid = 2; pid < 2 + PROCESSES; pid++) {
		add_process(&h, pid, "x");
		for (unsigned i = 0; i < EACH; i++)
			add_socket(&h, pid, 3 + i, 10000 * pid + i);
	}
	do {
		owners_begin(h.owners);
		wrong = 0;
		for (unsigned pid = 2; pid < 2 + PROCESSES; pid++)
			for (unsigned i = 0; i < EACH; i++)
				wrong += pid_of(&h, 10000 * pid + i) != pid;
		CU_ASSERT_EQUAL(owners_scan(h.owners, slices == 3 ? 0 : 1), 0);
		/* Slices read further processes only when the one before is done. */
		CU_ASSERT_TRUE(slices > 3 || wrong > 0);
		if (slices == 5)
			set_stat(&h, 2, "reborn", 9999);
	} while (wrong > 0 && ++slices < 100);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 20000)->name, "reborn");
	CU_ASSERT_STRING_EQUAL(owner_of(&h, 30000)->name, "x");
	host_free(&h);
}

/* A socket that is new while a scan is under way, in a process that it has read, is found
 * by the next one; it counts as missed by none. */
static void test_new_between_slices(void)
{
	struct host h = host_new();

	add_process(&h, 1, "init");
	add_process(&h, 2, "early");
	add_process(&h, 3, "late");
	add_socket(&h, 2, 3, 2000);
	add_socket(&h, 3, 3, 3000);
	owners_begin(h.owners);
	CU_ASSERT_EQUAL(pid_of(&h, 2000), 0);
	CU_ASSERT_EQUAL(pid_of(&h, 3000), 0);
	for (int i = 0; i < 2; i++) /* init and early */
		CU_ASSERT_EQUAL(owners_scan(h.owners, 1), 0);
	CU_ASSERT_EQUAL(pid_of(&h, 2000), 2);
	CU_ASSERT_EQUAL(pid_of(&h, 3000), 0);
	add_socket(&h, 2, 4, 2001);
	owners_begin(h.owners);
	CU_ASSERT_EQUAL(pid_of(&h, 2000), 2);
	CU_ASSERT_EQUAL(pid_of(&h, 2001), 0);
	CU_ASSERT_EQUAL(pid_of(&h, 3000), 0);
	/* The rest of the scan: late, and the end. */
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(owners_scan(h.owners, 1), 0);
	CU_ASSERT_EQUAL(pid_of(&h, 3000), 3);
	CU_ASSERT_EQUAL(pid_of(&h, 2001), 0);
	CU_ASSERT_TRUE(owners_wants(h.owners, 2001));
	CU_ASSERT_EQUAL(owners_scan(h.owners, 1), 0);
	CU_ASSERT_EQUAL(pid_of(&h, 2001), 2);
	host_free(&h);
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
	    {"text is made printable", test_text_clean},
	    {"a scan finds owners", test_scan},
	    {"other descriptors", test_links},
	    {"the process's stat", test_stat},
	    {"the process's cgroup", test_cgroup},
	    {"a shared socket", test_shared},
	    {"scans stop early", test_early_stop},
	    {"a recycled pid", test_recycled_pid},
	    {"a recycled pid, between look-up and scan", test_recycled_meanwhile},
	    {"processes that have gone", test_gone},
	    {"what is not looked up is forgotten", test_forgotten},
	    {"what nobody holds", test_unfound},
	    {"a socket handed on", test_handed_on},
	    {"a socket moved to another descriptor", test_moved},
	    {"the service without the process", test_service},
	    {"no /proc, a hidden one", test_proc_missing},
	    {"a scan in slices", test_slices},
	    {"a socket that is new between two slices", test_new_between_slices},
	    {"the cgroup2 mount", test_open_cgroup},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("owner", tests);
}
