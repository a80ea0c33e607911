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
	CHECK_EQ_INT(c.series.max_listeners, 32);
	CHECK_EQ_INT(set(&c, CONFIG_DAEMON, "MaxListeners", "5", "", error), -EINVAL);
	CHECK_EQ_STR(error, "max-listeners is an option of the collectd plugin only");
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "AllPortsSummary", "false", "", error), 0);
	CU_ASSERT_FALSE(c.series.all);

	/* Nobody asked, and no port is named. */
	CHECK_EQ_INT(c.series.listening, LISTENING_PORTS_AUTO);
	series_settle(&c.series);
	CHECK_EQ_INT(c.series.listening, LISTENING_PORTS_ON);

	config_init(&c);
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "LocalPort", "22", "443", error), 0);
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "LocalPort", "8080", "", error), 0);
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "LocalPort", "25", "0", error), -EINVAL);
	CHECK_EQ_STR(error, "local-port: \"0\" is no whole number from 1 to 65535");
	CHECK_EQ_INT(c.series.local.count, 3);
	CHECK_EQ_INT(c.series.local.port[2], 8080);
	CHECK_EQ_INT(c.series.remote.count, 0);
	series_settle(&c.series);
	CHECK_EQ_INT(c.series.listening, LISTENING_PORTS_OFF);
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "ListeningPorts", "true", "", error), 0);
	series_settle(&c.series);
	CHECK_EQ_INT(c.series.listening, LISTENING_PORTS_ON);

	for (int i = 3; i < SERIES_PORTS_MAX; i++)
		CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "LocalPort", "1", "", error), 0);
	CHECK_EQ_INT(set(&c, CONFIG_PLUGIN, "LocalPort", "1", "", error), -EINVAL);
	CHECK_EQ_STR(error, "local-port: more than 64 ports");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the options of the plugin", test_options},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("report", tests);
}
