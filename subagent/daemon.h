/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_DAEMON_H
#define TCPSTATE_SUBAGENT_DAEMON_H

/*
 * This module is the daemon's first process: it starts the one that samples and the one that
 * serves, starts them again if they die, passes signals on, and ends both. It reads nothing from
 * anybody.
 */

#include "subagent/daemonconfig.h"

struct daemon_options {
	const char *config_path;
	bool config_required; /* named by the user: a missing file is an error */
	const char *address;  /* of the master, over the configuration's; NULL: none */
	bool filter;          /* of system calls: sandbox.h */
};

/* Runs until SIGTERM or SIGINT. Returns the exit code of the program. */
int daemon_run(const struct daemon_options *options, const struct daemon_config *config);

#endif
