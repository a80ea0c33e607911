/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_CHECK_H
#define TCPSTATE_SUBAGENT_CHECK_H

/*
 * This module tells the diagnosis to Nagios, Icinga and their like: one line, with the states and
 * the limits as performance data, and an exit code.
 */

#include <stdio.h>

#include "core/model/snapshot.h"

/* Prints the line and returns the exit code: 0 normal, 1 warning, 2 critical, 3 unknown. age_ms: of
 * the running daemon's snapshot, performance data as well; -1: it is not the daemon's. */
int check_print(FILE *out, const struct snapshot *s, int64_t age_ms);

#endif
