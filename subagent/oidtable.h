/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_OIDTABLE_H
#define TCPSTATE_SUBAGENT_OIDTABLE_H

/*
 * This module answers GET and GETNEXT by object identifier from descriptors: a table is a prefix,
 * columns and the sorted rows of a snapshot; a column says where its value lies in the row. Pure
 * C: no net-snmp, no allocation, no state; only SYNTAX_AGE looks at a clock.
 *
 * All object identifiers here are relative to the module's root (tcpStateMIB).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"
#include "subagent/index.h"

/* VALUE_TEXT_MAX: octets of TcpStateText. */
enum { OID_MAX = 128, VALUE_TEXT_MAX = 1023, DATE_OCTETS = 11 };

enum syntax {
	SYNTAX_INTEGER,    /* uint32_t or int32_t member -> INTEGER */
	SYNTAX_GAUGE32,    /* uint32_t -> Gauge32 or Unsigned32 */
	SYNTAX_GAUGE32_64, /* uint64_t -> Gauge32, latched at its maximum */
	SYNTAX_COUNTER32,  /* uint32_t */
	SYNTAX_COUNTER64,  /* uint64_t */
	SYNTAX_CHARS,      /* char[] inside the row -> OCTET STRING */
	SYNTAX_TEXT,       /* const char * -> OCTET STRING */
	SYNTAX_DATE,       /* struct timespec, wall clock -> DateAndTime */
	SYNTAX_AGE,        /* struct timespec, monotonic -> Gauge32, milliseconds since then */
	SYNTAX_FORMAT,     /* written by the column's format() -> OCTET STRING */
};

struct column {
	uint32_t arc;
	const char *name; /* as in the MIB */
	enum syntax syntax;
	size_t offset; /* of the member, in the row or, with owner, in struct owner */
	size_t size;   /* of the member */
	size_t owner;  /* offset of the row's owner index; SIZE_MAX: no owner column */
	/* SYNTAX_FORMAT: writes at most size octets and returns how many. */
	size_t (*format)(const struct snapshot *s, const void *row, char *buf, size_t size);
	const char *(*label)(uint32_t number); /* the word for a number; NULL: plain numbers */
	/* Both optional: false where this row has no such value (the cell is absent). flag: offset
	 * of a bool in the row, which is not its first member. */
	size_t flag;
	bool (*present)(const void *row);
};

struct table {
	const char *name;   /* the table's or the scalar group's name in the MIB */
	uint32_t prefix[4]; /* of the entry (table.1), or of the scalar group */
	size_t prefix_len;
	const struct column *columns; /* in the order of their arcs */
	size_t n_columns;
	size_t row_size;
	/* The rows, sorted by index, no index twice, and how many. */
	const void *(*rows)(const struct snapshot *s, size_t *ret_count);
	const struct index_part *index; /* NULL: a group of scalars, one row with the index {0} */
};

/* The member that belongs to the syntax is set, text for all string syntaxes. */
struct value {
	enum syntax syntax;
	int32_t integer;
	uint32_t unsigned32; /* Gauge32, Unsigned32, Counter32 */
	uint64_t counter64;
	const char *text; /* not NUL-terminated; valid while this value and the snapshot are */
	size_t text_len;
	char buffer[VALUE_TEXT_MAX];
};

/* As in RFC 3416: no such column or scalar, no such row in it. */
enum oid_result { OID_FOUND, OID_NO_OBJECT, OID_NO_INSTANCE };

struct oidtree {
	const struct table *tables; /* in the order of their prefixes */
	size_t n_tables;
};

/* The value of exactly this instance. */
enum oid_result oidtable_get(const struct oidtree *tree, const struct snapshot *s,
			     const uint32_t *oid, size_t len, struct value *ret_value);

/* GETNEXT is one step of a walk, GETBULK are several: what each of them costs does not depend on
 * the number of rows. It is good as long as the snapshot is. */
struct oidtable_walk {
	const struct oidtree *tree;
	const struct snapshot *s;
	size_t table, column, row; /* of the cell that is looked at next */
	bool inclusive;            /* what was asked for may be the answer */
	uint32_t oid[OID_MAX];     /* of the answer before; at first, what was asked for */
	size_t len;
};

/* Begins one after oid, or at it if inclusive. *near: which row the walk before began at; it is
 * looked at first. Any number will do. */
void oidtable_walk(const struct oidtree *tree, const struct snapshot *s, const uint32_t *oid,
		   size_t len, bool inclusive, size_t *near, struct oidtable_walk *ret_walk);

/* The next instance, whose identifier is then walk->oid. False: none is left. */
bool oidtable_next(struct oidtable_walk *walk, struct value *ret_value);

/* DateAndTime of RFC 2579: local time and its distance from UTC. Returns DATE_OCTETS. */
size_t oidtable_date(const struct timespec *time, char buf[DATE_OCTETS]);

/* The value of one cell, as a GET would give it. False: absent. */
bool oidtable_value(const struct snapshot *s, const struct column *column, const void *row,
		    struct value *ret_value);

#endif
