/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSWRITE_H
#define TCPSTATE_CORE_SYSWRITE_H

/*
 * This module tells what the kernel makes of a text that is written to a parameter: which values
 * it takes, and what it refuses. Pure: nothing is written.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/portset.h"
#include "core/tuning/sysvalue.h"

enum syswrite_result {
	SYSWRITE_TAKEN,
	SYSWRITE_REFUSED, /* the elements in front of the fault are set all the same */
	SYSWRITE_UNKNOWN, /* it depends on the kernel's release, build or modules */
};

/* What is known of the kernel that is written to. */
struct syswrite_kernel {
	uint32_t release;               /* KERNEL_RELEASE(); 0: not known */
	uint32_t port_start;            /* ip_unprivileged_port_start; 0: not known */
	int64_t port_range[2];          /* ip_local_port_range before the write; 0: not known */
	const char *congestion_allowed; /* tcp_allowed_congestion_control; "": not known */
};

enum syswrite_form {
	SYSWRITE_NUMBERS,
	SYSWRITE_WORDS,
	SYSWRITE_PORTS,
};

/* What a write leaves. */
struct syswrite {
	enum syswrite_form form;
	size_t count; /* of elements that are set, the first ones; 1 for words and ports */
	int64_t numbers[SYSVALUE_ELEMENTS_MAX];
	struct portset ports;
};

/*
 * Writes text, which has no blanks around it, to a parameter. name: as sysname_parse() gives it.
 * running: the first element's value now, which tells the form of a parameter that is not known
 * here; "" if there is none. *ret_write is filled whatever the result.
 */
enum syswrite_result syswrite_try(const struct syswrite_kernel *kernel, const char *name,
				  const char *running, const char *text,
				  struct syswrite *ret_write);

#endif
