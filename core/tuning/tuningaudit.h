/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGAUDIT_H
#define TCPSTATE_CORE_TUNINGAUDIT_H

/*
 * This module judges the rows of the tuning table: it fills default, recommendation, persisted
 * value, status, drift and reason of rows whose running values have been read. For tunable
 * only.
 */

#include "core/tuning/kerneldefault.h"
#include "core/base/portset.h"
#include "core/tuning/profile.h"
#include "core/model/snapshot.h"
#include "core/tuning/sysctld.h"
#include "core/base/textpool.h"

struct tuningaudit {
	int proc_sys;
	struct kernel kernel;
	const struct profile *profile; /* may be empty */
	const struct sysctld *sysctld; /* NULL: not known, then there is no drift */
	const struct portset *reserved;
	const struct listener *listeners;
	size_t n_listeners;
	struct textpool *pool; /* the rows' texts are added here */
};

/* Judges the rows in place. 0 or -ENOMEM. */
int tuningaudit_judge(const struct tuningaudit *a, struct tuning *rows, size_t count);

#endif
