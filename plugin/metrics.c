/* SPDX-License-Identifier: MIT */
#include "plugin/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/choice.h"

/* A percentage has no upper bound: a full accept queue holds one more than its limit. */
/* clang-format off */
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
	[METRIC_TUNING] = {"tcpstate_tuning", false, NAN, NAN},
};

/* One value: the member of a row that holds it. */
struct field {
	enum metric_type_id type;
	const char *instance; /* NULL: the row's name */
	size_t offset;
	size_t size; /* of the member: 4 or 8 */
	double scale;
};

#define FIELD(type, instance, row, member, scale) \
	{type, instance, offsetof(row, member), sizeof(((row *)0)->member), scale}

static const struct field listener_fields[] = {
	FIELD(METRIC_QUEUE, "accept", struct listener, accept_queue, 1),
	FIELD(METRIC_QUEUE, "accept_limit", struct listener, accept_queue_limit, 1),
	FIELD(METRIC_QUEUE, "syn", struct listener, syn_queue, 1),
	FIELD(METRIC_QUEUE, "syn_unanswered", struct listener, syn_unanswered, 1),
	FIELD(METRIC_PERCENT, "accept_queue", struct listener, accept_queue_fullest, 1),
	FIELD(METRIC_COUNTER, "drops", struct listener, drops, 1),
};

static const struct field limit_fields[] = {
	FIELD(METRIC_PERCENT, NULL, struct limit, percent, 1),
	FIELD(METRIC_COUNTER, NULL, struct limit, overflows, 1),
};

static const struct field spread_fields[] = {
	FIELD(METRIC_REMOTES, NULL, struct spread, remotes, 1),
	FIELD(METRIC_PROCESSES, NULL, struct spread, processes, 1),
};

static const struct field counter_fields[] = {
	FIELD(METRIC_COUNTER, NULL, struct counter, value, 1),
};

static const struct field severity_fields[] = {
	FIELD(METRIC_SEVERITY, NULL, struct condition, severity, 1),
};

static const struct field worst_fields[] = {
	FIELD(METRIC_SEVERITY, "worst", struct diagnosis, worst, 1),
};

static const struct field verdict_fields[] = {
	FIELD(METRIC_PARAMETERS, "harmful", struct tuning_table, harmful, 1),
	FIELD(METRIC_PARAMETERS, "drifted", struct tuning_table, drifted, 1),
};

static const struct field sampler_fields[] = {
	FIELD(METRIC_SAMPLER, "sockets", struct sample_info, sockets, 1),
	FIELD(METRIC_SAMPLER, "source", struct sample_info, source, 1),
	FIELD(METRIC_SAMPLER, "unknown_states", struct sample_info, unknown_states, 1),
	FIELD(METRIC_SAMPLER, "owners_unreadable", struct sample_info, owners_unreadable, 1),
	FIELD(METRIC_DURATION, "sample", struct sample_info, duration_us, 1e-6),
	FIELD(METRIC_DURATION, "detail_interval", struct sample_info, detail_interval_ms, 1e-3),
	FIELD(METRIC_PERCENT, "cpu", struct sample_info, cpu_pptt, 0.01),
	FIELD(METRIC_COUNTER, "errors", struct sample_info, errors, 1),
};
/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const limit_names[] = {
    [LIMIT_TIME_WAIT_BUCKETS] = "time_wait_buckets",
    [LIMIT_ORPHANS] = "orphans",
    [LIMIT_MEMORY] = "memory",
    [LIMIT_EPHEMERAL_PORTS] = "ephemeral_ports",
    [LIMIT_SYN_BACKLOG] = "syn_backlog",
    [LIMIT_ACCEPT_BACKLOG] = "accept_backlog",
    [LIMIT_FILES] = "files",
};

struct metrics {
	struct choice listeners;
	struct choice remotes;
};

/* Where values go. */
struct sink {
	metric_cb cb;
	void *arg;
};

int metrics_new(struct metrics **ret_metrics)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	*ret_metrics = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	choice_done(&m->listeners);
	choice_done(&m->remotes);
	free(m);
}

/* tcpconns leaves the second underscore out. */
static const char *state_label(enum tcp_state state)
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

static void put(const struct sink *sink, const char *plugin_instance,
		enum metric_type_id type, const char *type_instance, double gauge,
		int64_t derive)
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

static void put_gauge(const struct sink *sink, const char *plugin_instance,
		      enum metric_type_id type, const char *type_instance, double value)
{
	put(sink, plugin_instance, type, type_instance, value, 0);
}

/* name: the type instance of fields without one of their own. */
static void put_fields(const struct sink *sink, const char *plugin_instance,
		       const char *name, const struct field *fields, size_t n,
		       const void *row)
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

static void put_states(const struct sink *sink, const char *plugin_instance,
		       const uint32_t count[STATE_COUNT])
{
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		put_gauge(sink, plugin_instance, METRIC_CONNECTIONS, state_label(i + 1),
			  count[i]);
}

static void emit_version(const struct sink *sink, const struct snapshot *s,
			 enum ip_version version, const char *plugin_instance)
{
	uint32_t count[STATE_COUNT];

	for (uint32_t i = 0; i < STATE_COUNT; i++)
		count[i] = snapshot_count(s, version, i + 1);
	put_states(sink, plugin_instance, count);
}

static bool has_port(const struct report_ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++) {
		if (ports->port[i] == port)
			return true;
	}
	return false;
}

static void emit_ports(const struct sink *sink, const struct metrics *m,
		       const struct report *report, const struct snapshot *s)
{
	for (const struct port *p = s->ports; p < s->ports + s->n_ports; p++) {
		char name[METRIC_NAME_MAX];

		if (!has_port(p->remote ? &report->remote : &report->local, p->port) &&
		    (p->remote || !report_listening_ports(report) ||
		     !choice_has_port(&m->listeners, p->port)))
			continue;
		snprintf(name, sizeof(name), "%" PRIu16 "-%s", p->port,
			 p->remote ? "remote" : "local");
		put_states(sink, name, p->count);
	}
}

/* Connections, the listening sockets left out. */
static uint64_t listener_weight(const struct snapshot *s, size_t listener)
{
	uint64_t sum = 0;

	for (uint32_t state = 1; state <= STATE_COUNT; state++) {
		if (state != STATE_LISTEN)
			sum += snapshot_listener_count(s, listener, state);
	}
	return sum;
}

static int choose_listeners(struct choice *choice, const struct snapshot *s, size_t max)
{
	struct candidate *c = calloc(s->n_listeners + 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_listeners; i++) {
		c[i].addr = s->listeners[i].addr;
		c[i].port = s->listeners[i].port;
		c[i].row = (uint32_t)i;
		c[i].weight = listener_weight(s, i);
	}
	rc = choice_make(choice, c, s->n_listeners, max);
	free(c);
	return rc;
}

static void emit_listeners(const struct sink *sink, const struct choice *choice,
			   const struct snapshot *s)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct listener *l = &s->listeners[choice->chosen[i].row];
		char addr[INET_TEXT_MAX];
		char name[METRIC_NAME_MAX];

		snprintf(name, sizeof(name), "listener-%" PRIu16 "-%s", l->port,
			 inet_addr_format(&l->addr, addr));
		put_fields(sink, name, NULL, listener_fields, LENGTH(listener_fields), l);
		if (l->accept_queue_limit > 0)
			put_gauge(sink, name, METRIC_PERCENT, "syn_queue",
				  100.0 * l->syn_queue / l->accept_queue_limit);
	}
}

static int choose_remotes(struct choice *choice, const struct snapshot *s, size_t max)
{
	struct candidate *c = calloc(s->n_remotes + 1, sizeof(*c));
	size_t n;
	int rc;

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_remotes; i++) {
		c[i].addr = s->remotes[i].addr;
		c[i].weight = s->remotes[i].count;
	}
	n = choice_merge(c, s->n_remotes);
	rc = choice_make(choice, c, n, max);
	free(c);
	return rc;
}

/* The snapshot names the top remotes of a state: one that is not among them has a count
 * of 0 if they are all, else it is not known. */
static bool remote_count(const struct snapshot *s, const struct inet_addr *addr,
			 enum tcp_state state, uint32_t *ret_count)
{
	uint32_t named = 0;

	for (size_t i = 0; i < s->n_remotes; i++) {
		const struct remote *r = &s->remotes[i];

		if (r->state != state)
			continue;
		if (inet_addr_cmp(&r->addr, addr) == 0) {
			*ret_count = r->count;
			return true;
		}
		named++;
	}
	if (named < s->spreads[state - 1].remotes)
		return false;
	*ret_count = 0;
	return true;
}

static void emit_remotes(const struct sink *sink, const struct choice *choice,
			 const struct snapshot *s)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct inet_addr *addr = &choice->chosen[i].addr;
		char text[INET_TEXT_MAX];
		char name[METRIC_NAME_MAX];
		uint32_t count;

		snprintf(name, sizeof(name), "remote-%s", inet_addr_format(addr, text));
		for (uint32_t state = 1; state <= STATE_COUNT; state++) {
			if (remote_count(s, addr, state, &count))
				put_gauge(sink, name, METRIC_CONNECTIONS,
					  state_label(state), count);
		}
	}
}

static void emit_spread(const struct sink *sink, const struct snapshot *s)
{
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		put_fields(sink, "all", state_label(i + 1), spread_fields,
			   LENGTH(spread_fields), &s->spreads[i]);
}

static void emit_limits(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_limits; i++) {
		const struct limit *l = &s->limits[i];

		if (l->id >= 1 && l->id < LENGTH(limit_names))
			put_fields(sink, "limits", limit_names[l->id], limit_fields,
				   LENGTH(limit_fields), l);
	}
}

static void emit_counters(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_counters; i++)
		put_fields(sink, "counters", s->counters[i].name, counter_fields,
			   LENGTH(counter_fields), &s->counters[i]);
}

static void emit_conditions(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *c = &s->conditions[i];

		put_fields(sink, "conditions", c->name, severity_fields,
			   LENGTH(severity_fields), c);
		if (c->severity != SEVERITY_UNKNOWN)
			put_gauge(sink, "conditions", METRIC_CONDITION, c->name,
				  c->value);
	}
	put_fields(sink, "conditions", NULL, worst_fields, LENGTH(worst_fields),
		   &s->diagnosis);
}

static bool same_parameter(const struct tuning_table *t, size_t a, size_t b)
{
	return b < t->count && strcmp(t->rows[a].name, t->rows[b].name) == 0;
}

static void emit_tuning(const struct sink *sink, const struct tuning_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct tuning *row = &t->rows[i];
		char name[METRIC_NAME_MAX];

		if (!row->is_number)
			continue;
		if (row->element > 1 || same_parameter(t, i, i + 1))
			snprintf(name, sizeof(name), "%s-%" PRIu32, row->name,
				 row->element);
		else
			snprintf(name, sizeof(name), "%s", row->name);
		put_gauge(sink, "tuning", METRIC_TUNING, name, row->number);
	}
}

int metrics_emit(struct metrics *m, const struct report *report, const struct snapshot *s,
		 metric_cb cb, void *arg)
{
	const struct sink sink = {cb, arg};
	int rc = choose_listeners(&m->listeners, s, report->max_listeners);
	int rc_remotes = choose_remotes(&m->remotes, s, report->max_remotes);

	if (report->all)
		emit_version(&sink, s, IP_TOTAL, "all");
	if (report->ip_versions) {
		emit_version(&sink, s, IP_V4, "ipv4");
		emit_version(&sink, s, IP_V6, "ipv6");
	}
	emit_ports(&sink, m, report, s);
	if (report->listeners)
		emit_listeners(&sink, &m->listeners, s);
	emit_remotes(&sink, &m->remotes, s);
	if (report->sampler)
		put_gauge(&sink, "sampler", METRIC_SAMPLER, "listeners_omitted",
			  (double)(s->n_listeners - m->listeners.count));
	if (report->spread)
		emit_spread(&sink, s);
	if (report->limits)
		emit_limits(&sink, s);
	if (report->counters)
		emit_counters(&sink, s);
	if (report->conditions)
		emit_conditions(&sink, s);
	if (s->tuning) {
		put_fields(&sink, "tuning", NULL, verdict_fields, LENGTH(verdict_fields),
			   s->tuning);
		if (report->tuning)
			emit_tuning(&sink, s->tuning);
	}
	return rc ? rc : rc_remotes;
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + 1e-9 * (double)(b->tv_nsec - a->tv_nsec);
}

void metrics_emit_sampler(const struct snapshot *s, const struct timespec *now,
			  metric_cb cb, void *arg)
{
	const struct sink sink = {cb, arg};

	put_fields(&sink, "sampler", NULL, sampler_fields, LENGTH(sampler_fields),
		   &s->info);
	put_gauge(&sink, "sampler", METRIC_DURATION, "age",
		  seconds_between(&s->info.monotonic, now));
	put_gauge(&sink, "sampler", METRIC_DURATION, "detail_age",
		  seconds_between(&s->info.detail, now));
}
