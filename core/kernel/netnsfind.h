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
 * Searches again. A namespace that was listed stays so under its name, also where there are more
 * than filter->max. Only if a new one comes with that name, and neither a file nor a process tells
 * it of the old one any more, the old one goes on as another namespace, with another name. A new
 * one waits as long as its name may still get better: a file's name that a program made up, a
 * service's or a process's name may turn out to be a container's. It is listed with the next
 * search, or after ten as long as it has no process. The first search lists all. 0 or -errno: /proc
 * cannot be read, or memory or descriptors are short; the list is as it was.
 */
int netnsfind_look(struct netnsfind *f, const struct netns_filter *filter);

/* The list, sorted by name; the members that a sample fills in are 0. Valid until the next search,
 * as are its indexes below. */
const struct netns *netnsfind_list(const struct netnsfind *f, size_t *ret_count);

/* The processes of one, ascending; not NULL where there are none. */
const uint32_t *netnsfind_processes(const struct netnsfind *f, size_t index, size_t *ret_count);

/* A number that is given once only, while the kernel gives the inode of a namespace that has gone
 * to another one. */
uint64_t netnsfind_id(const struct netnsfind *f, size_t index);

/* How many are not in the list: not wanted by name; more than filter->max. */
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
