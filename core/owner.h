/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_OWNER_H
#define TCPSTATE_CORE_OWNER_H

/*
 * This module knows who owns a socket: the process by the socket's inode
 * (/proc/PID/fd), the service by its cgroup id (cgroup2). What was found is kept from
 * sample to sample; /proc is scanned only for inodes that are not known yet.
 *
 * Owners are numbered; number 0 is nobody. Numbers stay valid until owners_begin(). A
 * socket that several processes hold belongs to the lowest pid of them.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/snapshot.h"

struct owners;

/* proc_fd, cgroup_fd: directory handles of /proc and of the cgroup2 mount (-1: none);
 * they stay the caller's and must outlive the owners. -ENOMEM. */
int owners_new(int proc_fd, int cgroup_fd, struct owners **ret_owners);
void owners_free(struct owners *o);

/*
 * Starts a round in which every socket will be looked up (a full sample). Processes that
 * are gone, pids that now belong to another process, and inodes that no socket was looked
 * up with during the last round are forgotten. Numbers given before are void.
 */
void owners_begin(struct owners *o);

/* The owner of a socket as far as it is known; 0 if not. Cheap. inode 0: nobody. */
uint32_t owners_find(struct owners *o, uint32_t inode, uint64_t cgroup_id);

/*
 * True if a look-up of this inode since the last scan found nothing and a scan could find
 * it; the caller collects such sockets and looks again after owners_scan().
 */
bool owners_wants(const struct owners *o, uint32_t inode);

/*
 * Reads /proc/PID/fd of the processes, those first that own sockets already, and stops
 * early when all the inodes wanted by owners_find() have been found. Returns 0 or -errno
 * if /proc itself cannot be read; a process that vanishes or may not be read is skipped.
 */
int owners_scan(struct owners *o);

/* How many processes could not be read during the last scan for lack of permission. */
uint32_t owners_unreadable(const struct owners *o);

/* All owners, number 0 included; valid until the next call with a non-const owners. */
const struct owner *owners_list(const struct owners *o, size_t *ret_count);

/* Makes text printable UTF-8 in place: control bytes and what is no UTF-8 become '?'. */
void owner_text_clean(char *text);

#endif
