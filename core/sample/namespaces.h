/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NAMESPACES_H
#define TCPSTATE_CORE_NAMESPACES_H

/*
 * This module samples the host's other network namespaces, each with a sampler of its own, all
 * within one allowance of CPU time.
 *
 * The kernel walks the sockets of all namespaces for each one that is asked for. So a namespace is
 * looked at cheaply first: where its counters and totals say that no segment has come or gone and
 * no listener has since its last sample, and that one saw nothing but LISTEN, ESTABLISHED and
 * TIME_WAIT, that one still holds, for a minute at the most. Else it is sampled in full.
 *
 * Where the allowance does not suffice the looks become rarer: new namespaces come first; those
 * where something is wrong, and those where nothing happens, are looked at four times as often as
 * those that are only busy. None is older than five minutes but where the allowance of that time
 * does not pay for one sample of each.
 *
 * No namespace is held open between two samples.
 */

#include "core/config/config.h"
#include "core/model/snapshot.h"

enum { NAMESPACES_CALM_S = 60, NAMESPACES_AGE_MAX_S = 300 };

struct namespaces;

/* config is copied. The namespace of the calling thread is the host's own. 0 or -errno. */
int namespaces_new(const struct config *config, struct namespaces **ret_namespaces);
void namespaces_free(struct namespaces *n);

/* Takes over a new configuration, with the next samples. */
void namespaces_configure(struct namespaces *n, const struct config *config);

/*
 * Looks for namespaces and at those that are due. To be called once a second by the same thread,
 * which is in its own namespace again afterwards. allowed: CPU time, parts per ten thousand of a
 * core. 0; or -errno: the thread could not get back, and is of no use any more.
 */
int namespaces_step(struct namespaces *n, uint64_t now_ms, uint32_t allowed);

/* Takes from the allowance of the steps to come what passing the snapshots on has cost. */
void namespaces_charge(struct namespaces *n, uint64_t cpu_us);

/* Has a copy of the host's snapshot show them: the rows of the table, how many are left out, and
 * the severity. The rows remain ours, and are valid until the next step. */
void namespaces_show(const struct namespaces *n, struct snapshot *s);

/* The rows; valid until the next step. */
const struct netns *namespaces_rows(const struct namespaces *n, size_t *ret_count);

/* The newest snapshots, in the order of the rows; NULL: there is none yet. */
const struct snapshot *namespaces_snapshot(const struct namespaces *n, size_t index);

/* True until namespaces_given() says that this newest snapshot was passed on, and once more after
 * namespaces_again(). */
bool namespaces_is_news(const struct namespaces *n, size_t index);
void namespaces_given(struct namespaces *n, size_t index);
void namespaces_again(struct namespaces *n, size_t index);

#endif
