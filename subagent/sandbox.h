/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SANDBOX_H
#define TCPSTATE_SUBAGENT_SANDBOX_H

/*
 * This module takes from each of the daemon's processes what it does not need: capabilities, and
 * system calls. What no part of the daemon would ever do, as to run a program or to look into
 * another process's memory, kills the process; everything else that is not on its list is refused
 * with EPERM, so that a C library with other habits does no worse than it would without a file.
 *
 * All return 0 or -errno. filter: false leaves out the filter of system calls; a kernel without
 * seccomp does as well.
 */

#include <stdbool.h>

/* The first process, before it forks: the capabilities of the sampler, of those it has; nobody can
 * get others. namespaces: with the one to enter other network namespaces. */
int sandbox_daemon(bool namespaces);

/* The sampler: sockets of netlink only; files for reading, and new ones. namespaces: it may enter
 * other network namespaces. */
int sandbox_sampler(bool filter, bool namespaces);

/* The agent: no capability; no file at all, but for looking up the name of a master agent (names).
 */
int sandbox_agent(bool filter, bool names);

#endif
