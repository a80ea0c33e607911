/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TOTALS_H
#define TCPSTATE_CORE_TOTALS_H

/*
 * This module holds the kernel's own totals and counters at one moment, and derives from them what
 * a fast sample does not count socket by socket.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/kernel/proc.h"
#include "core/model/snapshot.h"

struct totals {
	struct sockstat sockstat;
	struct counters counters;
};

/* net_fd: directory handle of /proc/thread-self/net. 0 or -errno. */
int totals_read(int net_fd, struct totals *ret_totals);

/* Frees what is held; a zeroed struct is allowed. */
void totals_done(struct totals *totals);

/* Sets the counts of ESTABLISHED and TIME_WAIT in now. before and after: the totals around the
 * sample; fin2: FIN_WAIT_2 sockets kept as time-wait sockets; full: the state rows of the newest
 * full sample. */
void totals_derive(const struct totals *before, const struct totals *after, uint32_t fin2,
		   const struct state_row *full, struct snapshot *now);

/* Fills now->counters: those that the diagnosis uses and those that the user named. 0 or
 * -ENOMEM. */
int totals_counters(const struct totals *totals, const struct counter_names *named,
		    struct snapshot *now);

/* A SYN queue has overflowed since the last sample. */
bool totals_overflowing(const struct totals *totals, const struct snapshot *last);

#endif
