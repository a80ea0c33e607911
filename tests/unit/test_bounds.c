/* SPDX-License-Identifier: MIT */
#include "core/kernel/bounds.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"

/* A directory that stands for /proc. */
static struct tree proc;

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/%s", name);
	if (text)
		tree_file(&proc, path, text);
	else
		tree_drop(&proc, path);
}

static struct bounds read_bounds(void)
{
	int fd = open(proc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bounds bounds;

	CU_ASSERT_FATAL(fd >= 0);
	bounds_read(fd, &bounds);
	close(fd);
	return bounds;
}

static void figures(void)
{
	struct bounds b;

	tree_make(&proc);
	put("net/ipv4/tcp_max_tw_buckets", "65536\n");
	put("net/ipv4/tcp_max_orphans", "16384\n");
	put("net/ipv4/tcp_mem", "93360\t124480\t186720\n");
	put("fs/file-nr", "1824\t0\t9223372036854775807\n");
	put("net/core/somaxconn", "4096\n");
	put("net/ipv4/tcp_fin_timeout", "30\n");
	b = read_bounds();
	CU_ASSERT_TRUE(b.has_tw && b.has_orphans && b.has_memory && b.has_files);
	CHECK_EQ_INT(b.max_tw_buckets, 65536);
	CHECK_EQ_INT(b.max_orphans, 16384);
	CHECK_EQ_INT(b.memory_max, 186720);
	CHECK_EQ_INT(b.files_used, 1824);
	CHECK_EQ_INT(b.files_max, INT64_MAX);
	CHECK_EQ_INT(b.somaxconn, 4096);
	CHECK_EQ_INT(b.fin_timeout_s, 30);
	tree_remove(&proc);
}

/* Another namespace than the first has no tcp_mem and tcp_max_orphans. */
static void what_is_missing_is_left_out(void)
{
	struct bounds b;

	tree_make(&proc);
	put("net/ipv4/tcp_mem", "93360\t124480\n");
	put("fs/file-nr", "1824\t0\n");
	put("net/core/somaxconn", "4294967296\n");
	put("net/ipv4/tcp_fin_timeout", "2147483648\n");
	b = read_bounds();
	CU_ASSERT_FALSE(b.has_tw || b.has_orphans || b.has_memory || b.has_files || b.has_ports);
	CHECK_EQ_INT(b.somaxconn, 0);
	CHECK_EQ_INT(b.fin_timeout_s, 60);
	CHECK_EQ_INT(b.syn_max, UINT32_MAX);
	CHECK_EQ_INT(b.reuse, REUSE_NONE);
	CHECK_EQ_INT(b.port_low, 32768);
	CHECK_EQ_INT(b.port_high, 60999);
	put("net/core/somaxconn", "4294967295\n");
	put("net/ipv4/tcp_fin_timeout", "2147483647\n");
	b = read_bounds();
	CHECK_EQ_INT(b.somaxconn, UINT32_MAX);
	CHECK_EQ_INT(b.fin_timeout_s, INT32_MAX);
	tree_remove(&proc);
}

static void ports(void)
{
	static const struct {
		const char *range, *reserved;
		bool known;
		uint32_t usable, even;
	} cases[] = {
	    {"32768\t60999\n", "\n", true, 28232, 14116},
	    {"1024\t65535\n", NULL, true, 64512, 32256},
	    {"5000\t5000\n", NULL, true, 1, 1},
	    {"5001\t5003\n", "5002\n", true, 2, 2},
	    {"5001\t5003\n", "5001,5003-6000\n", true, 1, 0},
	    {"0\t65535\n", "0-65535\n", true, 0, 0},
	    {"5001\t5000\n", NULL, false, 28232, 14116},
	    {"1024\t65536\n", NULL, false, 28232, 14116},
	    {"1024\n", NULL, false, 28232, 14116},
	    /* What comes before the fault counts. */
	    {"5000\t5009\n", "5000-5003,x\n", true, 6, 3},
	};

	tree_make(&proc);
	put("net/ipv4/ip_local_reserved_ports", "\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bounds b;

		put("net/ipv4/ip_local_port_range", cases[i].range);
		put("net/ipv4/ip_local_reserved_ports", cases[i].reserved ? cases[i].reserved : "");
		b = read_bounds();
		CHECK_EQ_INT(b.has_ports, cases[i].known);
		CHECK_EQ_INT(b.ports_usable, cases[i].usable);
		CHECK_EQ_INT(b.ports_even, cases[i].even);
	}
	tree_remove(&proc);
}

static void ports_of_time_wait(void)
{
	static const struct {
		const char *reuse, *timestamps;
		enum time_wait_reuse expected;
	} cases[] = {
	    {"0\n", "1\n", REUSE_NONE},     {"1\n", "1\n", REUSE_ALL},
	    {"2\n", "1\n", REUSE_LOOPBACK}, {"2\n", "2\n", REUSE_LOOPBACK},
	    {"1\n", "0\n", REUSE_NONE},     {"2\n", "0\n", REUSE_NONE},
	};

	tree_make(&proc);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("net/ipv4/tcp_tw_reuse", cases[i].reuse);
		put("net/ipv4/tcp_timestamps", cases[i].timestamps);
		CHECK_EQ_INT(read_bounds().reuse, cases[i].expected);
	}
	put("net/ipv4/tcp_timestamps", NULL);
	CHECK_EQ_INT(read_bounds().reuse, REUSE_NONE);
	tree_remove(&proc);
}

static void half_open_connections(void)
{
	static const struct {
		const char *cookies, *backlog;
		uint32_t expected;
	} cases[] = {
	    {"1\n", "32\n", UINT32_MAX},
	    {"2\n", "32\n", UINT32_MAX},
	    {"0\n", "32\n", 24},
	    {"0\n", "33\n", 25},
	    {"0\n", "0\n", 0},
	    {"0\n", "4294967295\n", 3221225472},
	    {"0\n", "4294967296\n", UINT32_MAX},
	    {"0\n", "x\n", UINT32_MAX},
	};

	tree_make(&proc);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("net/ipv4/tcp_syncookies", cases[i].cookies);
		put("net/ipv4/tcp_max_syn_backlog", cases[i].backlog);
		CHECK_EQ_INT(read_bounds().syn_max, cases[i].expected);
		CHECK_EQ_INT(read_bounds().always_cookies, cases[i].cookies[0] == '2');
	}
	tree_remove(&proc);
}

static void fullness_of_a_queue(void)
{
	CHECK_EQ_INT(bounds_fullness(0, 0), 0);
	CHECK_EQ_INT(bounds_fullness(1, 0), 100);
	CHECK_EQ_INT(bounds_fullness(127, 128), 99);
	CHECK_EQ_INT(bounds_fullness(128, 128), 100);
	CHECK_EQ_INT(bounds_fullness(129, 128), 100);
	CHECK_EQ_INT(bounds_fullness(UINT32_MAX, UINT32_MAX), 100);
	CHECK_EQ_INT(bounds_fullness(UINT32_MAX - 1, UINT32_MAX), 99);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"figures", figures},
	    {"what is missing is left out", what_is_missing_is_left_out},
	    {"ports for connect()", ports},
	    {"ports of TIME_WAIT", ports_of_time_wait},
	    {"half-open connections", half_open_connections},
	    {"how full a queue is", fullness_of_a_queue},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("bounds", tests);
}
