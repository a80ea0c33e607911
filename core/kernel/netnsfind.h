/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NETNSFIND_H
#define TCPSTATE_CORE_NETNSFIND_H

/*
 * This module finds the network namespaces of the host: those that processes are in, and those that
 * have a name below /run/netns or /run/docker/netns. It holds none of them open between two calls,
 * for that would keep it alive.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/netns.h"

struct netnsfind;

/* proc_fd: directory handle of /proc, the caller's. The calling thread's own namespace is left
 * out. 0 or -errno. */
int netnsfind_new(int proc_fd, struct netnsfind **ret_find);
void netnsfind_free(struct netnsfind *f);

/*
 * Looks again. A namespace found before keeps its name, and its place where there are more than
 * filter->max. Only if a new one comes with that name, and neither a file nor a process tells it of
 * the old one any more, the old one goes on as another namespace, with another name. A new one
 * whose name is but a program's choice, a service or a process is listed one look later, or ten
 * without a process: it may be on its way to become a container. The first look lists all. 0 or
 * -errno: /proc itself cannot be read, or memory or descriptors are short; then the list is as it
 * was.
 */
int netnsfind_look(struct netnsfind *f, const struct netns_filter *filter);

/* Those found, by name; what a sample shows is 0. Valid until the next look. */
const struct netns *netnsfind_list(const struct netnsfind *f, size_t *ret_count);

/* The processes of one, ascending; not NULL where there are none. */
const uint32_t *netnsfind_processes(const struct netnsfind *f, size_t index, size_t *ret_count);

/* A number that no other namespace found has had: inodes and names are used again. */
uint64_t netnsfind_id(const struct netnsfind *f, size_t index);

/* How many more there are: not wanted by name, and beyond filter->max. */
uint32_t netnsfind_excluded(const struct netnsfind *f);
uint32_t netnsfind_beyond(const struct netnsfind *f);

/*
 * Puts the calling thread into a namespace of the list, and back into its own. Between the two only
 * this thread sees that namespace's /proc/net and sockets. 0 or -errno; -ENOENT: it has gone;
 * -EPERM: not permitted. After a netnsfind_leave() that failed the thread is of no use.
 */
int netnsfind_enter(const struct netnsfind *f, size_t index);
int netnsfind_leave(const struct netnsfind *f);

#endif
