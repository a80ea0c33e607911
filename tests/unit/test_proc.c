/* SPDX-License-Identifier: MIT */
#include "core/kernel/proc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/tree.h"
#include "tests/support/suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool has(const struct counters *c, const char *name, uint64_t expected)
{
	uint64_t value;

	return proc_counter(c, name, &value) && value == expected;
}

static void counters_are_those_of_nstat(void)
{
	int fd = suite_open_data("proc/linux-6.18");
	FILE *nstat = fopen(suite_data("proc/linux-6.18/nstat.txt"), "re");
	struct counters c = {.rows = NULL};
	char line[128], name[64];
	unsigned lines = 0;
	uint64_t value;

	CU_ASSERT_PTR_NOT_NULL_FATAL(nstat);
	CHECK_EQ_INT_FATAL(proc_counters(fd, &c), 0);
	while (fgets(line, sizeof(line), nstat)) {
		if (sscanf(line, "%63[^ #] %" SCNu64, name, &value) == 2) {
			lines++;
			CU_ASSERT_TRUE(has(&c, name, value));
		}
	}
	CHECK_EQ_INT(lines, 145);
	CHECK_EQ_INT(c.count, 149); /* and the four that nstat leaves out */
	for (size_t i = 1; i < c.count; i++)
		CU_ASSERT(strcmp(c.rows[i - 1].name, c.rows[i].name) < 0);
	CU_ASSERT_FALSE(proc_counter(&c, "TcpMaxConn", &value)); /* -1 */
	CU_ASSERT_FALSE(proc_counter(&c, "IpForwarding", &value));
	CU_ASSERT_FALSE(proc_counter(&c, "MPTcpExtMPCapableSYNRX", &value));
	proc_counters_done(&c);
	CHECK_EQ_INT(c.count, 0);
	CU_ASSERT_FALSE(proc_counter(&c, "TcpCurrEstab", &value));
	fclose(nstat);
	close(fd);
}

static void an_old_kernel_has_fewer(void)
{
	int fd = suite_open_data("proc/linux-3.10");
	struct counters c = {.rows = NULL};
	struct sockstat s;
	uint64_t value;

	CHECK_EQ_INT_FATAL(proc_counters(fd, &c), 0);
	CHECK_EQ_INT(c.count, 14 + 12);
	CU_ASSERT_TRUE(has(&c, "TcpCurrEstab", 19));
	CU_ASSERT_TRUE(has(&c, "TcpInSegs", UINT64_MAX));
	CU_ASSERT_TRUE(has(&c, "TcpExtSyncookiesSent", 171));
	CU_ASSERT_TRUE(has(&c, "TcpExtTCPDirectCopyFromPrequeue", 77));
	CU_ASSERT_FALSE(proc_counter(&c, "TcpExtTCPReqQFullDrop", &value));
	proc_counters_done(&c);
	CHECK_EQ_INT(proc_sockstat(fd, &s), 0);
	CHECK_EQ_INT(s.orphans, 1);
	CHECK_EQ_INT(s.time_wait, 7);
	CHECK_EQ_INT(s.memory_pages, 3);
	CU_ASSERT_TRUE(proc_in_use(fd, &value));
	CHECK_EQ_INT(value, 9);
	close(fd);
	fd = suite_open_data("proc/linux-6.18");
	CU_ASSERT_TRUE(proc_in_use(fd, &value));
	CHECK_EQ_INT(value, 27 + 14);
	close(fd);
}

#define EXT "TcpExt: A\nTcpExt: 1\n"

/* What is not as the kernel writes it is not there; all else stays. */
static void what_is_odd_is_left_out(void)
{
	static const struct {
		const char *snmp, *netstat, *names;
	} cases[] = {
	    {"Tcp: A B\nTcp: 1 2\n", EXT, "TcpA=1 TcpB=2 TcpExtA=1 "},
	    {"Tcp:  A\tB \nTcp: 1  2 \n", EXT, "TcpA=1 TcpB=2 TcpExtA=1 "},
	    {"Tcp: A B\nTcp: -1 18446744073709551615\n", EXT,
	     "TcpB=18446744073709551615 TcpExtA=1 "},
	    {"Tcp:\nTcp:\n", EXT, "TcpExtA=1 "},
	    {NULL, EXT, "TcpExtA=1 "},
	    {"", EXT, "TcpExtA=1 "},
	    {"Tcp: A\nTcp: 1\n", NULL, "TcpA=1 "},
	    {"Tcp: A\nTcp: 1\n", "", "TcpA=1 "},
	    {"Tcp: A\nTcp: 1\n", "TcpExt: A B\n", "TcpA=1 "},
	    {"Tcp: A\nTcp: 1\n", "TcpExt: A B\nTcpExt:\n", "TcpA=1 "},
	    {"Tcp: A\nTcp: 1\n", "MPTcpExt: A\nMPTcpExt: 1\n", "TcpA=1 "},
	    /* Cut short: what the end may have cut, too. */
	    {"Tcp: A B\nTcp: 1 2", EXT, "TcpA=1 TcpExtA=1 "},
	    {"Tcp: A B C\nTcp: 1 2 ", EXT, "TcpA=1 TcpB=2 TcpExtA=1 "},
	    {"Tcp: A\n", EXT, "TcpExtA=1 "},
	    {"Tcp: A", EXT, "TcpExtA=1 "},
	    /* Whose value is missing? */
	    {"Tcp: A B\nTcp: 1\n", EXT, "TcpExtA=1 "},
	    {"Tcp: A\nTcp: 1 2\n", EXT, "TcpExtA=1 "},
	    {"Tcp: A B\nTcp: 1 18446744073709551616\n", EXT, "TcpA=1 TcpExtA=1 "},
	    {"Tcp: A\nTcp: 99999999999999999999999999999999999\n", EXT, "TcpExtA=1 "},
	    {"Tcp: A B\nTcp: 1x 2\n", EXT, "TcpB=2 TcpExtA=1 "},
	    {"Tcp: A B C D E\nTcp: 0x10 +1 --1 - one\n", EXT, "TcpExtA=1 "},
	    {"Tcp: A\nUdp: 1\n", EXT, "TcpExtA=1 "},
	    {"xTcp: A\nxTcp: 1\n", EXT, "TcpExtA=1 "},
	    {"\x7f"
	     "ELF\x02\x01\xff\xfe\n\n\n",
	     EXT, "TcpExtA=1 "},
	};
	struct tree f;

	tree_make(&f);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct counters c = {.count = 4711};
		char names[256] = "";

		tree_file(&f, "snmp", cases[i].snmp);
		tree_file(&f, "netstat", cases[i].netstat);
		CHECK_EQ_INT_FATAL(proc_counters(f.fd, &c), 0);
		for (size_t j = 0; j < c.count; j++) {
			size_t len = strlen(names);

			snprintf(names + len, sizeof(names) - len, "%s=%llu ", c.rows[j].name,
				 (unsigned long long)c.rows[j].value);
		}
		CHECK_EQ_STR(names, cases[i].names);
		proc_counters_done(&c);
	}
	tree_remove(&f);
}

/* That this process lacks handles says nothing of the kernel. */
static void a_shortage_is_an_error(void)
{
	struct rlimit limit, none;
	struct counters c = {.count = 4711};
	struct sockstat s = {.orphans = 99};
	struct tree f;

	tree_make(&f);
	tree_file(&f, "sockstat", "TCP: orphan 1\n");
	tree_file(&f, "snmp", EXT);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	CHECK_EQ_INT(proc_counters(f.fd, &c), -EMFILE);
	CHECK_EQ_INT(proc_sockstat(f.fd, &s), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK_EQ_INT(c.count, 4711);
	CHECK_EQ_INT(s.orphans, 99);
	tree_remove(&f);
}

/* Skipped rather than cut: it would be shown as another counter's. */
static void names_too_long_are_skipped(void)
{
	struct counters c = {.rows = NULL};
	struct tree f;
	char longest[48], text[256];

	memset(longest, 'A', sizeof(longest));
	longest[47 - strlen("Tcp")] = '\0';
	snprintf(text, sizeof(text), "Tcp: B %s %sA C\nTcp: 1 2 3 4\n", longest, longest);
	tree_make(&f);
	tree_file(&f, "snmp", text);
	tree_file(&f, "netstat", EXT);
	CHECK_EQ_INT(proc_counters(f.fd, &c), 0);
	CHECK_EQ_INT(c.count, 4);
	snprintf(text, sizeof(text), "Tcp%s", longest);
	CU_ASSERT_TRUE(has(&c, text, 2));
	CU_ASSERT_TRUE(has(&c, "TcpC", 4));
	proc_counters_done(&c);
	tree_remove(&f);
}

static void sockstat_is_read(void)
{
	static const struct {
		const char *sockstat, *figures;
	} cases[] = {
	    {"TCP: inuse 1 orphan 2 tw 3 alloc 4 mem 5\n", "2 3 5"},
	    {"sockets: used 9\nUDP: inuse 9 mem 9\nTCP: mem 5 new 9 tw 3 orphan 2\n", "2 3 5"},
	    {NULL, "- - -"},
	    {"", "- - -"},
	    {"TCP:\n", "- - -"},
	    {"xTCP: orphan 2\n", "- - -"},
	    {"TCP: inuse 1 orphan 2 tw 3 alloc 4\n", "2 3 -"},
	    {"TCP: inuse 1 tw 3 alloc 4 mem 5\n", "- 3 5"},
	    {"TCP: inuse 1 orphan 2 alloc 4 mem 5\n", "2 - 5"},
	    {"TCP: inuse 1 orphan 2 tw 3 alloc 4 mem\n", "2 3 -"},
	    /* It may have been 58. */
	    {"TCP: inuse 1 orphan 2 tw 3 alloc 4 mem 5", "2 3 -"},
	    {"TCP: orphan 2 tw 3 mem 18446744073709551616\n", "2 3 -"},
	    {"TCP: orphan -2 tw 3x mem 5\n", "- - 5"},
	    {"TCP: orphan 2 tw 3 mem 5 \xff\n", "2 3 5"},
	};
	struct tree f;

	tree_make(&f);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char orphans[8] = "-", time_wait[8] = "-", memory[8] = "-", figures[32];
		struct sockstat s;

		tree_file(&f, "sockstat", cases[i].sockstat);
		CHECK_EQ_INT_FATAL(proc_sockstat(f.fd, &s), 0);
		if (s.has_orphans)
			snprintf(orphans, sizeof(orphans), "%u", (unsigned)s.orphans);
		if (s.has_time_wait)
			snprintf(time_wait, sizeof(time_wait), "%u", (unsigned)s.time_wait);
		if (s.has_memory)
			snprintf(memory, sizeof(memory), "%u", (unsigned)s.memory_pages);
		snprintf(figures, sizeof(figures), "%s %s %s", orphans, time_wait, memory);
		CHECK_EQ_STR(figures, cases[i].figures);
	}
	tree_remove(&f);
}

static void numbers_are_read(void)
{
	static const struct {
		const char *text;
		int max, result;
		uint64_t numbers[3];
	} cases[] = {
	    {"32768\t60999\n", 2, 2, {32768, 60999}},
	    {"1 2 3 4\n", 3, 3, {1, 2, 3}},
	    {"1 2 3 4\n", 1, 1, {1}},
	    {"0", 3, 1, {0}},
	    {"18446744073709551615\n", 1, 1, {UINT64_MAX}},
	    {"7 x\n", 3, 1, {7}},
	    {"7 8x\n", 3, 1, {7}},
	    {"7\n8\n", 3, 1, {7}},
	    {"", 3, -EBADMSG, {0}},
	    {"\n", 3, -EBADMSG, {0}},
	    {"-1\n", 3, -EBADMSG, {0}},
	    {"cubic\n", 3, -EBADMSG, {0}},
	    {"12cubic\n", 3, -EBADMSG, {0}},
	    {"18446744073709551616\n", 3, -EBADMSG, {0}},
	    {NULL, 3, -ENOENT, {0}},
	};
	struct tree f;

	tree_make(&f);
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t numbers[3] = {0};

		tree_file(&f, "n", cases[i].text);
		CHECK_EQ_INT(proc_numbers(f.fd, "n", numbers, cases[i].max), cases[i].result);
		CHECK_EQ_INT(memcmp(numbers, cases[i].numbers, sizeof(numbers)), 0);
	}
	tree_remove(&f);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"counters are those of nstat", counters_are_those_of_nstat},
	    {"an old kernel has fewer", an_old_kernel_has_fewer},
	    {"what is odd is left out", what_is_odd_is_left_out},
	    {"a shortage is an error", a_shortage_is_an_error},
	    {"names too long are skipped", names_too_long_are_skipped},
	    {"sockstat is read", sockstat_is_read},
	    {"numbers are read", numbers_are_read},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("proc", tests);
}
