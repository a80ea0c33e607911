/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_MEMBER_H
#define TCPSTATE_SUBAGENT_MEMBER_H

/*
 * This module says what the tables of TCPSTATE-MIB are called in JSON: the tables and their
 * indexes as data, all other names by one rule.
 */

#include <stddef.h>
#include <stdint.h>

#include "subagent/oidtable.h"

enum { MEMBER_INDEX_MAX = 6, MEMBER_NAME_MAX = 64 };

/* How a part of an index is encoded (RFC 2578, 7.7). */
enum index_syntax {
	INDEX_NUMBER,
	INDEX_ADDRESS, /* an InetAddressType and the InetAddress that it belongs to */
	INDEX_TEXT,
	INDEX_IMPLIED, /* text up to the end of the index */
};

struct index_part {
	const char *name; /* as in the MIB; of an address without its type; NULL: end */
	enum index_syntax syntax;
	/* The name of an enumerated number; NULL: there is none. Optional. */
	const char *(*label)(uint32_t number);
};

struct member_table {
	const char *table; /* name in the MIB */
	const char *name;  /* in JSON */
	struct index_part index[MEMBER_INDEX_MAX];
};

/* NULL: a table that has no line here. */
const struct member_table *member_table(const struct table *table);

/* What names the numbers of an enumerated column; NULL: the column has plain numbers. */
const char *(*member_label(const struct column *column))(uint32_t number);

/*
 * The name of a column or an index part: that of the MIB without the table's own name in front
 * ("tcpStateListenerAcceptQueue" of tcpStateListenerTable is "acceptQueue"), or without "tcpState"
 * where it does not begin with that. Returns buf.
 */
const char *member_name(const struct table *table, const char *mib_name, char buf[MEMBER_NAME_MAX]);

#endif
