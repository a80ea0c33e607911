/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningaudit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tuning/tunable.h"
#include "tests/support/recorded.h"
#include "tests/support/suite.h"

static void kernels_old_and_new(void)
{
	static const struct {
		const char *release;
		size_t differ; /* from modern, as the kernel starts */
		const char *somaxconn, *port, *rmem, *rmem_max, *tw_reuse, *tw_buckets;
		bool tw_recycle;
	} cases[] = {
	    {"3.10", 1, "128", "61000", "87380", "", "0", "", true},
	    {"4.19", 1, "128", "60999", "87380", "", "2", "", false},
	    {"5.10", 0, "4096", "60999", "131072", "", "2", "", false},
	    {"6.1", 0, "4096", "60999", "131072", "6291456", "2", "131072", false},
	    {"6.18", 0, "4096", "60999", "131072", "33554432", "2", "131072", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tuning_table *table;
		size_t differ = 0, known = 0;
		struct tree t;

		tree_make(&t);
		recorded_expand(&t, cases[i].release);
		table = recorded_audit(&t, "modern", NULL, 0);
		for (size_t j = 0; j < table->count; j++) {
			const struct tuning *row = &table->rows[j];

			CU_ASSERT(row->meaning[0] != '\0');
			CU_ASSERT_NOT_EQUAL(row->status, TUNING_UNREADABLE);
			CU_ASSERT_NOT_EQUAL(row->status, TUNING_HARMFUL);
			CU_ASSERT_PTR_NULL(strstr(row->value, "badc0de"));
			if (row->status == TUNING_ABSENT)
				CHECK_EQ_STR(row->default_value, "");
			differ += row->status == TUNING_DIFFERS;
			if (row->status == TUNING_ABSENT || row->default_value[0] == '\0')
				continue;
			known++;
			if (strcmp(row->value, row->default_value) != 0)
				printf("%s: %s[%u] is %s, default %s\n", cases[i].release,
				       row->name, row->element, row->value, row->default_value);
			CHECK_EQ_STR(row->value, row->default_value);
			CHECK_EQ_INT(row->drift, DRIFT_NONE);
		}
		CU_ASSERT(known > 40);
		CHECK_EQ_INT(differ, cases[i].differ);
		CHECK_EQ_INT(table->harmful, 0);
		CHECK_EQ_INT(table->drifted, 0);
		CHECK_EQ_STR(recorded_find(table, "net.core.somaxconn", 1)->default_value,
			     cases[i].somaxconn);
		CHECK_EQ_STR(recorded_find(table, "ip_local_port_range", 2)->default_value,
			     cases[i].port);
		CHECK_EQ_STR(recorded_find(table, "tcp_rmem", 2)->default_value, cases[i].rmem);
		CHECK_EQ_STR(recorded_find(table, "tcp_rmem", 3)->default_value, cases[i].rmem_max);
		CHECK_EQ_STR(recorded_find(table, "tcp_tw_reuse", 1)->default_value,
			     cases[i].tw_reuse);
		CHECK_EQ_STR(recorded_find(table, "tcp_max_tw_buckets", 1)->default_value,
			     cases[i].tw_buckets);
		CHECK_EQ_INT(recorded_find(table, "tcp_tw_recycle", 1)->status != TUNING_ABSENT,
			     cases[i].tw_recycle);
		tunable_free(table);
		tree_remove(&t);
	}
}

/* One value changed on an otherwise fresh kernel. */
static void verdicts(void)
{
	static const struct {
		const char *release, *file, *value;
		const char *conf; /* a line of sysctl.d; NULL: none */
		const char *name;
		uint32_t element;
		enum tuning_status status;
		enum tuning_drift drift;
		const char *target;
	} cases[] = {
	    {"6.18", "ipv4/tcp_syncookies", "0", NULL, "tcp_syncookies", 1, TUNING_HARMFUL,
	     DRIFT_NOT_PERSISTED, "1"},
	    {"6.18", "ipv4/tcp_syncookies", "2", "net.ipv4.tcp_syncookies=2", "tcp_syncookies", 1,
	     TUNING_HARMFUL, DRIFT_NONE, "1"},
	    {"6.18", "ipv4/tcp_max_tw_buckets", "5000", NULL, "tcp_max_tw_buckets", 1,
	     TUNING_HARMFUL, DRIFT_NOT_PERSISTED, "131072"},
	    {"6.18", "ipv4/tcp_max_tw_buckets", "65536", NULL, "tcp_max_tw_buckets", 1,
	     TUNING_DIFFERS, DRIFT_NOT_PERSISTED, "131072"},
	    {"6.18", "ipv4/tcp_max_tw_buckets", "262144", NULL, "tcp_max_tw_buckets", 1,
	     TUNING_AS_RECOMMENDED, DRIFT_NOT_PERSISTED, ""},
	    {"5.10", "ipv4/tcp_max_tw_buckets", "5000", NULL, "tcp_max_tw_buckets", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_NOT_APPLICABLE, ""},
	    {"6.18", "ipv4/tcp_max_orphans", "8192", NULL, "tcp_max_orphans", 1, TUNING_HARMFUL,
	     DRIFT_NOT_PERSISTED, "131072"},
	    {"6.18", "ipv4/tcp_window_scaling", "0", NULL, "tcp_window_scaling", 1, TUNING_HARMFUL,
	     DRIFT_NOT_PERSISTED, "1"},
	    {"6.18", "ipv4/tcp_sack", "0", NULL, "tcp_sack", 1, TUNING_HARMFUL, DRIFT_NOT_PERSISTED,
	     "1"},
	    {"6.18", "ipv4/tcp_abort_on_overflow", "1", NULL, "tcp_abort_on_overflow", 1,
	     TUNING_HARMFUL, DRIFT_NOT_PERSISTED, "0"},
	    {"6.18", "ipv4/tcp_retries2", "7", NULL, "tcp_retries2", 1, TUNING_HARMFUL,
	     DRIFT_NOT_PERSISTED, "8"},
	    {"6.18", "ipv4/tcp_retries2", "8", NULL, "tcp_retries2", 1, TUNING_AS_RECOMMENDED,
	     DRIFT_NOT_PERSISTED, ""},
	    {"6.18", "ipv4/tcp_timestamps", "0", NULL, "tcp_timestamps", 1, TUNING_DIFFERS,
	     DRIFT_NOT_PERSISTED, "1"},
	    {"3.10", "ipv4/tcp_tw_recycle", "1", "net.ipv4.tcp_tw_recycle = 1", "tcp_tw_recycle", 1,
	     TUNING_HARMFUL, DRIFT_NONE, "0"},
	    {"6.18", "ipv4/tcp_rmem", "4096\t131072\t1000000", NULL, "tcp_rmem", 3, TUNING_DIFFERS,
	     DRIFT_NOT_PERSISTED, "33554432"},
	    {"6.18", "ipv4/tcp_fin_timeout", "30", "net.ipv4.tcp_fin_timeout=0x1e",
	     "tcp_fin_timeout", 1, TUNING_NO_RECOMMENDATION, DRIFT_NONE, ""},
	    {"6.18", "ipv4/tcp_fin_timeout", "30", "net.ipv4.tcp_fin_timeout=15", "tcp_fin_timeout",
	     1, TUNING_NO_RECOMMENDATION, DRIFT_DIFFERS_FROM_PERSISTED, ""},
	    {"6.18", "ipv4/tcp_fin_timeout", "60", "net.ipv4.tcp_fin_timeout=abc",
	     "tcp_fin_timeout", 1, TUNING_NO_RECOMMENDATION, DRIFT_REFUSED, ""},
	    {"6.18", "ipv4/tcp_fin_timeout", "30", "net.ipv4.tcp_fin_timeout=30s",
	     "tcp_fin_timeout", 1, TUNING_NO_RECOMMENDATION, DRIFT_NOT_PERSISTED, ""},
	    {"6.18", "ipv4/tcp_fin_timeout", "30", "net.ipv4.tcp_fin_timeout=30 # s",
	     "tcp_fin_timeout", 1, TUNING_NO_RECOMMENDATION, DRIFT_NONE, ""},
	    {"6.18", "ipv4/tcp_congestion_control", "cubic",
	     "net.ipv4.tcp_congestion_control=vegas", "tcp_congestion_control", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_NOT_KNOWN, ""},
	    {"6.18", "ipv4/tcp_wmem", "4096\t16384\t4194304", "net.ipv4.tcp_wmem=4096 16384 9",
	     "tcp_wmem", 2, TUNING_NO_RECOMMENDATION, DRIFT_NONE, ""},
	    {"6.18", "ipv4/tcp_wmem", "4096\t16384\t4194304", "net.ipv4.tcp_wmem=4096 16384 9",
	     "tcp_wmem", 3, TUNING_AS_RECOMMENDED, DRIFT_DIFFERS_FROM_PERSISTED, ""},
	    {"6.18", "ipv4/tcp_wmem", "4096\t16384\t4194304", "net.ipv4.tcp_wmem=4096", "tcp_wmem",
	     3, TUNING_AS_RECOMMENDED, DRIFT_NONE, ""},
	    {"6.18", "ipv4/tcp_allowed_congestion_control", "reno cubic",
	     "net.ipv4.tcp_allowed_congestion_control=cubic  reno",
	     "tcp_allowed_congestion_control", 1, TUNING_NO_RECOMMENDATION, DRIFT_NONE, ""},
	    {"6.18", "ipv4/tcp_allowed_congestion_control", "reno cubic",
	     "net.ipv4.tcp_allowed_congestion_control=cubic", "tcp_allowed_congestion_control", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_DIFFERS_FROM_PERSISTED, ""},
	    {"6.18", "ipv4/ip_local_reserved_ports", "80-82,443",
	     "net.ipv4.ip_local_reserved_ports=443,80,81-82", "ip_local_reserved_ports", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_NONE, ""},
	    {"6.18", "ipv4/ip_local_reserved_ports", "80",
	     "net.ipv4.ip_local_reserved_ports=", "ip_local_reserved_ports", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_DIFFERS_FROM_PERSISTED, ""},
	    {"6.18", "ipv4/ip_local_reserved_ports", "80", NULL, "ip_local_reserved_ports", 1,
	     TUNING_NO_RECOMMENDATION, DRIFT_NOT_PERSISTED, ""},
	    {"6.18", "ipv4/tcp_sack", "1", "net.ipv4.tcp_tw_recycle=1", "tcp_tw_recycle", 1,
	     TUNING_ABSENT, DRIFT_NOT_APPLICABLE, ""},
	    {"6.18", "core/somaxconn", "128", NULL, "net.core.somaxconn", 1, TUNING_DIFFERS,
	     DRIFT_NOT_PERSISTED, "4096"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tuning_table *table;
		const struct tuning *row;
		char path[128];
		struct tree t;

		tree_make(&t);
		recorded_expand(&t, cases[i].release);
		snprintf(path, sizeof(path), "sys/net/%s", cases[i].file);
		tree_file(&t, path, cases[i].value);
		if (cases[i].conf)
			tree_file(&t, "etc/sysctl.d/50-x.conf", cases[i].conf);
		table = recorded_audit(&t, "modern", NULL, 0);
		row = recorded_find(table, cases[i].name, cases[i].element);
		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		if (row->status != cases[i].status || row->drift != cases[i].drift ||
		    strcmp(row->target, cases[i].target) != 0)
			printf("case %zu: %s=%s status %u drift %u target %s\n", i, row->name,
			       row->value, row->status, row->drift, row->target);
		CHECK_EQ_INT(row->status, cases[i].status);
		CHECK_EQ_INT(row->drift, cases[i].drift);
		CHECK_EQ_STR(row->target, cases[i].target);
		CHECK_EQ_INT(table->harmful, row->status == TUNING_HARMFUL);
		CU_ASSERT(row->status != TUNING_HARMFUL ||
			  (strlen(row->reason) > 20 && strlen(row->reason) < 256));
		/* A line that is refused sets nothing, and is named in the note. */
		CHECK_EQ_INT(row->persisted_in[0] != '\0',
			     cases[i].conf && !row->refused &&
				 (row->drift != DRIFT_NONE || strlen(row->persisted) > 0));
		CHECK_EQ_INT(strstr(row->note, "/etc/sysctl.d/") != NULL,
			     row->refused || row->drift == DRIFT_NOT_KNOWN);
		tunable_free(table);
		tree_remove(&t);
	}
}

/* What is left of one parameter after all lines, and where that comes from. */
static void next_boot(void)
{
	static const struct {
		const char *cmdline, *line; /* NULL: none */
		const char *running;        /* of ipv4/NAME; NULL: as the kernel starts */
		const char *name;
		uint32_t element;
		const char *persisted, *persisted_in;
		enum tuning_drift drift;
	} cases[] = {
	    {NULL, "ip_local_reserved_ports=80,81,83,8000-8010,65535", "80-81,83,8000-8010,65535",
	     "ip_local_reserved_ports", 1, "80-81,83,8000-8010,65535", "/etc/sysctl.d/1.conf:1",
	     DRIFT_NONE},
	    {NULL, "ip_local_reserved_ports=65534-65535,1", "1,65534", "ip_local_reserved_ports", 1,
	     "1,65534-65535", "/etc/sysctl.d/1.conf:1", DRIFT_DIFFERS_FROM_PERSISTED},
	    {"sysctl.net.ipv4.tcp_sack=0", NULL, "0", "tcp_sack", 1, "0", "kernel command line",
	     DRIFT_NONE},
	    {NULL, "tcp_allowed_congestion_control=cubic reno", "reno cubic vegas",
	     "tcp_allowed_congestion_control", 1, "cubic reno", "/etc/sysctl.d/1.conf:1",
	     DRIFT_DIFFERS_FROM_PERSISTED},
	    /* A pattern means what is there, a name what may come. */
	    {NULL, "tcp_tw_rec*=1", NULL, "tcp_tw_recycle", 1, "", "", DRIFT_NOT_APPLICABLE},
	    {NULL, "tcp_fin_time*=17", "17", "tcp_fin_timeout", 1, "17", "/etc/sysctl.d/1.conf:1",
	     DRIFT_NONE},
	    /* One number alone is held against what the line before has set, or the default. */
	    {NULL, "ip_local_port_range=40000", "40000\t60999", "ip_local_port_range", 1, "40000",
	     "/etc/sysctl.d/1.conf:1", DRIFT_NONE},
	    {NULL, "ip_local_port_range=40000", "40000\t60999", "ip_local_port_range", 2, "", "",
	     DRIFT_NONE},
	    {NULL, "ip_local_port_range=61000", NULL, "ip_local_port_range", 1, "", "",
	     DRIFT_REFUSED},
	    {"sysctl.net.ipv4.ip_local_port_range=\"20000 30000\"", "ip_local_port_range=30001",
	     "20000\t30000", "ip_local_port_range", 1, "20000", "kernel command line",
	     DRIFT_REFUSED},
	    {"sysctl.net.ipv4.ip_local_port_range=\"20000 30000\"", "ip_local_port_range=30000",
	     "30000\t30000", "ip_local_port_range", 1, "30000", "/etc/sysctl.d/1.conf:1",
	     DRIFT_NONE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tuning_table *table;
		const struct tuning *row;
		char path[64], line[128];
		struct tree t;

		tree_make(&t);
		recorded_expand(&t, "6.18");
		if (cases[i].cmdline)
			tree_file(&t, "proc/cmdline", cases[i].cmdline);
		if (cases[i].line) {
			snprintf(line, sizeof(line), "net.ipv4.%s\n", cases[i].line);
			tree_file(&t, "etc/sysctl.d/1.conf", line);
		}
		snprintf(path, sizeof(path), "sys/net/ipv4/%s", cases[i].name);
		if (cases[i].running)
			tree_file(&t, path, cases[i].running);
		table = recorded_audit(&t, NULL, NULL, 0);
		row = recorded_find(table, cases[i].name, cases[i].element);
		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		CHECK_EQ_STR(row->persisted, cases[i].persisted);
		CHECK_EQ_STR(row->persisted_in, cases[i].persisted_in);
		if (row->drift != cases[i].drift)
			printf("case %zu: drift %u, note \"%s\"\n", i, row->drift, row->note);
		CHECK_EQ_INT(row->drift, cases[i].drift);
		tunable_free(table);
		tree_remove(&t);
	}
}

/* In a network namespace, what belongs to all of the host. */
static void read_only(void)
{
	struct tuning_table *table;
	const struct tuning *row;
	struct tree t;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	tree_file(&t, "etc/sysctl.d/1.conf", "net.ipv4.tcp_allowed_congestion_control=cubic\n");
	CHECK_EQ_INT(chmod(tree_path(&t, "sys/net/ipv4/tcp_allowed_congestion_control"), 0444), 0);
	table = recorded_audit(&t, NULL, NULL, 0);
	row = recorded_find(table, "tcp_allowed_congestion_control", 1);
	CHECK_EQ_STR(row->persisted, "");
	CHECK_EQ_INT(row->drift, DRIFT_REFUSED);
	CHECK_EQ_STR(row->note, "refused by the kernel: /etc/sysctl.d/1.conf:1 \"cubic\"");
	CHECK_EQ_INT(table->drifted, 0);
	tunable_free(table);
	tree_remove(&t);
}

static void profiles(void)
{
	struct tunable_roots roots = {0};
	struct tuning_table *table;
	char error[TUNABLE_ERROR_MAX];
	char path[128];
	struct tree t;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	table = recorded_audit(&t, "web-server", NULL, 0);
	CHECK_EQ_STR(table->profile, "web-server");
	CHECK_EQ_STR(recorded_find(table, "tcp_max_tw_buckets", 1)->target, "5000");
	CU_ASSERT_TRUE(recorded_find(table, "tcp_max_tw_buckets", 1)->target_harmful);
	CU_ASSERT_FALSE(recorded_find(table, "tcp_fin_timeout", 1)->target_harmful);
	CHECK_EQ_STR(recorded_find(table, "tcp_tw_recycle", 1)->recommended, "1");
	CHECK_EQ_INT(recorded_find(table, "tcp_tw_recycle", 1)->status, TUNING_ABSENT);
	tunable_free(table);

	tree_file(&t, "mine.conf",
		  "net.core.rmem_max >= 4194304 large\n"
		  "tcp_timestamps one-of 1,2 either\n"
		  "tcp_mem[1] >= default unknown\n"
		  "tcp_no_such <= 5 no\n"
		  "tcp_retries2 <= 15 just that\n"
		  "tcp_syncookies one-of 2,0,1 the last\n"
		  "tcp_congestion_control = reno a word\n"
		  "tcp_available_congestion_control >= 5 no number\n");
	tree_file(&t, "sys/net/core/rmem_max", "212992\n");
	tree_file(&t, "sys/net/ipv4/tcp_congestion_control", "reno\n");
	snprintf(path, sizeof(path), "%s/mine.conf", t.path);
	table = recorded_audit(&t, path, NULL, 0);
	CHECK_EQ_INT(recorded_find(table, "net.core.rmem_max", 1)->status, TUNING_DIFFERS);
	CHECK_EQ_STR(recorded_find(table, "net.core.rmem_max", 1)->recommended, "at least 4194304");
	CHECK_EQ_STR(recorded_find(table, "tcp_timestamps", 1)->recommended, "1 or 2");
	CHECK_EQ_INT(recorded_find(table, "tcp_timestamps", 1)->status, TUNING_AS_RECOMMENDED);
	CHECK_EQ_INT(recorded_find(table, "tcp_mem", 1)->status, TUNING_NO_RECOMMENDATION);
	CHECK_EQ_INT(recorded_find(table, "tcp_no_such", 1)->status, TUNING_ABSENT);
	CHECK_EQ_STR(recorded_find(table, "tcp_no_such", 1)->recommended, "at most 5");
	CHECK_EQ_INT(recorded_find(table, "tcp_retries2", 1)->status, TUNING_AS_RECOMMENDED);
	CHECK_EQ_STR(recorded_find(table, "tcp_syncookies", 1)->recommended, "2 or 0 or 1");
	CHECK_EQ_INT(recorded_find(table, "tcp_syncookies", 1)->status, TUNING_AS_RECOMMENDED);
	CHECK_EQ_INT(recorded_find(table, "tcp_congestion_control", 1)->status,
		     TUNING_AS_RECOMMENDED);
	CHECK_EQ_INT(recorded_find(table, "tcp_available_congestion_control", 1)->status,
		     TUNING_DIFFERS);
	tunable_free(table);

	table = NULL;
	tree_file(&t, "wrong.conf", "\ntcp_sack yes\n");
	CHECK_EQ_INT(tunable_read(&roots, tree_path(&t, "wrong.conf"), NULL, 0, &table, error),
		     -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/wrong.conf:2: "));
	CU_ASSERT_PTR_NULL(table);
	tree_remove(&t);
}

/* Names of files go to terminals, into JSON and over SNMP: printable UTF-8, also where they are
 * cut in the middle of a character. */
static void names_of_files(void)
{
	struct tunable_roots roots = {0};
	struct tuning_table *table;
	const struct tuning *row;
	char error[TUNABLE_ERROR_MAX], name[256] = "", path[512], clean[512];
	struct tree t;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	tree_file(&t, "own\xe9\n\033.conf", "tcp_sack = 1 why\n");
	tree_file(&t, "etc/sysctl.d/1\xe9\n\033[31m.conf", "net.ipv4.tcp_sack=0\n");
	for (size_t i = 0; i < 120; i++)
		strcat(name, "\xc3\xa9");
	snprintf(path, sizeof(path), "etc/sysctl.d/%s.conf", name);
	tree_file(&t, path, "net.ipv4.tcp_fin_timeout=1\n");
	snprintf(path, sizeof(path), "etc/sysctl.d/x%s.conf", name);
	tree_file(&t, path, "net.ipv4.tcp_retries2=x\n");
	snprintf(path, sizeof(path), "%s", tree_path(&t, "own\xe9\n\033.conf"));
	table = recorded_audit(&t, path, NULL, 0);
	snprintf(clean, sizeof(clean), "%s", tree_path(&t, "own???.conf"));
	CHECK_EQ_STR(table->profile, clean);
	CHECK_EQ_STR(recorded_find(table, "tcp_sack", 1)->persisted_in,
		     "/etc/sysctl.d/1???[31m.conf:1");
	row = recorded_find(table, "tcp_fin_timeout", 1);
	snprintf(clean, sizeof(clean), "/etc/sysctl.d/%.238s?:1", name);
	CHECK_EQ_STR(row->persisted_in, clean);
	row = recorded_find(table, "tcp_retries2", 1);
	snprintf(clean, sizeof(clean), "refused by the kernel: /etc/sysctl.d/x%.144s? \"x\"", name);
	CHECK_EQ_STR(row->note, clean);
	tunable_free(table);

	tree_file(&t, "own\xe9\n\033.conf", "tcp_sack\n");
	CHECK_EQ_INT(tunable_read(&roots, path, NULL, 0, &table, error), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/own???.conf:1: "));
	tree_remove(&t);
}

static void sysctld_that_cannot_be_read(void)
{
	struct tunable_roots roots = {.root = "/nonexistent"};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	CHECK_EQ_INT_FATAL(tunable_read(&roots, NULL, NULL, 0, &table, error), 0);
	CHECK_EQ_INT(table->persisted_error, -ENOENT);
	CHECK_EQ_STR(table->persisted_by, "");
	for (size_t i = 0; i < table->count; i++)
		CHECK_EQ_INT(table->rows[i].drift, DRIFT_NOT_APPLICABLE);
	tunable_free(table);
}

/* A child namespace takes these from the host as they are there, not the kernel's own. */
static bool is_inherited(const char *name)
{
	return strcmp(name, "tcp_rmem") == 0 || strcmp(name, "tcp_wmem") == 0;
}

static void check_namespace(void)
{
	struct tunable_roots roots = {.root = "/nonexistent"};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];
	size_t compared = 0;
	FILE *file;

	CHECK_EQ_INT_FATAL(tunable_read(&roots, NULL, NULL, 0, &table, error), 0);
	for (size_t i = 0; i < table->count; i++) {
		const struct tuning *row = &table->rows[i];

		if (row->default_value[0] == '\0' || row->value[0] == '\0' ||
		    is_inherited(row->name))
			continue;
		compared++;
		if (strcmp(row->value, row->default_value) != 0)
			printf("%s[%u]: %s, known default %s\n", row->name, row->element,
			       row->value, row->default_value);
		CHECK_EQ_STR(row->value, row->default_value);
	}
	CU_ASSERT(compared > 40);
	tunable_free(table);

	file = fopen("/proc/sys/net/ipv4/tcp_fin_timeout", "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs("17\n", file);
	CHECK_EQ_INT(fclose(file), 0);
	table = NULL;
	CHECK_EQ_INT_FATAL(tunable_read(&roots, NULL, NULL, 0, &table, error), 0);
	CHECK_EQ_INT(recorded_find(table, "tcp_fin_timeout", 1)->number, 17);
	tunable_free(table);
}

/* The parameters of a fresh network namespace are the kernel's own defaults. */
static void fresh_namespace(void)
{
	int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	CU_ASSERT_FATAL(host >= 0);
	if (unshare(CLONE_NEWNET) < 0) {
		printf("not tested: no network namespace without root (%s)\n", strerror(errno));
		CU_ASSERT_NOT_EQUAL(geteuid(), 0);
	} else {
		check_namespace();
		CHECK_EQ_INT_FATAL(setns(host, CLONE_NEWNET), 0);
	}
	close(host);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"kernels old and new", kernels_old_and_new},
	    {"status and drift", verdicts},
	    {"what the next boot leaves", next_boot},
	    {"a parameter that is read-only here", read_only},
	    {"profiles", profiles},
	    {"names of files", names_of_files},
	    {"sysctl.d that cannot be read", sysctld_that_cannot_be_read},
	    {"a fresh namespace has the known defaults", fresh_namespace},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tuningaudit", tests);
}
