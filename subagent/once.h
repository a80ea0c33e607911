/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_ONCE_H
#define TCPSTATE_SUBAGENT_ONCE_H

/*
 * This module looks at the host once, prints what it sees and is done.
 */

#include "subagent/daemonconfig.h"

enum once_output {
	ONCE_REPORT,
	ONCE_JSON,
	ONCE_CHECK,
	ONCE_PROMETHEUS,
	ONCE_EXPLAIN,
	ONCE_CONNECTIONS
};

struct once_options {
	enum once_output output;
	const char *condition; /* ONCE_EXPLAIN: which one; NULL: all */
	uint32_t states;       /* ONCE_CONNECTIONS: STATE_BIT()s */
	bool json;             /* ONCE_CONNECTIONS: not as a table */
	bool sample;           /* do not look for the running daemon's snapshot */
	const char *netns;     /* the name of the namespace; NULL: the host's own */
	const char *config_path;
};

/*
 * Shows the running daemon's newest snapshot. Where there is none: samples twice, a second apart,
 * because some conditions are rates; a condition needs not hold for longer than that. Prints to
 * stdout. Returns the exit code of the program: 0 normal, 1 warning, 2 critical, 3 unknown; of
 * ONCE_PROMETHEUS, ONCE_EXPLAIN and ONCE_CONNECTIONS 0 unless there is no sample or no such
 * condition. ONCE_CONNECTIONS shows the daemon's snapshot only where that has all the connections
 * of these states, else one sample.
 */
int once_run(const struct daemon_config *config, const struct once_options *options);

enum tuning_output { TUNING_LOOK, TUNING_ALL, TUNING_JSON, TUNING_SYSCTL };

/* Prints how the kernel's parameters stand against the configured profile: what deserves a look,
 * everything, the same as JSON, or a sysctl.d fragment. 0, or 1 with the error on stderr. */
int once_tuning(const struct daemon_config *config, enum tuning_output output);

#endif
