/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_MEMBER_H
#define TCPSTATE_SUBAGENT_MEMBER_H

/*
 * This module says what the tables of TCPSTATE-MIB are called in JSON: the tables as data, all
 * other names by one rule.
 */

#include <stddef.h>
#include <stdint.h>

#include "subagent/oidtable.h"

enum { MEMBER_NAME_MAX = 64 };

/* The name of a table; NULL: it has no line here. */
const char *member_table(const struct table *table);

/*
 * The name of a column or an index part: that of the MIB without the table's own name in front
 * ("tcpStateListenerAcceptQueue" of tcpStateListenerTable is "acceptQueue"), or without "tcpState"
 * where it does not begin with that. Returns buf.
 */
const char *member_name(const struct table *table, const char *mib_name, char buf[MEMBER_NAME_MAX]);

#endif
