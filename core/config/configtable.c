/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/config/config_private.h"

enum { CONN_STATES = STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN) };

static const char *const order_words[] = {"auto", "systemd", "procps", NULL};

static bool is_counter_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_");

	return strncmp(name, "Tcp", 3) == 0 && len > 3 && name[len] == '\0' &&
	       len < COUNTER_NAME_SIZE;
}

/* What stands between the counters of the kernel's Tcp: line and goes up and down, or never moves.
 */
static bool is_gauge_name(const char *name)
{
	static const char *const gauges[] = {"TcpCurrEstab", "TcpMaxConn", "TcpRtoAlgorithm",
					     "TcpRtoMax", "TcpRtoMin"};

	for (size_t i = 0; i < COUNT_OF(gauges); i++)
		if (strcmp(name, gauges[i]) == 0)
			return true;
	return false;
}

static bool has_counter(const struct counter_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

static int set_counters(void *member, const struct config_option *option, int argc,
			const char *const *argv, char *error)
{
	struct counter_names names = *(struct counter_names *)member;

	for (int i = 0; i < argc; i++) {
		if (!is_counter_name(argv[i]))
			return option_refuse(
			    error, "%s: \"%s\" is no Tcp or TcpExt counter as nstat names them",
			    option->name, argv[i]);
		if (is_gauge_name(argv[i]))
			return option_refuse(error,
					     "%s: %s is no counter but a gauge (TCP-MIB has it)",
					     option->name, argv[i]);
		if (has_counter(&names, argv[i]))
			continue;
		if (names.count == COUNTER_NAMES_MAX)
			return option_refuse(error, "%s: more than %d counters", option->name,
					     COUNTER_NAMES_MAX);
		strcpy(names.name[names.count++], argv[i]);
	}
	*(struct counter_names *)member = names;
	return 0;
}

static int set_namespace(void *member, const struct config_option *option, int argc,
			 const char *const *argv, char *error)
{
	static const char *const lists[] = {"include", "exclude"};
	struct netns_filter *filter = member;
	char(*list)[NETNS_PATTERN_MAX] = filter->include;
	size_t n = 0;

	(void)argc;
	if (strcasecmp(argv[0], lists[1]) == 0)
		list = filter->exclude;
	else if (strcasecmp(argv[0], lists[0]) != 0)
		return option_refuse(error, "%s: \"%s\" is neither include nor exclude",
				     option->name, argv[0]);
	if (argv[1][0] == '\0' || strlen(argv[1]) >= NETNS_PATTERN_MAX)
		return option_refuse(error, "%s: a pattern of 1 to %d bytes is wanted",
				     option->name, NETNS_PATTERN_MAX - 1);
	while (n < NETNS_PATTERNS_MAX && list[n][0])
		n++;
	if (n == NETNS_PATTERNS_MAX)
		return option_refuse(error, "%s: more than %d patterns", option->name,
				     NETNS_PATTERNS_MAX);
	strcpy(list[n], argv[1]);
	return 0;
}

#define AT(member_) .offset = offsetof(struct config, member_)

static const struct config_option common[] = {
    {OPTION("interval", option_set_number), AT(interval_s), OPTION_ARGS(1, 1),
     OPTION_RANGE(1, 3600), .fallback = "5"},
    {OPTION("detail-interval", option_set_number), AT(detail_interval_s), OPTION_ARGS(1, 1),
     OPTION_RANGE(1, 86400), .fallback = "15"},
    {OPTION("tuning-interval", option_set_number), AT(tuning_interval_s), OPTION_ARGS(1, 1),
     OPTION_RANGE(10, 86400), .fallback = "60"},
    {OPTION("cpu-budget", option_set_hundredths), AT(cpu_budget), OPTION_ARGS(1, 1),
     OPTION_RANGE(10, 10000), .fallback = "1"},
    {OPTION("remotes", option_set_number), AT(remotes), OPTION_ARGS(1, 1), OPTION_RANGE(0, 1000),
     .fallback = "20"},
    {OPTION("processes", option_set_switch), AT(processes), OPTION_ARGS(1, 1), .fallback = "on"},
    {OPTION("profile", option_set_text), AT(profile), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct config *)NULL)->profile)), .fallback = "modern"},
    {OPTION("counter", set_counters), AT(counters), OPTION_ARGS(1, COUNTER_NAMES_MAX)},
    {OPTION("sysctl-order", option_set_choice), AT(sysctl_order), OPTION_ARGS(1, 1),
     .words = order_words, .fallback = "auto"},
    {OPTION("namespaces", option_set_switch), AT(namespaces), OPTION_ARGS(1, 1), .fallback = "off"},
    {OPTION("namespaces-max", option_set_number), AT(netns.max), OPTION_ARGS(1, 1),
     OPTION_RANGE(1, 1024), .fallback = "256"},
    {OPTION("namespace", set_namespace), AT(netns), OPTION_ARGS(2, 2)},
    {OPTION("surge-states", option_set_states), AT(rules.surge_states), OPTION_ARGS(1, STATE_COUNT),
     OPTION_RANGE(0, STATE_MASK_ALL), .fallback = "SYN_RECV CLOSE_WAIT"},
    {OPTION("state", config_set_state), AT(rules), OPTION_ARGS(2, CONFIG_RULE_ARGS)},
    {OPTION("ignore", config_set_ignore), AT(rules.ignores), OPTION_ARGS(3, 3)},
    {OPTION("condition", config_set_condition), AT(rules), OPTION_ARGS(2, CONFIG_RULE_ARGS)},
};

static const struct config_option connections[] = {
    {OPTION("conn-states", option_set_states), AT(conn_states), OPTION_ARGS(1, STATE_COUNT),
     OPTION_RANGE(0, CONN_STATES),
     .fallback = "CLOSED SYN_SENT SYN_RECV FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT LAST_ACK "
		 "CLOSING"},
    {OPTION("conn-rows", option_set_number), AT(conn_rows), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000000), .fallback = "10000"},
};

const struct option_table config_common = {common, COUNT_OF(common)};
const struct option_table config_connections = {connections, COUNT_OF(connections)};
const struct option_set config_core_options = {
    .size = sizeof(struct config),
    .tables = {&config_connections, &config_common},
};
