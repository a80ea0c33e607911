/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SAMPLER_PRIVATE_H
#define TCPSTATE_CORE_SAMPLER_PRIVATE_H

/*
 * What the parts of sampler share: sampler.c takes samples and tells of failed ones,
 * sampler_observe.c reads and fills in what a kind of sample sees.
 */

#include "core/kernel/bounds.h"
#include "core/kernel/totals.h"
#include "core/count/builder.h"
#include "core/sample/sampler.h"
#include "core/sample/source.h"
#include "core/sample/tuningkeep.h"

struct sampler {
	struct config config;
	char netns[NETNS_NAME_MAX]; /* of another namespace than the caller's own; "" */
	struct timespec start;      /* wall clock */
	int proc_fd, cgroup_fd;
	int net_fd; /* open all the time; of another namespace in sampler_observe() only */
	struct source source;
	struct owners *owners;
	struct builder *build;
	struct peaks *peaks;
	struct rates *rates;
	struct conditions *conditions;
	struct tuningkeep tuning;
	bool reconfigured; /* rows of the last sample may not be carried over */
	bool renumbered;   /* the owners have other numbers than in the last snapshot */
	uint32_t left_out; /* STATE_BIT()s that this sample does not read */
	int64_t closed_s;  /* when CLOSED was read last; CLOCK_MONOTONIC */
	uint32_t samples, errors;
	bool failing; /* a sample has failed, and none since was as full */
	enum sample_kind failed;
	char error[sizeof(((struct sample_info *)NULL)->last_error)];
	struct totals_meaning meaning;
	bool never_fast;      /* the totals do not tell what fast samples leave out */
	struct bounds bounds; /* of the newest sample that is more than listeners */
	/* Of the newest full sample. */
	struct builder_ports ports;
	struct state_row states[IP_VERSION_COUNT * STATE_COUNT];
};

/*
 * Fills into now all that comes from the sockets and the totals. *kind may become one that sees
 * more. *ret_what: what failed, if the return value is not 0.
 */
int sampler_observe(struct sampler *s, enum sample_kind *kind, uint32_t scan_us,
		    const struct snapshot *last, struct snapshot *now, const char **ret_what);

#endif
