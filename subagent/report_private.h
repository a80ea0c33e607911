/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_REPORT_PRIVATE_H
#define TCPSTATE_SUBAGENT_REPORT_PRIVATE_H

/*
 * This module is the inner side of report: one function a section. Each begins with an empty line
 * and prints nothing at all where there is nothing to show.
 */

#include "subagent/report.h"

/* What is not known because this process may not look at it. For connections as well. */
void report_access(FILE *out, const struct sample_info *info);

void report_states(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_listeners(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_holders(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_arcs(FILE *out, const struct snapshot *s);
void report_limits(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_events(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_namespaces(FILE *out, const struct snapshot *s, const struct report_options *options);
void report_diagnosis(FILE *out, const struct snapshot *s, const struct report_options *options);

/* The mark of something in this snapshot; before: the earlier one, NULL: none. */
char report_mark_state(const struct snapshot *before, uint32_t state, uint32_t count);
char report_mark_listener(const struct snapshot *before, const struct listener *row);
char report_mark_process(const struct snapshot *before, const struct process *row);
char report_mark_limit(const struct snapshot *before, const struct limit *row);
char report_mark_event(const struct snapshot *before, const struct event *row);
char report_mark_condition(const struct snapshot *before, const struct condition *row);

/* The word for it: what is not normal in capitals. */
const char *report_severity(uint32_t severity);

/* True if what has it is raised: at warning or critical. */
bool report_is_raised(uint32_t severity);

/* The row of the same process and state; of the same condition. NULL: there is none. */
const struct process *report_find_process(const struct snapshot *s, const struct process *row);
const struct condition *report_find_condition(const struct snapshot *s,
					      const struct condition *row);

#endif
