/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PROC_H
#define TCPSTATE_CORE_PROC_H

/*
 * This module reads the kernel's totals and counters: /proc/net/{snmp,netstat,sockstat}, and single
 * numbers below /proc.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"

/* Figures of sockstat, each where has_... says that it is there. Beware of scope: time_wait is the
 * network namespace's own, orphans and memory are those of the whole machine. */
struct sockstat {
	uint64_t orphans;
	uint64_t time_wait;    /* "tw": TIME_WAIT and the FIN_WAIT_2 kept as time-wait sockets */
	uint64_t memory_pages; /* "mem" */
	bool has_orphans, has_time_wait, has_memory;
};

/* The counters of snmp's Tcp: and netstat's TcpExt: lines, sorted by name. */
struct counters {
	struct counter *rows;
	size_t count, capacity;
};

/* A directory handle of /proc/thread-self/net, for the caller to close, or -errno. Whoever reads
 * through it reads of the namespace that the thread is in which has opened it, at each reading
 * (/proc/net is the main thread's). */
int proc_open_net(int proc_fd);

/* Directory handles of /proc and of /proc/thread-self/net. The caller closes both; on failure both
 * are -1. 0 or -errno. */
int proc_open(int *ret_proc_fd, int *ret_net_fd);

/* How many TCP sockets the namespace has, but half-open ones, those in TIME_WAIT, and those that
 * are bound only ("inuse" of sockstat and sockstat6). net_fd: as below. False: it does not tell. */
bool proc_in_use(int net_fd, uint64_t *ret_sockets);

/* net_fd: directory handle of /proc/thread-self/net. A file, line or figure that is missing or is
 * not what the kernel writes is left out, and so is a last word that the file may end within. 0, or
 * -ENOMEM, -EMFILE, -ENFILE: then nothing is known of what the kernel tells. */
int proc_sockstat(int net_fd, struct sockstat *ret_sockstat);
int proc_counters(int net_fd, struct counters *ret_counters);
void proc_counters_done(struct counters *c);

/* A counter by nstat's name ("TcpExtListenOverflows"). False: this kernel has none. */
bool proc_counter(const struct counters *c, const char *name, uint64_t *ret_value);

/* Reads up to `max` unsigned numbers that `path` (below dir_fd) begins with. Returns how many, or
 * -errno; -EBADMSG: it does not begin with a number. */
int proc_numbers(int dir_fd, const char *path, uint64_t *ret_numbers, int max);

#endif
