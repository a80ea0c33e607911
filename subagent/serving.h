/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SERVING_H
#define TCPSTATE_SUBAGENT_SERVING_H

/*
 * This module is the life of the process that serves, without any capability: it shows the newest
 * snapshot to the master agent, tells changes of the conditions, and says so itself if no newer
 * snapshot comes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "subagent/handover.h"

struct serving_options {
	const char *address; /* of the master: agent.h */
	uint32_t retry_s;
	bool filter; /* of system calls: sandbox.h */
	const struct handover *handover;
	int beat_fd; /* an eventfd, counted up as a sign of life */
};

/* Runs until SIGTERM or SIGINT, which are blocked. Returns the exit code of the process. */
int serving_run(const struct serving_options *options);

#endif
