/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_BOUNDS_H
#define TCPSTATE_CORE_BOUNDS_H

/*
 * This module reads the bounds that the kernel sets to TCP on this host.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/base/portset.h"

/* Which TIME_WAIT sockets give their ports back to connect(): tcp_tw_reuse, with tcp_timestamps. */
enum time_wait_reuse { REUSE_NONE, REUSE_ALL, REUSE_LOOPBACK };

/* The kernel parameters that samples are built and measured with. */
struct bounds {
	uint64_t max_tw_buckets;
	uint64_t max_orphans;
	uint64_t memory_max;            /* tcp_mem, third element, pages */
	uint64_t files_used, files_max; /* fs.file-nr */
	uint32_t fin_timeout_s;
	uint32_t somaxconn; /* 0: not known */
	uint32_t syn_max;   /* half-open connections of a listening socket, whatever its backlog */
	uint16_t port_low, port_high;  /* ip_local_port_range */
	uint32_t ports_usable;         /* of that range, less the reserved ones */
	uint32_t ports_even;           /* of these, at an even distance from port_low */
	enum time_wait_reuse reuse;    /* of ports in TIME_WAIT */
	struct portset ports_reserved; /* ip_local_reserved_ports */
	bool always_cookies;           /* tcp_syncookies is 2 */
	bool has_tw, has_orphans, has_memory, has_ports, has_files;
};

/* proc_fd: directory handle of /proc. What cannot be read is left out (has_...); the port range
 * falls back to the kernel's default. */
void bounds_read(int proc_fd, struct bounds *ret_bounds);

/* How full a listener's accept or SYN queue is, percent of its limit. A full one holds one
 * connection more than its limit, be that 0 (sk_acceptq_is_full(), inet_csk_reqsk_queue_is_full());
 * no more than 100 is told. */
uint32_t bounds_fullness(uint32_t queue, uint32_t limit);

#endif
