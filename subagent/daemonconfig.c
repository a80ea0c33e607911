/* SPDX-License-Identifier: MIT */
#include "subagent/daemonconfig.h"

#include <string.h>

#include "core/base/array.h"
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
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->agentx)), .fallback = "\"\""},
    {OPTION("agentx-retry", option_set_number), AT(agentx_retry_s), OPTION_ARGS(1, 1),
     OPTION_RANGE(1, 3600), .fallback = "5"},
    {OPTION("busy-poll", option_set_number), AT(busy_poll_us), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000), .fallback = "0"},
    {OPTION("traps", option_set_switch), AT(traps), OPTION_ARGS(1, 1), .fallback = "on"},
    {OPTION("events", option_set_text), AT(events), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->events)),
     .fallback = "/var/lib/tcpstate/events"},
    {OPTION("snapshot", option_set_text), AT(snapshot), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->snapshot)),
     .fallback = SNAPSHOTFILE_DEFAULT},
    {OPTION("prometheus-textfile", set_textfile), AT(prometheus), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, sizeof(((struct daemon_config *)NULL)->prometheus)), .fallback = "\"\""},
};

static const struct option_table table = {rows, COUNT_OF(rows)};

const struct option_set daemon_config_options = {
    .size = sizeof(struct daemon_config),
    .tables = {&table, &config_connections, &config_common},
};
