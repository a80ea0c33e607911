/* SPDX-License-Identifier: MIT */
#include "subagent/rowname.h"

#include <stdio.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/model/label.h"
#include "core/model/state.h"

/* Copies at most ROWNAME_MAX - 1 bytes, what is not ASCII replaced; returns how many. */
static size_t put(const char *text, char *buf, size_t size)
{
	size_t max = size < ROWNAME_MAX ? size : ROWNAME_MAX, len = 0;

	for (; text && text[len] && len + 1 < max; len++)
		buf[len] = text[len] & 0x80 ? '?' : text[len];
	buf[len] = '\0';
	return len;
}

size_t rowname_ip_version(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct state_row *state = row;

	(void)s;
	return put(label_ip_version(state->ip_version), buf, size);
}

size_t rowname_listener(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct listener *listener = row;
	char text[INET_TEXT_MAX];

	return put(snapshot_endpoint_format(s, &listener->addr, listener->port, text), buf, size);
}

size_t rowname_limit(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct limit *limit = row;

	(void)s;
	return put(label_limit(limit->id), buf, size);
}

bool rowname_is_vector(const struct tuning_table *table, size_t i)
{
	return table->rows[i].element > 1 ||
	       (i + 1 < table->count && table->rows[i + 1].element > 1);
}

size_t rowname_tuning(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct tuning *tuning = row;
	char text[ROWNAME_MAX];

	if (!rowname_is_vector(s->tuning, (size_t)(tuning - s->tuning->rows)))
		return put(tuning->name, buf, size);
	snprintf(text, sizeof(text), "%.48s[%u]", tuning->name, tuning->element);
	return put(text, buf, size);
}

size_t rowname_event(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct event *event = row;
	char text[ROWNAME_MAX];

	(void)s;
	snprintf(text, sizeof(text), "%s%s%s", condition_name(event->id), event->element ? "." : "",
		 event->element ? state_name(event->element) : "");
	return put(text, buf, size);
}
