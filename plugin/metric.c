/* SPDX-License-Identifier: MIT */
#include "plugin/metric.h"

#include <math.h>
#include <string.h>

/* clang-format off */
/* A percentage has no upper bound: a SYN queue can hold one more than its limit. */
const struct metric_type metric_types[METRIC_TYPE_COUNT] = {
	[METRIC_CONNECTIONS] = {"tcp_connections", false, 0, 4294967295.0},
	[METRIC_CONDITION] = {"tcpstate_condition", false, 0, NAN},
	[METRIC_COUNTER] = {"tcpstate_counter", true, 0, NAN},
	[METRIC_DURATION] = {"tcpstate_duration", false, 0, NAN},
	[METRIC_PARAMETERS] = {"tcpstate_parameters", false, 0, NAN},
	[METRIC_PERCENT] = {"tcpstate_percent", false, 0, NAN},
	[METRIC_PROCESSES] = {"tcpstate_processes", false, 0, NAN},
	[METRIC_QUEUE] = {"tcpstate_queue", false, 0, NAN},
	[METRIC_REMOTES] = {"tcpstate_remotes", false, 0, NAN},
	[METRIC_SAMPLER] = {"tcpstate_sampler", false, 0, NAN},
	[METRIC_SEVERITY] = {"tcpstate_severity", false, 1, 4},
	[METRIC_TIME_LEFT] = {"tcpstate_time_left", false, 0, NAN},
	[METRIC_TUNING] = {"tcpstate_tuning", false, NAN, NAN},
};
/* clang-format on */

/* tcpconns leaves the second underscore out. */
const char *metric_state(enum tcp_state state)
{
	switch (state) {
	case STATE_FIN_WAIT_1:
		return "FIN_WAIT1";
	case STATE_FIN_WAIT_2:
		return "FIN_WAIT2";
	default:
		return state_name(state);
	}
}

static void put(const struct sink *sink, const char *plugin_instance, enum metric_type_id type,
		const char *type_instance, double gauge, int64_t derive)
{
	const struct metric metric = {
	    .plugin_instance = plugin_instance,
	    .type = &metric_types[type],
	    .type_instance = type_instance,
	    .gauge = gauge,
	    .derive = derive,
	};

	sink->cb(&metric, sink->arg);
}

void metric_put(const struct sink *sink, const char *plugin_instance, enum metric_type_id type,
		const char *type_instance, double value)
{
	put(sink, plugin_instance, type, type_instance, value, 0);
}

void metric_put_counter(const struct sink *sink, const char *plugin_instance,
			const char *type_instance, uint64_t value)
{
	put(sink, plugin_instance, METRIC_COUNTER, type_instance, (double)value, (int64_t)value);
}

void metric_put_fields(const struct sink *sink, const char *plugin_instance, const char *name,
		       const struct field *fields, size_t n, const void *row)
{
	for (const struct field *f = fields; f < fields + n; f++) {
		const char *member = (const char *)row + f->offset;
		uint64_t value = 0;

		if (f->size == sizeof(uint64_t))
			memcpy(&value, member, sizeof(value));
		else
			value = *(const uint32_t *)(const void *)member;
		put(sink, plugin_instance, f->type, f->instance ? f->instance : name,
		    (double)value * f->scale, (int64_t)value);
	}
}

void metric_put_states(const struct sink *sink, const char *plugin_instance,
		       const uint32_t count[STATE_COUNT])
{
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		metric_put(sink, plugin_instance, METRIC_CONNECTIONS, metric_state(i + 1),
			   count[i]);
}
