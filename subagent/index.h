/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_INDEX_H
#define TCPSTATE_SUBAGENT_INDEX_H

/*
 * This module is what identifies a row: the index of each table as TCPSTATE-MIB defines it, as
 * data; and the line that tells a person about a connection.
 */

#include "core/model/snapshot.h"

/* Sub-identifiers of a row's index. */
enum { OID_INDEX_MAX = 80 };

/* How a part of an index is encoded (RFC 2578, 7.7), and what its member is. */
enum index_syntax {
	INDEX_NUMBER,  /* uint8_t, uint16_t or uint32_t */
	INDEX_ADDRESS, /* struct inet_addr: an InetAddressType and the InetAddress of that type */
	INDEX_TEXT,    /* const char * */
	INDEX_IMPLIED, /* char[]: text up to the end of the index */
};

struct index_part {
	const char *name; /* as in the MIB; of an address without its type; NULL: end */
	enum index_syntax syntax;
	size_t offset, size; /* of the member in the row */
	bool of_listener;    /* in that of the listener that the row, a listener_state, is of */
	const char *(*label)(uint32_t number); /* the word for a number; NULL: it has none */
};

extern const struct index_part index_state[], index_info[], index_listener[],
    index_listener_state[], index_conn[], index_remote[], index_spread[], index_process[],
    index_limit[], index_counter[], index_tuning[], index_condition[], index_event[], index_arc[],
    index_namespace[];

/* The member of a row that a part is made of. */
const void *index_member(const struct snapshot *s, const struct index_part *part, const void *row);

/* The number in such a member. */
uint32_t index_number(const struct index_part *part, const void *member);

/* Writes the index of a row, without a column, and returns its length. */
size_t index_write(const struct snapshot *s, const struct index_part *parts, const void *row,
		   uint32_t oid[OID_INDEX_MAX]);

/* struct column's format() of tcpStateConnSummary; row: a struct conn. "java[4321] app.service,
 * silent 1987 s, recvq 1, sendq 0, retrans 0, uid 1001", in ASCII. */
size_t index_conn_summary(const struct snapshot *s, const void *row, char *buf, size_t size);

#endif
