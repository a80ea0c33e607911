/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config_private.h"
#include "subagent/daemonconfig.h"
#include "tests/support/suite.h"

enum { FILE_MAX = 65536 };

/* A file beside the program's source; the caller frees it. */
static char *read_file(const char *name)
{
	const char *dir = getenv("MANUALDIR");
	char path[4096], *text = calloc(1, FILE_MAX);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "subagent", name);
	file = fopen(path, "re");
	CU_ASSERT_FATAL(file && text);
	CU_ASSERT(fread(text, 1, FILE_MAX, file) < FILE_MAX);
	fclose(file);
	return text;
}

static void expect_line(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	if (!found)
		printf("\n    not in the manual: %s", line + 1);
	CU_ASSERT_PTR_NOT_NULL(found);
}

static char *write_example(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	config_write_example(out, &daemon_config_options);
	fclose(out);
	return text;
}

static void test_options(void)
{
	char *manual = read_file("tcpstate.conf.5"), line[128];
	const struct config_option *option;

	for (size_t i = 0; (option = config_option_at(&daemon_config_options, i)); i++) {
		snprintf(line, sizeof(line), "\n.It Ic %s ", option->name);
		expect_line(manual, line);
	}
	free(manual);
}

/* Each condition with its defaults, as the example file has them, and what its value is. */
static void test_conditions(void)
{
	char *manual = read_file("tcpstate.conf.5"), *example = write_example();
	char line[512], defaults[256], found[32];
	size_t conditions = 0;

	for (const char *p = example; (p = strstr(p, "\n#condition ")); p++) {
		const struct condition_info *info;
		char *clear;

		CHECK_EQ_INT_FATAL(sscanf(p, "\n#condition %31s %255[^\n]", found, defaults), 2);
		info = condition_by_name(found);
		CU_ASSERT_PTR_NOT_NULL_FATAL(info);
		/* Said once for all of them. */
		clear = strstr(defaults, " clear 80");
		CU_ASSERT_PTR_NOT_NULL_FATAL(clear);
		memmove(clear, clear + 9, strlen(clear + 9) + 1);
		snprintf(line, sizeof(line), "\n.It Li %s No %s\n%s\n", found, defaults,
			 info->phrase);
		expect_line(manual, line);
		conditions++;
	}
	CHECK_EQ_INT(conditions, CONDITION_COUNT - 1);
	free(manual);
	free(example);
}

/* The example file is what the program itself writes, below its licence. */
static void test_example(void)
{
	static const char licence[] = "# SPDX-License-Identifier: MIT\n";
	char *file = read_file("tcpstate.conf.example"), *example = write_example();

	CHECK_EQ_INT(strncmp(file, licence, sizeof(licence) - 1), 0);
	CHECK_EQ_STR(file + sizeof(licence) - 1, example);
	if (strcmp(file + sizeof(licence) - 1, example) != 0)
		printf("\n    tcpstate.conf.example should be:\n%s%s", licence, example);
	free(file);
	free(example);
}

/* What the manual's own example sets is accepted. */
static void test_manual_example(void)
{
	char *manual = read_file("tcpstate.conf.5"), *rest, *line;
	char error[CONFIG_ERROR_MAX] = "";
	const char *argv[CONFIG_ARGS_MAX];
	struct daemon_config config;
	size_t lines = 0;

	config_init(&daemon_config_options, &config.common);
	rest = strstr(manual, ".Sh EXAMPLES\n.Bd -literal -offset indent\n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(rest);
	rest = strstr(rest, "indent\n") + 7;
	while ((line = strsep(&rest, "\n")) && strcmp(line, ".Ed") != 0) {
		int argc = config_split(line, argv, error);

		CU_ASSERT_FATAL(argc > 0);
		if (config_set(&daemon_config_options, &config.common, argv[0], argc - 1, argv + 1,
			       error) < 0)
			printf("\n    %s", error);
		CHECK_EQ_STR(error, "");
		lines++;
	}
	CU_ASSERT(lines >= 5);
	free(manual);
}

/* Those that only the daemon has: defaults, and what they set. */
static void test_own_options(void)
{
	static const char *const lines[][2] = {{"agentx-retry", "3600"},
					       {"BusyPoll", "1000"},
					       {"traps", "no"},
					       {"agentx", "tcp:localhost:705#x"},
					       {"events", ""}};
	char error[CONFIG_ERROR_MAX] = "";
	const char *high = "1001", *port = "80";
	struct daemon_config c;

	config_init(&daemon_config_options, &c.common);
	CHECK_EQ_INT(c.common.interval_s, 5);
	CHECK_EQ_INT(c.agentx_retry_s, 5);
	CHECK_EQ_INT(c.busy_poll_us, 0);
	CU_ASSERT_TRUE(c.traps);
	CHECK_EQ_STR(c.agentx, "");
	CHECK_EQ_STR(c.events, "/var/lib/tcpstate/events");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK_EQ_INT(config_set(&daemon_config_options, &c.common, lines[i][0], 1,
					&lines[i][1], error),
			     0);
	CHECK_EQ_INT(c.agentx_retry_s, 3600);
	CHECK_EQ_INT(c.busy_poll_us, 1000);
	CU_ASSERT_FALSE(c.traps);
	CHECK_EQ_STR(c.agentx, "tcp:localhost:705#x");
	CHECK_EQ_STR(c.events, "");
	CHECK_EQ_INT(config_set(&daemon_config_options, &c.common, "busy-poll", 1, &high, error),
		     -EINVAL);
	CHECK_EQ_STR(error, "busy-poll: \"1001\" is no whole number from 0 to 1000");
	CHECK_EQ_INT(c.busy_poll_us, 1000);
	CHECK_EQ_INT(config_set(&daemon_config_options, &c.common, "local-port", 1, &port, error),
		     -EINVAL);
	CHECK_EQ_INT(strncmp(error, "unknown option \"local-port\"; known are agentx ", 46), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the daemon's own options", test_own_options},
	    {"every option", test_options},
	    {"every condition with its defaults", test_conditions},
	    {"the example file", test_example},
	    {"the manual's example", test_manual_example},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("manual", tests);
}
