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

/* net_fd: directory handle of /proc/thread-self/net. 0 or -errno: see proc_counters(). */
int totals_read(int net_fd, struct totals *ret_totals);

/* Frees what is held; a zeroed struct is allowed. */
void totals_done(struct totals *totals);

/* What the kernel's CurrEstab counts. Linux counts CLOSE_WAIT as well since July 2024 (6.10 and the
 * stable series of that time), which no version number tells for sure. */
enum curr_estab {
	CURR_ESTAB_UNKNOWN,
	CURR_ESTAB_ALONE,           /* ESTABLISHED */
	CURR_ESTAB_WITH_CLOSE_WAIT, /* ESTABLISHED and CLOSE_WAIT */
	CURR_ESTAB_OTHER,           /* neither */
};

/* What the totals count on this kernel, as full samples have found out; all zero at first. */
struct totals_meaning {
	enum curr_estab curr_estab;
	uint64_t unsure; /* CLOSE_WAIT; with so many and fewer the last full one told nothing */
	bool time_wait_other; /* "tw" is not what the sockets say */
};

/*
 * Compares the totals right before and right after a full sample with what it counted. now: its
 * counts; fin2: FIN_WAIT_2 sockets kept as time-wait sockets. Connections that open and close
 * meanwhile blur the comparison: then what was known stays.
 */
void totals_learn(struct totals_meaning *meaning, const struct totals *before,
		  const struct totals *after, uint32_t fin2, const struct snapshot *now);

/* True if totals_derive() will be exact with so many CLOSE_WAIT: the kernel gives the totals, and
 * their meaning is known or makes no difference that a full sample would see. */
bool totals_derivable(const struct totals_meaning *meaning, const struct totals *totals,
		      uint64_t close_wait);

/* Sets the counts of ESTABLISHED and TIME_WAIT in now. before and after: the totals around the
 * sample; full: the state rows of the newest full sample. */
void totals_derive(const struct totals_meaning *meaning, const struct totals *before,
		   const struct totals *after, uint32_t fin2, const struct state_row *full,
		   struct snapshot *now);

/* Fills now->counters: those that the diagnosis uses and those that the user named. 0 or -ENOMEM.
 */
int totals_counters(const struct totals *totals, const struct counter_names *named,
		    struct snapshot *now);

/* Fills now->info.missing: which of the figures the kernel does not give, and what that costs. */
void totals_missing(const struct totals *totals, struct snapshot *now);

/* A SYN queue has overflowed since the last sample. */
bool totals_overflowing(const struct totals *totals, const struct snapshot *last);

#endif
