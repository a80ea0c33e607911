/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_LIMIT_H
#define TCPSTATE_CORE_LIMIT_H

/*
 * This module tells how much of each bound of TCP is used on this host, and how often the kernel
 * hit it.
 */

#include "core/kernel/bounds.h"
#include "core/kernel/proc.h"
#include "core/model/snapshot.h"
#include "core/count/builder.h"

/*
 * Fills now->limits (usage, capacity, percent, overflows, bound, detail; not the peak). ports: of
 * the newest full sample. A row is left out where its figures are not known.
 */
void limit_fill(const struct bounds *bounds, const struct sockstat *sockstat,
		const struct counters *counters, const struct builder_ports *ports,
		struct snapshot *now);

#endif
