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
		printf("\n    not there: %s", line + 1);
	CU_ASSERT_PTR_NOT_NULL(found);
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

static size_t add_threshold(char *line, const char *name, int32_t threshold)
{
	return (size_t)(threshold < 0 ? sprintf(line, " %s off", name)
				      : sprintf(line, " %s %d", name, threshold));
}

/* " warning 50 critical 90 hold 10 clear 80 floor 16". */
static void write_rule(const struct rule *rule, bool clear, char *line)
{
	line += add_threshold(line, "warning", rule->warning);
	line += add_threshold(line, "critical", rule->critical);
	line += sprintf(line, " hold %u", rule->hold_s);
	if (clear)
		line += sprintf(line, " clear %u", rule->clear_percent);
	if (rule->floor > 0)
		line += sprintf(line, " floor %u", rule->floor);
	if (rule->share_percent > 0)
		sprintf(line, " share %u", rule->share_percent);
}

/* Each condition with its defaults, and in the manual what its value is. */
static void test_conditions(void)
{
	char *manual = read_file("tcpstate.conf.5"), *example = read_file("tcpstate.conf.example");
	char line[512], rule[256];

	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		const struct condition_info *info = &condition_table[i];

		if (info->id == CONDITION_STATE_COUNT)
			continue;
		write_rule(&info->rule, true, rule);
		snprintf(line, sizeof(line), "\n#condition %s%s\n", info->name, rule);
		expect_line(example, line);
		/* Said once for all of them. */
		CHECK_EQ_INT(info->rule.clear_percent, 80);
		write_rule(&info->rule, false, rule);
		snprintf(line, sizeof(line), "\n.It Li %s No%s\n%s\n", info->name, rule,
			 info->phrase);
		expect_line(manual, line);
	}
	free(manual);
	free(example);
}

/* Each option is in the example file, with its default or, after a blank, with an example. */
static void test_example(void)
{
	char *example = read_file("tcpstate.conf.example"), line[256];
	const struct config_option *option;

	for (size_t i = 0; (option = config_option_at(&daemon_config_options, i)); i++) {
		if (option->fallback)
			snprintf(line, sizeof(line), "\n#%s %s\n", option->name, option->fallback);
		else
			snprintf(line, sizeof(line), "\n# %s ", option->name);
		if (strcmp(option->name, "condition") != 0)
			expect_line(example, line);
	}
	free(example);
}

/* Its defaults, no longer commented out, change nothing; what it gives as examples is accepted. */
static void test_example_is_read(void)
{
	char *example = read_file("tcpstate.conf.example"), *line = example, *rest;
	struct daemon_config init, config;
	const char *argv[CONFIG_ARGS_MAX];
	char error[CONFIG_ERROR_MAX] = "";
	bool is_example = false;

	config_init(&daemon_config_options, &init.common);
	while ((rest = strchr(line, '\n'))) {
		bool is_default = line[0] == '#' && line[1] != ' ';

		*rest = '\0';
		if (is_default || is_example) {
			int argc = config_split(line + strspn(line, "# "), argv, error);

			config = init;
			CU_ASSERT_FATAL(argc > 0);
			CHECK_EQ_INT(config_set(&daemon_config_options, &config.common, argv[0],
						argc - 1, argv + 1, error),
				     0);
			CHECK_EQ_STR(error, "");
			CHECK_EQ_INT(memcmp(&config, &init, sizeof(init)) == 0, is_default);
		}
		is_example = strcmp(line, "# For example:") == 0;
		line = rest + 1;
	}
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
	    {"the example file has every option", test_example},
	    {"the example file is read", test_example_is_read},
	    {"the manual's example", test_manual_example},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("manual", tests);
}
