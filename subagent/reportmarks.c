/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "subagent/report_private.h"

static char mark(bool was, bool grown)
{
	return !was ? REPORT_NEW : grown ? REPORT_GROWN : REPORT_SAME;
}

char report_mark_state(const struct snapshot *before, uint32_t state, uint32_t count)
{
	uint32_t was;

	if (!before)
		return REPORT_SAME;
	was = snapshot_count(before, IP_TOTAL, state);
	return was > 0 && count == 0 ? REPORT_GONE : mark(was > 0 || count == 0, count > was);
}

char report_mark_listener(const struct snapshot *before, const struct listener *row)
{
	const struct listener *was;

	if (!before)
		return REPORT_SAME;
	was = snapshot_listener(before, &row->addr, row->port);
	return mark(was,
		    was && (row->sockets > was->sockets || row->accept_queue > was->accept_queue ||
			    row->syn_queue > was->syn_queue || row->drops > was->drops));
}

static int compare_processes(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->state > y->state) - (x->state < y->state);
}

const struct process *report_find_process(const struct snapshot *s, const struct process *row)
{
	return s->n_processes ? bsearch(row, s->processes, s->n_processes, sizeof(*s->processes),
					compare_processes)
			      : NULL;
}

char report_mark_process(const struct snapshot *before, const struct process *row)
{
	const struct process *was;

	if (!before)
		return REPORT_SAME;
	was = report_find_process(before, row);
	return mark(was, was && row->count > was->count);
}

/* In percent: what is used changes with every breath. */
char report_mark_limit(const struct snapshot *before, const struct limit *row)
{
	if (!before)
		return REPORT_SAME;
	for (size_t i = 0; i < before->n_limits; i++) {
		const struct limit *was = &before->limits[i];

		if (was->id == row->id)
			return mark(true,
				    row->percent > was->percent || row->overflows > was->overflows);
	}
	return REPORT_NEW;
}

char report_mark_event(const struct snapshot *before, const struct event *row)
{
	if (!before)
		return REPORT_SAME;
	return mark(before->n_events > 0 &&
			row->number <= before->events[before->n_events - 1].number,
		    false);
}

const char *report_severity(uint32_t severity)
{
	static const char *const words[] = {
	    [SEVERITY_NORMAL] = "normal",
	    [SEVERITY_WARNING] = "WARNING",
	    [SEVERITY_CRITICAL] = "CRITICAL",
	    [SEVERITY_UNKNOWN] = "UNKNOWN",
	};

	return words[severity];
}

bool report_is_raised(uint32_t severity)
{
	return severity == SEVERITY_WARNING || severity == SEVERITY_CRITICAL;
}

const struct condition *report_find_condition(const struct snapshot *s, const struct condition *row)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == row->id && s->conditions[i].element == row->element)
			return &s->conditions[i];
	return NULL;
}

char report_mark_condition(const struct snapshot *before, const struct condition *row)
{
	const struct condition *was;

	if (!before)
		return REPORT_SAME;
	was = report_find_condition(before, row);
	if (!was || !report_is_raised(was->severity))
		return REPORT_NEW;
	return mark(true, row->severity > was->severity || row->value > was->value);
}
