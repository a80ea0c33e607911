/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NAMESPACES_PRIVATE_H
#define TCPSTATE_CORE_NAMESPACES_PRIVATE_H

/*
 * What the parts of namespaces share: namespaces.c says which one is looked at when,
 * namespaces_look.c looks at it.
 */

#include "core/kernel/netnsfind.h"
#include "core/sample/namespaces.h"
#include "core/sample/sampler.h"

/* What cannot change without a segment, or shows that a socket has changed by itself. */
enum { GLANCE_FIGURES = 9 };

struct glance {
	uint64_t figures[GLANCE_FIGURES];
};

struct space {
	uint64_t id; /* netnsfind_id() */
	struct sampler *sampler;
	struct snapshot *last;
	struct glance glance; /* at the last sample */
	uint64_t looked_ms;   /* CLOCK_MONOTONIC; 0: never */
	uint64_t sampled_ms;
	bool calm; /* what the last sample saw changes by segments only */
	bool news;
	bool denied; /* it may not be entered */
};

struct namespaces {
	struct config config;
	int proc_fd, net_fd;
	struct netnsfind *find;
	struct space *spaces; /* in the order of the rows */
	struct netns *rows;
	size_t count;
	uint64_t find_ms; /* when to look for namespaces again */
	uint64_t step_ms;
	int64_t left_us; /* of the allowance */
	int error;       /* of the last search */
};

/* Looks at one: a sample, if anything may have changed. 0; or -errno: the way back is lost. One
 * that has gone is no error. */
int namespaces_look(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed);

#endif
