/* SPDX-License-Identifier: MIT */
#include "subagent/look.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timing.h"
#include "subagent/eventfile.h"
#include "subagent/snapshotfile.h"

static void forget_holds(struct config *config)
{
	for (int i = 1; i <= CONDITION_COUNT; i++)
		config->rules.of[i].hold_s = 0;
	for (int i = 0; i < STATE_COUNT; i++)
		config->rules.of_state[i].hold_s = 0;
}

void look_begin(struct look *l, const struct daemon_config *config, const char *config_path)
{
	memset(l, 0, sizeof(*l));
	l->config = config;
	l->config_path = config_path;
	l->own = config->common;
	forget_holds(&l->own);
}

void look_end(struct look *l)
{
	sampler_free(l->sampler);
	l->sampler = NULL;
}

int look_running(const struct look *l, struct seen *ret_seen)
{
	const struct snapshotfile file = {.path = l->config->snapshot,
					  .config_path = l->config_path};
	struct seen seen = {.snapshot = NULL};
	int ret;

	if (!l->config->snapshot[0])
		return -ENOENT;
	ret = snapshotfile_read(&file, &seen.snapshot, &seen.block);
	if (ret == 0)
		*ret_seen = seen;
	return ret;
}

int look_own(struct look *l, const struct snapshot *last, struct seen *ret_seen)
{
	const struct pace pace = {.scan_us = UINT32_MAX};
	struct snapshot *s = NULL;

	l->error = l->sampler ? 0 : sampler_new(&l->own, &l->sampler);
	if (l->error == 0)
		l->error = sampler_take(l->sampler, SAMPLE_FULL, &pace, last, &s);
	if (l->error < 0) {
		/* A copy of the last one is nothing new to show. */
		if (l->sampler)
			sampler_release(l->sampler, s);
		return l->error;
	}
	memset(&l->events, 0, sizeof(l->events));
	/* Without them the page has no such part. */
	if (eventfile_read(l->config->events, &l->events) == 0) {
		s->events = l->events.rows;
		s->n_events = l->events.count;
	}
	*ret_seen = (struct seen){.snapshot = s, .own = s};
	return 0;
}

const char *look_error(const struct look *l)
{
	return l->sampler ? sampler_error(l->sampler) : strerror(-l->error);
}

void look_drop(struct look *l, struct seen *seen)
{
	free(seen->block);
	if (seen->own)
		sampler_release(l->sampler, seen->own);
	*seen = (struct seen){.snapshot = NULL};
}

int64_t look_age_ms(const struct snapshot *s)
{
	return (int64_t)timing_now_ms() - timing_ms(&s->info.monotonic);
}

void look_origin(const struct snapshot *s, char buf[LOOK_ORIGIN_MAX])
{
	snprintf(buf, LOOK_ORIGIN_MAX, "From the running tcpstated, %.1f s ago",
		 (double)look_age_ms(s) / 1000);
}
