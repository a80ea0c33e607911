/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_ARCS_H
#define TCPSTATE_CORE_ARCS_H

/*
 * This module counts the arcs of the state diagram that the kernel counts.
 */

#include "core/model/snapshot.h"

/* Fills now->arcs from now->counters, which rates_note() has rated. */
void arcs_fill(struct snapshot *now);

#endif
