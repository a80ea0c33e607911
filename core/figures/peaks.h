/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PEAKS_H
#define TCPSTATE_CORE_PEAKS_H

/*
 * This module remembers between samples what rows show of the past: the peaks of the state counts,
 * of the limits and of each listener's queues, and each listener's drops, which must not go back
 * when one of the sockets that share its address goes away.
 */

#include "core/count/builder.h"
#include "core/model/snapshot.h"

struct peaks;

int peaks_new(struct peaks **ret_peaks);
void peaks_free(struct peaks *p);

/*
 * Notes the values of now and fills in its peaks and drops. sockets: the listening sockets of this
 * sample with their sk_drops, with the index of their row in now->listeners; where
 * now->info.source is /proc/net, which tells none, the drops stay as they were. now_ms:
 * CLOCK_MONOTONIC. 0 or -ENOMEM.
 */
int peaks_note(struct peaks *p, uint64_t now_ms, const struct builder_listener_socket *sockets,
	       size_t n_sockets, struct snapshot *now);

#endif
