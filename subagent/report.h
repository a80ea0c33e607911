/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_REPORT_H
#define TCPSTATE_SUBAGENT_REPORT_H

/*
 * This module prints a snapshot for a person on the host: the states, the fullest listeners, who
 * holds the sockets of the states in which trouble shows, the limits, and the diagnosis. Nothing
 * is wider than 100 columns.
 */

#include <stdbool.h>
#include <stdio.h>

#include "core/model/snapshot.h"

struct report_options {
	bool colour;      /* severities in the colours of a terminal */
	const char *host; /* the host's name; "" leaves it out */
	/* Whose snapshot it is, a sentence without its full stop; NULL: not told. */
	const char *origin;
	/* The page is drawn again and again: the diagnosis comes first, and what is new, has grown
	 * or is gone since an earlier snapshot has a mark in front of it. */
	bool watched;
	const struct snapshot *before; /* that one; NULL: nothing is marked */
};

/* The marks. */
enum { REPORT_NEW = '+', REPORT_GROWN = '^', REPORT_GONE = '-', REPORT_SAME = ' ' };

/* Sections that have nothing to show are left out. Returns 0, or -EIO if out cannot be written. */
int report_print(FILE *out, const struct snapshot *s, const struct report_options *options);

#endif
