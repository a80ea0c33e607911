/* SPDX-License-Identifier: MIT */
/*
 * What each kind of sample reads, and what becomes of it.
 */
#include <string.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/diagnosis/condition.h"
#include "core/kernel/device.h"
#include "core/kernel/owner.h"
#include "core/figures/arcs.h"
#include "core/sample/carry.h"
#include "core/figures/limit.h"
#include "core/figures/peaks.h"
#include "core/figures/rates.h"
#include "core/sample/sampler_private.h"
#include "core/count/suspect.h"

/* What a kind of sample does with the totals right before and right after its sockets. */
typedef void (*settle_fn)(struct sampler *s, const struct totals *before,
			  const struct totals *after, const struct builder_result *result,
			  struct snapshot *now);

static void derive(struct sampler *s, const struct totals *before, const struct totals *after,
		   const struct builder_result *result, struct snapshot *now)
{
	totals_derive(&s->meaning, before, after, result->time_wait_sockets_fin2, s->states, now);
}

static void learn(struct sampler *s, const struct totals *before, const struct totals *after,
		  const struct builder_result *result, struct snapshot *now)
{
	totals_learn(&s->meaning, before, after, result->time_wait_sockets_fin2, now);
	s->never_fast = !totals_derivable(&s->meaning, after, 0);
	s->ports = result->ports;
	memcpy(s->states, now->states, sizeof(s->states));
}

/* What each kind of sample reads. */
static const struct {
	uint32_t states;  /* STATE_BIT()s of those whose sockets are read */
	bool owners;      /* those not known yet are looked for */
	settle_fn settle; /* NULL: neither the bounds nor the totals after the sockets are read */
} kinds[] = {
    [SAMPLE_LISTENERS] = {STATE_BIT(STATE_LISTEN), false, NULL},
    [SAMPLE_FAST] = {STATES_FAST, false, derive},
    [SAMPLE_FULL] = {STATE_MASK_ALL, true, learn},
};

static uint32_t states_of(const struct sampler *s, enum sample_kind kind)
{
	return kinds[kind].states & ~s->left_out;
}

static struct builder_options options_of(const struct sampler *s, enum sample_kind kind)
{
	const struct bounds *bounds = &s->bounds;

	return (struct builder_options){
	    .states = states_of(s, kind),
	    .conn_states = s->config.conn_states,
	    .conn_rows = s->config.conn_rows,
	    .remotes = s->config.remotes,
	    .now_s = (uint32_t)timing_now(CLOCK_MONOTONIC).tv_sec,
	    .fin_wait_stale_s = bounds->fin_timeout_s > SUSPECT_STALE_S / 2
				    ? 2 * bounds->fin_timeout_s
				    : SUSPECT_STALE_S,
	    .syn_max = bounds->syn_max,
	    .port_low = bounds->port_low,
	    .port_high = bounds->port_high,
	    .ports_reserved = &bounds->ports_reserved,
	    .ports_usable = bounds->ports_usable,
	    .ports_even = bounds->ports_even,
	    .reuse = bounds->reuse,
	    .owners = s->config.processes ? s->owners : NULL,
	    .ignores = &s->config.rules.ignores,
	    .ports = s->config.ports,
	};
}

/* scan: owners that are not known yet will be looked for. */
static int read_sockets(struct sampler *s, enum sample_kind kind, bool scan, struct snapshot *now)
{
	struct builder_options options = options_of(s, kind);
	enum sample_source source;
	int ret;

	options.scan = scan;
	ret = source_read(&s->source, s->net_fd, &options, s->build, &source);
	now->info.source = source;
	return ret ? ret : builder_end(s->build);
}

/* The owners of sockets that have none yet are looked for as far as scan_us allows. */
static int read_owned_sockets(struct sampler *s, enum sample_kind kind, uint32_t scan_us,
			      struct snapshot *now)
{
	bool scan = s->config.processes;
	int ret;

	owners_begin(s->owners);
	s->renumbered = true;
	ret = read_sockets(s, kind, scan, now);
	if (ret < 0)
		return ret;
	owners_scan(s->owners, scan ? scan_us : 0);
	now->info.scan_us = (uint32_t)owners_scan_us(s->owners);
	/* The first sample only: later, such a flood of new sockets would cost a second reading
	 * each time, and the next full sample knows their owners anyway. */
	if (builder_overflowed(s->build) && scan_us == UINT32_MAX)
		ret = read_sockets(s, kind, false, now);
	return ret;
}

/* The sockets of a kind of sample, and the totals right after them. */
static int read_kind(struct sampler *s, enum sample_kind kind, uint32_t scan_us,
		     struct snapshot *now, struct totals *ret_after)
{
	int ret = kinds[kind].owners ? read_owned_sockets(s, kind, scan_us, now)
				     : read_sockets(s, kind, false, now);

	return ret == 0 && kinds[kind].settle ? totals_read(s->net_fd, ret_after) : ret;
}

static bool is_derivable(const struct sampler *s, const struct totals *before,
			 const struct totals *after)
{
	uint32_t close_wait = builder_count(s->build, STATE_CLOSE_WAIT);

	return totals_derivable(&s->meaning, before, close_wait) &&
	       totals_derivable(&s->meaning, after, close_wait);
}

/* Another namespace has no bounds of the machine's. */
static void read_bounds(struct sampler *s)
{
	bounds_read(s->proc_fd, &s->bounds);
	if (s->netns[0])
		s->bounds.has_orphans = s->bounds.has_memory = s->bounds.has_files = false;
}

/* *kind may become one that sees more. */
static int read_enough(struct sampler *s, enum sample_kind *kind, uint32_t scan_us,
		       const struct snapshot *last, const struct totals *before,
		       struct snapshot *now, struct totals *after)
{
	int ret;

	if (*kind == SAMPLE_LISTENERS && condition_is_quiet(last, CONDITION_SYN_COOKIES) &&
	    totals_overflowing(before, last))
		*kind = sampler_kind(s, SAMPLE_FAST, last);
	if (kinds[*kind].settle)
		read_bounds(s);
	ret = read_kind(s, *kind, scan_us, now, after);
	if (ret == 0 && *kind == SAMPLE_FAST && !is_derivable(s, before, after)) {
		totals_done(after);
		*kind = SAMPLE_FULL;
		ret = read_kind(s, *kind, scan_us, now, after);
	}
	return ret;
}

static int note_past(struct sampler *s, struct snapshot *now)
{
	size_t n_sockets;
	const struct builder_listener_socket *sockets =
	    builder_listener_sockets(s->build, &n_sockets);
	int ret = peaks_note(s->peaks, (uint64_t)timing_ms(&now->info.monotonic), sockets,
			     n_sockets, now);

	if (ret == 0)
		ret = rates_note(s->rates, now);
	arcs_fill(now);
	return ret;
}

/* From what was read. */
static int fill(struct sampler *s, enum sample_kind kind, const struct snapshot *last,
		const struct totals *before, const struct totals *after, struct snapshot *now)
{
	struct builder_result result;
	int ret = builder_finish(s->build, now, &result);

	if (ret == 0)
		/* Those before the sockets: an overflow that they tell of is in the counts. */
		ret = totals_counters(before, &s->config.counters, now);
	if (ret == 0)
		ret = carry_over(last, states_of(s, kind), s->config.conn_rows, now);
	if (ret < 0)
		return ret;
	if (kinds[kind].settle)
		kinds[kind].settle(s, before, after, &result, now);
	ret = devices_fill(now, (struct inet_addr[]){s->ports.local, s->ports.remote}, 2);
	if (ret < 0)
		return ret;
	now->info.always_cookies = s->bounds.always_cookies;
	limit_fill(&s->bounds, &before->sockstat, &before->counters, &s->ports, now);
	totals_missing(before, now);
	return note_past(s, now);
}

/* The thread need not be the one that took the last sample. */
static int open_netns(struct sampler *s)
{
	s->net_fd = proc_open_net(s->proc_fd);
	return s->net_fd < 0 ? s->net_fd : 0;
}

static void close_netns(struct sampler *s)
{
	source_close(&s->source);
	if (s->net_fd >= 0)
		close(s->net_fd);
	s->net_fd = -1;
}

int sampler_observe(struct sampler *s, enum sample_kind *kind, uint32_t scan_us,
		    const struct snapshot *last, struct snapshot *now, const char **ret_what)
{
	struct totals before = {0}, after = {0};
	int ret = s->netns[0] ? open_netns(s) : 0;

	*ret_what = "reading /proc/net";
	if (ret == 0)
		ret = totals_read(s->net_fd, &before);
	if (ret == 0) {
		*ret_what = "reading the sockets";
		ret = read_enough(s, kind, scan_us, last, &before, now, &after);
	}
	if (ret == 0) {
		*ret_what = "building the snapshot";
		ret = fill(s, *kind, last, &before, &after, now);
	}
	totals_done(&before);
	totals_done(&after);
	if (s->netns[0])
		close_netns(s);
	return ret;
}
