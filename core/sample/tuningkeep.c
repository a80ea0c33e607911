/* SPDX-License-Identifier: MIT */
#include "core/sample/tuningkeep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timing.h"
#include "core/tuning/profile.h"
#include "core/tuning/watch.h"

void tuningkeep_drop(struct tuning_table *table)
{
	if (table && --table->users == 0)
		tunable_free(table);
}

/* Files that cannot be looked at have not changed: the interval is left. */
static bool files_changed(struct tuningkeep *k, const struct config *config)
{
	uint64_t mark = k->mark;
	char *profile = NULL;
	bool changed;

	if (config->profile[0] != '\0')
		profile = profile_path(k->roots.profiles, config->profile);
	if (profile || config->profile[0] == '\0')
		(void)watch_mark(k->roots.root ? k->roots.root : "/", profile, &mark);
	free(profile);
	changed = mark != k->mark;
	k->mark = mark;
	return changed;
}

static int read_table(struct tuningkeep *k, const struct config *config, const char *profile,
		      const struct snapshot *now, char error[TUNABLE_ERROR_MAX])
{
	static const enum sysctld_order orders[] = {
	    [SYSCTL_ORDER_AUTO] = SYSCTLD_AUTO,
	    [SYSCTL_ORDER_SYSTEMD] = SYSCTLD_SYSTEMD,
	    [SYSCTL_ORDER_PROCPS] = SYSCTLD_PROCPS,
	};
	struct tunable_roots roots = k->roots;
	struct tuning_table *table;
	int r;

	roots.order = orders[config->sysctl_order];
	r = tunable_read(&roots, profile, now->listeners, now->n_listeners, &table, error);
	if (r < 0)
		return r;
	table->users = 1;
	table->read_at = now->info.monotonic;
	tuningkeep_drop(k->newest);
	k->newest = table;
	return 0;
}

void tuningkeep_put(struct tuningkeep *k, const struct config *config, bool look,
		    struct snapshot *now)
{
	int64_t now_ms = timing_ms(&now->info.monotonic);
	bool due = k->due || now_ms - k->tried_ms >= (int64_t)config->tuning_interval_s * 1000;
	char error[TUNABLE_ERROR_MAX] = "", again[TUNABLE_ERROR_MAX];

	/* Before they are read: what changes meanwhile is seen the next time. */
	if ((look || due) && files_changed(k, config))
		due = true;
	if (due) {
		if (read_table(k, config, config->profile, now, error) < 0)
			(void)read_table(k, config, NULL, now, again);
		snprintf(k->error, sizeof(k->error), "%s", error);
		k->tried_ms = now_ms;
		k->due = false;
	}
	memcpy(now->info.tuning_error, k->error, sizeof(k->error));
	now->tuning = k->newest;
	if (now->tuning)
		now->tuning->users++;
}
