/* SPDX-License-Identifier: MIT */
#include "core/tuning/tunable.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/tuning/sysctld.h"
#include "core/tuning/sysname.h"
#include "tests/support/recorded.h"
#include "tests/support/suite.h"
#include "tests/support/tree.h"

/* What opening a directory gives, if it is not 0. */
static int directory_error;

/* In place of libc's. */
DIR *fdopendir(int fd)
{
	char path[32];
	DIR *dir;

	if (directory_error) {
		errno = directory_error;
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	dir = opendir(path);
	if (dir)
		close(fd);
	return dir;
}

static struct tuning_table *read_tree(const struct tree *t)
{
	struct tunable_roots roots = {.proc_sys = tree_path(t, "sys"), .root = t->path};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	CHECK_EQ_INT_FATAL(tunable_read(&roots, NULL, NULL, 0, &table, error), 0);
	return table;
}

static void running_values(void)
{
	static const struct {
		const char *file, *text;
		const char *name;
		uint32_t elements;
		const char *first, *last;
		bool is_number;
		int32_t number; /* of the first element */
	} cases[] = {
	    {"net/ipv4/tcp_fin_timeout", "60\n", "tcp_fin_timeout", 1, "60", "60", true, 60},
	    {"net/ipv4/tcp_wmem", "4096\t16384\t4194304\n", "tcp_wmem", 3, "4096", "4194304", true,
	     4096},
	    {"net/ipv4/ip_local_port_range", "32768\t60999\n", "ip_local_port_range", 2, "32768",
	     "60999", true, 32768},
	    {"net/ipv4/ip_local_reserved_ports", "\n", "ip_local_reserved_ports", 1, "", "", false,
	     0},
	    {"net/ipv4/tcp_congestion_control", "cubic\n", "tcp_congestion_control", 1, "cubic",
	     "cubic", false, 0},
	    {"net/ipv4/tcp_available_congestion_control", "reno cubic\n",
	     "tcp_available_congestion_control", 1, "reno cubic", "reno cubic", false, 0},
	    {"net/ipv4/tcp_notsent_lowat", "4294967295\n", "tcp_notsent_lowat", 1, "4294967295",
	     "4294967295", false, 0},
	    {"net/ipv4/tcp_ehash_entries", "-262144\n", "tcp_ehash_entries", 1, "-262144",
	     "-262144", true, -262144},
	    {"net/ipv4/tcp_of_the_future", "7", "tcp_of_the_future", 1, "7", "7", true, 7},
	    {"net/ipv4/tcp_empty", "", "tcp_empty", 1, "", "", false, 0},
	    {"net/ipv4/tcp_garbage", "\001\377x\t1\n", "tcp_garbage", 1, "??x 1", "??x 1", false,
	     0},
	    {"net/ipv4/tcp_partly", "1\t2x\n", "tcp_partly", 1, "1 2x", "1 2x", false, 0},
	    {"net/ipv4/tcp_huge", "99999999999999999999999\n", "tcp_huge", 1,
	     "99999999999999999999999", "99999999999999999999999", false, 0},
	    {"net/core/somaxconn", "4096\n", "net.core.somaxconn", 1, "4096", "4096", true, 4096},
	};
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	struct tuning_table *table;
	struct tree t;

	tree_make(&t);
	for (size_t i = 0; i < CASES; i++) {
		char path[128];

		snprintf(path, sizeof(path), "sys/%s", cases[i].file);
		tree_file(&t, path, cases[i].text);
	}
	table = read_tree(&t);
	for (size_t i = 0; i < CASES; i++) {
		const struct tuning *first = recorded_find(table, cases[i].name, 1);
		const struct tuning *last = recorded_find(table, cases[i].name, cases[i].elements);

		CU_ASSERT_PTR_NOT_NULL_FATAL(first);
		CU_ASSERT_PTR_NOT_NULL_FATAL(last);
		CU_ASSERT_PTR_NULL(recorded_find(table, cases[i].name, cases[i].elements + 1));
		CHECK_EQ_STR(first->value, cases[i].first);
		CHECK_EQ_STR(last->value, cases[i].last);
		CHECK_EQ_INT(first->is_number, cases[i].is_number);
		CHECK_EQ_INT(first->number, cases[i].number);
	}
	tunable_free(table);
	tree_remove(&t);
}

static void order_is_that_of_the_index(void)
{
	struct tuning_table *table;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "sys/net/ipv4/tcp_b", "1\n");
	tree_file(&t, "sys/net/ipv4/tcp_a", "1\t2\n");
	tree_file(&t, "sys/net/ipv4/tcp_aa", "1\n");
	table = read_tree(&t);
	CHECK_EQ_STR(table->rows[0].name, "tcp_a");
	CHECK_EQ_INT(table->rows[1].element, 2);
	CHECK_EQ_STR(table->rows[2].name, "tcp_b");
	for (size_t i = 1; i < table->count; i++) {
		const struct tuning *a = &table->rows[i - 1], *b = &table->rows[i];
		int cmp = sysname_cmp(a->name, b->name);

		CU_ASSERT(cmp < 0 || (cmp == 0 && a->element < b->element));
	}
	tunable_free(table);
	tree_remove(&t);
}

static void named_parameters_are_always_there(void)
{
	static const struct {
		const char *name;
		uint32_t elements;
	} cases[] = {{"tcp_tw_recycle", 1},          {"tcp_wmem", 3},
		     {"ip_local_port_range", 2},     {"net.core.somaxconn", 1},
		     {"ip_local_reserved_ports", 1}, {"tcp_retries2", 1}};
	struct tuning_table *table;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "sys/kernel/osrelease", "6.1.0\n");
	table = read_tree(&t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (uint32_t e = 1; e <= cases[i].elements; e++) {
			const struct tuning *row = recorded_find(table, cases[i].name, e);

			CU_ASSERT_PTR_NOT_NULL_FATAL(row);
			CHECK_EQ_INT(row->status, TUNING_ABSENT);
			CHECK_EQ_STR(row->value, "");
			CU_ASSERT(row->meaning[0] != '\0');
		}
		CU_ASSERT_PTR_NULL(recorded_find(table, cases[i].name, cases[i].elements + 1));
	}
	CU_ASSERT_PTR_NULL(recorded_find(table, "tcp_recovery", 1));
	tunable_free(table);
	tree_remove(&t);
}

/* A directory, a link and a file with a NUL are no parameters; none may end the reading. */
static void unreadable(void)
{
	struct tuning_table *table;
	struct tree t;
	char long_name[256] = "sys/net/ipv4/tcp_";

	tree_make(&t);
	tree_file(&t, "sys/net/ipv4/tcp_retries2/inside", "1\n");
	tree_file(&t, "sys/net/ipv4/tcp_fastopen_key", "secret\n");
	tree_link(&t, "sys/net/ipv4/tcp_retries1", "tcp_fastopen_key");
	tree_link(&t, "sys/net/ipv4/tcp_sack", "tcp_sack");
	tree_file(&t, "sys/net/ipv4/tcp_bad name", "1\n");
	memset(long_name + strlen(long_name), 'x', 100);
	tree_file(&t, long_name, "1\n");
	table = read_tree(&t);
	CHECK_EQ_INT(recorded_find(table, "tcp_retries2", 1)->status, TUNING_UNREADABLE);
	CHECK_EQ_INT(recorded_find(table, "tcp_retries1", 1)->status, TUNING_UNREADABLE);
	CHECK_EQ_INT(recorded_find(table, "tcp_sack", 1)->status, TUNING_UNREADABLE);
	for (size_t i = 0; i < table->count; i++) {
		CU_ASSERT(strlen(table->rows[i].name) < SYSNAME_MAX);
		CU_ASSERT_PTR_NULL(strchr(table->rows[i].name, ' '));
		CU_ASSERT_PTR_NULL(strstr(table->rows[i].name, "key"));
		CU_ASSERT_PTR_NULL(strstr(table->rows[i].value, "secret"));
	}
	tunable_free(table);
	tree_remove(&t);
}

static void long_value_is_cut(void)
{
	struct tuning_table *table;
	char text[3000];
	struct tree t;

	tree_make(&t);
	memset(text, '7', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tree_file(&t, "sys/net/ipv4/ip_local_reserved_ports", text);
	table = read_tree(&t);
	CHECK_EQ_INT(strlen(recorded_find(table, "ip_local_reserved_ports", 1)->value), 255);
	CHECK_EQ_STR(recorded_find(table, "ip_local_reserved_ports", 1)->value + 252, "...");
	tunable_free(table);
	tree_remove(&t);
}

static void no_proc_sys(void)
{
	struct tunable_roots roots = {.proc_sys = "/nonexistent"};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	CHECK_EQ_INT(tunable_read(&roots, NULL, NULL, 0, &table, error), -ENOENT);
	CU_ASSERT_PTR_NULL(table);
	tunable_free(NULL);
}

/* Whatever keeps a directory from being read is named. */
static void directories_that_fail(void)
{
	struct tuning_table *table = NULL;
	struct sysctld *sysctld = NULL;
	char error[TUNABLE_ERROR_MAX];
	struct tree t;

	tree_make(&t);
	tree_file(&t, "sys/net/ipv4/tcp_sack", "1\n");
	tree_file(&t, "etc/sysctl.d/50-admin.conf", "net.ipv4.tcp_sack=1\n");
	directory_error = EMFILE;
	CHECK_EQ_INT(
	    tunable_read(&(struct tunable_roots){.proc_sys = tree_path(&t, "sys"), .root = t.path},
			 NULL, NULL, 0, &table, error),
	    -EMFILE);
	CHECK_EQ_STR(error, strerror(EMFILE));
	CHECK_EQ_INT(sysctld_read(t.path, SYSCTLD_SYSTEMD, &sysctld), -EMFILE);
	directory_error = 0;
	CU_ASSERT_PTR_NULL(table);
	CU_ASSERT_PTR_NULL(sysctld);
	tree_remove(&t);
}

static void this_kernel(void)
{
	struct tunable_roots roots = {0};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	CHECK_EQ_INT_FATAL(tunable_read(&roots, NULL, NULL, 0, &table, error), 0);
	CU_ASSERT_PTR_NULL(recorded_find(table, "tcp_fastopen_key", 1));
	CHECK_EQ_INT(recorded_find(table, "tcp_rmem", 3)->is_number, true);
	CU_ASSERT_PTR_NULL(recorded_find(table, "tcp_rmem", 4));
	for (size_t i = 0; i < table->count; i++) {
		CU_ASSERT(strlen(table->rows[i].meaning) < 256);
		if (table->rows[i].meaning[0] == '\0')
			printf("no meaning: %s\n", table->rows[i].name);
	}
	tunable_free(table);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"running values, by element", running_values},
	    {"rows are in the order of the index", order_is_that_of_the_index},
	    {"parameters named by the documents", named_parameters_are_always_there},
	    {"what is no parameter, and secrets", unreadable},
	    {"a long value is cut", long_value_is_cut},
	    {"no /proc/sys", no_proc_sys},
	    {"directories that fail", directories_that_fail},
	    {"this kernel", this_kernel},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tunable", tests);
}
