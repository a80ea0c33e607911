/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_WRITERULE_H
#define TCPSTATE_CORE_WRITERULE_H

/*
 * This module is what the kernel accepts for each parameter: the form of the text and its bounds,
 * as data.
 */

#include <stdint.h>

#include "core/tuning/kerneldefault.h"

/* The newest release whose bounds are known: a later one may have widened them. */
#define WRITERULE_LAST_RELEASE KERNEL_RELEASE(6, 18)
/* A bound that depends on another parameter, or is not known. */
#define WRITERULE_NO_RELEASE UINT32_MAX

enum {
	/* Of the kernel's clock: the slowest and the fastest that are built, in Hz. */
	WRITERULE_HZ_LEAST = 100,
	WRITERULE_HZ_MOST = 1000,
};

enum writerule_kind {
	WRITERULE_INTEGERS, /* with a sign */
	WRITERULE_NATURALS, /* a sign is refused, even in front of 0 */
	WRITERULE_SECONDS,  /* kept in ticks of the clock: the bound depends on its rate */
	/* Likewise, and rounded up to a tick: only what no clock rounds is known. */
	WRITERULE_MILLISECONDS,
	WRITERULE_PORT_RANGE,
	WRITERULE_PORT_LIST,
	WRITERULE_CONGESTION,
	WRITERULE_CONGESTIONS,
	WRITERULE_READ_ONLY,
};

struct writerule {
	const char *name;
	enum writerule_kind kind;
	uint32_t count; /* of elements */
	int64_t min, max;
	uint32_t since; /* the release that refuses what is out of these bounds */
};

/* NULL: no rule is known for this parameter. */
const struct writerule *writerule_find(const char *name);

#endif
