/* SPDX-License-Identifier: MIT */
#include "core/sample/namespaces_private.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "core/kernel/totals.h"

/* CPU time for looking for owners in one sample. */
enum { OWNERS_US = 20000 };

/* False: this kernel lacks some of them. */
static bool glance_of(int net_fd, const struct totals *totals, struct glance *ret_glance)
{
	static const char *const names[] = {"TcpInSegs",     "TcpOutSegs",     "TcpRetransSegs",
					    "TcpOutRsts",    "TcpActiveOpens", "TcpAttemptFails",
					    "TcpEstabResets"};
	uint64_t *figure = ret_glance->figures;

	_Static_assert(COUNT_OF(names) + 2 == GLANCE_FIGURES, "a place for each");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!proc_counter(&totals->counters, names[i], figure++))
			return false;
	*figure++ = totals->sockstat.time_wait;
	return totals->sockstat.has_time_wait && proc_in_use(net_fd, figure);
}

static bool is_calm(const struct snapshot *s)
{
	uint32_t still =
	    STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT);

	if (s->diagnosis.worst > SEVERITY_NORMAL || snapshot_sockets(s, STATE_MASK_ALL & ~still))
		return false;
	for (size_t i = 0; i < s->n_listeners; i++)
		if (s->listeners[i].accept_queue)
			return false;
	for (size_t i = 0; i < SUSPECT_COUNT; i++)
		if (s->suspects[i].count)
			return false;
	return true;
}

/* The first of those with the highest severity; NULL: none is raised. */
static const struct condition *worst_of(const struct snapshot *s)
{
	const struct condition *worst = NULL;

	for (const struct condition *c = s->conditions; c < s->conditions + s->n_conditions; c++)
		if ((c->severity == SEVERITY_WARNING || c->severity == SEVERITY_CRITICAL) &&
		    (!worst || c->severity > worst->severity))
			worst = c;
	return worst;
}

static void fill_row(const struct snapshot *s, struct netns *row)
{
	const struct condition *worst = worst_of(s);

	row->sockets = s->info.sockets;
	for (size_t i = 0; i < STATE_COUNT; i++)
		row->count[i] = snapshot_count(s, IP_V4, (enum tcp_state)(i + 1)) +
				snapshot_count(s, IP_V6, (enum tcp_state)(i + 1));
	row->counted_at = s->info.monotonic;
	row->worst = s->diagnosis.worst;
	memset(row->condition, 0, sizeof(row->condition));
	memset(row->offender, 0, sizeof(row->offender));
	if (worst) {
		memcpy(row->condition, worst->name, sizeof(row->condition));
		memcpy(row->offender, worst->offender, sizeof(row->offender));
	}
}

/* The interval that a sample shows: the time since the one before, unless looks in between have
 * shown that nothing happened. */
static uint32_t interval_of(const struct namespaces *n, const struct space *space, uint64_t now_ms)
{
	uint64_t since_ms = now_ms - space->sampled_ms;
	uint32_t interval_ms = n->config.interval_s * 1000;

	return space->last && !space->calm && since_ms > interval_ms ? (uint32_t)since_ms
								     : interval_ms;
}

/* One that fails is told in its snapshot. */
static void take_sample(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	struct space *space = &n->spaces[i];
	uint32_t interval_ms = interval_of(n, space, now_ms);
	const struct pace pace = {interval_ms, interval_ms, allowed, OWNERS_US};
	struct snapshot *next = NULL;
	size_t n_pids;
	const uint32_t *pids = netnsfind_processes(n->find, i, &n_pids);
	int ret;

	/* Until the sample has succeeded. */
	space->calm = false;
	if (!space->sampler &&
	    sampler_new_in(&n->config, n->rows[i].name, n->proc_fd, &space->sampler) < 0)
		return;
	sampler_near(space->sampler, pids, n_pids);
	ret = sampler_take(space->sampler, SAMPLE_FULL, &pace, space->last, &next);
	sampler_near(space->sampler, NULL, 0);
	if (!next)
		return;
	sampler_release(space->last);
	space->last = next;
	space->news = true;
	if (ret < 0)
		return;
	space->sampled_ms = now_ms;
	space->calm = is_calm(next);
	fill_row(next, &n->rows[i]);
}

/* Inside the namespace. */
static void look_inside(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	struct space *space = &n->spaces[i];
	struct totals totals = {0};
	struct glance glance = {{0}};
	bool told;

	if (totals_read(n->net_fd, &totals) < 0)
		return;
	told = glance_of(n->net_fd, &totals, &glance);
	totals_done(&totals);
	if (space->calm && told && now_ms - space->sampled_ms < NAMESPACES_CALM_S * 1000 &&
	    memcmp(&glance, &space->glance, sizeof(glance)) == 0) {
		n->rows[i].counted_at = timing_now(CLOCK_MONOTONIC);
		return;
	}
	/* Read before the sample: what comes meanwhile is seen the next time. */
	space->glance = glance;
	take_sample(n, i, now_ms, allowed);
}

int namespaces_look(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	int ret = netnsfind_enter(n->find, i);

	n->spaces[i].looked_ms = now_ms;
	n->spaces[i].denied = ret == -EPERM;
	if (ret < 0)
		return 0;
	look_inside(n, i, now_ms, allowed);
	return netnsfind_leave(n->find);
}
