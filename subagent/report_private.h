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

void report_states(FILE *out, const struct snapshot *s);
void report_listeners(FILE *out, const struct snapshot *s);
void report_holders(FILE *out, const struct snapshot *s);
void report_arcs(FILE *out, const struct snapshot *s);
void report_limits(FILE *out, const struct snapshot *s);
void report_events(FILE *out, const struct snapshot *s);
void report_diagnosis(FILE *out, const struct snapshot *s, bool colour);

#endif
