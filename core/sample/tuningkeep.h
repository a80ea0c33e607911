/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGKEEP_H
#define TCPSTATE_CORE_TUNINGKEEP_H

/*
 * This module keeps the tuning table up to date. It is read at an interval of its own, when one of
 * its files has changed (core/tuning/watch.h), and when `due` is set.
 */

#include "core/config/config.h"
#include "core/model/snapshot.h"
#include "core/tuning/tunable.h"

struct tuningkeep {
	struct tunable_roots roots;  /* all NULL: the host's own; its order is not used */
	struct tuning_table *newest; /* counts as one user; NULL: could not be read yet */
	bool due;                    /* to be read with the next sample */
	int64_t tried_ms;            /* CLOCK_MONOTONIC */
	uint64_t mark;               /* of the files, before they were read */
	char error[sizeof(((struct sample_info *)0)->tuning_error)]; /* "" */
};

/*
 * Attaches the table to `now`, and reads it again first if that is due. look: whether to look for
 * changed files. A profile that cannot be read is told in now->info.tuning_error, and nothing is
 * recommended until it can be read.
 */
void tuningkeep_put(struct tuningkeep *k, const struct config *config, bool look,
		    struct snapshot *now);

/* One user less; the last one frees it. NULL is allowed. */
void tuningkeep_drop(struct tuning_table *table);

#endif
