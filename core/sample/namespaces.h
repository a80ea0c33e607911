/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NAMESPACES_H
#define TCPSTATE_CORE_NAMESPACES_H

/*
 * This module samples the host's other network namespaces, each with a sampler of its own, all
 * within one allowance of CPU time.
 *
 * To read the sockets of one namespace, the kernel walks those of all. So a look at a namespace
 * reads its counters and totals first. If the last sample had nothing but LISTEN, ESTABLISHED and
 * TIME_WAIT (the namespace is calm), and since then no segment was sent or received and the number
 * of sockets is the same, that sample still holds, for a minute at the most. Else a full sample is
 * taken.
 *
 * Where the allowance is too small for all, looks become rarer. New namespaces come first; those
 * with a raised condition, and calm ones, are looked at four times as often as the others. None
 * gets older than five minutes, unless the allowance of that time is too small for one sample of
 * each.
 *
 * No namespace is held open between two samples.
 */

#include "core/config/config.h"
#include "core/model/snapshot.h"

enum { NAMESPACES_CALM_S = 60, NAMESPACES_AGE_MAX_S = 300 };

struct namespaces;

/* config is copied. The calling thread's namespace is taken for the host's own. 0 or -errno. */
int namespaces_new(const struct config *config, struct namespaces **ret_namespaces);
void namespaces_free(struct namespaces *n);

/* Takes over a new configuration with the next samples; all namespaces are tried again. */
void namespaces_configure(struct namespaces *n, const struct config *config);

/*
 * Searches for namespaces, and looks at those that are due. Call it once a second, in any
 * thread, which is in its own namespace again when it returns. allowed: CPU time, parts per ten
 * thousand of a core. 0; -errno: the thread could not return to its own namespace and must end.
 */
int namespaces_step(struct namespaces *n, uint64_t now_ms, uint32_t allowed);

/* Takes CPU time that the caller has spent on the snapshots from the allowance of later steps. */
void namespaces_charge(struct namespaces *n, uint64_t cpu_us);

/* Completes a copy of the host's snapshot: the rows, how many namespaces are left out, and the
 * severity of all. The rows stay this module's and are valid until the next step. */
void namespaces_show(const struct namespaces *n, struct snapshot *s);

/* The rows; valid until the next step. */
const struct netns *namespaces_rows(const struct namespaces *n, size_t *ret_count);

/* The newest snapshot of a row; NULL: there is none yet. */
const struct snapshot *namespaces_snapshot(const struct namespaces *n, size_t index);

/* True for a newest snapshot that was not passed on yet: namespaces_given() says that it was,
 * namespaces_again() that it has to be once more. */
bool namespaces_is_news(const struct namespaces *n, size_t index);
void namespaces_given(struct namespaces *n, size_t index);
void namespaces_again(struct namespaces *n, size_t index);

#endif
