/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_DAEMONCONFIG_H
#define TCPSTATE_SUBAGENT_DAEMONCONFIG_H

/*
 * This module holds the options that only tcpstated has, those of AgentX and of its files.
 */

#include "core/config/config.h"

struct daemon_config {
	struct config common;    /* for sampling and diagnosis; the first member */
	uint32_t agentx_retry_s; /* pause between attempts to reach snmpd */
	uint32_t busy_poll_us;   /* wait awake for the next request; 0: do not */
	bool traps;              /* send notifications */
	char agentx[128];        /* AgentX address of the master; "": net-snmp's default */
	char events[128];        /* file of the last changes; "": none */
	char snapshot[128];      /* file of the newest snapshot; "": none */
	char prometheus[128];    /* file for the node exporter; "": none */
};

/* For config_init() and the others, whose struct config is `common`. */
extern const struct option_set daemon_config_options;

#endif
