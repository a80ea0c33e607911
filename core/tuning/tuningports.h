/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGPORTS_H
#define TCPSTATE_CORE_TUNINGPORTS_H

/*
 * This module recommends to reserve the ports of listeners that a widened ip_local_port_range
 * covers. For tuningaudit only.
 */

#include "core/base/portset.h"
#include "core/base/textpool.h"
#include "core/model/snapshot.h"

/*
 * Gives the row of ip_local_reserved_ports a recommendation, unless the profile has one. reserved:
 * its running value. 0 or -ENOMEM.
 */
int tuningports_recommend(const struct listener *listeners, size_t n_listeners,
			  const struct portset *reserved, struct textpool *pool,
			  struct tuning *rows, size_t count);

#endif
