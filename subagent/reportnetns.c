/* SPDX-License-Identifier: MIT */
#include "subagent/report_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "subagent/page.h"

enum { SHOWN_MAX = 20 };

/* What is wrong first, then the most sockets. */
static int compare(const void *a, const void *b)
{
	const struct netns *x = *(const struct netns *const *)a,
			   *y = *(const struct netns *const *)b;
	uint32_t xs = report_is_raised(x->worst) ? x->worst : 0,
		 ys = report_is_raised(y->worst) ? y->worst : 0;

	if (xs != ys)
		return xs > ys ? -1 : 1;
	if (x->sockets != y->sockets)
		return x->sockets > y->sockets ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void add_row(struct page_table *table, const struct netns *row)
{
	static const enum tcp_state states[] = {STATE_ESTABLISHED, STATE_SYN_RECV, STATE_CLOSE_WAIT,
						STATE_TIME_WAIT};
	bool sampled = row->counted_at.tv_sec || row->counted_at.tv_nsec;

	page_row(table);
	page_cell(table, 0, "%s", row->name);
	page_number_cell(table, 1, row->processes);
	if (!sampled) {
		page_cell(table, 2, "-");
		return;
	}
	page_number_cell(table, 2, row->sockets);
	for (size_t i = 0; i < COUNT_OF(states); i++)
		page_number_cell(table, 3 + i, row->count[states[i] - 1]);
}

/* As in the diagnosis, but one paragraph for each namespace. */
static void print_raised(FILE *out, const struct netns *row, const struct report_options *options)
{
	size_t at = options->watched ? PAGE_MARGIN : 0;

	page_text(out, at, 10, "%-10s%s: %s%s%s", report_severity(row->worst), row->name,
		  row->condition, row->offender[0] ? ", " : "", row->offender);
}

static const struct netns **sorted(const struct snapshot *s)
{
	const struct netns **rows = calloc(s->n_namespaces, sizeof(*rows));

	for (size_t i = 0; rows && i < s->n_namespaces; i++)
		rows[i] = &s->namespaces[i];
	if (rows)
		qsort(rows, s->n_namespaces, sizeof(*rows), compare);
	return rows;
}

static void print_rest(FILE *out, const struct snapshot *s, size_t shown)
{
	const struct sample_info *info = &s->info;
	char number[PAGE_NUMBER_MAX];

	if (s->n_namespaces > shown)
		page_text(out, 0, 0, "and %s more with fewer sockets",
			  page_number(s->n_namespaces - shown, number));
	if (info->others_excluded)
		page_text(out, 0, 0, "%s left out by name, as configured",
			  page_number(info->others_excluded, number));
	if (info->others_beyond)
		page_text(out, 0, 0, "%s not sampled: more than namespaces-max",
			  page_number(info->others_beyond, number));
	if (info->others_error[0])
		page_text(out, 0, 0, "%s.", info->others_error);
}

void report_namespaces(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	static const struct page_column columns[] = {
	    {"NAMESPACE", PAGE_LEFT},    {"PROCESSES", PAGE_RIGHT}, {"SOCKETS", PAGE_RIGHT},
	    {"ESTABLISHED", PAGE_RIGHT}, {"SYN_RECV", PAGE_RIGHT},  {"CLOSE_WAIT", PAGE_RIGHT},
	    {"TIME_WAIT", PAGE_RIGHT},
	};
	struct page_table table = {
	    .columns = columns, .n_columns = COUNT_OF(columns), .marked = options->watched};
	size_t shown = s->n_namespaces < SHOWN_MAX ? s->n_namespaces : SHOWN_MAX;
	const struct netns **rows;

	if (!s->info.others || !(rows = sorted(s)))
		return;
	for (size_t i = 0; i < shown; i++)
		add_row(&table, rows[i]);
	fputc('\n', out);
	if (shown)
		page_table(out, &table);
	else
		page_text(out, 0, 0, "There is no other network namespace.");
	print_rest(out, s, shown);
	for (size_t i = 0; i < shown; i++)
		if (report_is_raised(rows[i]->worst))
			print_raised(out, rows[i], options);
	free(rows);
}
