/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_DEVICE_H
#define TCPSTATE_CORE_DEVICE_H

/*
 * This module knows the names of the network interfaces that sockets are bound to.
 */

#include "core/model/snapshot.h"

/*
 * Fills now->devices for the zones of all the addresses in now, and of more[0] to more[n - 1], in
 * the calling thread's network namespace. An interface that is gone has no row. 0 or -ENOMEM.
 */
int devices_fill(struct snapshot *now, const struct inet_addr *more, size_t n);

#endif
