/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NOTIFY_H
#define TCPSTATE_CORE_NOTIFY_H

/*
 * This module decides when a change of a condition is told.
 */

#include "core/model/snapshot.h"

/* A change of severity, ready to be told. */
struct transition {
	struct condition condition; /* after the change; severity normal: cleared */
	uint32_t was;               /* enum severity before */
};

/*
 * Calls tell for each condition whose severity differs from what was told last (normal at first),
 * at most once a minute and condition: what it is at the minute's end is told then. An unknown
 * severity is no news; a condition that was switched off while it was raised is told as cleared.
 */
struct notify;
int notify_new(struct notify **ret_notify);
void notify_free(struct notify *t);
void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg);

#endif
