/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "plugin/series.h"
#include "tests/support/suite.h"

/* One argument, or two if the second is not empty. */
static int set(struct plugin_config *config, const char *name, const char *first,
	       const char *second, char *error)
{
	const char *const argv[] = {first, second};

	return config_set(&plugin_config_options, &config->common, name, *second ? 2 : 1, argv,
			  error);
}

/* The options that only the plugin has. */
static void test_options(void)
{
	char error[CONFIG_ERROR_MAX] = "";
	struct plugin_config c;

	config_init(&plugin_config_options, &c.common);
	CU_ASSERT_TRUE(c.series.all && c.series.notifications);
	CU_ASSERT_FALSE(c.series.tuning);
	CHECK_EQ_INT(c.series.max_listeners, 32);
	CHECK_EQ_INT(set(&c, "Traps", "off", "", error), -EINVAL);
	CHECK_EQ_INT(strncmp(error, "unknown option \"Traps\"; known are ", 34), 0);
	CHECK_EQ_INT(set(&c, "conn-rows", "5", "", error), -EINVAL);
	CHECK_EQ_INT(set(&c, "Remotes", "5", "", error), 0);
	CHECK_EQ_INT(c.common.remotes, 5);
	CHECK_EQ_INT(set(&c, "AllPortsSummary", "false", "", error), 0);
	CU_ASSERT_FALSE(c.series.all);

	/* Nobody asked, and no port is named. */
	CHECK_EQ_INT(c.series.listening, LISTENING_PORTS_AUTO);
	plugin_config_settle(&c);
	CU_ASSERT_TRUE(c.series.ports.listening);
	CU_ASSERT_PTR_EQUAL(c.common.ports, &c.series.ports);

	config_init(&plugin_config_options, &c.common);
	CHECK_EQ_INT(set(&c, "LocalPort", "22", "443", error), 0);
	CHECK_EQ_INT(set(&c, "LocalPort", "8080", "", error), 0);
	CHECK_EQ_INT(set(&c, "LocalPort", "25", "0", error), -EINVAL);
	CHECK_EQ_STR(error, "local-port: \"0\" is no whole number from 1 to 65535");
	CHECK_EQ_INT(c.series.ports.local.count, 3);
	CHECK_EQ_INT(c.series.ports.local.port[2], 8080);
	CHECK_EQ_INT(c.series.ports.remote.count, 0);
	plugin_config_settle(&c);
	CU_ASSERT_FALSE(c.series.ports.listening);
	CHECK_EQ_INT(set(&c, "ListeningPorts", "true", "", error), 0);
	plugin_config_settle(&c);
	CU_ASSERT_TRUE(c.series.ports.listening);
	CU_ASSERT_PTR_EQUAL(c.common.ports, &c.series.ports);

	for (int i = 3; i < CONFIG_PORTS_MAX; i++)
		CHECK_EQ_INT(set(&c, "LocalPort", "1", "", error), 0);
	CHECK_EQ_INT(set(&c, "LocalPort", "1", "", error), -EINVAL);
	CHECK_EQ_STR(error, "local-port: more than 64 ports");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the options of the plugin", test_options},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("series", tests);
}
