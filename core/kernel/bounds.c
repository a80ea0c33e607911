/* SPDX-License-Identifier: MIT */
#include "core/kernel/bounds.h"

#include <stdlib.h>

#include "core/base/file.h"
#include "core/kernel/proc.h"

enum { PORTS_TEXT_MAX = 1 << 20 };

static bool read_number(int proc_fd, const char *path, uint64_t *ret_number)
{
	return proc_numbers(proc_fd, path, ret_number, 1) == 1;
}

/* What comes before a fault in the list counts. */
static void read_reserved(int proc_fd, struct portset *reserved)
{
	char *text;
	size_t len;

	if (file_read_parameter(proc_fd, "sys/net/ipv4/ip_local_reserved_ports", PORTS_TEXT_MAX,
				&text, &len) < 0)
		return;
	(void)portset_parse(text, reserved);
	free(text);
}

static void read_ports(int proc_fd, struct bounds *bounds)
{
	uint64_t range[2];

	/* What the kernel starts with (inet_init_net()). */
	bounds->port_low = 32768;
	bounds->port_high = 60999;
	bounds->has_ports =
	    proc_numbers(proc_fd, "sys/net/ipv4/ip_local_port_range", range, 2) == 2 &&
	    range[0] <= range[1] && range[1] <= UINT16_MAX;
	if (bounds->has_ports) {
		bounds->port_low = (uint16_t)range[0];
		bounds->port_high = (uint16_t)range[1];
	}
	read_reserved(proc_fd, &bounds->ports_reserved);
	for (uint32_t port = bounds->port_low; port <= bounds->port_high; port++) {
		bool usable = !portset_has(&bounds->ports_reserved, (uint16_t)port);

		bounds->ports_usable += usable;
		bounds->ports_even += usable && (port - bounds->port_low) % 2 == 0;
	}
}

static void read_reuse(int proc_fd, struct bounds *bounds)
{
	uint64_t reuse, timestamps;

	if (read_number(proc_fd, "sys/net/ipv4/tcp_tw_reuse", &reuse) &&
	    read_number(proc_fd, "sys/net/ipv4/tcp_timestamps", &timestamps) && timestamps != 0 &&
	    reuse != 0)
		bounds->reuse = reuse == 1 ? REUSE_ALL : REUSE_LOOPBACK;
}

/* With SYN cookies off, tcp_conn_request() drops from three quarters of tcp_max_syn_backlog on. */
static void read_syn(int proc_fd, struct bounds *bounds)
{
	uint64_t cookies, backlog;

	bounds->syn_max = UINT32_MAX;
	if (!read_number(proc_fd, "sys/net/ipv4/tcp_syncookies", &cookies))
		return;
	bounds->always_cookies = cookies == 2;
	if (cookies == 0 && read_number(proc_fd, "sys/net/ipv4/tcp_max_syn_backlog", &backlog) &&
	    backlog <= UINT32_MAX)
		bounds->syn_max = (uint32_t)(backlog - backlog / 4);
}

void bounds_read(int proc_fd, struct bounds *ret_bounds)
{
	struct bounds bounds = {.fin_timeout_s = 60};
	uint64_t numbers[3];

	bounds.has_tw =
	    read_number(proc_fd, "sys/net/ipv4/tcp_max_tw_buckets", &bounds.max_tw_buckets);
	bounds.has_orphans =
	    read_number(proc_fd, "sys/net/ipv4/tcp_max_orphans", &bounds.max_orphans);
	if (proc_numbers(proc_fd, "sys/net/ipv4/tcp_mem", numbers, 3) == 3) {
		bounds.memory_max = numbers[2];
		bounds.has_memory = true;
	}
	if (proc_numbers(proc_fd, "sys/fs/file-nr", numbers, 3) == 3) {
		bounds.files_used = numbers[0];
		bounds.files_max = numbers[2];
		bounds.has_files = true;
	}
	if (read_number(proc_fd, "sys/net/core/somaxconn", numbers) && numbers[0] <= UINT32_MAX)
		bounds.somaxconn = (uint32_t)numbers[0];
	if (read_number(proc_fd, "sys/net/ipv4/tcp_fin_timeout", numbers) &&
	    numbers[0] <= UINT32_MAX / 2)
		bounds.fin_timeout_s = (uint32_t)numbers[0];
	read_syn(proc_fd, &bounds);
	read_ports(proc_fd, &bounds);
	read_reuse(proc_fd, &bounds);
	*ret_bounds = bounds;
}

uint32_t bounds_fullness(uint32_t queue, uint32_t limit)
{
	return queue > limit ? 100 : limit ? (uint32_t)((uint64_t)queue * 100 / limit) : 0;
}
