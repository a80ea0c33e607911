/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSCTLDFILES_H
#define TCPSTATE_CORE_SYSCTLDFILES_H

/*
 * This module finds the files that sysctl.d(5) names, in the order in which they are read. For
 * sysctld and watch only.
 */

#include <stddef.h>

enum sysctld_order {
	SYSCTLD_AUTO, /* systemd where the host runs it (/run/systemd/system), else procps */
	SYSCTLD_SYSTEMD,
	SYSCTLD_PROCPS,
};

struct sysctldfiles {
	char **paths; /* below the root, without a slash in front */
	size_t count;
	const char *unseen; /* a directory that may not be read; NULL: none */
};

/* root: directory handle. order: not SYSCTLD_AUTO. 0 or -errno; -EFBIG: too many. */
int sysctldfiles_list(int root, enum sysctld_order order, struct sysctldfiles *ret_files);
void sysctldfiles_done(struct sysctldfiles *files);

#endif
