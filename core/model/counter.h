/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_COUNTER_H
#define TCPSTATE_CORE_COUNTER_H

/*
 * This module is one of the kernel's counters, and a list of their names.
 */

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

enum { COUNTER_NAME_SIZE = 48, COUNTER_NAMES_MAX = 32 };

/* One counter of /proc/net/{snmp,netstat}, named as nstat prints it. */
struct counter {
	char name[COUNTER_NAME_SIZE];
	uint64_t value;
	uint64_t last_minute; /* what it has gained in the last minute, or since the first sample */
	bool rated;           /* last_minute is known: it takes two samples */
};

struct counter_names {
	char name[COUNTER_NAMES_MAX][COUNTER_NAME_SIZE];
	size_t count;
};

#endif
