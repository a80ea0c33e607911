/* SPDX-License-Identifier: MIT */
#include "subagent/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/diagnosis/wording.h"
#include "core/base/text.h"
#include "core/model/label.h"

/* Of a name; the text of a page has no place for more. */
enum { PLAIN_MAX = 64 };

/* The condition whose thresholds apply to a limit; 0: none. */
static const uint32_t limit_conditions[] = {
    [LIMIT_TIME_WAIT_BUCKETS] = CONDITION_TIME_WAIT,
    [LIMIT_ORPHANS] = CONDITION_ORPHANS,
    [LIMIT_MEMORY] = CONDITION_MEMORY,
    [LIMIT_EPHEMERAL_PORTS] = CONDITION_EPHEMERAL_PORTS,
    [LIMIT_SYN_BACKLOG] = CONDITION_SYN_QUEUE,
    [LIMIT_ACCEPT_BACKLOG] = CONDITION_ACCEPT_QUEUE,
    [LIMIT_FILES] = 0,
    [LIMIT_DESCRIPTORS] = CONDITION_DESCRIPTORS,
};

/* A name up to one of these characters, without "|", which begins the performance data. */
static const char *plain(const char *name, const char *ends, char buf[PLAIN_MAX])
{
	snprintf(buf, PLAIN_MAX, "%.*s", (int)strcspn(name, ends), name);
	for (char *p = buf; (p = strchr(p, '|'));)
		*p = '_';
	text_clean(buf);
	return buf;
}

/* Of the offender the first part: who, not how many. */
static void put_offender(FILE *out, const char *offender)
{
	char buf[PLAIN_MAX];

	if (plain(offender, ",", buf)[0])
		fprintf(out, " (%s)", buf);
}

static const char *unit_of(const struct condition *condition)
{
	if (strcmp(condition->unit, "%") == 0)
		return "%";
	return strcmp(condition->unit, "1/min") == 0 ? "/min" : "";
}

/* Returns what to write before the next one. */
static const char *put_conditions(FILE *out, const struct snapshot *s, uint32_t severity,
				  const char *sep)
{
	char number[CONDITION_NUMBER_MAX];

	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *row = &s->conditions[i];

		if (row->severity != severity)
			continue;
		fprintf(out, "%s%s %s%s", sep, row->name, condition_number(row, row->value, number),
			unit_of(row));
		put_offender(out, row->offender);
		sep = ", ";
	}
	return sep;
}

/* The worst condition of each namespace that has one. */
static const char *put_namespaces(FILE *out, const struct snapshot *s, uint32_t severity,
				  const char *sep)
{
	char name[PLAIN_MAX];

	for (size_t i = 0; i < s->n_namespaces; i++) {
		const struct netns *row = &s->namespaces[i];

		if (row->worst != severity)
			continue;
		fprintf(out, "%s%s: %s", sep, plain(row->name, "", name), row->condition);
		put_offender(out, row->offender);
		sep = ", ";
	}
	return sep;
}

static void put_thresholds(FILE *out, const struct snapshot *s, uint32_t id, uint32_t element)
{
	int32_t bounds[2] = {-1, -1};

	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *row = &s->conditions[i];

		if (row->id == id && row->element == element) {
			bounds[0] = row->warning;
			bounds[1] = row->critical;
		}
	}
	for (size_t i = 0; i < 2; i++) {
		fputc(';', out);
		if (bounds[i] >= 0)
			fprintf(out, "%" PRId32, bounds[i]);
	}
	fputs(";0", out);
}

static void put_states(FILE *out, const struct snapshot *s)
{
	for (uint32_t state = 1; state <= STATE_COUNT; state++) {
		fputc(' ', out);
		for (const char *p = state_name(state); *p; p++)
			fputc(tolower((unsigned char)*p), out);
		fprintf(out, "=%" PRIu32, snapshot_count(s, IP_TOTAL, state));
		put_thresholds(out, s, CONDITION_STATE_COUNT, state);
	}
}

static void put_limits(FILE *out, const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_limits; i++) {
		const struct limit *limit = &s->limits[i];

		if (limit->id < 1 || limit->id > LIMIT_COUNT)
			continue;
		fprintf(out, " %s=%" PRIu32 "%%", label_limit_metric(limit->id), limit->percent);
		put_thresholds(out, s, limit_conditions[limit->id], 0);
	}
}

static void put_unknown(FILE *out, const struct snapshot *s)
{
	const char *sep = ", unknown: ";

	for (size_t i = 0; i < s->n_conditions; i++) {
		if (s->conditions[i].severity != SEVERITY_UNKNOWN)
			continue;
		fprintf(out, "%s%s", sep, s->conditions[i].name);
		sep = ", ";
	}
}

int check_print(FILE *out, const struct snapshot *s, int64_t age_ms)
{
	static const struct {
		const char *word;
		int code;
	} results[] = {
	    [SEVERITY_NORMAL] = {"OK", 0},
	    [SEVERITY_WARNING] = {"WARNING", 1},
	    [SEVERITY_CRITICAL] = {"CRITICAL", 2},
	    [SEVERITY_UNKNOWN] = {"UNKNOWN", 3},
	};
	uint32_t worst = s->diagnosis.worst;
	const char *sep = "";

	if (worst < SEVERITY_NORMAL || worst > SEVERITY_UNKNOWN)
		worst = SEVERITY_UNKNOWN;
	fprintf(out, "TCPSTATE %s - ", results[worst].word);
	for (uint32_t severity = SEVERITY_CRITICAL; severity >= SEVERITY_WARNING; severity--) {
		sep = put_conditions(out, s, severity, sep);
		sep = put_namespaces(out, s, severity, sep);
	}
	if (sep[0] == '\0')
		fprintf(out, "%s, %" PRIu32 " sockets",
			worst == SEVERITY_NORMAL ? "nothing abnormal" : "nothing could be judged",
			s->info.sockets);
	if (worst != SEVERITY_UNKNOWN)
		put_unknown(out, s);
	fputs(" |", out);
	put_states(out, s);
	put_limits(out, s);
	if (age_ms >= 0)
		fprintf(out, " sample_age=%" PRId64 "ms;;;0", age_ms);
	fputc('\n', out);
	return results[worst].code;
}
