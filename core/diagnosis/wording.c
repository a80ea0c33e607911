/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/wording.h"

#include <string.h>

#include "core/base/text.h"
#include "core/diagnosis/rule.h"

/* The first sentence of an advice, its full stop included. */
static int first_sentence(const char *advice)
{
	const char *end = strstr(advice, ". ");

	return end ? (int)(end - advice) + 1 : (int)strlen(advice);
}

const char *condition_phrase(const struct condition *condition)
{
	const struct condition_info *info = &condition_table[condition->id - 1];

	return condition->value == 1 && info->one ? info->one : info->phrase;
}

char *condition_format(const struct condition *condition, char *buf, size_t size)
{
	static const char *const words[] = {
	    [SEVERITY_NORMAL] = "NORMAL",
	    [SEVERITY_WARNING] = "WARNING",
	    [SEVERITY_CRITICAL] = "CRITICAL",
	    [SEVERITY_UNKNOWN] = "UNKNOWN",
	};
	bool critical = condition->severity == SEVERITY_CRITICAL || condition->warning < 0;
	int32_t threshold = critical ? condition->critical : condition->warning;
	struct text text = text_begin(buf, size);

	text_add(&text, "", "%s %s", words[condition->severity], condition->name);
	if (condition->severity == SEVERITY_UNKNOWN)
		return buf;
	text_add(&text, ": ", "%d %s", condition->value, condition_phrase(condition));
	if (threshold >= 0)
		text_add(&text, " ", "(%s at %d)", critical ? "critical" : "warning", threshold);
	if (condition->offender[0] != '\0')
		text_add_list(&text, ", ", condition->offender);
	if (condition->severity != SEVERITY_NORMAL)
		text_add(&text, ": ", "%.*s", first_sentence(condition->advice), condition->advice);
	return buf;
}
