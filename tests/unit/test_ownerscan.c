/* SPDX-License-Identifier: MIT */
#include "core/kernel/owner.h"

#include <string.h>

#include "tests/support/host.h"
#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

	host_process(&h, 1, "init");
	for (unsigned i = 0; i < COUNT(others); i++)
		tree_link(&h.proc, host_path("1/fd/%u", 10 + i), others[i]);
	tree_link(&h.proc, "1/fd/self", "socket:[601]");
	tree_link(&h.proc, "1/fd/4294967296", "socket:[601]");
	tree_file(&h.proc, "self/fd/3", "");
	tree_file(&h.proc, "4294967297/fd/3", "");
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 601));
	CHECK_EQ_INT(host_pid(&h, 601), 0);
	host_socket(&h, 1, 4294967295, 4294967295);
	CU_ASSERT_TRUE(LOOK_UP(&h, 4294967295));
	CHECK_EQ_INT(host_pid(&h, 4294967295), 1);
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
	    {"5 (fifteen bytes,\xc3\xbc)" TO_21 " 18446744073709551615 23\n", "fifteen bytes,?"},
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
		host_socket(&h, 5, 3, 700);
		CU_ASSERT_TRUE(NEXT_ROUND(&h, 700));
		CHECK_EQ_INT(host_pid(&h, 700), known ? 5 : 0);
		CHECK_EQ_STR(host_owner(&h, 700)->name, known ? cases[i].name : "");
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
	    {"9:name=systemd:/b.service\n8:pids:/c.service\n0::/d.service\n", "d.service"},
	    {"8:pids:/c.service\n0::/\n", ""},
	    {"0::/\xff\x01.service\n", "??.service"},
	    {"", ""},
	    {"\n:\n::\n0::\n", ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = host_new();

		host_process(&h, 5, "x");
		tree_file(&h.proc, "5/cgroup", cases[i].cgroup);
		host_socket(&h, 5, 3, 700);
		CU_ASSERT_TRUE(NEXT_ROUND(&h, 700));
		CHECK_EQ_STR(host_owner(&h, 700)->service, cases[i].service);
		host_free(&h);
	}
}

/* A scan reads those first that own sockets, and stops when it has found all. */
static void test_early_stop(void)
{
	struct host h = host_new();

	host_process(&h, 1, "lowest");
	host_process(&h, 50, "known");
	host_socket(&h, 50, 3, 900);
	NEXT_ROUND(&h, 900);
	host_socket(&h, 50, 4, 901);
	host_socket(&h, 1, 3, 901);
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 900, 901));
	CHECK_EQ_INT(host_pid(&h, 901), 50);
	/* Looking for one that nobody holds leads through all of them. */
	CU_ASSERT_TRUE(NEXT_ROUND(&h, 900, 901, 999));
	CHECK_EQ_INT(host_pid(&h, 901), 1);
	CHECK_EQ_INT(host_pid(&h, 900), 50);
	host_free(&h);
}

static void started(const struct host *h, unsigned pid, const char *comm, unsigned parent)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%u (%s) S %u 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 %u 23 24 25\n", pid,
		 comm, parent, 1000 + pid);
	tree_file(&h->proc, host_path("%u/stat", pid), text);
	host_socket(h, pid, 3, 700);
}

/* One round in which 700 is a listening socket, whose connections wait or do not. */
static void listening_round(const struct host *h, bool urgent)
{
	owners_begin(h->owners);
	owners_find(h->owners, 700, 0);
	owners_listening(h->owners, 700, urgent);
	CHECK_EQ_INT(owners_scan(h->owners, UINT32_MAX), 0);
}

/* Who is named of several processes that hold a listening socket. */
static void test_supervisor(void)
{
	static const struct {
		struct {
			unsigned pid;
			const char *comm;
			unsigned parent;
		} holders[4];
		unsigned owner;
	} cases[] = {
	    /* a supervisor and its service, directly or by a process that has closed it */
	    {{{10, "manager", 1}, {20, "web-app", 10}}, 20},
	    {{{10, "manager", 1}, {30, "web-app", 15}}, 30},
	    /* its pid may have come round */
	    {{{10, "web-app", 40}, {40, "manager", 1}}, 10},
	    /* systemd, and a service whose parent it is in the end */
	    {{{1, "systemd", 0}, {20, "sshd", 1}, {21, "sshd", 20}}, 20},
	    {{{1, "systemd", 0}, {10, "manager", 1}, {20, "a", 10}, {21, "a", 10}}, 20},
	    /* a master and its workers */
	    {{{10, "nginx", 1}, {20, "nginx", 10}, {21, "nginx", 10}}, 10},
	    {{{1, "nginx", 0}, {20, "nginx", 1}}, 1},
	    /* not related */
	    {{{10, "a", 1}, {20, "b", 1}}, 10},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = host_new();

		started(&h, 15, "sh", 10);
		tree_drop(&h.proc, "15/fd/3");
		for (size_t j = 0; j < 4 && cases[i].holders[j].pid; j++)
			started(&h, cases[i].holders[j].pid, cases[i].holders[j].comm,
				cases[i].holders[j].parent);
		listening_round(&h, true);
		CHECK_EQ_INT(host_pid(&h, 700), cases[i].owner);
		host_free(&h);
	}
}

/* Gives the process an epoll set with this text. */
static void epolls(const struct host *h, unsigned pid, const char *set)
{
	char fdinfo[512];

	snprintf(fdinfo, sizeof(fdinfo), "pos:\t0\nflags:\t02000002\n%s", set);
	tree_link(&h->proc, host_path("%u/fd/%u", pid, 4), "anon_inode:[eventpoll]");
	tree_file(&h->proc, host_path("%u/fdinfo/%u", pid, 4), fdinfo);
}

/* Several hold the socket, 10 in front of the others by its pid, 20 by its name; who has it in an
 * epoll set is named, if that is certain. */
static void test_pollers(void)
{
#define LINE(inode) "tfd:        3 events:       19 data:        3  pos:0 ino:" inode " sdev:8\n"
#define HAS         LINE("4fb") LINE("2bc")
#define HAS_NOT     LINE("2b") LINE("2bcd") LINE("32bc")
	static const struct {
		const char *sets[3]; /* of 10, 20, 30 */
		unsigned owner;
	} cases[] = {
	    {{NULL, NULL, NULL}, 20},
	    {{HAS, NULL, NULL}, 10},
	    {{NULL, NULL, HAS}, 30},
	    {{HAS_NOT, HAS_NOT, HAS}, 30},
	    {{NULL, HAS, HAS}, 20},
	    {{HAS_NOT, NULL, HAS_NOT}, 20},
	    /* before Linux 4.13, and what no kernel says */
	    {{"tfd:        3 events:       19 data:        3\n", NULL, HAS}, 20},
	    {{LINE("x"), NULL, HAS}, 20},
	};
#undef HAS_NOT
#undef HAS
#undef LINE

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host h = host_new();

		started(&h, 10, "shop", 1);
		started(&h, 20, "worker-1", 10);
		started(&h, 30, "worker-2", 10);
		for (unsigned j = 0; j < 3; j++)
			if (cases[i].sets[j])
				epolls(&h, 10 * (j + 1), cases[i].sets[j]);
		/* As long as its queue is short, and while scans go on. */
		for (int j = 0; j < 20; j++) {
			listening_round(&h, j == 0 || j > 10);
			CHECK_EQ_INT(host_pid(&h, 700), cases[i].owner);
		}
		host_free(&h);
	}
}

/* Who waited for connections ends; another one takes over. */
static void test_poller_ends(void)
{
	static const char SET[] = "tfd: 3 events: 19 data: 3  pos:0 ino:2bc sdev:8\n";
	struct host h = host_new();

	started(&h, 10, "shop", 1);
	started(&h, 20, "worker-1", 10);
	started(&h, 30, "worker-2", 10);
	epolls(&h, 30, SET);
	listening_round(&h, true);
	CHECK_EQ_INT(host_pid(&h, 700), 30);
	tree_drop(&h.proc, "30/fdinfo/4");
	tree_drop(&h.proc, "30/fd/4");
	epolls(&h, 10, SET);
	for (int i = 0; i < 32 && host_pid(&h, 700) != 10; i++)
		listening_round(&h, true);
	CHECK_EQ_INT(host_pid(&h, 700), 10);
	tree_drop(&h.proc, "10/stat");
	tree_drop(&h.proc, "10/fd/3");
	for (int i = 0; i < 32 && host_pid(&h, 700) != 20; i++)
		listening_round(&h, true);
	CHECK_EQ_INT(host_pid(&h, 700), 20);
	host_free(&h);
}

/* The manager holds the socket alone, and starts the service later. */
static void test_service_comes(void)
{
	struct host h = host_new();

	started(&h, 1, "systemd", 0);
	listening_round(&h, false);
	CHECK_EQ_INT(host_pid(&h, 700), 1);
	started(&h, 20, "app", 1);
	for (int i = 0; i < 16 && host_pid(&h, 700) == 1; i++)
		listening_round(&h, false);
	CHECK_EQ_INT(host_pid(&h, 700), 20);
	/* It ends: the manager holds the socket still. */
	tree_drop(&h.proc, "20/stat");
	tree_drop(&h.proc, "20/fd/3");
	for (int i = 0; i < 16 && host_pid(&h, 700) != 1; i++)
		listening_round(&h, false);
	CHECK_EQ_INT(host_pid(&h, 700), 1);
	host_free(&h);
}

/* The process changes between the round's beginning and the scan. */
static void test_recycled_meanwhile(void)
{
	struct host h = host_new();

	host_process(&h, 70, "old");
	host_socket(&h, 70, 3, 1000);
	NEXT_ROUND(&h, 1000);
	owners_begin(h.owners);
	host_stat(&h, 70, "new", 2070);
	host_socket(&h, 70, 4, 1001);
	/* One that nobody holds, so that the scan reads both, in whatever order they come. */
	LOOK_UP(&h, 1000, 1001, 999);
	CHECK_EQ_STR(host_owner(&h, 1001)->name, "new");
	CHECK_EQ_STR(host_owner(&h, 1000)->name, "new");
	host_free(&h);
}

/* A socket moves to another descriptor, and a new one takes its place. */
static void test_moved(void)
{
	struct host h = host_new();
	bool found = false;

	host_process(&h, 5, "x");
	host_socket(&h, 5, 3, 1400);
	host_socket(&h, 5, 4, 1401);
	NEXT_ROUND(&h, 1400, 1401);
	host_drop(&h, 5, 3);
	host_socket(&h, 5, 9, 1400);
	host_socket(&h, 5, 3, 1402);
	for (int round = 0; round < 3 && !found; round++) {
		NEXT_ROUND(&h, 1400, 1401, 1402);
		found = host_pid(&h, 1402) == 5;
	}
	CU_ASSERT_TRUE(found);
	CHECK_EQ_INT(host_pid(&h, 1400), 5);
	/* A descriptor whose socket has been closed is read at once. */
	host_drop(&h, 5, 4);
	host_socket(&h, 5, 4, 1403);
	NEXT_ROUND(&h, 1400, 1402, 1403);
	CHECK_EQ_INT(host_pid(&h, 1403), 5);
	host_free(&h);
}

static void test_proc_missing(void)
{
	struct host h = host_new();
	struct owners *broken;

	CHECK_EQ_INT_FATAL(owners_new(1 << 20, -1, &broken), 0);
	owners_begin(broken);
	CHECK_EQ_INT(owners_scan(broken, UINT32_MAX), 0);
	owners_find(broken, 1600, 0);
	CHECK_EQ_INT(owners_scan(broken, UINT32_MAX), -EBADF);
	CU_ASSERT_TRUE(owners_wants(broken, 1600));
	owners_free(broken);
	owners_free(NULL);

	/* A process that has gone, one without descriptors, and no process 1: hidden. */
	tree_file(&h.proc, "7/stat", "");
	tree_file(&h.proc, "8", "");
	NEXT_ROUND(&h, 1601);
	CHECK_EQ_INT(owners_unreadable(h.owners), 1);
	host_process(&h, 1, "init");
	LOOK_UP(&h, 1602);
	CHECK_EQ_INT(owners_unreadable(h.owners), 0);
	host_free(&h);
}

/* A slice that may take no time at all still gets on; the owners are found in the end, whatever
 * happens between two slices. */
static void test_slices(void)
{
	enum { PROCESSES = 5, EACH = 300 };
	struct host h = host_new();
	unsigned wrong = 0, slices = 0;

	host_process(&h, 1, "init");
	for (unsigned pid = 2; pid < 2 + PROCESSES; pid++) {
		host_process(&h, pid, "x");
		for (unsigned i = 0; i < EACH; i++)
			host_socket(&h, pid, 3 + i, 10000 * pid + i);
	}
	do {
		owners_begin(h.owners);
		wrong = 0;
		for (unsigned pid = 2; pid < 2 + PROCESSES; pid++)
			for (unsigned i = 0; i < EACH; i++)
				wrong += host_pid(&h, 10000 * pid + i) != pid;
		CHECK_EQ_INT(owners_scan(h.owners, slices == 3 ? 0 : 1), 0);
		/* Slices read further processes only when the one before is done. */
		CU_ASSERT_TRUE(slices > 3 || wrong > 0);
		if (slices == 5)
			host_stat(&h, 2, "reborn", 9999);
	} while (wrong > 0 && ++slices < 100);
	CHECK_EQ_INT(wrong, 0);
	CHECK_EQ_STR(host_owner(&h, 20000)->name, "reborn");
	CHECK_EQ_STR(host_owner(&h, 30000)->name, "x");
	host_free(&h);
}

/* A socket that is new while a scan is under way, in a process that it has read, is found by the
 * next one; it counts as missed by none. */
static void test_new_between_slices(void)
{
	struct host h = host_new();

	host_process(&h, 1, "init");
	host_process(&h, 2, "early");
	host_process(&h, 3, "late");
	host_socket(&h, 2, 3, 2000);
	host_socket(&h, 3, 3, 3000);
	owners_begin(h.owners);
	CHECK_EQ_INT(host_pid(&h, 2000), 0);
	CHECK_EQ_INT(host_pid(&h, 3000), 0);
	for (int i = 0; i < 2; i++) /* init and early */
		CHECK_EQ_INT(owners_scan(h.owners, 1), 0);
	CHECK_EQ_INT(host_pid(&h, 2000), 2);
	CHECK_EQ_INT(host_pid(&h, 3000), 0);
	host_socket(&h, 2, 4, 2001);
	owners_begin(h.owners);
	CHECK_EQ_INT(host_pid(&h, 2000), 2);
	CHECK_EQ_INT(host_pid(&h, 2001), 0);
	CHECK_EQ_INT(host_pid(&h, 3000), 0);
	/* The rest of the scan: late, and the end. */
	for (int i = 0; i < 2; i++)
		CHECK_EQ_INT(owners_scan(h.owners, 1), 0);
	CHECK_EQ_INT(host_pid(&h, 3000), 3);
	CHECK_EQ_INT(host_pid(&h, 2001), 0);
	CU_ASSERT_TRUE(owners_wants(h.owners, 2001));
	CHECK_EQ_INT(owners_scan(h.owners, 1), 0);
	CHECK_EQ_INT(host_pid(&h, 2001), 2);
	host_free(&h);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"other descriptors", test_links},
	    {"the process's stat", test_stat},
	    {"the process's cgroup", test_cgroup},
	    {"scans stop early", test_early_stop},
	    {"a supervisor and its service", test_supervisor},
	    {"who waits for the connections", test_pollers},
	    {"who waits for them ends", test_poller_ends},
	    {"a service that comes later", test_service_comes},
	    {"a recycled pid, between look-up and scan", test_recycled_meanwhile},
	    {"a socket moved to another descriptor", test_moved},
	    {"no /proc, a hidden one", test_proc_missing},
	    {"a scan in slices", test_slices},
	    {"a socket that is new between two slices", test_new_between_slices},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("owner_scan", tests);
}
