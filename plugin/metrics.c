/* SPDX-License-Identifier: MIT */
#include "plugin/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "core/model/label.h"
#include "plugin/selection.h"

/* clang-format off */
static const struct field spread_fields[] = {
	METRIC_FIELD(METRIC_REMOTES, NULL, struct spread, remotes, 1),
	METRIC_FIELD(METRIC_PROCESSES, NULL, struct spread, processes, 1),
};

static const struct field verdict_fields[] = {
	METRIC_FIELD(METRIC_PARAMETERS, "harmful", struct tuning_table, harmful, 1),
	METRIC_FIELD(METRIC_PARAMETERS, "drifted", struct tuning_table, drifted, 1),
};

static const struct field sampler_fields[] = {
	METRIC_FIELD(METRIC_SAMPLER, "sockets", struct sample_info, sockets, 1),
	METRIC_FIELD(METRIC_SAMPLER, "source", struct sample_info, source, 1),
	METRIC_FIELD(METRIC_SAMPLER, "unknown_states", struct sample_info, unknown_states, 1),
	METRIC_FIELD(METRIC_SAMPLER, "malformed", struct sample_info, malformed, 1),
	METRIC_FIELD(METRIC_SAMPLER, "owners_unreadable", struct sample_info, owners_unreadable, 1),
	METRIC_FIELD(METRIC_DURATION, "sample", struct sample_info, duration_us, 1e-6),
	METRIC_FIELD(METRIC_DURATION, "detail_interval", struct sample_info, detail_interval_ms, 1e-3),
	METRIC_FIELD(METRIC_PERCENT, "cpu", struct sample_info, cpu_pptt, 0.01),
	METRIC_FIELD(METRIC_COUNTER, "errors", struct sample_info, errors, 1),
};
/* clang-format on */

struct metrics {
	struct selection selection;
	char (*namespaces)[NETNS_NAME_MAX]; /* that have values of their own */
	size_t n_namespaces, namespaces_capacity;
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
	selection_done(&m->selection);
	free(m->namespaces);
	free(m);
}

static void emit_version(const struct sink *sink, const struct snapshot *s, enum ip_version version,
			 const char *plugin_instance)
{
	uint32_t count[STATE_COUNT];

	for (uint32_t i = 0; i < STATE_COUNT; i++)
		count[i] = snapshot_count(s, version, i + 1);
	metric_put_states(sink, plugin_instance, count);
}

static void emit_spread(const struct sink *sink, const struct snapshot *s)
{
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		metric_put_fields(sink, "all", metric_state(i + 1), spread_fields,
				  COUNT_OF(spread_fields), &s->spreads[i]);
}

static void emit_limits(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_limits; i++) {
		const struct limit *l = &s->limits[i];
		const char *name = label_limit_metric(l->id);

		if (!name)
			continue;
		metric_put(sink, "limits", METRIC_PERCENT, name, l->percent);
		if (l->growing)
			metric_put(sink, "limits", METRIC_TIME_LEFT, name, l->left_s);
		if (l->has_overflows)
			metric_put_counter(sink, "limits", name, l->overflows);
	}
}

static void emit_counters(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_counters; i++)
		metric_put_counter(sink, "counters", s->counters[i].name, s->counters[i].value);
	for (size_t i = 0; i < s->n_arcs; i++)
		metric_put_counter(sink, "transitions", s->arcs[i].name, s->arcs[i].count);
}

static void emit_conditions(const struct sink *sink, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *c = &s->conditions[i];

		metric_put(sink, "conditions", METRIC_SEVERITY, c->name, c->severity);
		if (c->severity != SEVERITY_UNKNOWN)
			metric_put(sink, "conditions", METRIC_CONDITION, c->name, c->value);
	}
	metric_put(sink, "conditions", METRIC_SEVERITY, "worst", s->diagnosis.worst);
}

static bool is_chosen(const struct metrics *m, const char *name)
{
	for (size_t i = 0; i < m->n_namespaces; i++)
		if (strcmp(m->namespaces[i], name) == 0)
			return true;
	return false;
}

/* Those that were seen first, as long as they are there: a series that comes and goes makes gaps.
 * -ENOMEM: some are left out. */
static int choose_namespaces(struct metrics *m, const struct series *report,
			     const struct snapshot *s)
{
	for (size_t i = m->n_namespaces; i-- > 0;)
		if (!netns_find(s->namespaces, s->n_namespaces, m->namespaces[i]))
			memcpy(m->namespaces[i], m->namespaces[--m->n_namespaces], NETNS_NAME_MAX);
	for (size_t i = 0; i < s->n_namespaces && m->n_namespaces < report->max_namespaces; i++) {
		if (is_chosen(m, s->namespaces[i].name))
			continue;
		if (ARRAY_RESERVE(m->namespaces, &m->namespaces_capacity, m->n_namespaces + 1) < 0)
			return -ENOMEM;
		memcpy(m->namespaces[m->n_namespaces++], s->namespaces[i].name, NETNS_NAME_MAX);
	}
	return 0;
}

static int emit_namespaces(const struct sink *sink, struct metrics *m, const struct series *report,
			   const struct snapshot *s)
{
	char name[METRIC_NAME_MAX];
	int rc = choose_namespaces(m, report, s);

	for (size_t i = 0; i < m->n_namespaces; i++) {
		const struct netns *row =
		    netns_find(s->namespaces, s->n_namespaces, m->namespaces[i]);

		if (!row || row->counted_at.tv_sec == 0)
			continue;
		if (report->all) {
			snprintf(name, sizeof(name), "%s:all", row->name);
			metric_put_states(sink, name, row->count);
		}
		if (report->conditions) {
			snprintf(name, sizeof(name), "%s:conditions", row->name);
			metric_put(sink, name, METRIC_SEVERITY, "worst", row->worst);
		}
	}
	if (s->info.others && report->sampler)
		metric_put(sink, "sampler", METRIC_SAMPLER, "namespaces_omitted",
			   (double)(s->n_namespaces - m->n_namespaces));
	return rc;
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
			snprintf(name, sizeof(name), "%s-%" PRIu32, row->name, row->element);
		else
			snprintf(name, sizeof(name), "%s", row->name);
		metric_put(sink, "tuning", METRIC_TUNING, name, row->number);
	}
}

int metrics_emit(struct metrics *m, const struct series *report, const struct snapshot *s,
		 metric_cb cb, void *arg)
{
	const struct sink sink = {cb, arg};
	int rc = selection_choose(&m->selection, report, s);

	if (report->all)
		emit_version(&sink, s, IP_TOTAL, "all");
	if (report->ip_versions) {
		emit_version(&sink, s, IP_V4, "ipv4");
		emit_version(&sink, s, IP_V6, "ipv6");
	}
	selection_emit(&m->selection, report, s, &sink);
	if (report->sampler)
		metric_put(&sink, "sampler", METRIC_SAMPLER, "listeners_omitted",
			   (double)(s->n_listeners - m->selection.listeners.count));
	if (emit_namespaces(&sink, m, report, s) < 0)
		rc = -ENOMEM;
	if (report->spread)
		emit_spread(&sink, s);
	if (report->limits)
		emit_limits(&sink, s);
	if (report->counters)
		emit_counters(&sink, s);
	if (report->conditions)
		emit_conditions(&sink, s);
	/* The verdicts are what two of the conditions count. */
	if (s->tuning && (report->tuning || report->conditions))
		metric_put_fields(&sink, "tuning", NULL, verdict_fields, COUNT_OF(verdict_fields),
				  s->tuning);
	if (s->tuning && report->tuning)
		emit_tuning(&sink, s->tuning);
	return rc;
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return 1e-6 * (double)(timing_us(b) - timing_us(a));
}

void metrics_emit_sampler(const struct snapshot *s, const struct timespec *now, metric_cb cb,
			  void *arg)
{
	const struct sink sink = {cb, arg};

	metric_put_fields(&sink, "sampler", NULL, sampler_fields, COUNT_OF(sampler_fields),
			  &s->info);
	metric_put(&sink, "sampler", METRIC_DURATION, "age",
		   seconds_between(&s->info.monotonic, now));
	metric_put(&sink, "sampler", METRIC_DURATION, "detail_age",
		   seconds_between(&s->info.detail_at, now));
}
