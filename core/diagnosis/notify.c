/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/notify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/measure.h"
#include "core/diagnosis/rule.h"

enum { PAUSE_MS = 60 * 1000 };

/* What was told last of one condition; nothing yet: id 0. */
struct told {
	struct condition condition;
	int64_t at_ms;
	bool listed; /* in the snapshot that is being looked at */
};

struct notify {
	struct told told[CONDITION_COUNT + 1][STATE_COUNT + 1]; /* by id, element */
};

int notify_new(struct notify **ret_notify)
{
	struct notify *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*ret_notify = t;
	return 0;
}

void notify_free(struct notify *t)
{
	free(t);
}

static void tell_change(struct told *told, const struct condition *now, int64_t now_ms,
			void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	bool ever = told->condition.id != 0;
	struct transition transition = {
	    .condition = *now,
	    .was = ever ? told->condition.severity : SEVERITY_NORMAL,
	};

	if (now->severity == SEVERITY_UNKNOWN || now->severity == transition.was)
		return;
	if (ever && now_ms - told->at_ms < PAUSE_MS)
		return;
	told->condition = *now;
	told->at_ms = now_ms;
	tell(&transition, arg);
}

void notify_update(struct notify *t, const struct snapshot *now,
		   void (*tell)(const struct transition *transition, void *arg), void *arg)
{
	struct told *told = &t->told[0][0];
	int64_t now_ms = measure_now_ms(now);

	for (size_t i = 0; i < now->n_conditions; i++) {
		const struct condition *row = &now->conditions[i];
		struct told *its = &t->told[row->id][row->element];

		its->listed = true;
		tell_change(its, row, now_ms, tell, arg);
	}
	for (size_t i = 0; i < sizeof(*t) / sizeof(*told); i++) {
		if (!told[i].listed && told[i].condition.id != 0) {
			struct condition off = told[i].condition;

			off.severity = SEVERITY_NORMAL;
			off.value = 0;
			off.offender[0] = '\0';
			off.since = now->info.time;
			tell_change(&told[i], &off, now_ms, tell, arg);
		}
		told[i].listed = false;
	}
}
