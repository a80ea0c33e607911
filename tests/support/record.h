/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_RECORD_H
#define TCPSTATE_TESTS_RECORD_H

/*
 * This module keeps the values that plugin/metrics gives, for the tests to look at.
 */

#include "plugin/metrics.h"

enum { RECORD_LINES = 4096, RECORD_LINE = 3 * METRIC_NAME_MAX + 32 };

/* What was given, each value as "plugin_instance/type-type_instance=value". */
struct record {
	char line[RECORD_LINES][RECORD_LINE];
	size_t count;
};

/* A metric_cb; arg: the struct record. */
void record_note(const struct metric *m, void *arg);

/* How many lines are this one, and how many begin so. */
size_t record_count(const struct record *r, const char *line);
size_t record_prefix(const struct record *r, const char *prefix);

/* Asserts that each of the lines, up to a NULL, was given once. */
void record_expect(const struct record *r, const char *const *lines);

/* Records one emission over what was there. m: NULL for a memory of its own. */
void record_emit(struct record *r, struct metrics *m, const struct series *report,
		 const struct snapshot *s);

#endif
