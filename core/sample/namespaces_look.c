/* SPDX-License-Identifier: MIT */
#include "core/sample/namespaces_private.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "core/kernel/totals.h"

/* Looking for owners, in one sample. */
enum { OWNERS_US = 20000 };

/* False: this kernel does not tell enough to rely on. */
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

/* The worst one; of equal ones the first. */
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

static int take_sample(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	struct space *space = &n->spaces[i];
	uint32_t since_ms = (uint32_t)(now_ms - space->sampled_ms), interval_ms;
	bool was_calm = space->calm;
	struct snapshot *next = NULL;
	struct pace pace;
	size_t n_pids;
	static const uint32_t none[1];
	const uint32_t *pids = netnsfind_processes(n->find, i, &n_pids);
	int ret = 0;

	interval_ms = n->config.interval_s * 1000;
	if (space->last && !was_calm && since_ms > interval_ms)
		interval_ms = since_ms;
	/* Until the sample has succeeded. */
	space->calm = false;
	pace = (struct pace){interval_ms, interval_ms, allowed, OWNERS_US};
	if (!space->sampler)
		ret = sampler_new_in(&n->config, n->rows[i].name, n->proc_fd, n->net_fd,
				     &space->sampler);
	if (ret < 0)
		return ret;
	sampler_near(space->sampler, pids ? pids : none, n_pids);
	ret = sampler_take(space->sampler, SAMPLE_FULL, &pace, space->last, &next);
	sampler_near(space->sampler, NULL, 0);
	if (!next)
		return ret;
	sampler_release(space->sampler, space->last);
	space->last = next;
	space->news = true;
	if (ret < 0)
		return ret;
	space->sampled_ms = now_ms;
	space->calm = is_calm(next);
	fill_row(next, &n->rows[i]);
	return 0;
}

/* Inside the namespace. */
static int look_inside(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	struct space *space = &n->spaces[i];
	struct totals totals = {0};
	struct glance glance = {{0}};
	bool told;
	int ret = totals_read(n->net_fd, &totals);

	if (ret < 0)
		return ret;
	told = glance_of(n->net_fd, &totals, &glance);
	totals_done(&totals);
	if (space->calm && told && now_ms - space->sampled_ms < NAMESPACES_CALM_S * 1000 &&
	    memcmp(&glance, &space->glance, sizeof(glance)) == 0) {
		n->rows[i].counted_at = timing_now(CLOCK_MONOTONIC);
		return 0;
	}
	/* Read before the sample: what comes meanwhile is seen the next time. */
	space->glance = glance;
	return take_sample(n, i, now_ms, allowed);
}

int namespaces_look(struct namespaces *n, size_t i, uint64_t now_ms, uint32_t allowed)
{
	int ret = netnsfind_enter(n->find, i), back;

	n->spaces[i].looked_ms = now_ms;
	if (ret == 0) {
		ret = look_inside(n, i, now_ms, allowed);
		back = netnsfind_leave(n->find);
		if (back < 0)
			return back;
	}
	n->spaces[i].denied = ret == -EPERM || ret == -EACCES;
	return 0;
}
