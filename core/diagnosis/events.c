/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/number.h"
#include "core/base/text.h"

/* The first version did not know of namespaces. */
static const char heading[] = "tcpstate events 2", heading_1[] = "tcpstate events 1";

/* Whose the change is, where it is the host's own. */
static const char own[] = "-";

static void append(struct events *events, const struct event *event)
{
	if (events->count == EVENTS_MAX)
		memmove(&events->rows[0], &events->rows[1],
			--events->count * sizeof(events->rows[0]));
	events->rows[events->count++] = *event;
	events->last = event->number;
}

static int32_t threshold_of(const struct condition *c, uint32_t was)
{
	bool critical = c->severity == SEVERITY_CRITICAL || was == SEVERITY_CRITICAL;

	return (critical && c->critical >= 0) || c->warning < 0 ? c->critical : c->warning;
}

/* False: that is no change. */
static bool note_one(struct events *events, struct event_marks *marks, const struct condition *c,
		     int32_t threshold, const struct sample_info *info)
{
	uint32_t *known = &marks->severities[c->id][c->element];
	uint32_t was = *known ? *known : SEVERITY_NORMAL;
	struct event event = {.number = events->last + 1,
			      .time = info->time,
			      .id = c->id,
			      .element = c->element,
			      .severity = c->severity,
			      .was = was,
			      .value = c->value,
			      .threshold = threshold};

	if (c->severity == SEVERITY_UNKNOWN || c->severity == was)
		return false;
	*known = c->severity;
	memcpy(event.netns, info->netns, sizeof(event.netns));
	memcpy(event.offender, c->offender, sizeof(event.offender));
	append(events, &event);
	return true;
}

static bool is_listed(const struct snapshot *s, uint32_t id, uint32_t element)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == id && s->conditions[i].element == element)
			return true;
	return false;
}

/* A condition that was switched off while it was raised is over. */
static size_t note_switched_off(struct events *events, struct event_marks *marks,
				const struct snapshot *now)
{
	size_t added = 0;

	for (uint32_t id = 1; id <= CONDITION_COUNT; id++)
		for (uint32_t element = 0; element <= STATE_COUNT; element++) {
			struct condition off = {
			    .id = id, .element = element, .severity = SEVERITY_NORMAL};

			if (marks->severities[id][element] > SEVERITY_NORMAL &&
			    !is_listed(now, id, element))
				added += note_one(events, marks, &off, -1, &now->info);
		}
	return added;
}

size_t events_note_in(struct events *events, struct event_marks *marks, const struct snapshot *now)
{
	size_t added = 0;

	for (size_t i = 0; i < now->n_conditions; i++) {
		const struct condition *c = &now->conditions[i];

		added +=
		    note_one(events, marks, c,
			     threshold_of(c, marks->severities[c->id][c->element]), &now->info);
	}
	return added + note_switched_off(events, marks, now);
}

size_t events_note(struct events *events, const struct snapshot *now)
{
	return events_note_in(events, &events->marks, now);
}

void events_of(struct events *ret_events, const struct snapshot *s)
{
	*ret_events = (struct events){.count = s->n_events};
	if (ret_events->count > EVENTS_MAX)
		ret_events->count = EVENTS_MAX;
	for (size_t i = 0; i < ret_events->count; i++)
		ret_events->rows[i] = s->events[s->n_events - ret_events->count + i];
	if (ret_events->count > 0)
		ret_events->last = ret_events->rows[ret_events->count - 1].number;
	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *c = &s->conditions[i];

		if (c->severity != SEVERITY_UNKNOWN)
			ret_events->marks.severities[c->id][c->element] = c->severity;
	}
}

char *events_format(const struct events *events)
{
	char *buf = malloc(EVENTS_TEXT_MAX);
	struct text text;

	if (!buf)
		return NULL;
	text = text_begin(buf, EVENTS_TEXT_MAX);
	text_add(&text, "", "%s\n", heading);
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->rows[i];

		text_add(&text, "", "%u %lld %s %u %u %u %u %d %d %s\n", e->number,
			 (long long)e->time.tv_sec, e->netns[0] ? e->netns : own, e->id, e->element,
			 e->was, e->severity, e->value, e->threshold, e->offender);
	}
	return buf;
}

enum { NUMBER_MAX = INT32_MAX };             /* of a change: there is always a next one */
#define TIME_MAX (INT32_MAX * UINT64_C(100)) /* a year of four digits */

/* Takes a number and the space after it. */
static bool take(const char **text, uint64_t max, uint64_t *ret_number)
{
	if (!number_take(text, 10, max, ret_number) || **text != ' ')
		return false;
	(*text)++;
	return true;
}

/* The same; -1 is none. */
static bool take_value(const char **text, int32_t *ret_value)
{
	uint64_t number;

	if (strncmp(*text, "-1 ", 3) == 0) {
		*text += 3;
		*ret_value = -1;
		return true;
	}
	if (!take(text, INT32_MAX, &number))
		return false;
	*ret_value = (int32_t)number;
	return true;
}

/* A name, which has no space in it. */
static bool take_netns(const char **text, char *ret_netns)
{
	size_t len = strcspn(*text, " ");

	if (len == 0 || len >= NETNS_NAME_MAX || (*text)[len] != ' ')
		return false;
	if (len != strlen(own) || memcmp(*text, own, len) != 0)
		memcpy(ret_netns, *text, len);
	*text += len + 1;
	return true;
}

static bool parse_line(const char *line, bool with_netns, struct event *ret_event)
{
	uint64_t number, time, id, element, was, severity;
	struct event event = {0};

	if (!take(&line, NUMBER_MAX, &number) || !take(&line, TIME_MAX, &time) ||
	    (with_netns && !take_netns(&line, event.netns)) || !take(&line, CONDITION_COUNT, &id) ||
	    !take(&line, STATE_COUNT, &element) || !take(&line, SEVERITY_CRITICAL, &was) ||
	    !take(&line, SEVERITY_CRITICAL, &severity) || !take_value(&line, &event.value) ||
	    !take_value(&line, &event.threshold) || number == 0 || id == 0 || was == 0 ||
	    severity == 0 || strlen(line) >= sizeof(event.offender))
		return false;
	event.number = (uint32_t)number;
	event.time.tv_sec = (time_t)time;
	event.id = (uint32_t)id;
	event.element = (uint32_t)element;
	event.was = (uint32_t)was;
	event.severity = (uint32_t)severity;
	strcpy(event.offender, line);
	text_clean(event.netns);
	text_clean(event.offender);
	*ret_event = event;
	return true;
}

int events_parse(struct events *events, char *text)
{
	struct events read = {.count = 0};
	char *line, *next = strchr(text, '\n');
	struct event event;
	bool with_netns;

	if (!next)
		return -EINVAL;
	*next = '\0';
	with_netns = strcmp(text, heading) == 0;
	if (!with_netns && strcmp(text, heading_1) != 0)
		return -EINVAL;
	for (line = next + 1; *line; line = next + 1) {
		next = strchr(line, '\n');
		if (!next)
			return -EINVAL;
		*next = '\0';
		if (!parse_line(line, with_netns, &event) || event.number <= read.last)
			return -EINVAL;
		append(&read, &event);
	}
	*events = read;
	return 0;
}
