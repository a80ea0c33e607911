/* SPDX-License-Identifier: MIT */
#include "subagent/serving.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/timing.h"
#include "core/diagnosis/condition.h"
#include "core/diagnosis/events.h"
#include "core/diagnosis/wording.h"
#include "subagent/agent.h"
#include "subagent/child.h"
#include "subagent/flat.h"
#include "subagent/log.h"
#include "subagent/sandbox.h"

enum { TICK_MS = 1000, OVERDUE_INTERVALS = 3 };

/* Another namespace than the host's own. */
struct other {
	const struct snapshot *snapshot; /* in block */
	void *block;
};

struct serving {
	const struct serving_options *options;
	struct other *others;
	size_t n_others, others_capacity;
	struct agent *agent;
	struct notify *notify;
	struct handover_settings settings;
	const struct snapshot *snapshot; /* in block; NULL: none yet */
	void *block;
	/* While the sampler hangs: a copy that says so, and its events. */
	struct snapshot *overdue;
	struct events *events;
	uint64_t ticked_ms, silent_ms; /* CLOCK_MONOTONIC; awake since the newest snapshot */
	uint64_t beat_ms;
	int signal_fd;
	bool refused; /* a block that could not be read: told */
};

static void tell_first(struct serving *v)
{
	char base[128];

	agent_base(base, sizeof(base));
	log_line(
	    LOG_NOTICE, "version %s, serving TCPSTATE-MIB at %s, sampling every %u s, %u sockets",
	    v->snapshot->info.version, base, v->settings.interval_s, v->snapshot->info.sockets);
}

static int priority_of(uint32_t severity)
{
	return severity == SEVERITY_CRITICAL ? LOG_CRIT
	       : severity == SEVERITY_NORMAL ? LOG_NOTICE
					     : LOG_WARNING;
}

static void on_transition(const struct transition *transition, void *arg)
{
	struct serving *v = arg;
	char line[512];

	log_line(priority_of(transition->condition.severity), "%s",
		 transition_format(transition, line, sizeof(line)));
	if (v->settings.traps)
		agent_notify(v->agent, transition);
	else
		told_note(&v->options->handover->back->told, transition);
}

/* A moment in which this process could have got a new snapshot. If it has slept for long itself, as
 * with the whole daemon stopped, the sampler has not had its turn either. */
static void tick(struct serving *v)
{
	uint64_t now_ms = timing_now_ms();
	uint64_t elapsed_ms = now_ms - v->ticked_ms;

	v->silent_ms += elapsed_ms < 2 * TICK_MS ? elapsed_ms : TICK_MS;
	v->ticked_ms = now_ms;
	/* A sign of life, but not one for each answer. */
	if (now_ms - v->beat_ms >= TICK_MS) {
		child_beat(v->options->beat_fd);
		v->beat_ms = now_ms;
	}
}

static void forget_overdue(struct serving *v)
{
	snapshot_free(v->overdue);
	free(v->events);
	v->overdue = NULL;
	v->events = NULL;
}

/* False: out of memory. */
static bool begin_overdue(struct serving *v)
{
	v->overdue = snapshot_copy(v->snapshot);
	v->events = malloc(sizeof(*v->events));
	if (v->overdue && v->events) {
		events_of(v->events, v->snapshot);
		return true;
	}
	forget_overdue(v);
	return false;
}

static void show_overdue(struct serving *v)
{
	const struct sample_info *info = &v->snapshot->info;
	const struct rule rule = {.warning = v->settings.warning,
				  .critical = v->settings.critical,
				  .hold_s = v->settings.hold_s};
	int64_t now_ms = timing_ms(&info->attempted_at) + (int64_t)v->silent_ms;

	if (!v->overdue && !begin_overdue(v))
		return;
	conditions_overdue(&rule, now_ms, v->overdue);
	events_note(v->events, v->overdue);
	v->overdue->events = v->events->rows;
	v->overdue->n_events = v->events->count;
	agent_show(v->agent, v->overdue);
	notify_update(v->notify, v->overdue, on_transition, v);
}

/* A sampler that hangs cannot say so itself. */
static void watch(struct serving *v)
{
	if (v->snapshot && v->silent_ms > OVERDUE_INTERVALS * v->snapshot->info.interval_ms)
		show_overdue(v);
}

static void drop_other(struct serving *v, struct other *other)
{
	(void)agent_show_in(v->agent, other->snapshot->info.netns, NULL);
	free(other->block);
	*other = v->others[--v->n_others];
}

/* Those that are gone. */
static void drop_others(struct serving *v)
{
	for (size_t i = v->n_others; i-- > 0;)
		if (!netns_find(v->snapshot->namespaces, v->snapshot->n_namespaces,
				v->others[i].snapshot->info.netns))
			drop_other(v, &v->others[i]);
}

static struct other *find_other(struct serving *v, const char *name)
{
	struct other *other;

	for (size_t i = 0; i < v->n_others; i++)
		if (strcmp(v->others[i].snapshot->info.netns, name) == 0)
			return &v->others[i];
	if (ARRAY_RESERVE(v->others, &v->others_capacity, v->n_others + 1) < 0)
		return NULL;
	other = &v->others[v->n_others++];
	*other = (struct other){.snapshot = NULL};
	return other;
}

/* It may come before the host's, which drops it if it does not list it. */
static void show_other(struct serving *v, const struct snapshot *s, void *block)
{
	struct other *other = find_other(v, s->info.netns);

	if (!other) {
		free(block);
		return;
	}
	/* Without memory for it the context is missing, and tried with the next one. */
	(void)agent_show_in(v->agent, s->info.netns, s);
	free(other->block);
	other->block = block;
	other->snapshot = s;
	notify_update(v->notify, s, on_transition, v);
}

static void show(struct serving *v, const struct snapshot *s, void *block)
{
	bool first = !v->snapshot;

	agent_show(v->agent, s);
	forget_overdue(v);
	free(v->block);
	v->block = block;
	v->snapshot = s;
	v->silent_ms = 0;
	agent_busy_poll(v->agent, v->settings.busy_poll_us);
	if (first)
		tell_first(v);
	notify_update(v->notify, s, on_transition, v);
	notify_gone(v->notify, s, on_transition, v);
	drop_others(v);
}

/* False: there is no more. */
static bool take_snapshot(struct serving *v)
{
	struct handover_settings settings;
	struct flat_origin origin;
	const struct snapshot *s;
	void *block = NULL;
	size_t size;
	int ret = handover_receive(v->options->handover->out_fd, &settings, &block, &size);

	if (ret == 0)
		ret = flat_unpack(block, size, &s, &origin);
	if (ret == 0) {
		v->settings = settings;
		if (s->info.netns[0])
			show_other(v, s, block);
		else
			show(v, s, block);
	} else {
		free(block);
	}
	if (ret < 0 && ret != -EAGAIN && !v->refused)
		log_line(LOG_ERR, "a snapshot is not readable: %s", strerror(-ret));
	v->refused = ret < 0 && ret != -EAGAIN;
	return ret == 0;
}

static int loop(struct serving *v)
{
	struct pollfd own[] = {
	    {.fd = v->signal_fd, .events = POLLIN},
	    {.fd = v->options->handover->out_fd, .events = POLLIN},
	};
	int ret = 0;

	v->ticked_ms = timing_now_ms();
	tick(v);
	while (ret == 0 && !own[0].revents) {
		ret = agent_wait(v->agent, own, 2, TICK_MS);
		tick(v);
		if (own[1].revents)
			while (take_snapshot(v))
				;
		watch(v);
		agent_flush(v->agent);
		atomic_store(&v->options->handover->back->lost, agent_lost(v->agent));
	}
	return ret;
}

/* net-snmp is set up, the master called for the first time, and the time zone read, which dates are
 * shown in, before system calls are filtered. */
static int start(struct serving *v)
{
	struct handover_back *back = v->options->handover->back;
	const struct agent_options options = {.address = v->options->address,
					      .retry_s = v->options->retry_s,
					      .lost = atomic_load(&back->lost),
					      .told = &back->told};
	int ret = v->signal_fd = child_signals(false);

	atomic_fetch_add(&back->starts, 1);
	if (ret >= 0)
		ret = notify_new(&v->notify);
	if (ret == 0)
		told_resume(&back->told, v->notify);
	if (ret == 0)
		ret = agent_open(&options, &v->agent);
	tzset();
	if (ret == 0)
		ret = sandbox_agent(v->options->filter, !agent_is_unix(options.address));
	return ret;
}

int serving_run(const struct serving_options *options)
{
	struct serving v = {.options = options};
	int ret = start(&v);

	if (ret == 0)
		ret = loop(&v);
	if (ret < 0)
		log_line(LOG_ERR, "AgentX: %s", strerror(-ret));
	agent_close(v.agent);
	forget_overdue(&v);
	for (size_t i = 0; i < v.n_others; i++)
		free(v.others[i].block);
	free(v.others);
	notify_free(v.notify);
	free(v.block);
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
