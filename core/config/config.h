/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONFIG_H
#define TCPSTATE_CORE_CONFIG_H

/*
 * This module holds the options of sampling and diagnosis, and reads them together with those that
 * a program has of its own, from one table of name, arguments, range and default. A file
 * (a line "name argument ...") and a caller with another parser (Name argument ...) both feed it
 * key by key, so that an option has one name and one meaning everywhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config/option.h"
#include "core/config/ports.h"
#include "core/diagnosis/rule.h"
#include "core/model/counter.h"
#include "core/model/netns.h"

/* In which order the sysctl.d directories are read: as systemd-sysctl or as procps' sysctl does it;
 * auto: as the one that the host boots with. */
enum sysctl_order { SYSCTL_ORDER_AUTO, SYSCTL_ORDER_SYSTEMD, SYSCTL_ORDER_PROCPS };

struct config {
	uint32_t interval_s;               /* state counts */
	uint32_t detail_interval_s;        /* full samples */
	uint32_t tuning_interval_s;        /* kernel parameters */
	uint32_t cpu_budget;               /* hundredths of a percent of one core */
	uint32_t conn_states;              /* STATE_BIT()s whose connections are listed */
	uint32_t conn_rows;                /* connections kept at the most */
	uint32_t remotes;                  /* remote addresses a state */
	bool processes;                    /* look for the owners of sockets */
	char profile[128];                 /* name or path of the tuning profile */
	uint32_t sysctl_order;             /* enum sysctl_order */
	struct counter_names counters;     /* further ones to show */
	const struct counted_ports *ports; /* the caller's; NULL: none. No option sets it. */
	bool namespaces;                   /* sample the host's other network namespaces */
	struct netns_filter netns;
	struct rules rules;
};

/* What both programs have, and what one that lists connections has. */
extern const struct option_table config_common, config_connections;

/*
 * The options of a program: tables, up to a NULL. Those of its own set members after struct config,
 * which is the first member of a struct of `size` bytes.
 */
struct option_set {
	size_t size;
	const struct option_table *tables[4];
};

/* For who has none of its own. */
extern const struct option_set config_core_options;

/* Sets the defaults. ret_config: of options->size bytes. */
void config_init(const struct option_set *options, struct config *ret_config);

/*
 * Sets one option. name: in any case, with or without hyphens ("detail-interval",
 * "DetailInterval"). On failure (-EINVAL) error says what is allowed, without file or line, and
 * config is as before.
 */
int config_set(const struct option_set *options, struct config *config, const char *name, int argc,
	       const char *const *argv, char error[CONFIG_ERROR_MAX]);

/*
 * Sets the defaults, then what a file says: lines of up to 1023 bytes, an option's name and its
 * arguments, "#" begins a comment, "..." holds spaces, with \" and \\ inside; then the files
 * PATH.d/NAME.conf, in the order of their names. required: -ENOENT if there is no file PATH.
 * -EINVAL or what open() and read() gave: error says file, line and remedy, and *ret_config is of
 * no use.
 */
int config_load(const struct option_set *options, const char *path, bool required,
		struct config *ret_config, char error[CONFIG_ERROR_MAX]);

#endif
