/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNABLE_H
#define TCPSTATE_CORE_TUNABLE_H

/*
 * This module reads the kernel's TCP parameters and judges them: the running value, the
 * kernel's default, what the profile recommends and what sysctl.d sets at the next boot.
 */

#include "core/snapshot.h"

enum { TUNABLE_ERROR_MAX = 320 };

/* Where to read; NULL stands for the host's own. Tests pass fixture folders. */
struct tunable_roots {
	const char *proc_sys; /* "/proc/sys" */
	const char *root;     /* "/": the sysctl.d folders are looked for below it */
	const char *profiles; /* folder of the profiles, $(pkgdatadir)/profiles */
};

/*
 * Reads everything into a new table. profile: a name in roots->profiles or a path. With a
 * profile that cannot be read or has a wrong line, the result is -EINVAL (or the errno)
 * and error says file and line. listeners: those of the newest snapshot, for the rules
 * that look at them (may be NULL, 0).
 */
int tunable_read(const struct tunable_roots *roots, const char *profile,
		 const struct listener *listeners, size_t n_listeners,
		 struct tuning_table **ret_table, char error[TUNABLE_ERROR_MAX]);

void tunable_free(struct tuning_table *table);

#endif
