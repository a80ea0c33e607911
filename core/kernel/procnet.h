/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PROCNET_H
#define TCPSTATE_CORE_PROCNET_H

/*
 * This module reads the sockets from /proc/net/tcp and tcp6: the second choice where sock_diag is
 * refused. Slower, and without queue limits, drops, ages, cgroups, zones (sockets that
 * differ in their device only are one) and IPV6_V6ONLY (listeners on :: count as dual-stack).
 */

#include <stdint.h>

#include "core/model/conn.h"
#include "core/kernel/diag.h"

/*
 * Gives each socket whose state is in state_bits to cb. net_fd: directory handle of
 * /proc/thread-self/net. A missing tcp6 is no error if if_inet6 is missing as well (no IPv6).
 * Returns 0, -errno of the file, -EBADMSG for one that has not the kernel's form, or what cb
 * returned below 0.
 */
int procnet_dump(int net_fd, uint32_t state_bits, diag_cb cb, void *arg,
		 struct diag_stats *ret_stats);

/* Translates one line (without the newline). family: AF_INET or AF_INET6. -EBADMSG: no such line;
 * -ENOTSUP: an unknown state. */
int procnet_parse(const char *line, int family, struct conn *ret_conn);

#endif
