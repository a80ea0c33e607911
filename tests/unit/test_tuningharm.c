/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningharm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/tunable.h"
#include "tests/support/recorded.h"
#include "tests/support/suite.h"

enum { DOC_MAX = 65536 };

static void harm_that_needs_two(void)
{
	struct tuning_table *table;
	struct tree t;

	tree_make(&t);
	recorded_expand(&t, "6.18");
	tree_file(&t, "sys/net/ipv4/tcp_timestamps", "0\n");
	tree_file(&t, "sys/net/ipv4/tcp_tw_reuse", "1\n");
	table = recorded_audit(&t, "modern", NULL, 0);
	CHECK_EQ_INT(recorded_find(table, "tcp_timestamps", 1)->status, TUNING_HARMFUL);
	CHECK_EQ_INT(recorded_find(table, "tcp_tw_reuse", 1)->status, TUNING_DIFFERS);
	CHECK_EQ_INT(table->harmful, 1);
	tunable_free(table);
	tree_remove(&t);
}

static void listeners_are_looked_at(void)
{
	static const struct {
		const char *range, *reserved, *somaxconn;
		const char *recommended; /* ports to reserve; NULL: none */
		const char *detail;      /* of the harm that somaxconn does; NULL: none */
	} cases[] = {
	    {"32768\t60999", "", "4096", NULL, NULL},
	    {"1024\t60999", "", "4096", "8080,9090", NULL},
	    {"1024\t60999", "8000-8100", "4096", "8000-8100,9090", NULL},
	    {"1024\t60999", "8080,9090", "4096", NULL, NULL},
	    {"8080\t9089", "", "4096", "8080", NULL},
	    {"8081\t9090", "", "4096", "9090", NULL},
	    {"10000\t60999", "", "4096", NULL, NULL},
	    {"32768\t65000", "", "4096", "64000", NULL},
	    {"32768\t65000", "64000", "4096", NULL, NULL},
	    {"32768\t60999", "", "128", NULL, ": port 9090"},
	    {"32768\t60999", "", "256", NULL, NULL},
	};
	static const struct listener listeners[] = {
	    /* Its clients have sent SYNs again. */
	    {.port = 22, .sockets = 1, .accept_queue_limit = 128, .drops = 3},
	    {.port = 8080, .sockets = 2, .accept_queue_limit = 100, .accept_queue_peak = 100},
	    {.port = 8080, .sockets = 0},
	    {.port = 9090, .sockets = 2, .accept_queue_limit = 256, .accept_queue_peak = 200},
	    {.port = 40000, .sockets = 1},
	    {.port = 64000, .sockets = 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tuning *row;
		struct tuning_table *table;
		struct tree t;

		tree_make(&t);
		recorded_expand(&t, "6.18");
		tree_file(&t, "sys/net/ipv4/ip_local_port_range", cases[i].range);
		tree_file(&t, "sys/net/ipv4/ip_local_reserved_ports", cases[i].reserved);
		tree_file(&t, "sys/net/core/somaxconn", cases[i].somaxconn);
		table = recorded_audit(&t, "", listeners, sizeof(listeners) / sizeof(listeners[0]));
		CHECK_EQ_INT(table->harmful, cases[i].detail ? 1 : 0);
		row = recorded_find(table, "ip_local_reserved_ports", 1);
		CHECK_EQ_INT(row->status,
			     cases[i].recommended ? TUNING_DIFFERS : TUNING_NO_RECOMMENDATION);
		CHECK_EQ_STR(row->recommended, cases[i].recommended ? cases[i].recommended : "");
		CHECK_EQ_STR(row->target, row->recommended);
		row = recorded_find(table, "net.core.somaxconn", 1);
		if (cases[i].detail) {
			CHECK_EQ_INT(row->status, TUNING_HARMFUL);
			CU_ASSERT_PTR_NOT_NULL(strstr(row->reason, cases[i].detail));
		}
		tunable_free(table);
		tree_remove(&t);
	}
}

/* What a condition says of a harmful parameter is there whole, reason included. */
static void reasons_fit(void)
{
	for (size_t i = 0; i < tuningharm_n_rules; i++) {
		const struct tuningharm_rule *rule = &tuningharm_rules[i];
		char text[512];
		int len = snprintf(
		    text, sizeof(text), "%s%s is %s, and 99 more: %s%s", rule->name,
		    rule->element > 1 ? "[2]" : "",
		    rule->test == HARM_BELOW_HALF_OF_DEFAULT ? "999999" : "65535", rule->reason,
		    rule->also && rule->bound > 0 ? ": port 65535 and 9999 more" : "");

		if (len >= (int)sizeof(((struct condition *)NULL)->offender))
			printf("%d bytes: %s\n", len, text);
		CU_ASSERT(len < (int)sizeof(((struct condition *)NULL)->offender));
	}
}

/* doc/tuning.md has a line for each. */
static void each_is_documented(void)
{
	static const char *const words[] = {
	    [HARM_IS] = "is", [HARM_IS_NOT] = "is not", [HARM_BELOW] = "is below"};
	const char *dir = getenv("DOCDIR");
	char path[4096], *doc = calloc(1, DOC_MAX);
	FILE *file;

	snprintf(path, sizeof(path), "%s/tuning.md", dir ? dir : "doc");
	file = fopen(path, "re");
	CU_ASSERT_FATAL(file && doc);
	CU_ASSERT(fread(doc, 1, DOC_MAX, file) < DOC_MAX);
	fclose(file);
	for (size_t i = 0; i < tuningharm_n_rules; i++) {
		const struct tuningharm_rule *rule = &tuningharm_rules[i];
		const char *name = rule->name;
		char line[512];

		if (rule->test == HARM_BELOW_HALF_OF_DEFAULT)
			snprintf(line, sizeof(line),
				 "\n| `%s` | is below half of the default | %s |", name,
				 rule->reason);
		else
			snprintf(line, sizeof(line), "\n| `%s` | %s %lld%s | %s |", name,
				 words[rule->test], (long long)rule->bound,
				 rule->also ? ", and *" : "", rule->reason);
		/* The further condition of some is in the document's own words. */
		if (rule->also)
			*strchr(line, '*') = '\0';
		if (!strstr(doc, line) || !strstr(doc, rule->reason))
			printf("doc/tuning.md has no line%s\n(%s)\n", line, rule->reason);
		CU_ASSERT_PTR_NOT_NULL(strstr(doc, line));
		CU_ASSERT_PTR_NOT_NULL(strstr(doc, rule->reason));
	}
	free(doc);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"harm that needs two parameters", harm_that_needs_two},
	    {"listeners are looked at", listeners_are_looked_at},
	    {"reasons fit into an offender", reasons_fit},
	    {"each is documented", each_is_documented},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tuningharm", tests);
}
