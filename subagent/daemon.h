/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_DAEMON_H
#define TCPSTATE_SUBAGENT_DAEMON_H

/*
 * This module is the daemon's life: it starts the sampling and the subagent, passes the snapshots
 * from one to the other, obeys signals and writes the log.
 */

#include "subagent/daemonconfig.h"

struct daemon_options {
	const char *config_path;
	bool config_required; /* named by the user: a missing file is an error */
	const char *address;  /* of the master, over the configuration's; NULL: none */
};

/* Runs until SIGTERM or SIGINT. Returns the exit code of the program. */
int daemon_run(const struct daemon_options *options, const struct daemon_config *config);

#endif
