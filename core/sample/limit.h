/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_LIMIT_H
#define TCPSTATE_CORE_LIMIT_H

/*
 * This module knows what bounds TCP on this host: the kernel's limits, how much of each is used,
 * and how often the kernel hit it.
 */

#include <stdint.h>

#include "core/sample/builder.h"
#include "core/kernel/proc.h"
#include "core/model/snapshot.h"

/* The kernel parameters that samples are built and measured with. */
struct bounds {
	uint64_t max_tw_buckets;
	uint64_t max_orphans;
	uint64_t memory_max;            /* tcp_mem, third element, pages */
	uint64_t files_used, files_max; /* fs.file-nr */
	uint32_t fin_timeout_s;
	uint32_t somaxconn; /* 0: not known */
	uint32_t syn_max;   /* half-open connections of a listening socket, whatever its backlog */
	uint16_t port_low, port_high;      /* ip_local_port_range */
	uint32_t ports_usable;             /* of that range, less the reserved ones */
	uint32_t ports_even;               /* of these, at an even distance from port_low */
	enum time_wait_reuse reuse;        /* of ports in TIME_WAIT */
	uint8_t ports_reserved[65536 / 8]; /* ip_local_reserved_ports */
	bool has_tw, has_orphans, has_memory, has_ports, has_files;
};

/* proc_fd: directory handle of /proc. What cannot be read is left out (has_...); the port range
 * falls back to the kernel's default. */
void bounds_read(int proc_fd, struct bounds *ret_bounds);

/*
 * Fills now->limits (usage, capacity, percent, overflows, bound, detail; not the peak). ports: of
 * the newest full sample. A row is left out where its figures are not known.
 */
void limit_fill(const struct bounds *bounds, const struct sockstat *sockstat,
		const struct counters *counters, const struct builder_ports *ports,
		struct snapshot *now);

#endif
