/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGHARM_H
#define TCPSTATE_CORE_TUNINGHARM_H

/*
 * This module knows values of kernel parameters that do harm, by the kernel's
 * documentation or an RFC, on their own or together with others and with the host's
 * listeners.
 */

#include <stddef.h>

#include "core/portset.h"
#include "core/snapshot.h"

enum { TUNINGHARM_REASON_MAX = 256 };

/* What a value is judged by. */
struct tuningharm {
	const struct tuning *rows;
	size_t n_rows;
	const struct listener *listeners;
	size_t n_listeners;
	const struct portset *reserved; /* ip_local_reserved_ports */
};

/* Whether it does harm that row has this value, and why. */
bool tuningharm_judge(const struct tuningharm *h, const struct tuning *row,
		      const char *value, char ret_reason[TUNINGHARM_REASON_MAX]);

#endif
