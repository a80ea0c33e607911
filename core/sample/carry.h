/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CARRY_H
#define TCPSTATE_CORE_CARRY_H

/*
 * This module makes a snapshot whole: what its sample has not read is that of the snapshot before.
 */

#include "core/model/snapshot.h"

/*
 * Fills in what is known of the states that are not in `states` (STATE_BIT()s): counts, rows,
 * spreads, tops, suspects, the listeners' part of them, and when all that was read. now: as
 * builder_finish() and totals_counters() have filled it, info.monotonic and info.time included, and
 * with the owners of last or more. last: the snapshot before; NULL: `states` are all of them.
 * conn_rows: connections at the most. 0 or -ENOMEM.
 */
int carry_over(const struct snapshot *last, uint32_t states, uint32_t conn_rows,
	       struct snapshot *now);

#endif
