/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PORTS_H
#define TCPSTATE_CORE_PORTS_H

/*
 * This module says for which ports connections are counted by state.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONFIG_PORTS_MAX = 64 };

struct config_ports {
	uint16_t port[CONFIG_PORTS_MAX];
	size_t count;
};

/* A zeroed one: for none. */
struct counted_ports {
	struct config_ports local;
	struct config_ports remote;
	bool listening; /* the port of each listener as well */
};

#endif
