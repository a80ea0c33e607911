/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_SERIES_H
#define TCPSTATE_PLUGIN_SERIES_H

/*
 * This module describes what the plugin sends: the options that only it has.
 */

#include "core/config/config.h"

enum listening_ports { LISTENING_PORTS_AUTO, LISTENING_PORTS_OFF, LISTENING_PORTS_ON };

struct series {
	bool all;         /* counts of all sockets by state */
	bool ip_versions; /* the same by address family */
	bool listeners;   /* queues and drops of each listener */
	bool spread;      /* different remote addresses and processes of each state */
	bool limits;
	bool counters;
	bool conditions;
	bool tuning; /* each parameter; how many are harmful or drifted is sent anyway */
	bool sampler;
	bool notifications;      /* one a change of severity */
	uint32_t listening;      /* enum listening_ports, as configured */
	uint32_t max_listeners;  /* listeners with series of their own, at the most */
	uint32_t max_namespaces; /* the same of other network namespaces */
	uint32_t max_remotes;    /* remote addresses with series of their own, at the most */
	struct counted_ports ports;
};

struct plugin_config {
	struct config common; /* for sampling and diagnosis; the first member */
	struct series series;
};

/* For config_init() and the others, whose struct config is `common`. */
extern const struct option_set plugin_config_options;

/* Once all options are set, and the config stays where it is: has the sampler count the ports of
 * the series. Those of the listeners are counted as with collectd's tcpconns, where no port is
 * named, unless they are asked for by name. */
void plugin_config_settle(struct plugin_config *config);

#endif
