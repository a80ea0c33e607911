/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NAMESPACES_PRIVATE_H
#define TCPSTATE_CORE_NAMESPACES_PRIVATE_H

/*
 * What the parts of namespaces share: namespaces.c says when which one is looked at,
 * namespaces_look.c does it.
 */

#include "core/kernel/netnsfind.h"
#include "core/sample/namespaces.h"
#include "core/sample/sampler.h"

/* Counters of segments and numbers of sockets: while they stay as they are, nothing that a sample
 * of a calm namespace shows has changed. */
enum { GLANCE_FIGURES = 9 };

struct glance {
	uint64_t figures[GLANCE_FIGURES];
};

struct space {
	uint64_t id; /* netnsfind_id() */
	struct sampler *sampler;
	struct snapshot *last;
	struct glance glance; /* right before the last sample */
	uint64_t looked_ms;   /* CLOCK_MONOTONIC; 0: never */
	uint64_t sampled_ms;  /* the last sample that succeeded */
	bool calm;            /* see namespaces.h; false after a sample that failed */
	bool news;            /* `last` was not passed on yet */
	bool denied; /* it may not be entered; not tried again before a new configuration */
};

struct namespaces {
	struct config config;
	int proc_fd, net_fd; /* the latter of the thread that makes the step */
	struct netnsfind *find;
	struct space *spaces; /* in the order of the rows */
	struct netns *rows;
	size_t count;
	uint64_t find_ms; /* when to look for namespaces again */
	uint64_t step_ms;
	int64_t left_us; /* of the allowance; below 0: spent in advance */
	int error;       /* of the last search, -errno or 0 */
};

/* Looks at one, and samples it if anything may have changed. 0, also where it has gone; -errno: the
 * thread could not return to its own namespace. */
int namespaces_look(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed);

#endif
