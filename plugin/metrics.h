/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_METRICS_H
#define TCPSTATE_PLUGIN_METRICS_H

/*
 * This module turns a snapshot into values with collectd's names: plugin instance, type
 * and type instance. It knows nothing of collectd's headers.
 *
 * The counts by state have the names and the spelling of collectd's own tcpconns plugin.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/report.h"
#include "core/snapshot.h"

/* collectd's DATA_MAX_NAME_LEN: an instance and its terminating NUL. */
enum { METRIC_NAME_MAX = 128 };

enum metric_type_id {
	METRIC_CONNECTIONS, /* collectd's own type */
	METRIC_CONDITION,
	METRIC_COUNTER,
	METRIC_DURATION,
	METRIC_PARAMETERS,
	METRIC_PERCENT,
	METRIC_PROCESSES,
	METRIC_QUEUE,
	METRIC_REMOTES,
	METRIC_SAMPLER,
	METRIC_SEVERITY,
	METRIC_TUNING,
};

enum { METRIC_TYPE_COUNT = 12 };

/* A line of types.db; each type has the one data source "value". */
struct metric_type {
	const char *name;
	bool derive; /* a counter, of which collectd makes a rate; else a gauge */
	double min;  /* NAN: no bound */
	double max;
};

extern const struct metric_type metric_types[METRIC_TYPE_COUNT];

struct metric {
	const char *plugin_instance;
	const struct metric_type *type;
	const char *type_instance;
	double gauge;   /* the value, unless type->derive */
	int64_t derive; /* the value if type->derive */
};

/* Called for each value. The metric and its texts are valid during the call. */
typedef void (*metric_cb)(const struct metric *metric, void *arg);

/* Which listeners and remotes were chosen: they stay chosen as long as they exist. */
struct metrics;

int metrics_new(struct metrics **ret_metrics);
void metrics_free(struct metrics *m);

/*
 * Gives each value of the snapshot that `report` asks for. When there are more listeners
 * or remotes than the report allows, those with the most connections are chosen.
 * 0, or -ENOMEM: some values were not given.
 */
int metrics_emit(struct metrics *m, const struct report *report, const struct snapshot *s,
		 metric_cb cb, void *arg);

/*
 * Gives the sampler's own figures, which are true when a sample failed, too. now:
 * CLOCK_MONOTONIC.
 */
void metrics_emit_sampler(const struct snapshot *s, const struct timespec *now,
			  metric_cb cb, void *arg);

#endif
