/* SPDX-License-Identifier: MIT */
#include "subagent/tuningreport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/tunable.h"
#include "tests/support/recorded.h"
#include "tests/support/suite.h"

/* A host with something of everything to report. */
static struct tuning_table *make_host(struct tree *t, const char *profile)
{
	tree_make(t);
	recorded_expand(t, "6.18");
	tree_file(t, "sys/net/ipv4/tcp_max_tw_buckets", "5000\n");
	tree_file(t, "sys/net/ipv4/tcp_rmem", "4096\t131072\t1000000\n");
	tree_file(t, "sys/net/ipv4/tcp_fin_timeout", "30\n");
	tree_file(t, "sys/net/ipv4/tcp_retries2", "10\n");
	tree_file(t, "sys/net/core/somaxconn", "128\n");
	tree_file(t, "etc/sysctl.d/50-web.conf",
		  "net.ipv4.tcp_fin_timeout = 15\n"
		  "net.ipv4.tcp_tw_recycle = 1\n"
		  "net.core.somaxconn = 128\n"
		  "nonsense\n");
	tree_link(t, "etc/sysctl.d/60-gone.conf", "nowhere");
	return recorded_audit(t, profile, NULL, 0);
}

enum kind { PRINT, PRINT_ALL, SYSCTL };

/* What is printed; the caller frees it. */
static char *print(const struct tuning_table *table, enum kind kind)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	if (kind == SYSCTL)
		CHECK_EQ_INT(tuningreport_sysctl(out, table), 0);
	else
		CHECK_EQ_INT(tuningreport_print(out, table, kind == PRINT_ALL), 0);
	fclose(out);
	return text;
}

static void expect_text(const char *text, const char *part)
{
	if (!strstr(text, part)) {
		printf("missing: %s\nin:\n%s\n", part, text);
		CU_FAIL("missing text");
	}
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	for (; *text; text += text[0] == '\n') {
		size_t len = strcspn(text, "\n");

		if (len > longest)
			longest = len;
		text += len;
	}
	return longest;
}

static void what_deserves_a_look(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	char *text = print(table, PRINT);

	expect_text(text, "profile modern; next boot as systemd reads sysctl.d\n");
	expect_text(text, "1 files that the next boot reads could not be read");
	expect_text(text, "1 lines in sysctl.d are neither");
	expect_text(text,
		    "\ntcp_max_tw_buckets                           5000       131072 at least "
		    "131072                   -\n    HARMFUL: far below");
	expect_text(text,
		    "\ntcp_rmem[3]                               1000000     33554432 at least "
		    "33554432                 -\n    differs: Less keeps");
	expect_text(text, "the next boot sets \"15\" (/etc/sysctl.d/50-web.conf:1)");
	expect_text(text,
		    "absent: /etc/sysctl.d/50-web.conf:2 sets what this kernel does not have");
	expect_text(text, "no file sets it, the next boot goes back to the default");
	expect_text(text, "1 harmful, 2 differ from the profile, 1 differ from the next boot, "
			  "3 not persisted");
	CU_ASSERT_PTR_NULL(strstr(text, "tcp_syncookies"));
	CU_ASSERT_PTR_NULL(strstr(text, "tcp_rmem[1]"));
	CU_ASSERT(strstr(text, "HARMFUL") < strstr(text, "tcp_rmem[3]"));
	CU_ASSERT(longest_line(text) <= 100);
	free(text);
	tunable_free(table);
	tree_remove(&t);
}

static void everything(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "http-client");
	char *text = print(table, PRINT_ALL);

	for (size_t i = 0; i < table->count; i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, table->rows[i].name));
	expect_text(text, "\ntcp_rmem[1] ");
	CU_ASSERT(longest_line(text) <= 100);
	free(text);
	tunable_free(table);
	tree_remove(&t);
}

static void nothing_to_say(void)
{
	struct tuning_table *table;
	char *text;
	struct tree t;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	table = recorded_audit(&t, "modern", NULL, 0);
	text = print(table, PRINT);
	expect_text(text, "0 harmful, 0 differ from the profile");
	CU_ASSERT_PTR_NULL(strstr(text, "PARAMETER"));
	free(text);
	text = print(table, SYSCTL);
	expect_text(text, "nothing to change");
	CU_ASSERT_PTR_NULL(strstr(text, "\nnet."));
	free(text);
	tunable_free(table);
	tree_remove(&t);
}

static void fragment(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	char *text = print(table, SYSCTL);

	expect_text(text, "\n# running 5000, recommended at least 131072, in no file\n");
	expect_text(text, "\nnet.ipv4.tcp_max_tw_buckets = 131072\n");
	expect_text(text, "\nnet.ipv4.tcp_rmem = 4096 131072 33554432\n");
	expect_text(text, "\n# running 128, recommended at least 4096, set to 128 in "
			  "/etc/sysctl.d/50-web.conf:3\n");
	expect_text(text, "\nnet.core.somaxconn = 4096\n");
	expect_text(text, "\nnet.ipv4.tcp_retries2 = 10\n");
	CU_ASSERT_PTR_NULL(strstr(text, "\nnet.ipv4.tcp_fin_timeout"));
	CU_ASSERT(longest_line(text) <= 100);
	free(text);
	tunable_free(table);
	tree_remove(&t);
}

/* What the fragment says, written to the next boot's files, leaves nothing to say. */
static void fragment_brings_the_host_there(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	char *text = print(table, SYSCTL);
	size_t read = 0;

	tunable_free(table);
	tree_file(&t, "etc/sysctl.d/90-tcpstate.conf", text);
	free(text);
	table = recorded_audit(&t, "modern", NULL, 0);
	for (size_t i = 0; i < table->count; i++) {
		const struct tuning *row = &table->rows[i];

		if (row->target[0] == '\0')
			continue;
		read++;
		CHECK_EQ_STR(row->persisted, row->target);
		CU_ASSERT_PTR_NOT_NULL(strstr(row->persisted_in, "/90-tcpstate.conf:"));
	}
	CHECK_EQ_INT(read, 3);
	tunable_free(table);
	tree_remove(&t);
}

static void harmful_advice_is_left_out(void)
{
	struct tree t;
	struct tuning_table *table;
	char *text;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	table = recorded_audit(&t, "web-server", NULL, 0);
	text = print(table, SYSCTL);
	expect_text(text, "\n# net.ipv4.tcp_max_tw_buckets = 5000  (left out: known to do harm)\n");
	expect_text(text, "\nnet.ipv4.ip_local_port_range = 1024 65000\n");
	CU_ASSERT_PTR_NULL(strstr(text, "\nnet.ipv4.tcp_max_tw_buckets"));
	CU_ASSERT_PTR_NULL(strstr(text, "tcp_tw_recycle"));
	free(text);
	tunable_free(table);

	/* Already there: the fragment must not keep it so either. */
	tree_file(&t, "sys/net/ipv4/tcp_max_tw_buckets", "5000\n");
	table = recorded_audit(&t, "web-server", NULL, 0);
	text = print(table, SYSCTL);
	CU_ASSERT_PTR_NULL(strstr(text, "\nnet.ipv4.tcp_max_tw_buckets"));
	free(text);
	tunable_free(table);
	tree_remove(&t);
}

static void json(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	json_t *object = tuningreport_json(table), *rows, *row;
	size_t i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(object);
	CHECK_EQ_STR(json_string_value(json_object_get(object, "profile")), "modern");
	CHECK_EQ_STR(json_string_value(json_object_get(object, "persistedBy")), "systemd");
	CHECK_EQ_INT(json_integer_value(json_object_get(object, "harmful")), 1);
	CHECK_EQ_INT(json_integer_value(json_object_get(object, "drifted")), 1);
	CHECK_EQ_INT(json_integer_value(json_object_get(object, "persistedUnreadable")), 1);
	CHECK_EQ_INT(json_integer_value(json_object_get(object, "persistedBadLines")), 1);
	CHECK_EQ_STR(json_string_value(json_object_get(object, "persistedError")), "");
	rows = json_object_get(object, "parameters");
	CHECK_EQ_INT(json_array_size(rows), table->count);
	json_array_foreach(rows, i, row)
	{
		CHECK_EQ_INT(json_object_size(row), 13);
		CHECK_EQ_STR(json_string_value(json_object_get(row, "name")), table->rows[i].name);
		CHECK_EQ_INT(json_is_integer(json_object_get(row, "number")),
			     table->rows[i].is_number);
		if (strcmp(table->rows[i].name, "tcp_max_tw_buckets") == 0)
			CHECK_EQ_STR(json_string_value(json_object_get(row, "status")), "harmful");
	}
	json_decref(object);
	tunable_free(table);
	tree_remove(&t);
}

/* Every member of the object and of its rows has its line in doc/json.md. */
static void json_is_documented(void)
{
	const char *dir = getenv("DOCDIR");
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	json_t *object = tuningreport_json(table);
	json_t *row = json_array_get(json_object_get(object, "parameters"), 0), *value;
	char path[4096], line[64], doc[32768] = "";
	const char *key;
	FILE *file;

	snprintf(path, sizeof(path), "%s/json.md", dir ? dir : "doc");
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(fread(doc, 1, sizeof(doc) - 1, file) < sizeof(doc) - 1);
	fclose(file);
	json_object_foreach(object, key, value)
	{
		snprintf(line, sizeof(line), "\n| `%s` |", key);
		expect_text(strstr(doc, "\n## `tcpstated --tuning --json`"), line);
	}
	json_object_foreach(row, key, value)
	{
		snprintf(line, sizeof(line), "\n| `%s` |", key);
		expect_text(strstr(doc, "\n## `tuning`"), line);
	}
	json_decref(object);
	tunable_free(table);
	tree_remove(&t);
}

static void full_disk(void)
{
	struct tree t;
	struct tuning_table *table = make_host(&t, "modern");
	FILE *out = fopen("/dev/full", "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	setvbuf(out, NULL, _IONBF, 0);
	CU_ASSERT(tuningreport_print(out, table, false) < 0);
	CU_ASSERT(tuningreport_sysctl(out, table) < 0);
	fclose(out);
	tunable_free(table);
	tree_remove(&t);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"what deserves a look", what_deserves_a_look},
	    {"everything", everything},
	    {"nothing to say", nothing_to_say},
	    {"a fragment for sysctl.d", fragment},
	    {"the fragment brings the host there", fragment_brings_the_host_there},
	    {"harmful advice is left out", harmful_advice_is_left_out},
	    {"JSON", json},
	    {"JSON is documented", json_is_documented},
	    {"a full disk", full_disk},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tuningreport", tests);
}
