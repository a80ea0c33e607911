/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SUSPECT_H
#define TCPSTATE_CORE_SUSPECT_H

/*
 * This module tells which sockets the conditions look at (enum suspect).
 */

#include "core/model/conn.h"
#include "core/model/snapshot.h"
#include "core/count/since.h"

/* A socket as the conditions see it. */
struct suspicion {
	uint32_t kinds; /* bits 1 << enum suspect */
	bool rested;    /* it idled before its peer closed it, and since */
	/* For how long it has been stale; SUSPECT_AGE_MAX: longer, or not known. */
	uint16_t stale_s;
};

enum { SUSPECT_STALE_S = 60, SUSPECT_FRESH_S = 15 * 60, SUSPECT_AGE_MAX = UINT16_MAX };

/* The kinds (bits 1 << enum suspect) that a sample of these states (STATE_BIT()s) sees all of. */
uint32_t suspects_seen(uint32_t states);

/* fin_wait_stale_s: the age from which an owned FIN_WAIT_2 is stale, SUSPECT_STALE_S at the least.
 * all: the sample reads the ESTABLISHED sockets, too. */
struct suspicion suspect_look(struct since *since, const struct conn *conn,
			      uint32_t fin_wait_stale_s, bool all);

#endif
