/* SPDX-License-Identifier: MIT */
#include "subagent/sampling.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/number.h"
#include "core/base/timing.h"
#include "core/diagnosis/condition.h"
#include "core/sample/sampler.h"
#include "core/sample/schedule.h"
#include "subagent/child.h"
#include "subagent/eventkeep.h"
#include "subagent/log.h"
#include "subagent/netnskeep.h"
#include "subagent/publish.h"
#include "subagent/samplelog.h"
#include "subagent/sandbox.h"

/* The longest sleep: a sign of life comes as often. */
enum { SLEEP_MS = 10000 };

struct sampling {
	const struct sampling_options *options;
	struct daemon_config config;
	struct sampler *sampler;
	struct schedule schedule;
	struct snapshot *last;
	struct eventkeep events;
	struct netnskeep others;
	struct publish publish;
	struct samplelog log;
	bool others_changed; /* a condition of theirs, since the last publish() */
	uint64_t counted_us; /* of the process's CPU time, by schedule_done() */
	uint64_t agent_us;   /* CPU time that the agent takes for the last snapshot, at the most */
	int signal_fd;
	bool stop, failed;
};

static struct handover_settings settings_of(const struct daemon_config *config)
{
	const struct rule *rule = &config->common.rules.of[CONDITION_SAMPLING];

	return (struct handover_settings){
	    .warning = rule->warning,
	    .critical = rule->critical,
	    .hold_s = rule->hold_s,
	    .interval_s = config->common.interval_s,
	    .busy_poll_us = config->busy_poll_us,
	    .traps = config->traps,
	};
}

/* The agent checks what is packed here, which takes less than to pack and write it. It has no way
 * to tell how long it took: so the budget is charged as much once more. */
static void publish(struct sampling *s)
{
	struct handover_settings settings = settings_of(&s->config);
	uint64_t begun_us;
	bool changed = eventkeep_note(&s->events, s->last) || s->others_changed;
	struct snapshot shown = *s->last;

	s->others_changed = false;
	netnskeep_show(&s->others, &shown);
	samplelog_update(&s->log, &shown);
	eventkeep_show(&s->events, &shown);
	shown.diagnosis.notifications_lost = atomic_load(&s->options->handover->back->lost);
	publish_prometheus(&s->publish, &shown);
	begun_us = timing_cpu_us();
	if (publish_snapshot(&s->publish, &shown, &settings, changed) < 0)
		samplelog_no_sample(&s->log, "out of memory");
	s->agent_us = timing_cpu_us() - begun_us;
}

/* The CPU time of this process, and of the agent for its snapshots, since the last call. */
static uint64_t spent_us(struct sampling *s)
{
	uint64_t now_us = timing_cpu_us();
	uint64_t spent = now_us - s->counted_us + s->agent_us;

	s->counted_us = now_us;
	s->agent_us = 0;
	return spent;
}

/* The error of a sample that failed is in the snapshot. */
static void sample(struct sampling *s, enum sample_kind kind)
{
	uint64_t started_ms = timing_now_ms();
	struct snapshot *next = NULL;
	struct pace pace;

	kind = sampler_kind(s->sampler, kind, s->last);
	pace = schedule_pace(&s->schedule, kind, started_ms);
	(void)sampler_take(s->sampler, kind, &pace, s->last, &next);
	if (next) {
		sampler_release(s->last);
		s->last = next;
		publish(s);
	}
	if (s->last) {
		schedule_done(&s->schedule, kind, started_ms, spent_us(s), s->last->info.scan_us);
	} else {
		samplelog_no_sample(&s->log, sampler_error(s->sampler));
		schedule_failed_first(&s->schedule, started_ms, spent_us(s));
	}
}

/* With namespaces, the host's own samples have half of the budget. */
static struct config schedule_config_of(const struct sampling *s, const struct config *config)
{
	struct config half = *config;

	if (s->others.namespaces)
		half.cpu_budget -= half.cpu_budget / 2;
	return half;
}

/* What the host's own samples leave of the budget, and half of it at the least. */
static uint32_t allowance(const struct sampling *s)
{
	uint32_t budget = s->config.common.cpu_budget;
	uint32_t own = schedule_own_cpu(&s->schedule, timing_now_ms());

	return own < budget / 2 ? budget - own : budget - budget / 2;
}

/* Their cost is not the host's samples'. */
static void sample_others(struct sampling *s)
{
	const struct netnskeep_outlets outlets = {&s->events, &s->publish,
						  s->options->handover->back};
	struct handover_settings settings = settings_of(&s->config);
	uint64_t begun_us = timing_cpu_us(), spent_us;
	bool changed;
	int ret = netnskeep_step(&s->others, allowance(s), s->last, &settings, &outlets, &changed);

	spent_us = timing_cpu_us() - begun_us;
	s->counted_us += spent_us;
	schedule_spend(&s->schedule, timing_now_ms(), spent_us + s->others.given_us);
	if (ret == 0) {
		s->others_changed |= changed;
		return;
	}
	log_line(LOG_ERR, "cannot return to the host's network namespace: %s", strerror(-ret));
	s->failed = s->stop = true;
}

/* A wrong file keeps the old configuration and says why. */
static void reload(struct sampling *s)
{
	char error[CONFIG_ERROR_MAX];
	struct daemon_config config = {0};
	struct config schedule_config;

	if (config_load(&daemon_config_options, s->options->config_path,
			s->options->config_required, &config.common, error) < 0) {
		log_line(LOG_ERR, "%s; keeping the configuration as it was", error);
		return;
	}
	if (strcmp(config.agentx, s->config.agentx) != 0 ||
	    config.agentx_retry_s != s->config.agentx_retry_s)
		log_line(LOG_WARNING, "agentx and agentx-retry need a restart");
	if (config.common.namespaces != s->config.common.namespaces)
		log_line(LOG_WARNING, "namespaces needs a restart");
	sampler_configure(s->sampler, &config.common);
	config.common.namespaces = s->config.common.namespaces;
	schedule_config = schedule_config_of(s, &config.common);
	schedule_configure(&s->schedule, &schedule_config, timing_now_ms());
	netnskeep_configure(&s->others, &config.common);
	eventkeep_to(&s->events, config.events);
	publish_to(&s->publish, config.snapshot);
	publish_prometheus_to(&s->publish, config.prometheus);
	s->config = config;
	log_line(LOG_NOTICE, "configuration read again, sampling every %u s",
		 config.common.interval_s);
}

/* Sleeps until then, or a signal comes. */
static void wait_until(struct sampling *s, uint64_t at_ms)
{
	uint64_t left_ms = sub_sat(at_ms, timing_now_ms());
	struct pollfd p = {.fd = s->signal_fd, .events = POLLIN};
	struct signalfd_siginfo info;

	if (poll(&p, 1, left_ms < SLEEP_MS ? (int)left_ms : SLEEP_MS) <= 0)
		return;
	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(s);
	else
		s->stop = true;
}

static void loop(struct sampling *s)
{
	enum sample_kind kind;
	uint64_t at_ms, wake_ms;
	struct config config = schedule_config_of(s, &s->config.common);

	schedule_init(&s->schedule, &config, timing_now_ms());
	while (!s->stop) {
		bool others = s->others.namespaces && s->last;

		child_beat(s->options->beat_fd);
		kind = schedule_next(&s->schedule, timing_now_ms(), &at_ms);
		wake_ms = others && s->others.due_ms < at_ms ? s->others.due_ms : at_ms;
		wait_until(s, wake_ms);
		if (!s->stop && timing_now_ms() >= at_ms)
			sample(s, kind);
		if (!s->stop && others && timing_now_ms() >= s->others.due_ms)
			sample_others(s);
	}
}

/* The sampler opens what it reads the sockets from before system calls are filtered. */
static int start(struct sampling *s)
{
	int ret = s->signal_fd = child_signals(true);

	if (ret >= 0)
		ret = sampler_new(&s->config.common, &s->sampler);
	if (ret == 0)
		ret = eventkeep_open(&s->events, s->config.events);
	if (ret == 0)
		ret = netnskeep_open(&s->others, &s->config.common);
	if (ret == 0)
		ret = sandbox_sampler(s->options->filter, s->config.common.namespaces);
	return ret;
}

int sampling_run(const struct sampling_options *options)
{
	struct sampling s = {
	    .options = options,
	    .config = *options->config,
	    .publish = {.agent_fd = options->handover->in_fd, .config_path = options->config_path},
	};
	int ret = start(&s);

	if (ret < 0) {
		log_line(LOG_ERR, "sampling: %s", strerror(-ret));
	} else {
		publish_to(&s.publish, s.config.snapshot);
		publish_prometheus_to(&s.publish, s.config.prometheus);
		loop(&s);
		publish_to(&s.publish, "");
		publish_prometheus_to(&s.publish, "");
	}
	netnskeep_close(&s.others);
	eventkeep_close(&s.events);
	if (s.sampler)
		sampler_release(s.last);
	sampler_free(s.sampler);
	return ret < 0 || s.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
