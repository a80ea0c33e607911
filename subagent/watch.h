/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_WATCH_H
#define TCPSTATE_SUBAGENT_WATCH_H

/*
 * This module shows the page again with each new snapshot, until somebody ends it: on a terminal
 * in its place, elsewhere one page after the other.
 */

#include "subagent/daemonconfig.h"

/* sample: do not look for the running daemon's snapshots. netns: the name of the namespace; NULL:
 * the host's own. The exit code of the program: 0, or 3 if there is nothing to show or nowhere
 * to show it. */
int watch_run(const struct daemon_config *config, const char *config_path, bool sample,
	      const char *netns);

#endif
