/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "core/config/config.h"
#include "tests/support/suite.h"

/* One argument, or two if the second is not empty. */
static int set(struct config *config, enum config_user user, const char *name, const char *first,
	       const char *second, char *error)
{
	const char *const argv[] = {first, second};

	return config_set(config, user, name, *second ? 2 : 1, argv, error);
}

/* The options that only the plugin has. */
static void test_options(void)
{
	char error[CONFIG_ERROR_MAX] = "";
	struct config c;

	config_init(&c);
	CU_ASSERT_TRUE(c.series.all && c.series.notifications);
	CU_ASSERT_FALSE(c.series.tuning);
	CU_ASSERT_EQUAL(c.series.max_listeners, 32);
	CU_ASSERT_EQUAL(set(&c, CONFIG_DAEMON, "MaxListeners", "5", "", error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, "max-listeners is an option of the collectd plugin only");
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "AllPortsSummary", "false", "", error), 0);
	CU_ASSERT_FALSE(c.series.all);

	/* Nobody asked, and no port is named. */
	CU_ASSERT_EQUAL(c.series.listening, LISTENING_PORTS_AUTO);
	series_settle(&c.series);
	CU_ASSERT_EQUAL(c.series.listening, LISTENING_PORTS_ON);

	config_init(&c);
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "LocalPort", "22", "443", error), 0);
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "LocalPort", "8080", "", error), 0);
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "LocalPort", "25", "0", error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, "local-port: \"0\" is no whole number from 1 to 65535");
	CU_ASSERT_EQUAL(c.series.local.count, 3);
	CU_ASSERT_EQUAL(c.series.local.port[2], 8080);
	CU_ASSERT_EQUAL(c.series.remote.count, 0);
	series_settle(&c.series);
	CU_ASSERT_EQUAL(c.series.listening, LISTENING_PORTS_OFF);
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "ListeningPorts", "true", "", error), 0);
	series_settle(&c.series);
	CU_ASSERT_EQUAL(c.series.listening, LISTENING_PORTS_ON);

	for (int i = 3; i < SERIES_PORTS_MAX; i++)
		CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "LocalPort", "1", "", error), 0);
	CU_ASSERT_EQUAL(set(&c, CONFIG_PLUGIN, "LocalPort", "1", "", error), -EINVAL);
	CU_ASSERT_STRING_EQUAL(error, "local-port: more than 64 ports");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the options of the plugin", test_options},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("report", tests);
}
