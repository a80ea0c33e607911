/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_TOLD_H
#define TCPSTATE_SUBAGENT_TOLD_H

/*
 * This module remembers which conditions the master was told to be raised, in memory that outlives
 * the agent's process: the next one neither tells them again nor forgets to tell their end.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "core/diagnosis/notify.h"

/* More of them are told again. */
enum { TOLD_MAX = 256 };

/* Filled before it is in use: the process may be killed at any moment. */
struct told_row {
	atomic_uint severity; /* enum severity; 0: not in use */
	uint32_t id, element;
	char name[sizeof(((struct condition *)0)->name)];
	char netns[NETNS_NAME_MAX];
};

/* Zeroed at first. */
struct told {
	struct told_row rows[TOLD_MAX];
};

/* This change has been told. */
void told_note(struct told *told, const struct transition *transition);

/* Has notify go on from what was told. Rows that nobody can have written are left out. */
void told_resume(const struct told *told, struct notify *notify);

#endif
