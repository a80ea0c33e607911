/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNABLEDATA_H
#define TCPSTATE_CORE_TUNABLEDATA_H

/*
 * This module is what is known of the kernel's TCP parameters before any is read: meaning and
 * default. For tunable and kerneldefault only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tunable_info {
	const char *name; /* as tcpStateTuningName */
	uint32_t element; /* 1.. */
	bool named;       /* has its row on kernels without it as well */
	/* The mainline default in every release from 3.10 on that has the parameter; NULL: it
	 * changed (kerneldefault), is a choice of the build, or is not known. */
	const char *constant;
	const char *meaning;
};

extern const struct tunable_info tunable_infos[];
extern const size_t tunable_n_infos;

/* The row of one element, or NULL. */
const struct tunable_info *tunable_info_find(const char *name, uint32_t element);

#endif
