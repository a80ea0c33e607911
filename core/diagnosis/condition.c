/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/condition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/measure.h"

enum { SURGE_SPAN_MS = 3600 * 1000 };

/* One threshold of one condition: on or off, and since when it wants to be the other. */
struct trigger {
	bool on;
	bool turning;
	int64_t turning_since_ms;
};

struct tracker {
	bool measured; /* ever */
	bool known;    /* now */
	int64_t at_ms; /* of the figures that value was judged by */
	double mean;   /* stateSurge: of the count */
	int32_t value;
	uint32_t severity;
	struct timespec since;
	struct trigger warning;
	struct trigger critical;
};

struct conditions {
	struct tracker trackers[CONDITION_COUNT + 1][STATE_COUNT + 1]; /* by id, element */
};

int conditions_new(struct conditions **ret_conditions)
{
	struct conditions *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*ret_conditions = c;
	return 0;
}

void conditions_free(struct conditions *c)
{
	free(c);
}

static bool by_state(uint32_t id)
{
	return id == CONDITION_STATE_COUNT || id == CONDITION_STATE_SURGE;
}

/* The rule of a row; NULL: there is no such row. */
static const struct rule *find_rule(const struct rules *rules, uint32_t id, uint32_t element)
{
	const struct rule *rule = &rules->of[id];

	if (by_state(id) != (element != 0))
		return NULL;
	if (id == CONDITION_STATE_COUNT)
		rule = &rules->of_state[element - 1];
	if (id == CONDITION_STATE_SURGE && !(rules->surge_states & STATE_BIT(element)))
		return NULL;
	return rule->enabled ? rule : NULL;
}

static void trigger_update(struct trigger *t, const struct rule *rule, int32_t threshold,
			   int64_t value, int64_t at_ms)
{
	bool turn =
	    t->on ? value * 100 < (int64_t)threshold * rule->clear_percent : value >= threshold;

	if (threshold < 0 || !turn) {
		t->on = t->on && threshold >= 0;
		t->turning = false;
		return;
	}
	if (!t->turning) {
		t->turning = true;
		t->turning_since_ms = at_ms;
	}
	if (at_ms - t->turning_since_ms >= (int64_t)rule->hold_s * 1000) {
		t->on = !t->on;
		t->turning = false;
	}
}

/* The count against the mean of the hour before it. The weight of a sample is that of its time,
 * whatever the interval. */
static uint64_t surge(struct tracker *t, const struct rule *rule, uint64_t count, int64_t at_ms)
{
	double elapsed = (double)(at_ms - t->at_ms);
	double mean = t->measured ? t->mean : (double)count;
	double base = mean > rule->floor ? mean : rule->floor;

	t->mean = t->measured ? mean + ((double)count - mean) * elapsed / (SURGE_SPAN_MS + elapsed)
			      : mean;
	return base > 0 ? (uint64_t)((double)count / base) : 0;
}

/* Judges new figures. */
static void judge(struct tracker *t, uint32_t id, const struct rule *rule, const struct measure *m)
{
	uint64_t value = m->value;

	if (id == CONDITION_STATE_SURGE)
		value = surge(t, rule, value, m->at_ms);
	t->value = value < INT32_MAX ? (int32_t)value : INT32_MAX;
	t->at_ms = m->at_ms;
	t->measured = true;
	trigger_update(&t->warning, rule, rule->warning, t->value, t->at_ms);
	trigger_update(&t->critical, rule, rule->critical, t->value, t->at_ms);
}

static uint32_t severity_of(const struct tracker *t)
{
	if (!t->known)
		return SEVERITY_UNKNOWN;
	if (t->critical.on)
		return SEVERITY_CRITICAL;
	return t->warning.on ? SEVERITY_WARNING : SEVERITY_NORMAL;
}

static void fill_row(struct condition *row, uint32_t id, uint32_t element, const struct rule *rule,
		     const struct tracker *t, const struct measure *m)
{
	const struct condition_info *info = &condition_table[id - 1];

	row->id = id;
	row->element = element;
	if (element != 0)
		snprintf(row->name, sizeof(row->name), "%s.%s", info->name, state_name(element));
	else
		snprintf(row->name, sizeof(row->name), "%s", info->name);
	row->value = t->known ? t->value : 0;
	row->unit = info->unit;
	row->warning = rule->warning;
	row->critical = rule->critical;
	row->severity = t->severity;
	row->since = t->since;
	memcpy(row->offender, m->offender, sizeof(row->offender));
	row->advice = info->advice;
}

static void update_row(struct tracker *t, const struct rule *rule, const struct snapshot *before,
		       const struct snapshot *now, struct condition *row)
{
	struct measure m = {.offender = ""};
	enum measured measured = measure_take(row->id, row->element, before, now, &m);
	uint32_t severity;

	if (measured == MEASURED_VALUE && (!t->measured || m.at_ms > t->at_ms))
		judge(t, row->id, rule, &m);
	if (measured == MEASURED_UNKNOWN)
		t->warning.turning = t->critical.turning = false;
	if (measured != MEASURED_NOTHING)
		t->known = measured == MEASURED_VALUE;
	severity = severity_of(t);
	if (severity != t->severity) {
		t->severity = severity;
		t->since = now->info.time;
	}
	fill_row(row, row->id, row->element, rule, t, &m);
}

static struct diagnosis summarise(const struct condition *rows, size_t count)
{
	struct diagnosis d = {.worst = SEVERITY_UNKNOWN};
	bool known = false;

	for (size_t i = 0; i < count; i++) {
		d.warning += rows[i].severity == SEVERITY_WARNING;
		d.critical += rows[i].severity == SEVERITY_CRITICAL;
		known = known || rows[i].severity != SEVERITY_UNKNOWN;
	}
	if (d.critical > 0)
		d.worst = SEVERITY_CRITICAL;
	else if (d.warning > 0)
		d.worst = SEVERITY_WARNING;
	else if (known)
		d.worst = SEVERITY_NORMAL;
	return d;
}

int conditions_update(struct conditions *c, const struct rules *rules,
		      const struct snapshot *before, struct snapshot *now)
{
	struct condition *rows = calloc(CONDITION_COUNT - 2 + 2 * STATE_COUNT, sizeof(*rows));
	size_t count = 0;

	if (!rows)
		return -ENOMEM;
	for (uint32_t id = 1; id <= CONDITION_COUNT; id++) {
		for (uint32_t element = 0; element <= STATE_COUNT; element++) {
			struct tracker *t = &c->trackers[id][element];
			const struct rule *rule = find_rule(rules, id, element);

			if (!rule) {
				*t = (struct tracker){0};
				continue;
			}
			rows[count].id = id;
			rows[count].element = element;
			update_row(t, rule, before, now, &rows[count++]);
		}
	}
	free(now->conditions);
	now->conditions = rows;
	now->n_conditions = count;
	now->diagnosis = summarise(rows, count);
	return 0;
}

bool condition_is_quiet(const struct snapshot *s, enum condition_id id)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == id)
			return s->conditions[i].severity != SEVERITY_WARNING &&
			       s->conditions[i].severity != SEVERITY_CRITICAL;
	return false;
}
