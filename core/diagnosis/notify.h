/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NOTIFY_H
#define TCPSTATE_CORE_NOTIFY_H

/*
 * This module decides when a change of a condition is told.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/model/snapshot.h"

enum { NOTIFY_FLAPS = 4 };

/* A change of severity, ready to be told: it may be kept when the snapshot has gone. */
struct transition {
	struct condition condition; /* after the change; severity normal: cleared */
	uint32_t was;               /* enum severity before */
	uint32_t told;              /* times in the last ten minutes, this one included */
	char netns[NETNS_NAME_MAX]; /* whose condition it is; "": the host's own */
	bool test;                  /* only tries the chain: there is no condition */
};

/* From so many on, the condition flaps, and the words say so. */
static inline bool transition_flaps(const struct transition *t)
{
	return t->told >= NOTIFY_FLAPS;
}

/*
 * Calls tell for each condition of the snapshot's namespace whose severity differs from what was
 * told last (normal at first). What has become worse is told at once; what has become better a
 * minute after the last notification, as it is by then. A condition is told eight times in ten
 * minutes and no more, but for one that becomes critical and was not told as such in that time. An
 * unknown severity is no news; a condition that was switched off while it was raised is told as
 * cleared.
 */
struct notify;
int notify_new(struct notify **ret_notify);
void notify_free(struct notify *t);
void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg);

/* Before the first snapshot: this condition was told with this severity by somebody else. Without
 * memory for it, it is told again. */
void notify_resume(struct notify *t, const char *netns, const struct condition *condition);

/* Tells as cleared, in the same way, what was raised in a namespace that the host's snapshot does
 * not list any more. */
void notify_gone(struct notify *t, const struct snapshot *host,
		 void (*tell)(const struct transition *transition, void *arg), void *arg);

#endif
