/* SPDX-License-Identifier: MIT */
/* tcpstate.conf, with the options of tcpstated. */
#include <string.h>

#include "subagent/daemonconfig.h"
#include "tests/fuzz/fuzz.h"

static void check_rule(const struct rule *rule)
{
	REQUIRE(rule->warning >= -1 && rule->critical >= -1);
	REQUIRE(rule->critical == -1 || rule->warning <= rule->critical);
	REQUIRE(rule->hold_s <= 86400 && rule->clear_percent <= 100 && rule->share_percent <= 100);
}

static void check(const struct daemon_config *c)
{
	const struct config *common = &c->common;

	REQUIRE(common->interval_s >= 1 && common->interval_s <= 3600);
	REQUIRE(common->detail_interval_s >= 1 && common->detail_interval_s <= 86400);
	REQUIRE(common->cpu_budget >= 10 && common->cpu_budget <= 10000);
	REQUIRE((common->conn_states & ~(STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN))) == 0);
	REQUIRE(common->conn_rows <= 1000000 && common->remotes <= 1000);
	REQUIRE(memchr(common->profile, '\0', sizeof(common->profile)));
	REQUIRE(memchr(c->agentx, '\0', sizeof(c->agentx)));
	REQUIRE(memchr(c->prometheus, '\0', sizeof(c->prometheus)));
	for (size_t i = 1; i <= CONDITION_COUNT; i++)
		check_rule(&common->rules.of[i]);
	for (size_t i = 0; i < STATE_COUNT; i++)
		check_rule(&common->rules.of_state[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file((struct fuzz_input){data, size});
	struct daemon_config config;
	char error[CONFIG_ERROR_MAX] = "";

	if (config_load(&daemon_config_options, path, true, &config.common, error) < 0)
		REQUIRE(strncmp(error, path, strlen(path)) == 0 && fuzz_is_printable(error));
	else
		check(&config);
	return 0;
}
