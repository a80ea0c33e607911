/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_EXPLAIN_H
#define TCPSTATE_SUBAGENT_EXPLAIN_H

/*
 * This module answers "why was I (not) told": a condition's rule, the numbers that went into it at
 * the last sample, and what is missing to raise it.
 */

#include <stdio.h>

#include "core/diagnosis/rule.h"
#include "core/model/snapshot.h"

/* name: one condition, in any case; NULL: a line for each. 0; -ENOENT: there is none of this name.
 */
int explain_print(FILE *out, const struct rules *rules, const struct snapshot *s, const char *name);

#endif
