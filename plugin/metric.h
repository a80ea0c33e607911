/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_METRIC_H
#define TCPSTATE_PLUGIN_METRIC_H

/*
 * This module is one value as collectd names it: plugin instance, type, type instance. It knows
 * nothing of collectd's headers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/state.h"

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
	METRIC_TIME_LEFT,
	METRIC_TUNING,
};

enum { METRIC_TYPE_COUNT = 13 };

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

/* Where values go. */
struct sink {
	metric_cb cb;
	void *arg;
};

/* One value of a row: the member that holds it. */
struct field {
	enum metric_type_id type;
	const char *instance; /* NULL: the row's name */
	size_t offset;
	size_t size; /* of the member: 4 or 8 */
	double scale;
};

#define METRIC_FIELD(type, instance, row, member, scale)                                           \
	{                                                                                          \
		type, instance, offsetof(row, member), sizeof(((row *)0)->member), scale           \
	}

/* A state's name as tcpconns spells it. */
const char *metric_state(enum tcp_state state);

/* A gauge, and a counter. */
void metric_put(const struct sink *sink, const char *plugin_instance, enum metric_type_id type,
		const char *type_instance, double gauge);
void metric_put_counter(const struct sink *sink, const char *plugin_instance,
			const char *type_instance, uint64_t value);

/* Each of n fields of a row. name: the type instance of those without one of their own. */
void metric_put_fields(const struct sink *sink, const char *plugin_instance, const char *name,
		       const struct field *fields, size_t n, const void *row);

/* The counts by state, all of them. */
void metric_put_states(const struct sink *sink, const char *plugin_instance,
		       const uint32_t count[STATE_COUNT]);

#endif
