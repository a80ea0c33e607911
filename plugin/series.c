/* SPDX-License-Identifier: MIT */
#include "plugin/series.h"

#include <errno.h>
#include <strings.h>

#include "core/base/array.h"

static int set_ports(void *member, const struct config_option *option, int argc,
		     const char *const *argv, char *error)
{
	struct config_ports ports = *(struct config_ports *)member;
	uint32_t port;

	for (int i = 0; i < argc; i++) {
		if (option_number(option->name, argv[i], 1, 65535, &port, error) < 0)
			return -EINVAL;
		if (ports.count == CONFIG_PORTS_MAX)
			return option_refuse(error, "%s: more than %d ports", option->name,
					     CONFIG_PORTS_MAX);
		ports.port[ports.count++] = (uint16_t)port;
	}
	*(struct config_ports *)member = ports;
	return 0;
}

static int set_listening(void *member, const struct config_option *option, int argc,
			 const char *const *argv, char *error)
{
	int on;

	(void)argc;
	if (strcasecmp(argv[0], "auto") == 0) {
		*(uint32_t *)member = LISTENING_PORTS_AUTO;
		return 0;
	}
	on = option_switch(option->name, argv[0], error);
	if (on < 0)
		return on;
	*(uint32_t *)member = on ? LISTENING_PORTS_ON : LISTENING_PORTS_OFF;
	return 0;
}

#define AT(member_) .offset = offsetof(struct plugin_config, member_)
#define REPORT(name_, member_, fallback_)                                                          \
	{                                                                                          \
		OPTION(name_, option_set_switch), AT(series.member_), OPTION_ARGS(1, 1),           \
		    .fallback = (fallback_)                                                        \
	}

_Static_assert(offsetof(struct plugin_config, common) == 0, "offsets count from the common part");

static const struct config_option rows[] = {
    REPORT("all-ports-summary", all, "on"),
    REPORT("report-ip-versions", ip_versions, "on"),
    {OPTION("listening-ports", set_listening), AT(series.listening), OPTION_ARGS(1, 1),
     .fallback = "auto"},
    {OPTION("local-port", set_ports), AT(series.ports.local), OPTION_ARGS(1, CONFIG_PORTS_MAX)},
    {OPTION("remote-port", set_ports), AT(series.ports.remote), OPTION_ARGS(1, CONFIG_PORTS_MAX)},
    REPORT("report-listeners", listeners, "on"),
    {OPTION("max-listeners", option_set_number), AT(series.max_listeners), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000), .fallback = "32"},
    {OPTION("max-remotes", option_set_number), AT(series.max_remotes), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000), .fallback = "0"},
    {OPTION("max-namespaces", option_set_number), AT(series.max_namespaces), OPTION_ARGS(1, 1),
     OPTION_RANGE(0, 1000), .fallback = "32"},
    REPORT("report-spread", spread, "on"),
    REPORT("report-limits", limits, "on"),
    REPORT("report-counters", counters, "on"),
    REPORT("report-conditions", conditions, "on"),
    REPORT("report-tuning", tuning, "off"),
    REPORT("report-sampler", sampler, "on"),
    REPORT("notifications", notifications, "on"),
};

static const struct option_table table = {rows, COUNT_OF(rows)};

const struct option_set plugin_config_options = {
    .size = sizeof(struct plugin_config),
    .tables = {&table, &config_common},
};

void plugin_config_settle(struct plugin_config *config)
{
	struct series *series = &config->series;
	bool named = series->ports.local.count > 0 || series->ports.remote.count > 0;

	series->ports.listening = series->listening == LISTENING_PORTS_AUTO
				      ? !named
				      : series->listening == LISTENING_PORTS_ON;
	config->common.ports = &series->ports;
}
