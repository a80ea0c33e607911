/* SPDX-License-Identifier: MIT */
#include "subagent/daemonconfig.h"

#include <string.h>

#include "subagent/snapshotfile.h"

#define AT(member_) .offset = offsetof(struct daemon_config, member_)

_Static_assert(offsetof(struct daemon_config, common) == 0, "offsets count from the common part");

/* The node exporter reads no other files. */
static int set_textfile(void *member, const struct config_option *option, int argc,
			const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	static const char suffix[] = ".prom";
	size_t len = strlen(argv[0]);

	if (len > 0 && (argv[0][0] != '/' || len <= sizeof(suffix) ||
			strcmp(argv[0] + len - (sizeof(suffix) - 1), suffix) != 0))
		return option_refuse(error, "%s: \"%.100s\" is no absolute path that ends in %s",
				     option->name, argv[0], suffix);
	return option_set_text(member, option, argc, argv, error);
}

static const struct config_option rows[] = {
    {OPTION("agentx", option_set_text), AT(agentx), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->agentx)), .fallback = "\"\"",
     .help = "Where snmpd takes AgentX subagents, as its agentXSocket; \"\": net-snmp's\n"
	     "default."},
    {OPTION("agentx-retry", option_set_number), AT(agentx_retry_s), OPTION_ARGS(1, 1),
     OPTION_RANGE(1, 3600), .fallback = "5",
     .help = "Seconds between two attempts to reach snmpd (1 to 3600)."},
    {OPTION("busy-poll", option_set_number), AT(busy_poll_us), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000), .fallback = "0",
     .help = "Microseconds to wait awake for the next request after an answer (0 to 1000).\n"
	     "A walk of many rows gets faster, 50 is enough; it costs CPU time only while\n"
	     "somebody asks, and helps only where another CPU is free."},
    {OPTION("traps", option_set_switch), AT(traps), OPTION_ARGS(1, 1), .fallback = "on",
     .help = "Send notifications when a condition is raised or cleared (on, off)."},
    {OPTION("events", option_set_text), AT(events), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->events)),
     .fallback = "/var/lib/tcpstate/events",
     .help = "The file that keeps the last changes of the conditions over a restart, if its\n"
	     "directory is there; \"\": none."},
    {OPTION("snapshot", option_set_text), AT(snapshot), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->snapshot)),
     .fallback = SNAPSHOTFILE_DEFAULT,
     .help = "The file that shows the newest snapshot to --once and --check, if its directory\n"
	     "is there; \"\": none."},
    {OPTION("prometheus-textfile", set_textfile), AT(prometheus), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->prometheus)), .fallback = "\"\"",
     .example = "/var/lib/tcpstate/tcpstate.prom",
     .help = "A file for the textfile collector of Prometheus' node exporter, written with each\n"
	     "sample; its name ends in .prom. \"\": none."},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0])};

const struct option_set daemon_config_options = {
    .size = sizeof(struct daemon_config),
    .tables = {&table, &config_connections, &config_common},
};
