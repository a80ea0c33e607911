/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config_private.h"
#include "core/diagnosis/ignore.h"
#include "tests/support/lab.h"
#include "tests/support/suite.h"

static int set_line(struct config *config, const char *text, char *error)
{
	char line[CONFIG_LINE_MAX];
	const char *argv[CONFIG_ARGS_MAX];
	int argc;

	snprintf(line, sizeof(line), "%s", text);
	argc = config_split(line, argv, error);
	CU_ASSERT_FATAL(argc > 0);
	return config_set(&config_core_options, config, argv[0], argc - 1, argv + 1, error);
}

static void test_wrong(void)
{
	static const char *const cases[][2] = {
	    {"descriptors port 80", "ignore descriptors: \"port\" is none of process service"},
	    {"closingStuck process x",
	     "ignore closingStuck: \"process\" is none of port listener remote network"},
	    {"synQueue remote ::1",
	     "ignore synQueue: \"remote\" is none of process service port listener"},
	    {"memory process x", "ignore: memory looks at no sockets that could be left out"},
	    {"stateCount port 1", "ignore: stateCount looks at no sockets that could be left out"},
	    {"closeWaitStale process 0123456789abcdef",
	     "ignore closeWaitStale process: a name of 1 to 15 bytes is wanted"},
	    {"closeWaitStale service \"\"",
	     "ignore closeWaitStale service: a name of 1 to 95 bytes is wanted"},
	    {"closeWaitStale port 0",
	     "ignore closeWaitStale port: \"0\" is no whole number from 1 to 65535"},
	    {"closeWaitStale remote 198.51.100.256",
	     "ignore closeWaitStale remote: \"198.51.100.256\" is no address"},
	    {"closeWaitStale remote fe80::1%2",
	     "ignore closeWaitStale remote: \"fe80::1%2\" is no address"},
	    {"closeWaitStale network 198.51.100.0",
	     "ignore closeWaitStale network: \"198.51.100.0\" is no network as ADDRESS/BITS"},
	    {"closeWaitStale network 198.51.100.0/33",
	     "ignore closeWaitStale network: \"33\" is no whole number from 0 to 32"},
	    {"closeWaitStale network ::/129",
	     "ignore closeWaitStale network: \"129\" is no whole number from 0 to 128"},
	    {"closeWaitStale listener 80", "ignore closeWaitStale listener: \"80\" is no listener "
					   "as ADDRESS:PORT or [ADDRESS]:PORT"},
	    {"closeWaitStale listener ::80", "ignore closeWaitStale listener: \"::80\" is no "
					     "listener as ADDRESS:PORT or [ADDRESS]:PORT"},
	    {"closeWaitStale listener [::1:80", "ignore closeWaitStale listener: \"[::1:80\" is "
						"no listener as ADDRESS:PORT or [ADDRESS]:PORT"},
	    {"closeWaitStale listener :", "ignore closeWaitStale listener: \":\" is "
					  "no listener as ADDRESS:PORT or [ADDRESS]:PORT"},
	    {"closeWaitStale listener [0.0.0.0]:80",
	     "ignore closeWaitStale listener: \"[0.0.0.0]:80\" is "
	     "no listener as ADDRESS:PORT or [ADDRESS]:PORT"},
	    {"closeWaitStale listener 0.0.0.0:x",
	     "ignore closeWaitStale listener: \"x\" is no whole number from 1 to 65535"},
	};
	char line[128], error[CONFIG_ERROR_MAX];
	struct config c;

	config_init(&config_core_options, &c);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		error[0] = '\0';
		snprintf(line, sizeof(line), "ignore %s", cases[i][0]);
		CHECK_EQ_INT(set_line(&c, line, error), -EINVAL);
		CHECK_EQ_STR(error, cases[i][1]);
		CHECK_EQ_INT(c.rules.ignores.count, 0);
	}
	CHECK_EQ_INT(set_line(&c, "ignore nonsense port 1", error), -EINVAL);
	CHECK_EQ_INT(strncmp(error, "ignore: \"nonsense\" is none of synQueue ", 39), 0);
	for (int i = 0; i < IGNORES_MAX; i++)
		CHECK_EQ_INT(set_line(&c, "ignore notReading port 1", error), 0);
	CHECK_EQ_INT(set_line(&c, "ignore notReading port 1", error), -EINVAL);
	CHECK_EQ_STR(error, "ignore: more than 32 of them");
}

static const struct owner owners[] = {{.name = ""}, {.name = "java", .service = "app.service"}};

static const struct inet_addr any4 = {INET_IPV4, {0}}, any6 = {INET_IPV6, {0}},
			      remote4 = {INET_IPV4, {198, 51, 100, 129}},
			      remote6 = {INET_IPV6, {0x20, 0x01, 0x0d, 0xb8, 1}},
			      zoned = {INET_IPV6Z, {0xfe, 0x80, [15] = 1, [19] = 2}};

/* A connection to [::]:443 of java, and one of nobody known to port 5432. */
static const struct ignore_subject server = {&owners[1], &any6, &remote4, 443, 0},
				   client = {&owners[0], NULL, &remote6, 40000, 5432},
				   local = {&owners[0], &any4, &zoned, 443, 0};

static void test_match(void)
{
	static const struct {
		const char *line;
		bool server, client, local;
	} cases[] = {
	    {"process java", true, false, false},
	    {"process jav", false, false, false},
	    {"PROCESS Java", false, false, false},
	    {"service app.service", true, false, false},
	    {"port 443", true, false, true},
	    {"port 5432", false, true, false},
	    {"listener [::]:443", true, false, false},
	    {"listener 0.0.0.0:443", false, false, true},
	    {"listener [::]:80", false, false, false},
	    {"listener [::ffff:0.0.0.0]:443", false, false, true},
	    {"remote 198.51.100.129", true, false, false},
	    {"remote 198.51.100.128", false, false, false},
	    {"remote ::ffff:198.51.100.129", true, false, false},
	    {"remote fe80::1", false, false, true},
	    {"network 198.51.100.128/25", true, false, false},
	    {"network 198.51.100.130/31", false, false, false},
	    {"network 198.51.100.0/25", false, false, false},
	    {"network ::ffff:198.51.100.128/25", true, false, false},
	    {"network 0.0.0.0/0", true, false, false},
	    {"network 2001:db8::/32", false, true, false},
	    {"network ::/0", false, true, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[128], error[CONFIG_ERROR_MAX] = "";
		struct config c;

		config_init(&config_core_options, &c);
		snprintf(line, sizeof(line), "ignore closeWaitStale %s", cases[i].line);
		CHECK_EQ_INT(set_line(&c, line, error), 0);
		CHECK_EQ_STR(error, "");
		if (ignores_match(&c.rules.ignores, CONDITION_CLOSE_WAIT_STALE, &server) !=
		    cases[i].server)
			printf("\n    %s", line);
		CHECK_EQ_INT(ignores_match(&c.rules.ignores, CONDITION_CLOSE_WAIT_STALE, &server),
			     cases[i].server);
		CHECK_EQ_INT(ignores_match(&c.rules.ignores, CONDITION_CLOSE_WAIT_STALE, &client),
			     cases[i].client);
		CHECK_EQ_INT(ignores_match(&c.rules.ignores, CONDITION_CLOSE_WAIT_STALE, &local),
			     cases[i].local);
		CU_ASSERT_FALSE(
		    ignores_match(&c.rules.ignores, CONDITION_FIN_WAIT_2_STALE, &server));
	}
}

/* The fullest of those that are left, and nothing of the others but their number. */
static void test_listeners(void)
{
	char error[CONFIG_ERROR_MAX];
	const struct condition *row;
	struct lab lab;

	lab_open(&lab);
	CHECK_EQ_INT(set_line(&lab.config, "ignore acceptQueue process java", error), 0);
	CHECK_EQ_INT(set_line(&lab.config, "ignore synQueue listener 0.0.0.0:80", error), 0);
	CHECK_EQ_INT(set_line(&lab.config, "ignore descriptors service nginx.service", error), 0);
	for (size_t i = 0; i < LAB_LISTENERS; i++) {
		struct listener *l = &lab.now.listeners[i];

		l->accept_queue = l->fullest_queue = i == 1 ? 128 : 32;
		l->accept_queue_fullest = i == 1 ? 100 : 25;
		l->syn_queue = i == 0 ? 128 : 64;
		l->syn_queue_percent = i == 0 ? 100 : 50;
	}
	lab.now.owners[1].fds = 1000;
	lab_step(&lab, 100000);
	row = lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0);
	CHECK_EQ_INT(row->value, 25);
	CHECK_EQ_INT(row->ignored, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(row->offender, "nginx"));
	row = lab_row(&lab, CONDITION_SYN_QUEUE, 0);
	CHECK_EQ_INT(row->value, 50);
	CHECK_EQ_INT(row->ignored, 1);
	row = lab_row(&lab, CONDITION_DESCRIPTORS, 0);
	CHECK_EQ_INT(row->value, 0);
	CHECK_EQ_INT(row->ignored, 1);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_CLOSE_WAIT_STALE, 0)->ignored, 0);
	lab_close(&lab);
}

/* doc/diagnosis.md has each condition behind the words that it takes. */
static void test_document(void)
{
	const char *dir = getenv("DOCDIR");
	char path[4096], *text = calloc(1, 65536);
	FILE *file;

	snprintf(path, sizeof(path), "%s/diagnosis.md", dir ? dir : "doc");
	file = fopen(path, "re");
	CU_ASSERT_FATAL(file && text);
	CU_ASSERT(fread(text, 1, 65535, file) > 0);
	fclose(file);
	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		char words[128] = "\n-", item[1024], *found;

		if (condition_table[i].ignores == 0)
			continue;
		for (int kind = 0; kind < IGNORE_KINDS; kind++)
			if (condition_table[i].ignores & IGNORE_BIT(kind))
				sprintf(words + strlen(words), "%s %s", words[2] ? "," : "",
					ignore_kind_names[kind]);
		strcat(words, ":");
		found = strstr(text, words);
		CU_ASSERT_PTR_NOT_NULL_FATAL(found);
		snprintf(item, sizeof(item), "%.*s", (int)(1 + strcspn(found + 2, "-")), found + 1);
		if (!strstr(item, condition_table[i].name))
			printf("\n    %s:%s", condition_table[i].name, words + 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(item, condition_table[i].name));
	}
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"wrong lines", test_wrong},
	    {"what is meant", test_match},
	    {"listeners and processes", test_listeners},
	    {"the document", test_document},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("ignore", tests);
}
