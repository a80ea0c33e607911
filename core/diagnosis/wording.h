/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_WORDING_H
#define TCPSTATE_CORE_WORDING_H

/*
 * This module puts a condition into words for pagers, traps and logs.
 */

#include <stddef.h>

#include "core/model/snapshot.h"

/* The measure in words, to stand behind the value. */
const char *condition_phrase(const struct condition *condition);

/*
 * The line that stands by itself in a pager, without the host's name: "CRITICAL closeWaitStale:
 * 1201 connections in CLOSE_WAIT, silent for 60 s or more (critical at 200), java[4321]
 * app.service, local port 8080, 1198 of 1201: ...". Of an offender that does not fit into size, the
 * first parts stand; the advice is left out then. Returns buf.
 */
char *condition_format(const struct condition *condition, char *buf, size_t size);

#endif
