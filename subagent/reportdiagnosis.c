/* SPDX-License-Identifier: MIT */
#include "subagent/report_private.h"

#include <string.h>
#include <time.h>

#include "core/diagnosis/rule.h"
#include "core/diagnosis/wording.h"
#include "core/base/text.h"
#include "subagent/page.h"

enum { SEVERITY_COLUMNS = 10, NAMES_MAX = 1536 };

/* Where the text beside it begins. */
static int indent(const struct report_options *options)
{
	return SEVERITY_COLUMNS + (options->watched ? PAGE_MARGIN : 0);
}

static void print_severity(FILE *out, uint32_t severity, char mark,
			   const struct report_options *options)
{
	static const char *const colours[] = {
	    [SEVERITY_WARNING] = "\033[1;33m",
	    [SEVERITY_CRITICAL] = "\033[1;31m",
	    [SEVERITY_UNKNOWN] = "\033[1m",
	};
	const char *word = report_severity(severity);

	if (options->watched)
		fprintf(out, "%c ", mark);
	fprintf(out, "%s%s%s%*s", options->colour ? colours[severity] : "", word,
		options->colour ? "\033[0m" : "", (int)(SEVERITY_COLUMNS - strlen(word)), "");
}

/* "02:40"; with its date if it was on another day. Nothing if it was just now, as when the process
 * has been watching for a moment only. */
static void add_since(struct text *text, const struct condition *condition,
		      const struct timespec *now)
{
	char today[32], day[32], minute[32];
	struct tm tm;

	if (now->tv_sec - condition->since.tv_sec < 60 || condition->since.tv_sec == 0 ||
	    !localtime_r(&now->tv_sec, &tm))
		return;
	strftime(today, sizeof(today), "%Y-%m-%d ", &tm);
	if (!localtime_r(&condition->since.tv_sec, &tm))
		return;
	strftime(day, sizeof(day), "%Y-%m-%d ", &tm);
	strftime(minute, sizeof(minute), "%H:%M", &tm);
	text_add(text, ", ", "since %s%s", strcmp(day, today) == 0 ? "" : day, minute);
}

static const char *format_number(const struct condition *condition, int32_t number,
				 char buf[PAGE_NUMBER_MAX])
{
	/* What is in tenths has no thousands to part. */
	if (number < 1000 || condition_table[condition->id - 1].tenths)
		return condition_number(condition, number, buf);
	return page_number((uint64_t)number, buf);
}

/* "1,201 connections in CLOSE_WAIT, silent for 60 s or more (critical at 200), since 02:40" */
static void add_value(struct text *text, const struct condition *condition,
		      const struct timespec *now)
{
	bool critical = condition->severity == SEVERITY_CRITICAL;
	int32_t threshold = critical ? condition->critical : condition->warning;
	char number[PAGE_NUMBER_MAX];

	text_add(text, "", "%s %s", format_number(condition, condition->value, number),
		 condition_phrase(condition));
	if (threshold >= 0)
		text_add(text, " ", "(%s at %s)", critical ? "critical" : "warning",
			 format_number(condition, threshold, number));
	if (condition->ignored > 0)
		text_add(text, ", ", "%u ignored", condition->ignored);
	add_since(text, condition, now);
}

/* What is raised, and how much of it. */
static void print_value(FILE *out, const struct condition *condition, char mark,
			const struct timespec *now, const struct report_options *options)
{
	char buf[512];
	struct text text = text_begin(buf, sizeof(buf));
	size_t at = (size_t)indent(options);

	add_value(&text, condition, now);
	fputc('\n', out);
	print_severity(out, condition->severity, mark, options);
	page_text(out, at, at, "%s  %s", condition->name, buf);
}

static void print_beside(FILE *out, const char *text, const struct report_options *options)
{
	int at = indent(options);

	fprintf(out, "%*s", at, "");
	page_text(out, (size_t)at, (size_t)at, "%s", text);
}

static void print_severe(FILE *out, const struct snapshot *s, uint32_t severity,
			 const struct report_options *options)
{
	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *row = &s->conditions[i];

		if (row->severity != severity)
			continue;
		print_value(out, row, report_mark_condition(options->before, row), &s->info.time,
			    options);
		if (row->offender[0])
			print_beside(out, row->offender, options);
		print_beside(out, row->advice, options);
	}
}

/* What is not raised any more: as it was. */
static void print_gone(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	const struct snapshot *before = options->before;

	for (size_t i = 0; before && i < before->n_conditions; i++) {
		const struct condition *was = &before->conditions[i];
		const struct condition *now = report_find_condition(s, was);

		if (report_is_raised(was->severity) && !(now && report_is_raised(now->severity)))
			print_value(out, was, REPORT_GONE, &before->info.time, options);
	}
}

static bool is_unknown_for(const struct condition *condition, const char *why)
{
	return condition->severity == SEVERITY_UNKNOWN && strcmp(condition->figures, why) == 0;
}

static const char *reason(const struct condition *condition)
{
	return condition->figures[0] ? condition->figures : "not measured yet";
}

/* Those that lack the same figures together. */
static void print_unknown(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	size_t at = (size_t)indent(options);

	for (size_t i = 0; i < s->n_conditions; i++) {
		const char *why = s->conditions[i].figures;
		char buf[NAMES_MAX];
		struct text text = text_begin(buf, sizeof(buf));
		bool told = s->conditions[i].severity != SEVERITY_UNKNOWN;

		for (size_t j = 0; j < i; j++)
			told = told || is_unknown_for(&s->conditions[j], why);
		if (told)
			continue;
		for (size_t j = i; j < s->n_conditions; j++)
			if (is_unknown_for(&s->conditions[j], why))
				text_add(&text, ", ", "%s", s->conditions[j].name);
		fputc('\n', out);
		print_severity(out, SEVERITY_UNKNOWN, REPORT_SAME, options);
		page_text(out, at, at, "%s: %s", buf, reason(&s->conditions[i]));
	}
}

/* Of those that are not raised: what the exceptions leave out. */
static void print_ignored(FILE *out, const struct snapshot *s)
{
	char buf[NAMES_MAX];
	struct text text = text_begin(buf, sizeof(buf));

	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].ignored > 0 && s->conditions[i].severity == SEVERITY_NORMAL)
			text_add(&text, ", ", "%s %u", s->conditions[i].name,
				 s->conditions[i].ignored);
	if (buf[0])
		page_text(out, 0, 0, "Ignored, as configured: %s.", buf);
}

void report_diagnosis(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	const struct diagnosis *d = &s->diagnosis;

	print_severe(out, s, SEVERITY_CRITICAL, options);
	print_severe(out, s, SEVERITY_WARNING, options);
	print_gone(out, s, options);
	print_unknown(out, s, options);
	fputc('\n', out);
	print_ignored(out, s);
	if (d->critical || d->warning)
		fprintf(out,
			"%u critical, %u warning. How to confirm and what to change: man 7 "
			"tcpstate-diagnosis\n",
			d->critical, d->warning);
	else if (d->worst == SEVERITY_NORMAL)
		fputs("Nothing abnormal.\n", out);
	else
		fputs("Nothing could be judged.\n", out);
}
