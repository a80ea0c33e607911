/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/wording.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/diagnosis/rule.h"

/* The first sentence of an advice, its full stop included. */
static int first_sentence(const char *advice)
{
	const char *end = strstr(advice, ". ");

	return end ? (int)(end - advice) + 1 : (int)strlen(advice);
}

char *condition_number(const struct condition *condition, int32_t number,
		       char buf[CONDITION_NUMBER_MAX])
{
	if (!condition_table[condition->id - 1].tenths)
		snprintf(buf, CONDITION_NUMBER_MAX, "%d", number);
	else if (number % 10 == 0)
		snprintf(buf, CONDITION_NUMBER_MAX, "%d", number / 10);
	else
		snprintf(buf, CONDITION_NUMBER_MAX, "%d.%d", number / 10, number % 10);
	return buf;
}

const char *condition_phrase(const struct condition *condition)
{
	const struct condition_info *info = &condition_table[condition->id - 1];

	return condition->value == 1 && info->one ? info->one : info->phrase;
}

static void add_change(struct text *text, const struct transition *t)
{
	if (t->was > t->condition.severity && t->condition.severity == SEVERITY_WARNING)
		text_add(text, " ", "(eased)");
	if (transition_flaps(t))
		text_add(text, " ", "(flaps: told %u times in ten minutes)", t->told);
}

char *transition_format(const struct transition *transition, char *buf, size_t size)
{
	static const char *const words[] = {
	    [SEVERITY_NORMAL] = "NORMAL",
	    [SEVERITY_WARNING] = "WARNING",
	    [SEVERITY_CRITICAL] = "CRITICAL",
	    [SEVERITY_UNKNOWN] = "UNKNOWN",
	};
	const struct condition *condition = &transition->condition;
	bool critical = condition->severity == SEVERITY_CRITICAL || condition->warning < 0;
	int32_t threshold = critical ? condition->critical : condition->warning;
	struct text text = text_begin(buf, size);
	char number[CONDITION_NUMBER_MAX];

	text_add(&text, "", "%s %s%s%s", words[condition->severity], transition->netns,
		 transition->netns[0] ? ": " : "", condition->name);
	if (condition->severity == SEVERITY_UNKNOWN)
		return buf;
	add_change(&text, transition);
	text_add(&text, ": ", "%s %s", condition_number(condition, condition->value, number),
		 condition_phrase(condition));
	if (threshold >= 0)
		text_add(&text, " ", "(%s at %s)", critical ? "critical" : "warning",
			 condition_number(condition, threshold, number));
	if (condition->offender[0] != '\0')
		text_add_list(&text, ", ", condition->offender);
	if (condition->severity != SEVERITY_NORMAL)
		text_add(&text, ": ", "%.*s", first_sentence(condition->advice), condition->advice);
	return buf;
}
