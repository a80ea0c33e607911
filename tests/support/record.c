/* SPDX-License-Identifier: MIT */
#include "tests/support/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

void record_note(const struct metric *m, void *arg)
{
	struct record *r = arg;
	char value[32];

	CU_ASSERT(strlen(m->plugin_instance) < METRIC_NAME_MAX);
	CU_ASSERT(strlen(m->type_instance) < METRIC_NAME_MAX);
	CU_ASSERT_FATAL(r->count < RECORD_LINES);
	if (m->type->derive)
		snprintf(value, sizeof(value), "%" PRId64, m->derive);
	else
		snprintf(value, sizeof(value), "%g", m->gauge);
	snprintf(r->line[r->count++], RECORD_LINE, "%s/%s-%s=%s", m->plugin_instance, m->type->name,
		 m->type_instance, value);
}

size_t record_count(const struct record *r, const char *line)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += strcmp(r->line[i], line) == 0;
	return n;
}

size_t record_prefix(const struct record *r, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += strncmp(r->line[i], prefix, strlen(prefix)) == 0;
	return n;
}

void record_expect(const struct record *r, const char *const *lines)
{
	for (; *lines; lines++) {
		if (record_count(r, *lines) != 1)
			printf("\n    not given exactly once: %s", *lines);
		CHECK_EQ_INT(record_count(r, *lines), 1);
	}
}

void record_emit(struct record *r, struct metrics *m, const struct series *report,
		 const struct snapshot *s)
{
	struct metrics *own = NULL;

	if (!m)
		CHECK_EQ_INT_FATAL(metrics_new(&own), 0);
	r->count = 0;
	CHECK_EQ_INT(metrics_emit(m ? m : own, report, s, record_note, r), 0);
	metrics_free(own);
}
