/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/config/config_private.h"
#include "core/base/text.h"

enum { CONN_STATES = STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN) };

static const char *const switch_words[] = {"off", "on", "no", "yes", "false", "true", NULL};
static const char *const order_words[] = {"auto", "systemd", "procps", NULL};

static void *member(struct config *config, const struct option *option)
{
	return (char *)config + option->offset;
}

static int set_number(struct config *config, const struct option *option, int argc,
		      const char *const *argv, char *error)
{
	(void)argc;
	return config_number(option->name, argv[0], option->min, option->max,
			     member(config, option), error);
}

/* A number with up to two decimals, kept in hundredths. */
static int set_hundredths(struct config *config, const struct option *option, int argc,
			  const char *const *argv, char *error)
{
	size_t whole = strcspn(argv[0], ".");
	const char *decimals = argv[0][whole] == '.' ? argv[0] + whole + 1 : "00";
	size_t n = strlen(decimals);
	char digits[16];

	(void)argc;
	snprintf(digits, sizeof(digits), "%.*s%s%s", (int)whole, argv[0], decimals,
		 n == 1 ? "0" : "");
	if (whole >= 1 && whole <= 8 && n >= 1 && n <= 2 &&
	    config_number(option->name, digits, option->min, option->max, member(config, option),
			  error) == 0)
		return 0;
	return config_refuse(error, "%s: \"%s\" is no number from %u.%02u to %u.%02u", option->name,
			     argv[0], option->min / 100, option->min % 100, option->max / 100,
			     option->max % 100);
}

static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcasecmp(words[i], word) == 0)
			return i;
	return -1;
}

/* 1: on, 0: off, -EINVAL: neither. */
static int find_switch(const struct option *option, const char *word, char *error)
{
	int found = find_word(switch_words, word);

	if (found < 0)
		return config_refuse(error, "%s: \"%s\" is neither on nor off", option->name, word);
	return found % 2;
}

static int set_switch(struct config *config, const struct option *option, int argc,
		      const char *const *argv, char *error)
{
	int on = find_switch(option, argv[0], error);

	(void)argc;
	if (on < 0)
		return on;
	*(bool *)member(config, option) = on == 1;
	return 0;
}

static int set_choice(struct config *config, const struct option *option, int argc,
		      const char *const *argv, char *error)
{
	int word = find_word(option->words, argv[0]);
	char buf[128];
	struct text known = text_begin(buf, sizeof(buf));

	(void)argc;
	if (word >= 0) {
		*(uint32_t *)member(config, option) = (uint32_t)word;
		return 0;
	}
	for (int i = 0; option->words[i]; i++)
		text_add(&known, " ", "%s", option->words[i]);
	return config_refuse(error, "%s: \"%s\" is none of %s", option->name, argv[0], buf);
}

/* max: the size of the member. */
static int set_text(struct config *config, const struct option *option, int argc,
		    const char *const *argv, char *error)
{
	(void)argc;
	if (strlen(argv[0]) >= option->max)
		return config_refuse(error, "%s: more than %u bytes", option->name,
				     option->max - 1);
	strcpy(member(config, option), argv[0]);
	return 0;
}

static int set_states(struct config *config, const struct option *option, int argc,
		      const char *const *argv, char *error)
{
	uint32_t *states = member(config, option);
	enum tcp_state state;

	*states = 0;
	if (argc == 1 && strcasecmp(argv[0], "none") == 0)
		return 0;
	if (argc == 1 && strcasecmp(argv[0], "all") == 0) {
		*states = option->max;
		return 0;
	}
	for (int i = 0; i < argc; i++) {
		if (config_state(option->name, argv[i], option->max, &state, error) < 0)
			return -EINVAL;
		*states |= STATE_BIT(state);
	}
	return 0;
}

static bool is_counter_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_");

	return strncmp(name, "Tcp", 3) == 0 && len > 3 && name[len] == '\0' &&
	       len < COUNTER_NAME_SIZE;
}

/* What stands between the counters in snmp's Tcp: line and goes up and down, or does not move. */
static bool is_gauge_name(const char *name)
{
	static const char *const gauges[] = {"TcpCurrEstab", "TcpMaxConn", "TcpRtoAlgorithm",
					     "TcpRtoMax", "TcpRtoMin"};

	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
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

static int set_counters(struct config *config, const struct option *option, int argc,
			const char *const *argv, char *error)
{
	struct counter_names *names = member(config, option);

	for (int i = 0; i < argc; i++) {
		if (!is_counter_name(argv[i]))
			return config_refuse(
			    error, "%s: \"%s\" is no Tcp or TcpExt counter as nstat names them",
			    option->name, argv[i]);
		if (is_gauge_name(argv[i]))
			return config_refuse(error,
					     "%s: %s is no counter but a gauge (TCP-MIB has it)",
					     option->name, argv[i]);
		if (has_counter(names, argv[i]))
			continue;
		if (names->count == COUNTER_NAMES_MAX)
			return config_refuse(error, "%s: more than %d counters", option->name,
					     COUNTER_NAMES_MAX);
		strcpy(names->name[names->count++], argv[i]);
	}
	return 0;
}

static int set_ports(struct config *config, const struct option *option, int argc,
		     const char *const *argv, char *error)
{
	struct series_ports *ports = member(config, option);
	uint32_t port;

	for (int i = 0; i < argc; i++) {
		if (config_number(option->name, argv[i], 1, 65535, &port, error) < 0)
			return -EINVAL;
		if (ports->count == SERIES_PORTS_MAX)
			return config_refuse(error, "%s: more than %d ports", option->name,
					     SERIES_PORTS_MAX);
		ports->port[ports->count++] = (uint16_t)port;
	}
	return 0;
}

static int set_listening(struct config *config, const struct option *option, int argc,
			 const char *const *argv, char *error)
{
	uint32_t *listening = member(config, option);
	int on;

	(void)argc;
	if (strcasecmp(argv[0], "auto") == 0) {
		*listening = LISTENING_PORTS_AUTO;
		return 0;
	}
	on = find_switch(option, argv[0], error);
	if (on < 0)
		return on;
	*listening = on ? LISTENING_PORTS_ON : LISTENING_PORTS_OFF;
	return 0;
}

static int set_condition(struct config *config, const struct option *option, int argc,
			 const char *const *argv, char *error)
{
	(void)option;
	return config_set_condition(config, argc, argv, error);
}

static int set_state(struct config *config, const struct option *option, int argc,
		     const char *const *argv, char *error)
{
	(void)option;
	return config_set_state(config, argc, argv, error);
}

#define AT(member_)                .offset = offsetof(struct config, member_)
#define ARGS(min_, max_)           .min_args = (min_), .max_args = (max_)
#define RANGE(min_, max_)          .min = (min_), .max = (max_)
#define OPTION(name_, user_, set_) .name = (name_), .user = (user_), .set = (set_)
#define REPORT(name_, member_, fallback_, help_)                                                   \
	{                                                                                          \
		OPTION(name_, CONFIG_PLUGIN, set_switch), AT(series.member_), ARGS(1, 1),          \
		    .fallback = (fallback_), .help = (help_)                                       \
	}

const struct option config_options[] = {
    {OPTION("interval", CONFIG_BOTH, set_number), AT(interval_s), ARGS(1, 1), RANGE(1, 3600),
     .fallback = "5", .help = "Seconds between two counts of the states (1 to 3600)."},
    {OPTION("detail-interval", CONFIG_BOTH, set_number), AT(detail_interval_s), ARGS(1, 1),
     RANGE(1, 86400), .fallback = "15",
     .help = "Seconds between two full samples: connections, remotes, processes, the\n"
	     "listeners' states (1 to 86400)."},
    {OPTION("tuning-interval", CONFIG_BOTH, set_number), AT(tuning_interval_s), ARGS(1, 1),
     RANGE(10, 86400), .fallback = "60",
     .help = "Seconds between two readings of the kernel parameters (10 to 86400). They are\n"
	     "also read when a file of sysctl.d or the profile has changed."},
    {OPTION("cpu-budget", CONFIG_BOTH, set_hundredths), AT(cpu_budget), ARGS(1, 1),
     RANGE(10, 10000), .fallback = "1",
     .help = "Percent of one core that sampling may use; intervals are stretched to keep\n"
	     "it (0.1 to 100)."},
    {OPTION("conn-states", CONFIG_DAEMON, set_states), AT(conn_states), ARGS(1, STATE_COUNT),
     RANGE(0, CONN_STATES),
     .fallback = "CLOSED SYN_SENT SYN_RECV FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT LAST_ACK "
		 "CLOSING",
     .help = "The states whose connections are listed one by one; none; all."},
    {OPTION("conn-rows", CONFIG_DAEMON, set_number), AT(conn_rows), ARGS(1, 1), RANGE(0, 1000000),
     .fallback = "10000",
     .help = "Connections listed at the most; the others are counted (0 to 1000000)."},
    {OPTION("remotes", CONFIG_BOTH, set_number), AT(remotes), ARGS(1, 1), RANGE(0, 1000),
     .fallback = "20",
     .help = "Remote addresses kept for each state, those with the most connections\n"
	     "(0 to 1000)."},
    {OPTION("processes", CONFIG_BOTH, set_switch), AT(processes), ARGS(1, 1), .fallback = "on",
     .help = "Look for the processes that own the sockets (on, off)."},
    {OPTION("agentx", CONFIG_DAEMON, set_text), AT(agentx), ARGS(1, 1),
     RANGE(0, sizeof(((struct config *)NULL)->agentx)), .fallback = "\"\"",
     .help = "Where snmpd takes AgentX subagents, as its agentXSocket; \"\": net-snmp's\n"
	     "default."},
    {OPTION("agentx-retry", CONFIG_DAEMON, set_number), AT(agentx_retry_s), ARGS(1, 1),
     RANGE(1, 3600), .fallback = "5",
     .help = "Seconds between two attempts to reach snmpd (1 to 3600)."},
    {OPTION("busy-poll", CONFIG_DAEMON, set_number), AT(busy_poll_us), ARGS(1, 1), RANGE(0, 1000),
     .fallback = "0",
     .help = "Microseconds to wait awake for the next request after an answer (0 to 1000).\n"
	     "A walk of many rows gets faster, 50 is enough; it costs CPU time only while\n"
	     "somebody asks, and helps only where another CPU is free."},
    {OPTION("traps", CONFIG_DAEMON, set_switch), AT(traps), ARGS(1, 1), .fallback = "on",
     .help = "Send notifications when a condition is raised or cleared (on, off)."},
    {OPTION("events", CONFIG_DAEMON, set_text), AT(events), ARGS(1, 1),
     RANGE(0, sizeof(((struct config *)NULL)->events)), .fallback = "/var/lib/tcpstate/events",
     .help = "The file that keeps the last changes of the conditions over a restart, if its\n"
	     "directory is there; \"\": none."},
    {OPTION("profile", CONFIG_BOTH, set_text), AT(profile), ARGS(1, 1),
     RANGE(0, sizeof(((struct config *)NULL)->profile)), .fallback = "modern",
     .help = "The tuning profile that recommends the kernel parameters: a name or a path."},
    {OPTION("counter", CONFIG_BOTH, set_counters), AT(counters), ARGS(1, COUNTER_NAMES_MAX),
     .example = "TcpExtTCPLostRetransmit TcpExtPAWSEstab",
     .help = "Further Tcp and TcpExt counters to show, named as nstat names them."},
    {OPTION("sysctl-order", CONFIG_BOTH, set_choice), AT(sysctl_order), ARGS(1, 1),
     .words = order_words, .fallback = "auto",
     .help = "Whose order of the sysctl.d folders decides what the next boot sets: systemd,\n"
	     "procps; auto: the one that this host boots with."},
    {OPTION("surge-states", CONFIG_BOTH, set_states), AT(rules.surge_states), ARGS(1, STATE_COUNT),
     RANGE(0, STATE_MASK_ALL), .fallback = "SYN_RECV CLOSE_WAIT",
     .help = "The states that stateSurge compares with their last hour; none; all."},
    {OPTION("state", CONFIG_BOTH, set_state), ARGS(2, CONFIG_RULE_ARGS),
     .example = "SYN_RECV warning 200 critical 1000 hold 30 clear 80",
     .help = "A threshold of your own for the connections in a state (condition\n"
	     "stateCount.STATE): state NAME [warning N] [critical N] [hold S] [clear P],\n"
	     "or state NAME off."},
    {OPTION("condition", CONFIG_BOTH, set_condition), ARGS(2, CONFIG_RULE_ARGS),
     .help = "When a condition is raised: condition NAME [warning N] [critical N] [hold S]\n"
	     "[clear P], or condition NAME off. It is raised when the value has been at\n"
	     "or above a threshold for S seconds, and clears when it has been below P\n"
	     "percent of the threshold for as long. N may be off. Some also have [floor N],\n"
	     "connections below which nothing counts, or [share P], the percent of the\n"
	     "traffic that it must be: man 7 tcpstate-diagnosis."},
    REPORT("all-ports-summary", all, "on", "The counts of all sockets by state."),
    REPORT("report-ip-versions", ip_versions, "on", "The same for IPv4 and for IPv6."),
    {OPTION("listening-ports", CONFIG_PLUGIN, set_listening), AT(series.listening), ARGS(1, 1),
     .fallback = "auto",
     .help = "Counts by state for the port of each listener (on, off); auto: where no\n"
	     "port is named."},
    {OPTION("local-port", CONFIG_PLUGIN, set_ports), AT(series.local), ARGS(1, SERIES_PORTS_MAX),
     .example = "25 443", .help = "Counts by state for the connections with these local ports."},
    {OPTION("remote-port", CONFIG_PLUGIN, set_ports), AT(series.remote), ARGS(1, SERIES_PORTS_MAX),
     .example = "5432", .help = "The same for remote ports."},
    REPORT("report-listeners", listeners, "on", "Queues, limits and drops of each listener."),
    {OPTION("max-listeners", CONFIG_PLUGIN, set_number), AT(series.max_listeners), ARGS(1, 1),
     RANGE(0, 1000), .fallback = "32",
     .help = "Listeners that get values of their own, those with the most connections;\n"
	     "one that is chosen stays as long as it listens (0 to 1000)."},
    {OPTION("max-remotes", CONFIG_PLUGIN, set_number), AT(series.max_remotes), ARGS(1, 1),
     RANGE(0, 1000), .fallback = "0", .help = "The same for remote addresses (0 to 1000)."},
    REPORT("report-spread", spread, "on",
	   "How many different remote addresses and processes each state has."),
    REPORT("report-limits", limits, "on", "What bounds TCP on this host, in percent of the bound."),
    REPORT("report-counters", counters, "on", "The kernel's counters, as rates."),
    REPORT("report-conditions", conditions, "on", "The value and the severity of each condition."),
    REPORT("report-tuning", tuning, "off",
	   "Each kernel parameter. How many are harmful is sent in any case."),
    REPORT("report-sampler", sampler, "on", "What sampling costs, and its errors."),
    REPORT("notifications", notifications, "on",
	   "A notification when a condition is raised or cleared."),
};

const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);
