/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_METRICS_H
#define TCPSTATE_PLUGIN_METRICS_H

/*
 * This module turns a snapshot into values with collectd's names.
 *
 * The counts by state have the names and the spelling of collectd's own tcpconns plugin.
 */

#include <time.h>

#include "core/model/snapshot.h"
#include "plugin/metric.h"
#include "plugin/series.h"

/* Which listeners and remotes were chosen: they stay chosen as long as they exist. */
struct metrics;

int metrics_new(struct metrics **ret_metrics);
void metrics_free(struct metrics *m);

/*
 * Gives each value of the snapshot that `report` asks for. When there are more listeners or
 * remotes than the report allows, those with the most connections are chosen. 0, or -ENOMEM: some
 * values were not given.
 */
int metrics_emit(struct metrics *m, const struct series *report, const struct snapshot *s,
		 metric_cb cb, void *arg);

/*
 * Gives the sampler's own figures, which are true when a sample failed, too. now: CLOCK_MONOTONIC.
 */
void metrics_emit_sampler(const struct snapshot *s, const struct timespec *now, metric_cb cb,
			  void *arg);

#endif
