/* SPDX-License-Identifier: MIT */
#include "subagent/told.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/diagnosis/rule.h"

/* The row of the condition; else one that is not in use; NULL: there is none. */
static struct told_row *row_for(struct told *told, const struct transition *t)
{
	struct told_row *unused = NULL;

	for (struct told_row *row = told->rows; row < told->rows + TOLD_MAX; row++) {
		if (row->severity == 0)
			unused = unused ? unused : row;
		else if (row->id == t->condition.id && row->element == t->condition.element &&
			 strcmp(row->netns, t->netns) == 0)
			return row;
	}
	return unused;
}

void told_note(struct told *told, const struct transition *transition)
{
	const struct condition *condition = &transition->condition;
	struct told_row *row = row_for(told, transition);

	if (!row)
		return;
	if (row->severity == 0) {
		row->id = condition->id;
		row->element = condition->element;
		memcpy(row->name, condition->name, sizeof(row->name));
		memcpy(row->netns, transition->netns, sizeof(row->netns));
	}
	row->severity = condition->severity == SEVERITY_NORMAL ? 0 : condition->severity;
}

static bool is_sound(const struct told_row *row)
{
	return (row->severity == SEVERITY_WARNING || row->severity == SEVERITY_CRITICAL) &&
	       row->id >= 1 && row->id <= CONDITION_COUNT && row->element <= STATE_COUNT &&
	       memchr(row->name, '\0', sizeof(row->name)) &&
	       memchr(row->netns, '\0', sizeof(row->netns));
}

void told_resume(const struct told *told, struct notify *notify)
{
	for (const struct told_row *row = told->rows; row < told->rows + TOLD_MAX; row++) {
		struct condition condition = {.id = row->id,
					      .element = row->element,
					      .severity = row->severity,
					      .warning = -1,
					      .critical = -1};
		char netns[NETNS_NAME_MAX];

		if (!is_sound(row))
			continue;
		memcpy(condition.name, row->name, sizeof(condition.name));
		memcpy(netns, row->netns, sizeof(netns));
		text_clean(condition.name);
		text_clean(netns);
		notify_resume(notify, netns, &condition);
	}
}
