/* SPDX-License-Identifier: MIT */
#include "subagent/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "core/diagnosis/wording.h"
#include "core/model/label.h"

static const struct rule *rule_of(const struct rules *rules, const struct condition *row)
{
	return row->id == CONDITION_STATE_COUNT ? &rules->of_state[row->element - 1]
						: &rules->of[row->id];
}

static const char *unit_of(const struct condition *row)
{
	return condition_table[row->id - 1].tenths ? "times the usual" : row->unit;
}

static void print_threshold(FILE *out, const struct condition *row, const char *word,
			    int32_t threshold)
{
	char number[CONDITION_NUMBER_MAX];

	if (threshold < 0)
		fprintf(out, "never %s", word);
	else
		fprintf(out, "%s at %s", word, condition_number(row, threshold, number));
}

static void print_rule(FILE *out, const struct condition *row, const struct rule *rule)
{
	fputs("  rule      ", out);
	print_threshold(out, row, "warning", row->warning);
	fputs(", ", out);
	print_threshold(out, row, "critical", row->critical);
	fprintf(out, " (%s)\n", unit_of(row));
	if (condition_table[row->id - 1].events)
		fputs("            at once; critical after two minutes of it, clear after five "
		      "minutes without any\n",
		      out);
	else
		fprintf(out,
			"            for %" PRIu32 " s without a break; clears below %" PRIu32
			" %% of that for as long\n",
			rule->hold_s, rule->clear_percent);
}

static bool is_known(const struct condition *row)
{
	return row->severity != SEVERITY_UNKNOWN;
}

/* The bounds against noise, and what was held against them. */
static void print_bounds(FILE *out, const struct condition *row, const struct rule *rule)
{
	const char *whole = condition_table[row->id - 1].whole;

	if (rule->floor && row->id == CONDITION_STATE_SURGE)
		fprintf(out,
			"  mean      %" PRIu32 " in the hour before; counts as %" PRIu32
			" at the least\n",
			row->counted, rule->floor);
	else if (rule->floor && is_known(row))
		fprintf(out, "  floor     %" PRIu32 " connections; needs %" PRIu32 "\n",
			row->counted, rule->floor);
	else if (rule->floor)
		fprintf(out, "  floor     needs %" PRIu32 " connections\n", rule->floor);
	if (rule->share_percent && whole && is_known(row) && row->traffic > 0)
		fprintf(out,
			"  share     %" PRId32 " of %" PRIu64 " %s, %.1f %%; needs %" PRIu32
			" %%\n",
			row->value, row->traffic, whole,
			(double)row->value * 100 / (double)row->traffic, rule->share_percent);
	else if (rule->share_percent && whole)
		fprintf(out, "  share     needs %" PRIu32 " %% of the %s\n", rule->share_percent,
			whole);
}

static void print_now(FILE *out, const struct condition *row)
{
	char number[CONDITION_NUMBER_MAX], since[32] = "";
	const char *severity = label_severity(row->severity);
	struct tm tm;

	if (row->since.tv_sec != 0 && localtime_r(&row->since.tv_sec, &tm))
		strftime(since, sizeof(since), ", since %m-%d %H:%M:%S", &tm);
	fprintf(out, "  now       %s %s: %s%s\n", condition_number(row, row->value, number),
		unit_of(row), severity ? severity : "?", since);
	if (row->figures[0])
		fprintf(out, "  figures   %s\n", row->figures);
	if (row->offender[0])
		fprintf(out, "  offender  %s\n", row->offender);
	if (row->ignored)
		fprintf(out, "  ignored   %" PRIu32 ", as configured\n", row->ignored);
}

static bool lacks_share(const struct condition *row, const struct rule *rule)
{
	return rule->share_percent &&
	       (double)row->value * 100 < (double)row->traffic * rule->share_percent;
}

/* Of a condition that is normal. The first reason that holds. */
static void print_missing(FILE *out, const struct condition *row, const struct rule *rule)
{
	int32_t lowest = row->warning >= 0 ? row->warning : row->critical;
	char number[CONDITION_NUMBER_MAX];

	fputs("  missing   ", out);
	if (lowest < 0)
		fputs("it has no threshold\n", out);
	else if (row->value < lowest)
		fprintf(out, "%s more\n", condition_number(row, lowest - row->value, number));
	else if (row->small)
		fputs("it concerns too few connections, and none is lost\n", out);
	else if (lacks_share(row, rule))
		fputs("it is too small a share\n", out);
	else if (row->still)
		fputs("it does not grow: none of them became so in the last 15 minutes, but for a "
		      "pool that was closed at once\n",
		      out);
	else
		fprintf(out, "it has been there for %" PRIu32 " s of %" PRIu32 "\n", row->turning_s,
			rule->hold_s);
}

static void explain_row(FILE *out, const struct condition *row, const struct rule *rule)
{
	fprintf(out, "%s: %s\n", row->name, condition_phrase(row));
	print_rule(out, row, rule);
	if (is_known(row))
		print_now(out, row);
	else
		fprintf(out, "  now       unknown: %s\n",
			row->figures[0] ? row->figures : "not measured yet");
	print_bounds(out, row, rule);
	if (row->severity == SEVERITY_NORMAL)
		print_missing(out, row, rule);
}

static void print_list(FILE *out, const struct snapshot *s)
{
	char number[CONDITION_NUMBER_MAX];

	for (size_t i = 0; i < s->n_conditions; i++) {
		const struct condition *row = &s->conditions[i];

		if (is_known(row))
			fprintf(out, "%-28s %-9s %s %s\n", row->name, label_severity(row->severity),
				condition_number(row, row->value, number), unit_of(row));
		else
			fprintf(out, "%-28s unknown   %s\n", row->name, row->figures);
	}
}

int explain_print(FILE *out, const struct rules *rules, const struct snapshot *s, const char *name)
{
	const struct condition_info *info = name ? condition_by_name(name) : NULL;
	size_t found = 0;

	if (!name) {
		print_list(out, s);
		return 0;
	}
	if (!info)
		return -ENOENT;
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == info->id) {
			explain_row(out, &s->conditions[i], rule_of(rules, &s->conditions[i]));
			found++;
		}
	if (found == 0)
		fprintf(out,
			"%s: %s\n  now       switched off, or without a threshold of its own\n",
			info->name, info->phrase);
	return 0;
}
