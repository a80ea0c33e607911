/* SPDX-License-Identifier: MIT */
#include "core/sample/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/base/timing.h"
#include "core/diagnosis/condition.h"
#include "core/kernel/owner.h"
#include "core/figures/peaks.h"
#include "core/figures/rates.h"
#include "core/sample/sampler_private.h"
#include "core/sample/stale_copy.h"

/* Another namespace has no conditions that concern the whole machine. */
static void leave_out(struct config *config)
{
	static const enum condition_id of_machine[] = {
	    CONDITION_ORPHANS,      CONDITION_MEMORY,   CONDITION_TUNING_HARMFUL,
	    CONDITION_TUNING_DRIFT, CONDITION_SAMPLING,
	};

	for (size_t i = 0; i < COUNT_OF(of_machine); i++)
		config->rules.of[of_machine[i]].enabled = false;
}

/* The parts that have memory of their own. */
static int make_parts(struct sampler *s)
{
	int ret = owners_new(s->proc_fd, s->cgroup_fd, &s->owners);

	if (ret == 0)
		ret = builder_new(&s->build);
	if (ret == 0)
		ret = peaks_new(&s->peaks);
	if (ret == 0)
		ret = rates_new(&s->rates);
	return ret == 0 ? conditions_new(&s->conditions) : ret;
}

static struct sampler *allocate(const struct config *config)
{
	struct sampler *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->config = *config;
	s->tuning.due = true;
	s->start = timing_now(CLOCK_REALTIME);
	s->proc_fd = s->net_fd = s->cgroup_fd = -1;
	return s;
}

static int finish(struct sampler *s, int ret, struct sampler **ret_sampler)
{
	if (ret == 0)
		ret = make_parts(s);
	if (ret < 0)
		sampler_free(s);
	else
		*ret_sampler = s;
	return ret;
}

int sampler_new(const struct config *config, struct sampler **ret_sampler)
{
	struct sampler *s = allocate(config);
	int ret;

	if (!s)
		return -ENOMEM;
	ret = proc_open(&s->proc_fd, &s->net_fd);
	if (ret < 0)
		return finish(s, ret, ret_sampler);
	s->cgroup_fd = owners_open_cgroup();
	return finish(s, 0, ret_sampler);
}

int sampler_new_in(const struct config *config, const char *netns, int proc_fd,
		   struct sampler **ret_sampler)
{
	struct sampler *s = allocate(config);

	if (!s)
		return -ENOMEM;
	snprintf(s->netns, sizeof(s->netns), "%s", netns);
	leave_out(&s->config);
	s->proc_fd = proc_fd;
	return finish(s, 0, ret_sampler);
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	source_close(&s->source);
	owners_free(s->owners);
	builder_free(s->build);
	peaks_free(s->peaks);
	rates_free(s->rates);
	conditions_free(s->conditions);
	tuningkeep_drop(s->tuning.newest);
	if (s->proc_fd >= 0 && !s->netns[0])
		close(s->proc_fd);
	if (s->net_fd >= 0)
		close(s->net_fd);
	if (s->cgroup_fd >= 0)
		close(s->cgroup_fd);
	free(s);
}

void sampler_release(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	tuningkeep_drop(snapshot->tuning);
	snapshot_free(snapshot);
}

void sampler_near(struct sampler *s, const uint32_t *pids, size_t count)
{
	owners_near(s->owners, pids, count);
}

void sampler_configure(struct sampler *s, const struct config *config)
{
	s->config = *config;
	if (s->netns[0])
		leave_out(&s->config);
	s->reconfigured = true;
	s->tuning.due = true;
}

enum sample_kind sampler_kind(const struct sampler *s, enum sample_kind due,
			      const struct snapshot *last)
{
	if (!last || s->reconfigured || s->renumbered)
		return SAMPLE_FULL;
	return due == SAMPLE_FAST && (s->never_fast || last->info.source == SOURCE_PROC_NET)
		   ? SAMPLE_FULL
		   : due;
}

const char *sampler_error(const struct sampler *s)
{
	return s->error;
}

static void put_failures(const struct sampler *s, struct snapshot *now)
{
	now->info.errors = s->errors;
	now->info.failing = s->failing;
	memcpy(now->info.last_error, s->error, sizeof(s->error));
}

static void put_info(struct sampler *s, struct snapshot *now)
{
	struct sample_info *info = &now->info;
	struct timespec done = timing_now(CLOCK_MONOTONIC);

	info->attempted_at = info->monotonic;
	info->samples = ++s->samples;
	info->duration_us = (uint32_t)(timing_us(&done) - timing_us(&info->monotonic));
	info->sockets = (uint32_t)snapshot_sockets(now, STATE_MASK_ALL);
	info->rows_omitted =
	    (uint32_t)sub_sat(snapshot_sockets(now, s->config.conn_states), now->n_conns);
	info->unknown_states = s->source.unknown_states;
	info->malformed = s->source.malformed;
	info->owners_unreadable = owners_unreadable(s->owners);
	put_failures(s, now);
}

static void note_failure(struct sampler *s, enum sample_kind kind, const char *what, int error)
{
	s->errors++;
	s->failed = s->failing && s->failed > kind ? s->failed : kind;
	s->failing = true;
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(-error));
}

/* After a failure the last sample stands once more, and says so. NULL: out of memory; then
 * s->renumbered stays, for nothing tells the numbers in the last one any more. */
static struct snapshot *stand_in(struct sampler *s, const struct snapshot *last)
{
	struct snapshot *now =
	    stale_copy_new(last, s->renumbered ? s->owners : NULL, &s->ports.owner);

	if (!now)
		return NULL;
	s->renumbered = false;
	put_failures(s, now);
	now->info.scan_us = 0;
	now->info.attempted_at = timing_now(CLOCK_MONOTONIC);
	conditions_update(s->conditions, &s->config.rules, last, now);
	return now;
}

/*
 * The kernel has CLOSED sockets in another table, of the whole machine as well: to walk it is up to
 * half of what a sample of a small namespace costs. Where the last sample had none, they are read
 * once a minute, or with every other sample if samples are rarer.
 */
enum { CLOSED_S = 60 };

static uint32_t states_left_out(const struct sampler *s, const struct snapshot *last)
{
	if (!s->netns[0] || !last || s->reconfigured || s->failing ||
	    snapshot_sockets(last, STATE_BIT(STATE_CLOSED)))
		return 0;
	if (s->left_out && timing_now(CLOCK_MONOTONIC).tv_sec - s->closed_s >= CLOSED_S)
		return 0;
	return STATE_BIT(STATE_CLOSED);
}

/* With fewer sockets another namespace is read in one pass: each pass walks the hash table of the
 * whole machine, which costs more than to ask for all attributes of these sockets. */
enum { FEW_SOCKETS = 10000 };

int sampler_take(struct sampler *s, enum sample_kind kind, const struct pace *pace,
		 const struct snapshot *last, struct snapshot **ret_snapshot)
{
	const char *what = "taking memory";
	const struct builder_ports ports = s->ports;
	const bool is_lost = s->renumbered; /* see stand_in() */
	struct snapshot *now = calloc(1, sizeof(*now));
	int ret = -ENOMEM;

	kind = sampler_kind(s, kind, last);
	s->left_out = states_left_out(s, last);
	s->source.one_pass = s->netns[0] && (!last || last->info.sockets < FEW_SOCKETS);
	if (!now)
		goto out;
	snprintf(now->info.version, sizeof(now->info.version), "%s", TCPSTATE_VERSION);
	memcpy(now->info.netns, s->netns, sizeof(s->netns));
	now->info.interval_ms = pace->interval_ms;
	now->info.detail_interval_ms = pace->detail_interval_ms;
	now->info.cpu_pptt = pace->cpu_pptt;
	now->info.start = s->start;
	now->info.time = timing_now(CLOCK_REALTIME);
	now->info.monotonic = timing_now(CLOCK_MONOTONIC);
	ret = sampler_observe(s, &kind, pace->scan_us, last, now, &what);
	if (ret < 0)
		goto out;
	s->reconfigured = false;
	s->failing = s->failing && s->failed > kind;
	if (!s->left_out)
		s->closed_s = now->info.monotonic.tv_sec;
	put_info(s, now);
	if (!s->netns[0])
		tuningkeep_put(&s->tuning, &s->config, kind == SAMPLE_FULL, now);
	what = "measuring the conditions";
	ret = conditions_update(s->conditions, &s->config.rules, last, now);
	if (ret == 0) {
		s->renumbered = false;
		*ret_snapshot = now;
	}
out:
	if (ret < 0) {
		sampler_release(now);
		note_failure(s, kind, what, ret);
		s->ports = ports; /* they go with the owners of last */
		now = last && !is_lost ? stand_in(s, last) : NULL;
		if (now)
			*ret_snapshot = now;
	}
	return ret;
}
