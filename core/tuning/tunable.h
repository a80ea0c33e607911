/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNABLE_H
#define TCPSTATE_CORE_TUNABLE_H

/*
 * This module reads the kernel's TCP parameters and judges them: the running value, the kernel's
 * default, what the profile recommends and what sysctl.d sets at the next boot.
 */

#include "core/model/snapshot.h"
#include "core/tuning/sysctld.h"

enum { TUNABLE_ERROR_MAX = 320 };

/* Where to read; NULL stands for the host's own. Tests pass fixture directories. */
struct tunable_roots {
	const char *proc_sys;     /* "/proc/sys" */
	const char *root;         /* "/": the sysctl.d directories are looked for below it */
	const char *profiles;     /* directory of the profiles, $(pkgdatadir)/profiles */
	enum sysctld_order order; /* whose rules the next boot follows */
};

/*
 * Reads everything but read_at into a new table, which the caller frees. profile: a name in
 * roots->profiles or a path; NULL or "": none, then nothing is recommended. listeners: those of the
 * newest snapshot, for the rules that look at them (may be NULL, 0).
 *
 * 0; -ENOMEM; -EINVAL or what open() and read() gave for a profile that cannot be read or has a
 * wrong line, or for a proc_sys that cannot be opened or listed: error says file, line and remedy.
 * sysctl.d files that cannot be read are no error: the table tells.
 */
int tunable_read(const struct tunable_roots *roots, const char *profile,
		 const struct listener *listeners, size_t n_listeners,
		 struct tuning_table **ret_table, char error[TUNABLE_ERROR_MAX]);

/* Frees a table; NULL is allowed. */
void tunable_free(struct tuning_table *table);

#endif
