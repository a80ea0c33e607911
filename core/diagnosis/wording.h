/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_WORDING_H
#define TCPSTATE_CORE_WORDING_H

/*
 * This module puts a condition into words for pagers, traps and logs.
 */

#include <stddef.h>

#include "core/diagnosis/notify.h"
#include "core/model/snapshot.h"

enum { CONDITION_NUMBER_MAX = 16 };

/* A value or threshold of a condition as a person reads it: "1201"; "10.3" where it is in tenths.
 * Returns buf. */
char *condition_number(const struct condition *condition, int32_t number,
		       char buf[CONDITION_NUMBER_MAX]);

/* The measure in words, to stand after the value. */
const char *condition_phrase(const struct condition *condition);

/*
 * The line that stands by itself in a pager, without the host's name: "CRITICAL closeWaitStale:
 * 1201 connections in CLOSE_WAIT, silent for 60 s or more (critical at 200), java[4321]
 * app.service, local port 8080, 1198 of 1201: ..."; "CRITICAL shop-1: closeWaitStale: ..." of
 * another namespace than the host's own. With it stands that the condition has eased, or flaps. Of
 * an offender that does not fit into size, the first parts stand; the advice is left out then.
 * Returns buf.
 */
char *transition_format(const struct transition *transition, char *buf, size_t size);

#endif
