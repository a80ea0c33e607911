/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONFIG_H
#define TCPSTATE_CORE_CONFIG_H

/*
 * This module holds the options: one table of name, arguments, range, default and help.
 * tcpstate.conf (a line "name argument ...") and collectd's block (Name argument ...) both feed it
 * key by key, so that an option has one name and one meaning in both.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/config/series.h"
#include "core/diagnosis/rule.h"
#include "core/model/counter.h"

enum { CONFIG_ERROR_MAX = 512 };

/* In which order the sysctl.d folders are read: as systemd-sysctl or as procps' sysctl does it;
 * auto: as the one that the host boots with. */
enum sysctl_order { SYSCTL_ORDER_AUTO, SYSCTL_ORDER_SYSTEMD, SYSCTL_ORDER_PROCPS };

struct config {
	uint32_t interval_s;           /* state counts */
	uint32_t detail_interval_s;    /* full samples */
	uint32_t tuning_interval_s;    /* kernel parameters */
	uint32_t cpu_budget;           /* hundredths of a percent of one core */
	uint32_t conn_states;          /* STATE_BIT()s whose connections are listed */
	uint32_t conn_rows;            /* connections kept at the most */
	uint32_t remotes;              /* remote addresses a state */
	bool processes;                /* look for the owners of sockets */
	uint32_t agentx_retry_s;       /* pause between attempts to reach snmpd */
	uint32_t busy_poll_us;         /* wait awake for the next request; 0: do not */
	bool traps;                    /* send notifications */
	char agentx[128];              /* AgentX address of the master; "": net-snmp's default */
	char events[128];              /* file of the last changes; "": none */
	char profile[128];             /* name or path of the tuning profile */
	uint32_t sysctl_order;         /* enum sysctl_order */
	struct counter_names counters; /* further ones to show */
	struct series series;          /* the plugin's own */
	struct rules rules;
};

/* Who an option is for. */
enum config_user { CONFIG_DAEMON = 1, CONFIG_PLUGIN = 2, CONFIG_BOTH = 3 };

/* Sets the defaults. */
void config_init(struct config *ret_config);

/*
 * Sets one option. name: in any case, with or without hyphens ("detail-interval",
 * "DetailInterval"). user: who asks; an option of the other edge only is refused. On failure
 * (-EINVAL) error says what is allowed, without file or line, and config is as before.
 */
int config_set(struct config *config, enum config_user user, const char *name, int argc,
	       const char *const *argv, char error[CONFIG_ERROR_MAX]);

/*
 * Reads a file over the defaults: lines of up to 1023 bytes, an option's name and its arguments,
 * "#" begins a comment, "..." holds spaces, with \" and \\ inside. 0; -ENOENT: there is none;
 * -EINVAL or what open() and read() gave: error says file, line and remedy. *ret_config is
 * untouched on failure.
 */
int config_read(const char *path, enum config_user user, struct config *ret_config,
		char error[CONFIG_ERROR_MAX]);

/*
 * Writes every option of `user` with its help, as a tcpstate.conf: the defaults as lines commented
 * out by "#" alone, all other text behind "# ".
 */
void config_write_example(FILE *out, enum config_user user);

#endif
