/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_JSON_H
#define TCPSTATE_SUBAGENT_JSON_H

/*
 * This module turns a snapshot into JSON, from the same descriptors that answer SNMP: a member for
 * each table of TCPSTATE-MIB, an array of objects with the table's index and columns as members;
 * an object for each group of scalars. doc/json.md lists them.
 */

#include <jansson.h>

#include "core/model/snapshot.h"

/* NULL: out of memory. The caller owns the result. */
json_t *json_snapshot(const struct snapshot *s);

/* A row of the table of this name in the MIB, or its group of scalars. NULL: out of memory. */
json_t *json_row(const struct snapshot *s, const char *table, const void *row);

#endif
