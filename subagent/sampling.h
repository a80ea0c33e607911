/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SAMPLING_H
#define TCPSTATE_SUBAGENT_SAMPLING_H

/*
 * This module is the life of the process that samples, with what capabilities it has and no way to
 * the network: it takes samples as they are due, remembers changes of the conditions, and gives
 * both out. SIGHUP has it read the configuration again.
 */

#include "subagent/daemonconfig.h"
#include "subagent/handover.h"

struct sampling_options {
	const struct daemon_config *config;
	const char *config_path;
	bool config_required; /* named by the user: a missing file is an error */
	bool filter;          /* of system calls: sandbox.h */
	const struct handover *handover;
	int beat_fd; /* an eventfd, counted up as a sign of life */
};

/* Runs until SIGTERM or SIGINT, which are blocked. Returns the exit code of the process. */
int sampling_run(const struct sampling_options *options);

#endif
