/* SPDX-License-Identifier: MIT */
#include "core/tuning/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/tunabledata.h"
#include "tests/support/suite.h"
#include "tests/support/tree.h"

static void good_lines(void)
{
	static const char text[] = "# comment\n"
				   "\n"
				   "  tcp_fin_timeout = 30 one  reason \n"
				   "tcp_rmem[3]\t>=\t8388608\twhy\r\n"
				   "net.ipv4.tcp_retries2 >= 8 why\n"
				   "net/core/somaxconn <= default why\n"
				   "tcp_timestamps one-of 1,2 why\n"
				   "tcp_congestion_control one-of bbr,cubic why = why";
	static const struct {
		const char *name;
		uint32_t element;
		enum profile_rule_kind kind;
		size_t n_values;
		const char *first, *last, *reason;
		uint32_t line;
	} cases[] = {
	    {"tcp_fin_timeout", 1, PROFILE_EQUAL, 1, "30", "30", "one  reason", 3},
	    {"tcp_rmem", 3, PROFILE_AT_LEAST, 1, "8388608", "8388608", "why", 4},
	    {"tcp_retries2", 1, PROFILE_AT_LEAST, 1, "8", "8", "why", 5},
	    {"net.core.somaxconn", 1, PROFILE_AT_MOST, 1, "default", "default", "why", 6},
	    {"tcp_timestamps", 1, PROFILE_ONE_OF, 2, "1", "2", "why", 7},
	    {"tcp_congestion_control", 1, PROFILE_ONE_OF, 2, "bbr", "cubic", "why = why", 8},
	};
	enum { CASES = sizeof(cases) / sizeof(cases[0]) };
	struct profile profile = {0};
	char error[PROFILE_ERROR_MAX] = "";
	struct tree t;

	tree_make(&t);
	tree_file(&t, "mine.conf", text);
	CHECK_EQ_INT_FATAL(profile_read(t.path, "mine", &profile, error), 0);
	CHECK_EQ_INT(profile.count, CASES);
	for (size_t i = 0; i < CASES; i++) {
		const struct profile_rule *rule =
		    profile_find(&profile, cases[i].name, cases[i].element);

		CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
		CHECK_EQ_INT(rule->kind, cases[i].kind);
		CHECK_EQ_INT_FATAL(rule->n_values, cases[i].n_values);
		CHECK_EQ_STR(rule->values[0], cases[i].first);
		CHECK_EQ_STR(rule->values[rule->n_values - 1], cases[i].last);
		CHECK_EQ_STR(rule->reason, cases[i].reason);
		CHECK_EQ_INT(rule->line, cases[i].line);
	}
	CU_ASSERT_PTR_NULL(profile_find(&profile, "tcp_rmem", 1));
	profile_done(&profile);
	CHECK_EQ_INT(profile_read("/no", tree_path(&t, "mine.conf"), &profile, error), 0);
	profile_done(&profile);
	tree_remove(&t);
}

static void wrong_lines(void)
{
	static const struct {
		const char *text;
		const char *error; /* what stands behind the file's name */
	} cases[] = {
	    {"tcp_sack 1 why", ":1: \"1\" where =, >=, <= or one-of is allowed"},
	    {"#\ntcp_sack == 1 why", ":2: \"==\" where =, >=, <= or one-of is allowed"},
	    {"tcp_sack", ":1: \"\" where =, >=, <= or one-of is allowed"},
	    {"tcp_sack =", ":1: no value; a number, a word or \"default\" is allowed"},
	    {"tcp_sack one-of , why", ":1: no value; a number, a word or \"default\" is allowed"},
	    {"tcp_sack one-of 1,2,3,4,5,6,7,8,9 why", ":1: more than 8 values"},
	    {"tcp_sack = 1", ":1: no reason after the value"},
	    {"tcp_sack = 1  \t", ":1: no reason after the value"},
	    {"tcp_sack >= many why", ":1: \"many\" where a number or \"default\" is allowed"},
	    {"tcp_sack <= 1x why", ":1: \"1x\" where a number or \"default\" is allowed"},
	    {"tcp_sack[0] = 1 why", ":1: the element of tcp_sack is to be [1] to [16]"},
	    {"tcp_sack[17] = 1 why", ":1: the element of tcp_sack is to be [1] to [16]"},
	    {"tcp_sack[ = 1 why", ":1: the element of tcp_sack is to be [1] to [16]"},
	    {"tcp_sack[1]x = 1 why", ":1: the element of tcp_sack is to be [1] to [16]"},
	    {"tcp_sack = 1 why\n\ntcp_sack[1] = 2 why", ":3: tcp_sack[1] has a line already, at 1"},
	    {"tcp_sack = 1 wh\033y", ":1: characters other than printable ASCII"},
	    {"kernel.panic = 1 why", ":1: \"kernel.panic\" is no parameter"},
	    {"../../etc/passwd = 1 why", ":1: \"../../etc/passwd\" is no parameter"},
	    {"net.ipv4.. = 1 why", ":1: \"net.ipv4..\" is no parameter"},
	    {"[1] = 1 why", ":1: \"\" is no parameter"},
	    {"tcp_fastopen_key = 1 why", ":1: \"tcp_fastopen_key\" is no parameter"},
	    {"net.ipv4.tcp_fastopen_key = 1 why", ":1: \"net.ipv4.tcp_fastopen_key\" is no"},
	};
	struct profile profile = {0};
	char error[PROFILE_ERROR_MAX];
	struct tree t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tree_make(&t);
		tree_file(&t, "p.conf", cases[i].text);
		CHECK_EQ_INT(profile_read(t.path, "p", &profile, error), -EINVAL);
		if (!strstr(error, cases[i].error)) {
			printf("%s\n", error);
			CU_FAIL("another error");
		}
		CU_ASSERT_PTR_EQUAL(strstr(error, t.path), error);
		CU_ASSERT_PTR_NULL(profile.rules);
		tree_remove(&t);
	}
}

static void wrong_files(void)
{
	static char large[70000];
	struct profile profile = {0};
	char error[PROFILE_ERROR_MAX];
	size_t len = 0;
	struct tree t;
	FILE *file;

	tree_make(&t);
	CHECK_EQ_INT(profile_read(t.path, "no", &profile, error), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "/no.conf: No such file"));
	CHECK_EQ_INT(profile_read(t.path, t.path, &profile, error), -EISDIR);
	memset(large, '#', sizeof(large) - 1);
	tree_file(&t, "large.conf", large);
	CHECK_EQ_INT(profile_read(t.path, "large", &profile, error), -EFBIG);
	for (int i = 0; i < 600; i++)
		len += (size_t)snprintf(large + len, sizeof(large) - len, "tcp_a%d = 1 why\n", i);
	tree_file(&t, "many.conf", large);
	CHECK_EQ_INT(profile_read(t.path, "many", &profile, error), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, ":513: more than 512 recommendations"));
	memset(large, 'x', 1000);
	memcpy(large, "tcp_a = 1 ", 10);
	large[1000] = '\0';
	tree_file(&t, "reason.conf", large);
	CHECK_EQ_INT(profile_read(t.path, "reason", &profile, error), -EINVAL);
	tree_file(&t, "nul.conf", "");
	file = fopen(tree_path(&t, "nul.conf"), "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fwrite("#\0\n", 1, 3, file);
	fclose(file);
	CHECK_EQ_INT(profile_read(t.path, "nul", &profile, error), -EBADMSG);
	CU_ASSERT_PTR_NULL(profile.rules);
	tree_remove(&t);
}

/* Each shipped profile can be read and names parameters that are known. */
static void shipped(void)
{
	static const struct {
		const char *name;
		size_t count;
	} cases[] = {{"modern", 19}, {"web-server", 9}, {"http-client", 28}};
	const char *directory = getenv("PROFILES");
	char error[PROFILE_ERROR_MAX] = "";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile profile = {0};

		if (profile_read(directory ? directory : "profiles", cases[i].name, &profile,
				 error) < 0) {
			printf("%s\n", error);
			CU_FAIL("unreadable");
			continue;
		}
		CHECK_EQ_INT(profile.count, cases[i].count);
		for (size_t j = 0; j < profile.count; j++)
			CU_ASSERT_PTR_NOT_NULL(
			    tunable_info_find(profile.rules[j].name, profile.rules[j].element));
		profile_done(&profile);
	}
}

/* How many of the founding figures in one column (tests/data/tuning/founding.tsv) the profile
 * recommends, to the letter. */
static size_t check_figures(const struct profile *profile, size_t column)
{
	FILE *file = fopen(suite_data("tuning/founding.tsv"), "re");
	size_t kept = 0;
	char line[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file)) {
		char name[64], figures[3][32];
		const struct profile_rule *rule;
		unsigned element;

		if (line[0] == '#')
			continue;
		CHECK_EQ_INT_FATAL(sscanf(line, "%63s %u %31s %31s %31s", name, &element,
					  figures[0], figures[1], figures[2]),
				   5);
		/* It has its row whatever the kernel. */
		CU_ASSERT_PTR_NOT_NULL_FATAL(tunable_info_find(name, element));
		CU_ASSERT_TRUE(tunable_info_find(name, element)->named);
		rule = profile_find(profile, name, element);
		CHECK_EQ_INT(rule != NULL, strcmp(figures[column], "-") != 0);
		if (!rule)
			continue;
		CHECK_EQ_INT(rule->kind, PROFILE_EQUAL);
		CHECK_EQ_STR(rule->values[0], figures[column]);
		kept++;
	}
	fclose(file);
	return kept;
}

static void founding_figures(void)
{
	static const char *const names[] = {[1] = "web-server", [2] = "http-client"};
	const char *directory = getenv("PROFILES");
	char error[PROFILE_ERROR_MAX];

	for (size_t column = 1; column <= 2; column++) {
		struct profile profile = {0};

		CHECK_EQ_INT_FATAL(profile_read(directory ? directory : "profiles", names[column],
						&profile, error),
				   0);
		/* None is lost, and none is there that nobody recommended. */
		CU_ASSERT(profile.count > 0);
		CHECK_EQ_INT(check_figures(&profile, column), profile.count);
		profile_done(&profile);
	}
}

/* The example of doc/tuning.md is a profile. */
static void documented_example(void)
{
	const char *dir = getenv("DOCDIR");
	char path[4096], doc[32768] = "", error[PROFILE_ERROR_MAX] = "";
	struct profile profile = {0};
	char *start, *end;
	struct tree t;
	FILE *file;

	snprintf(path, sizeof(path), "%s/tuning.md", dir ? dir : "doc");
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(fread(doc, 1, sizeof(doc) - 1, file) < sizeof(doc) - 1);
	fclose(file);
	start = strstr(doc, "\n```\n# What our");
	CU_ASSERT_PTR_NOT_NULL_FATAL(start);
	end = strstr(start + 5, "\n```\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	*end = '\0';
	tree_make(&t);
	tree_file(&t, "example.conf", start + 5);
	if (profile_read(t.path, "example", &profile, error) < 0)
		printf("%s\n", error);
	CHECK_EQ_INT(profile.count, 5);
	profile_done(&profile);
	tree_remove(&t);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"good lines", good_lines},
	    {"wrong lines", wrong_lines},
	    {"wrong files", wrong_files},
	    {"the shipped profiles", shipped},
	    {"the founding figures", founding_figures},
	    {"the documented example", documented_example},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("profile", tests);
}
