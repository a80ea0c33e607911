/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_ONENETNS_H
#define TCPSTATE_CORE_ONENETNS_H

/*
 * This module samples one other network namespace of the host, which the command line asks for by
 * name.
 */

#include "core/config/config.h"
#include "core/kernel/netnsfind.h"
#include "core/sample/sampler.h"

enum { ONENETNS_ERROR_MAX = 1024 };

struct onenetns {
	const char *name; /* NULL: the host's own is wanted */
	int proc_fd;
	struct netnsfind *find; /* NULL: not looked for yet */
	uint64_t id;            /* netnsfind_id() at the last sample */
	char error[ONENETNS_ERROR_MAX];
};

/* Frees what onenetns_take() has made, but the sampler. */
void onenetns_close(struct onenetns *l);

/*
 * Takes a full sample as sampler_take() does. *sampler: NULL before the first one, the caller's to
 * free; it is made anew when another namespace has got the name. 0 or -errno: l->error says why, or
 * if that is "", sampler_error().
 */
int onenetns_take(struct onenetns *l, const struct config *config, struct sampler **sampler,
		  const struct pace *pace, const struct snapshot *last,
		  struct snapshot **ret_snapshot);

/* Writes into l->error that no row has this name, and which names there are. are_on: the
 * configuration has tcpstated sample all namespaces. */
void onenetns_miss(struct onenetns *l, const struct netns *rows, size_t count, bool are_on);

#endif
