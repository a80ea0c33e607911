/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/condition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timing.h"
#include "core/diagnosis/measure.h"

enum {
	SURGE_SPAN_MS = 3600 * 1000,
	/* Events: how long they must have lasted to be critical, and how long none must have come.
	 */
	EVENTS_LAST_MS = 120 * 1000,
	EVENTS_QUIET_MS = 300 * 1000,
};

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
	/* stateSurge: the count's mean, which stands still during a surge, and since when. */
	double mean;
	bool surging;
	int64_t surge_ms;
	int64_t event_ms; /* of events: the newest one */
	int32_t value;
	uint32_t severity;
	struct timespec since;
	struct trigger warning;
	struct trigger critical;
};

/* Who caused the newest event of which that is known. */
struct culprit {
	int64_t at_ms;
	char offender[sizeof(((struct condition *)NULL)->offender)];
};

struct conditions {
	struct tracker trackers[CONDITION_COUNT + 1][STATE_COUNT + 1]; /* by id, element */
	struct culprit culprits[CONDITION_COUNT + 1];                  /* by id */
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

/* turn: it wants to be the other now; it is, once it has wanted that for hold_ms. */
static void trigger_turn(struct trigger *t, bool turn, int64_t hold_ms, int64_t at_ms)
{
	if (!turn) {
		t->turning = false;
		return;
	}
	if (!t->turning) {
		t->turning = true;
		t->turning_since_ms = at_ms;
	}
	if (at_ms - t->turning_since_ms >= hold_ms) {
		t->on = !t->on;
		t->turning = false;
	}
}

static int32_t threshold_of(const struct condition_info *info, int32_t threshold)
{
	if (!info->tenths || threshold < 0)
		return threshold;
	return threshold > INT32_MAX / 10 ? INT32_MAX : threshold * 10;
}

/* Whether a value is at a threshold or, where that is on, not yet clear of it. */
static bool reaches(const struct trigger *t, const struct rule *rule, int64_t threshold,
		    int64_t value)
{
	return t->on ? value * 100 >= threshold * rule->clear_percent : value >= threshold;
}

static void trigger_update(struct trigger *t, const struct rule *rule, enum severity severity,
			   int32_t threshold, const struct measure *m, int64_t value)
{
	if (threshold < 0) {
		*t = (struct trigger){.on = false};
		return;
	}
	if (m->least >= severity && m->least <= SEVERITY_CRITICAL)
		value = value > threshold ? value : threshold;
	else if (m->settled || (m->still && !t->on))
		value = 0;
	trigger_turn(t, reaches(t, rule, threshold, value) != t->on, (int64_t)rule->hold_s * 1000,
		     m->at_ms);
}

/* The count in tenths of the mean of the hour before it. While it is a surge, the mean stands
 * still; after an hour of it, it is the usual. The weight of a sample is that of its time. */
static uint64_t surge(struct tracker *t, const struct rule *rule, uint64_t count, int64_t at_ms)
{
	const struct trigger *lowest = rule->warning >= 0 ? &t->warning : &t->critical;
	int32_t threshold = rule->warning >= 0 ? rule->warning : rule->critical;
	double elapsed = t->measured ? (double)(at_ms - t->at_ms) : 0;
	double base, tenths;

	if (!t->measured || (t->surging && at_ms - t->surge_ms >= SURGE_SPAN_MS))
		t->mean = (double)count;
	base = t->mean > rule->floor ? t->mean : rule->floor;
	tenths = base > 0 ? (double)count * 10 / base : 0;
	if (threshold >= 0 && reaches(lowest, rule, (int64_t)threshold * 10, (int64_t)tenths)) {
		t->surge_ms = t->surging ? t->surge_ms : at_ms;
		t->surging = true;
	} else {
		t->surging = false;
		t->mean += ((double)count - t->mean) * elapsed / (SURGE_SPAN_MS + elapsed);
	}
	return (uint64_t)tenths;
}

/*
 * The value is that of a minute, so that the rule looks at when the events came: at once a warning,
 * critical when they have lasted, clear when none has come for a while.
 */
static void judge_events(struct tracker *t, const struct rule *rule)
{
	int64_t hold_ms = (int64_t)rule->hold_s * 1000;
	int64_t long_ms = hold_ms > EVENTS_LAST_MS ? hold_ms : EVENTS_LAST_MS;
	bool quiet = t->at_ms - t->event_ms >= EVENTS_QUIET_MS;

	if (rule->warning < 0)
		t->warning = (struct trigger){.on = false};
	else if (t->warning.on)
		trigger_turn(&t->warning, quiet, 0, t->at_ms);
	else
		trigger_turn(&t->warning, t->value >= rule->warning, hold_ms, t->event_ms);
	if (rule->critical < 0)
		t->critical = (struct trigger){.on = false};
	else
		trigger_turn(&t->critical,
			     reaches(&t->critical, rule, rule->critical, t->value) !=
				 t->critical.on,
			     long_ms, t->critical.on ? t->at_ms : t->event_ms);
}

/* Whether the value is as large a share of the traffic as the rule wants. */
static bool has_share(const struct tracker *t, const struct rule *rule, const struct measure *m)
{
	uint32_t clear = t->warning.on || t->critical.on ? rule->clear_percent : 100;

	return (double)m->value * 100 * 100 >= (double)m->whole * rule->share_percent * clear;
}

/* Judges new figures. */
static void judge(struct tracker *t, const struct condition_info *info, const struct rule *rule,
		  const struct measure *m)
{
	uint64_t value = m->value;
	int32_t judged;

	if (info->id == CONDITION_STATE_SURGE)
		value = surge(t, rule, value, m->at_ms);
	t->value = value < INT32_MAX ? (int32_t)value : INT32_MAX;
	t->at_ms = m->at_ms;
	t->measured = true;
	/* The first figures may count events of before: at the latest they come now. */
	if (m->happened || (m->value > 0 && t->event_ms == 0))
		t->event_ms = m->at_ms;
	if (info->events) {
		judge_events(t, rule);
		return;
	}
	judged = !m->small && has_share(t, rule, m) ? t->value : 0;
	trigger_update(&t->warning, rule, SEVERITY_WARNING, threshold_of(info, rule->warning), m,
		       judged);
	trigger_update(&t->critical, rule, SEVERITY_CRITICAL, threshold_of(info, rule->critical), m,
		       judged);
}

static uint32_t severity_of(const struct tracker *t)
{
	if (!t->known)
		return SEVERITY_UNKNOWN;
	if (t->critical.on)
		return SEVERITY_CRITICAL;
	return t->warning.on ? SEVERITY_WARNING : SEVERITY_NORMAL;
}

static uint32_t turning_s(const struct tracker *t)
{
	const struct trigger *trigger = t->warning.turning ? &t->warning : &t->critical;

	return trigger->turning ? (uint32_t)((t->at_ms - trigger->turning_since_ms) / 1000) : 0;
}

static void fill_row(struct condition *row, const struct condition_info *info,
		     const struct rule *rule, const struct tracker *t, const struct measure *m)
{
	if (row->element != 0)
		snprintf(row->name, sizeof(row->name), "%s.%s", info->name,
			 state_name(row->element));
	else
		snprintf(row->name, sizeof(row->name), "%s", info->name);
	row->value = t->known ? t->value : 0;
	row->unit = info->unit;
	row->warning = threshold_of(info, rule->warning);
	row->critical = threshold_of(info, rule->critical);
	row->severity = t->severity;
	row->since = t->since;
	memcpy(row->offender, m->offender, sizeof(row->offender));
	row->advice = info->advice;
	row->ignored = m->ignored;
	row->turning_s = turning_s(t);
	row->traffic = m->whole;
	memcpy(row->figures, m->figures, sizeof(row->figures));
	row->counted = info->id == CONDITION_STATE_SURGE ? (uint32_t)(t->mean + 0.5) : m->counted;
	row->small = m->small;
	row->still = m->still;
}

/* What causes events is seen only while they come: it is named as long as the value, which is that
 * of a minute, counts one that it caused. */
static void keep_offender(struct culprit *kept, struct measure *m)
{
	if (m->happened && m->offender[0]) {
		kept->at_ms = m->at_ms;
		memcpy(kept->offender, m->offender, sizeof(m->offender));
	} else if (m->value > 0 && m->at_ms - kept->at_ms < MINUTE_MS) {
		memcpy(m->offender, kept->offender, sizeof(m->offender));
	} else {
		m->offender[0] = '\0';
	}
}

static void update_row(struct conditions *c, struct tracker *t, const struct measuring *in,
		       struct condition *row)
{
	const struct condition_info *info = &condition_table[row->id - 1];
	struct measure m = {.offender = ""};
	enum measured measured = measure_take(in, row->id, &m);
	uint32_t severity;

	if (measured == MEASURED_VALUE && (!t->measured || m.at_ms > t->at_ms))
		judge(t, info, in->rule, &m);
	if (measured == MEASURED_UNKNOWN)
		t->warning.turning = t->critical.turning = false;
	if (measured != MEASURED_NOTHING)
		t->known = measured == MEASURED_VALUE;
	if (info->events)
		keep_offender(&c->culprits[row->id], &m);
	severity = severity_of(t);
	if (severity != t->severity) {
		t->severity = severity;
		t->since = in->now->info.time;
	}
	fill_row(row, info, in->rule, t, &m);
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
	struct measuring in = {.ignores = &rules->ignores, .before = before, .now = now};
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
			in.element = element;
			in.rule = rule;
			update_row(c, t, &in, &rows[count++]);
		}
	}
	free(now->conditions);
	now->conditions = rows;
	now->n_conditions = count;
	now->diagnosis = summarise(rows, count);
	return 0;
}

/* Whether a snapshot has been as old as the threshold for the hold. */
static bool is_overdue(const struct snapshot *s, const struct rule *rule, int32_t threshold,
		       int64_t now_ms)
{
	return threshold >= 0 &&
	       measure_intervals(s, now_ms - (int64_t)rule->hold_s * 1000) >= (uint64_t)threshold;
}

static void judge_overdue(const struct snapshot *s, const struct rule *rule, int64_t now_ms,
			  struct condition *row)
{
	uint64_t value = measure_intervals(s, now_ms);
	uint32_t was = row->severity;

	row->value = value < INT32_MAX ? (int32_t)value : INT32_MAX;
	if (is_overdue(s, rule, rule->critical, now_ms))
		row->severity = SEVERITY_CRITICAL;
	else if (row->severity != SEVERITY_CRITICAL && is_overdue(s, rule, rule->warning, now_ms))
		row->severity = SEVERITY_WARNING;
	snprintf(row->offender, sizeof(row->offender), "the sampler gives no samples");
	if (row->severity == was)
		return;
	row->since = s->info.time;
	row->since.tv_sec += (now_ms - timing_ms(&s->info.monotonic)) / 1000;
}

void conditions_overdue(const struct rule *rule, int64_t now_ms, struct snapshot *s)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == CONDITION_SAMPLING)
			judge_overdue(s, rule, now_ms, &s->conditions[i]);
	s->diagnosis = summarise(s->conditions, s->n_conditions);
}

bool condition_is_quiet(const struct snapshot *s, enum condition_id id)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == id)
			return s->conditions[i].severity != SEVERITY_WARNING &&
			       s->conditions[i].severity != SEVERITY_CRITICAL;
	return false;
}
