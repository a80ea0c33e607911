/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SUSPECT_H
#define TCPSTATE_CORE_SUSPECT_H

/*
 * This module counts the sockets that the conditions look at, and finds out who has the
 * most of them: process, local port, listener, remote address, remote network.
 */

#include "core/conn.h"
#include "core/snapshot.h"
#include "core/tally.h"

struct suspect_counts {
	struct tally who; /* (kind, dimension, who) -> count */
	uint32_t total[SUSPECT_COUNT];
};

void suspect_init(struct suspect_counts *c);
void suspect_done(struct suspect_counts *c);
void suspect_clear(struct suspect_counts *c);

/* The kinds that this socket belongs to, as bits 1 << enum suspect. fin_wait_stale_s: the
 * age from which an owned FIN_WAIT_2 is stale. */
unsigned suspect_kinds(const struct conn *conn, uint32_t fin_wait_stale_s);

/* Counts a socket. listener: its listener's index, UINT32_MAX: none. 0 or -ENOMEM. */
int suspect_add(struct suspect_counts *c, unsigned kinds, const struct conn *conn,
		uint32_t listener);

/* Credits an owner with a socket that suspect_add() counted before its owner was known.
 */
int suspect_add_owner(struct suspect_counts *c, unsigned kinds, uint32_t owner);

/* The result; of equal counts the lowest key wins, so that it is the same each time. */
void suspect_result(const struct suspect_counts *c,
		    struct suspects ret_rows[SUSPECT_COUNT]);

#endif
