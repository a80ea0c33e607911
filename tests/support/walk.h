/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_WALK_H
#define TCPSTATE_TESTS_WALK_H

/*
 * This module holds an oidtree against the walk that is expected of it. The walk is written down
 * once, in order, and is the oracle for every kind of request.
 */

#include "subagent/oidtable.h"

/* One cell: "1.2.1.3.1.8" and "Gauge32 5"; the value "*" stands for any. */
struct walk_line {
	const char *oid;
	const char *value;
};

/* Reads "1.2.3", "" too; returns the length. */
size_t walk_parse(const char *text, uint32_t oid[OID_MAX]);

/* "INTEGER -1", "Gauge32 1", "Counter64 1", "STRING text", "DATE 07ea0b15..."; returns buf. */
const char *walk_show(const struct value *value, char *buf, size_t size);

/*
 * Asserts that GET and GETNEXT, inclusive and not, answer as the expected walk says: for its
 * cells, for every prefix of them, and for identifiers right beside and far from each, too short,
 * too long and with huge arcs.
 */
void walk_check(const struct oidtree *tree, const struct snapshot *s,
		const struct walk_line *expected, size_t count);

/* Writes the walk as lines of "oid value", as a test failure prints it. */
void walk_print(const struct oidtree *tree, const struct snapshot *s);

#endif
