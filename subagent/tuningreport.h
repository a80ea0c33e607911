/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_TUNINGREPORT_H
#define TCPSTATE_SUBAGENT_TUNINGREPORT_H

/*
 * This module shows the tuning table to a person (tcpstated --tuning), as text, as JSON, and as a
 * sysctl.d fragment for review. It only reads the table.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/model/snapshot.h"

/* Prints the parameters that deserve a look (harmful, differing from the profile, drifted, set in
 * a file but absent), or all of them with their meanings. 0 or -EIO. */
int tuningreport_print(FILE *out, const struct tuning_table *table, bool all);

/* Prints what would bring the host to the profile and keep it there, as a commented file for
 * sysctl.d(5). Values known to do harm are left out and said so. 0 or -EIO. */
int tuningreport_sysctl(FILE *out, const struct tuning_table *table);

/* The whole table; NULL: out of memory. The caller owns the reference. */
json_t *tuningreport_json(const struct tuning_table *table);

#endif
