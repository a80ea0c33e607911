/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_OWNER_H
#define TCPSTATE_CORE_OWNER_H

/*
 * This module knows who owns a socket: the process by the socket's inode (/proc/PID/fd), the
 * service by the process's cgroup, and where the process is not known by the socket's cgroup id
 * (cgroup2). What was found is kept from sample to sample; /proc is scanned only for inodes that
 * are not known yet.
 *
 * Owners are numbered; number 0 is nobody. Numbers stay valid until owners_begin().
 *
 * Of several processes that hold one socket, the owner is the one with the lowest pid: a master
 * before its workers. But a process that has a descendant of another name which holds the same
 * listening socket is none: it only passes the socket on (systemd or another supervisor, and its
 * service). A scan reads the processes that own sockets first, then those of owners_near(), then
 * the others, each in the order of their pids, and may stop early; a later one that reads a better
 * owner corrects the rest, and owners_listening() asks for it.
 *
 * A scan may take as much CPU time as its caller allows and goes on in a later round where it had
 * to stop, in the middle of a process if need be.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"

struct owners;

/* proc_fd, cgroup_fd: directory handles of /proc and of the cgroup2 mount (-1: none); they stay
 * the caller's and must outlive the owners. -ENOMEM. */
int owners_new(int proc_fd, int cgroup_fd, struct owners **ret_owners);
void owners_free(struct owners *o);

/* A handle of the cgroup2 mount, below /sys/fs/cgroup/unified on hosts that have the first version
 * as well, for the caller to close; -1: there is none. */
int owners_open_cgroup(void);

/*
 * Starts a round in which every socket will be looked up (a full sample). Processes that are gone,
 * pids that now belong to another process, and inodes that no socket was looked up with during the
 * last round are forgotten. Numbers given before are void.
 */
void owners_begin(struct owners *o);

/* What the numbers 0 to count - 1, given before the last owners_begin(), are now; 0: such an owner
 * is forgotten. */
void owners_renumbered(const struct owners *o, uint32_t *ret_numbers, size_t count);

/* The owner of a socket as far as it is known; 0 if not. Cheap. inode 0: nobody. */
uint32_t owners_find(struct owners *o, uint32_t inode, uint64_t cgroup_id);

/*
 * True if a look-up of this inode in this round found no process and a scan could find one; the
 * caller collects such sockets and looks again after owners_scan(). An inode that a scan did not
 * find is wanted again in a later round, and less and less often.
 */
bool owners_wants(const struct owners *o, uint32_t inode);

/*
 * Tells that this inode, looked up in this round, is a listening socket's. If urgent, because
 * connections wait for accept(), or if process 1 owns it, the owner is in doubt: the next scan does
 * not end before it has read all the processes. A doubt that brought nothing comes back less often.
 */
void owners_listening(struct owners *o, uint32_t inode, bool urgent);

/*
 * Reads /proc/PID/fd of the processes, or goes on reading, for allowed_us of CPU time or little
 * more (0: not at all), and stops early when all the inodes wanted by owners_find() have been
 * found. Returns 0, or -errno if /proc itself cannot be read or handles or memory are short; a
 * process that vanishes or may not be read is skipped.
 */
int owners_scan(struct owners *o, uint32_t allowed_us);

/* The processes that a scan is to read, ascending; they stay the caller's and must outlive the next
 * owners_scan(). It reads the others only in one of eight rounds. NULL: all processes alike. */
void owners_near(struct owners *o, const uint32_t *pids, size_t count);

/* The CPU time that the last owners_scan() took, microseconds. */
uint64_t owners_scan_us(const struct owners *o);

/* How many processes the last scan that read all the others could not read for lack of permission;
 * those that /proc hides (hidepid) count as one. */
uint32_t owners_unreadable(const struct owners *o);

/* All owners, number 0 included; valid until the next call with a non-const owners. */
const struct owner *owners_list(const struct owners *o, size_t *ret_count);

#endif
