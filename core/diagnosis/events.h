/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_EVENTS_H
#define TCPSTATE_CORE_EVENTS_H

/*
 * This module remembers the last changes of the conditions, whether they were told or not, and
 * writes them down as text that can be read again.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/diagnosis/rule.h"
#include "core/model/snapshot.h"

enum { EVENTS_MAX = 200, EVENTS_TEXT_MAX = EVENTS_MAX * 384 };

/* The conditions of a namespace as they were seen last: enum severity by id and element; 0 is
 * normal. What it was before a restart is not taken over: a new daemon judges for itself. */
struct event_marks {
	uint32_t severities[CONDITION_COUNT + 1][STATE_COUNT + 1];
};

struct events {
	struct event rows[EVENTS_MAX]; /* oldest first */
	size_t count;
	uint32_t last; /* number of the newest one ever; 0: none */
	struct event_marks marks;
};

/* Adds each condition whose severity has changed; unknown is no change. Returns how many. */
size_t events_note(struct events *events, const struct snapshot *now);

/* The same for another namespace than the host's own; marks: its own, zeroed at first. */
size_t events_note_in(struct events *events, struct event_marks *marks, const struct snapshot *now);

/* Goes on from the events and the conditions that a snapshot shows. */
void events_of(struct events *ret_events, const struct snapshot *s);

/* Writes all of them into a new text of lines, which the caller frees. NULL: out of memory. */
char *events_format(const struct events *events);

/*
 * Reads that text back into events, which must be zeroed. -EINVAL: it is something else, or
 * damaged; events is untouched then. text is cut into its lines.
 */
int events_parse(struct events *events, char *text);

#endif
