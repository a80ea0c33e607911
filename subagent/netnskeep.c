/* SPDX-License-Identifier: MIT */
#include "subagent/netnskeep.h"

#include "core/base/timing.h"

enum { STEP_MS = 1000, AGAIN_MS = 50 };

int netnskeep_open(struct netnskeep *keep, const struct config *config)
{
	*keep = (struct netnskeep){.namespaces = NULL};
	return config->namespaces ? namespaces_new(config, &keep->namespaces) : 0;
}

void netnskeep_close(struct netnskeep *keep)
{
	namespaces_free(keep->namespaces);
}

void netnskeep_configure(struct netnskeep *keep, const struct config *config)
{
	if (keep->namespaces)
		namespaces_configure(keep->namespaces, config);
}

/* One that was started again has none of them. */
static bool is_new_agent(struct netnskeep *keep, const struct netnskeep_outlets *outlets)
{
	unsigned starts = atomic_load(&outlets->back->starts);
	bool is_new = starts != keep->agent;

	keep->agent = starts;
	return is_new;
}

/* Until the agent is behind: it gets the rest soon. */
static bool give(struct netnskeep *keep, const struct netns *rows, size_t count, bool all,
		 const struct handover_settings *settings, const struct netnskeep_outlets *outlets)
{
	uint64_t begun_us = timing_cpu_us();
	bool changed = false;

	keep->waiting = false;
	for (size_t i = 0; i < count; i++) {
		const struct snapshot *s = namespaces_snapshot(keep->namespaces, i);

		if (all && s)
			namespaces_again(keep->namespaces, i);
		if (!namespaces_is_news(keep->namespaces, i))
			continue;
		changed |= eventkeep_note(outlets->events, s);
		if (!keep->waiting &&
		    publish_netns(outlets->publish, s, rows[i].inode, settings) == 0)
			namespaces_given(keep->namespaces, i);
		else
			keep->waiting = true;
	}
	/* As much again for the agent, which unpacks them. */
	keep->given_us = timing_cpu_us() - begun_us;
	namespaces_charge(keep->namespaces, 2 * keep->given_us);
	return changed;
}

int netnskeep_step(struct netnskeep *keep, uint32_t allowed, const struct snapshot *host,
		   const struct handover_settings *settings,
		   const struct netnskeep_outlets *outlets, bool *ret_changed)
{
	uint64_t now_ms = timing_now_ms();
	const struct netns *rows;
	size_t count;
	int ret = 0;

	if (now_ms >= keep->step_ms) {
		ret = namespaces_step(keep->namespaces, now_ms, allowed);
		keep->step_ms = now_ms + STEP_MS;
	}
	if (ret < 0)
		return ret;
	rows = namespaces_rows(keep->namespaces, &count);
	*ret_changed = give(keep, rows, count, is_new_agent(keep, outlets), settings, outlets);
	*ret_changed |= eventkeep_keep(outlets->events, rows, count, host);
	publish_keep(outlets->publish, rows, count);
	keep->due_ms = keep->waiting ? now_ms + AGAIN_MS : keep->step_ms;
	return 0;
}

void netnskeep_show(const struct netnskeep *keep, struct snapshot *s)
{
	if (keep->namespaces)
		namespaces_show(keep->namespaces, s);
}
