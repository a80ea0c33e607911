/* SPDX-License-Identifier: MIT */
#include "subagent/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/diagnosis/condition.h"
#include "core/diagnosis/wording.h"
#include "core/sample/feed.h"
#include "subagent/agent.h"
#include "subagent/eventfile.h"
#include "subagent/log.h"
#include "subagent/publish.h"

enum { TICK_MS = 1000, OVERDUE_INTERVALS = 3 };

struct daemon {
	const struct daemon_options *options;
	struct daemon_config config;
	struct feed *feed;
	struct agent *agent;
	struct notify *notify;
	struct events *events;
	struct publish publish;
	struct eventfile_lock lock;
	const struct snapshot *snapshot;
	/* While the sampling thread hangs: a copy that says so. */
	struct snapshot *overdue;
	uint64_t ticked_ms, silent_ms; /* CLOCK_MONOTONIC; awake since the newest snapshot */
	int signal_fd;
	bool stop;
	/* What the log has told, so that it tells each change once. */
	uint32_t source;
	bool failing, unreadable, unwritable;
	char *trouble; /* why there was no first sample */
	char tuning_error[sizeof(((struct sample_info *)0)->tuning_error)];
	char missing[sizeof(((struct sample_info *)0)->missing)];
};

static void tell_first(struct daemon *d, const struct snapshot *s)
{
	char base[128];

	agent_base(base, sizeof(base));
	log_line(LOG_NOTICE,
		 "version %s, serving TCPSTATE-MIB at %s, sampling every %u s, %u sockets",
		 s->info.version, base, d->config.common.interval_s, s->info.sockets);
}

/* Each reason once, in a row. */
static void tell_no_sample(struct daemon *d)
{
	char *trouble = feed_trouble(d->feed);

	if (trouble && (!d->trouble || strcmp(trouble, d->trouble) != 0))
		log_line(LOG_ERR, "no sample (%s): nothing is served; trying again", trouble);
	if (trouble) {
		free(d->trouble);
		d->trouble = trouble;
	}
}

static void tell_source(struct daemon *d, const struct snapshot *s)
{
	if (s->info.source == d->source)
		return;
	if (s->info.source == SOURCE_PROC_NET)
		log_line(LOG_WARNING, "sock_diag is refused here: reading /proc/net/tcp "
				      "(no queue limits, drops, ages and services)");
	else if (d->source == SOURCE_PROC_NET)
		log_line(LOG_NOTICE, "sock_diag answers again");
	d->source = s->info.source;
}

static void tell_errors(struct daemon *d, const struct snapshot *s)
{
	if (s->info.failing && !d->failing) {
		int64_t age_us =
		    (int64_t)timing_now_us(CLOCK_MONOTONIC) - timing_us(&s->info.monotonic);

		log_line(LOG_WARNING, "a sample failed (%s): keeping the one of %ld s ago",
			 s->info.last_error, (long)(age_us / 1000000));
	} else if (!s->info.failing && d->failing) {
		log_line(LOG_NOTICE, "samples work again");
	}
	d->failing = s->info.failing;
}

static void tell_tuning(struct daemon *d, const struct snapshot *s)
{
	if (strcmp(s->info.tuning_error, d->tuning_error) == 0)
		return;
	memcpy(d->tuning_error, s->info.tuning_error, sizeof(d->tuning_error));
	if (s->info.tuning_error[0])
		log_line(LOG_WARNING, "%s: nothing is recommended", s->info.tuning_error);
	else
		log_line(LOG_NOTICE, "the tuning profile can be read again");
}

static void tell_missing(struct daemon *d, const struct snapshot *s)
{
	if (strcmp(s->info.missing, d->missing) == 0)
		return;
	memcpy(d->missing, s->info.missing, sizeof(d->missing));
	if (s->info.missing[0])
		log_line(LOG_WARNING, "%s", s->info.missing);
	else
		log_line(LOG_NOTICE, "/proc/net lacks nothing any more");
}

static void tell_owners(struct daemon *d, const struct snapshot *s)
{
	if (s->info.owners_unreadable && !d->unreadable && geteuid() != 0) {
		log_line(LOG_NOTICE,
			 "no permission to read /proc/PID/fd of %u processes: process columns "
			 "stay empty for them (needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH)",
			 s->info.owners_unreadable);
		d->unreadable = true;
	}
}

static int priority_of(uint32_t severity)
{
	return severity == SEVERITY_CRITICAL ? LOG_CRIT
	       : severity == SEVERITY_NORMAL ? LOG_NOTICE
					     : LOG_WARNING;
}

static void on_transition(const struct transition *transition, void *arg)
{
	struct daemon *d = arg;
	char line[512];

	log_line(priority_of(transition->condition.severity), "%s",
		 transition_format(transition, line, sizeof(line)));
	if (d->config.traps)
		agent_notify(d->agent, transition);
}

static const char *event_trouble(int error)
{
	return error == -EBUSY    ? "another tcpstated keeps it"
	       : error == -EINVAL ? "not a file of events"
				  : strerror(-error);
}

/* Its end is told as well; a directory that is not there is no trouble, the events are then kept in
 * memory only. */
static void tell_event_file(struct daemon *d, int error)
{
	bool failing = error != 0 && error != -ENOENT;

	if (failing && !d->unwritable)
		log_line(LOG_WARNING, "%s: %s: what changes is not kept over a restart",
			 d->config.events, event_trouble(error));
	else if (!failing && d->unwritable)
		log_line(LOG_NOTICE, "%s can be written again", d->config.events);
	d->unwritable = failing;
}

static void read_events(struct daemon *d)
{
	int ret = 0;

	if (d->config.events[0])
		ret = eventfile_lock(&d->lock, d->config.events);
	/* Where the directory cannot be written, what is in it can still be read. */
	if (d->config.events[0] && ret != -EBUSY)
		ret = eventfile_read(d->config.events, d->events);
	if (ret < 0 && ret != -ENOENT)
		log_line(LOG_WARNING, "%s: %s: beginning without earlier changes", d->config.events,
			 event_trouble(ret));
}

/* Returns true if a condition has changed. */
static bool note_events(struct daemon *d, const struct snapshot *s)
{
	bool changed = events_note(d->events, s) > 0;
	int ret;

	if (!changed || !d->config.events[0])
		return changed;
	ret = eventfile_lock(&d->lock, d->config.events);
	if (ret == 0)
		ret = eventfile_write(d->config.events, d->events);
	tell_event_file(d, ret);
	return changed;
}

/* A moment in which this thread could have seen a new snapshot. If it has slept for long itself, as
 * with the whole process stopped, the other one has not had its turn either. */
static void tick(struct daemon *d)
{
	uint64_t now_ms = timing_now_ms();
	uint64_t elapsed_ms = now_ms - d->ticked_ms;

	d->silent_ms += elapsed_ms < 2 * TICK_MS ? elapsed_ms : TICK_MS;
	d->ticked_ms = now_ms;
}

static void show_overdue(struct daemon *d)
{
	const struct sample_info *info = &d->snapshot->info;
	int64_t now_ms = timing_ms(&info->attempted_at) + (int64_t)d->silent_ms;

	if (!d->overdue)
		d->overdue = snapshot_copy(d->snapshot);
	if (!d->overdue)
		return;
	conditions_overdue(&d->config.common.rules, now_ms, d->overdue);
	note_events(d, d->overdue);
	agent_show(d->agent, d->overdue, d->events);
	notify_update(d->notify, d->overdue, on_transition, d);
}

/* A sampling thread that hangs cannot say so itself. */
static void watch(struct daemon *d)
{
	tick(d);
	if (d->snapshot && d->silent_ms > OVERDUE_INTERVALS * d->snapshot->info.interval_ms)
		show_overdue(d);
}

static void show(struct daemon *d)
{
	const struct snapshot *s = feed_take(d->feed), *before = d->snapshot;
	bool changed;

	if (!s) {
		tell_no_sample(d);
		return;
	}
	changed = note_events(d, s);
	publish_prometheus(&d->publish, s);
	publish_snapshot(&d->publish, agent_show(d->agent, s, d->events), changed);
	snapshot_free(d->overdue);
	d->overdue = NULL;
	d->silent_ms = 0;
	d->snapshot = s;
	if (!before)
		tell_first(d, s);
	feed_return(d->feed, before);
	tell_source(d, s);
	tell_errors(d, s);
	tell_tuning(d, s);
	tell_missing(d, s);
	tell_owners(d, s);
	notify_update(d->notify, s, on_transition, d);
}

/* To show what was sampled belongs to the budget; to answer requests does not. */
static void take_snapshot(struct daemon *d)
{
	uint64_t begun_us = timing_cpu_us();

	show(d);
	feed_spent(d->feed, timing_cpu_us() - begun_us);
}

/* A wrong file keeps the old configuration and says why. */
static void reload(struct daemon *d)
{
	char error[CONFIG_ERROR_MAX];
	struct daemon_config config;

	if (config_load(&daemon_config_options, d->options->config_path,
			d->options->config_required, &config.common, error) < 0) {
		log_line(LOG_ERR, "%s; keeping the configuration as it was", error);
		return;
	}
	if (feed_configure(d->feed, &config.common) < 0) {
		log_line(LOG_ERR, "out of memory; keeping the configuration as it was");
		return;
	}
	if (strcmp(config.agentx, d->config.agentx) != 0 ||
	    config.agentx_retry_s != d->config.agentx_retry_s)
		log_line(LOG_WARNING, "agentx and agentx-retry need a restart");
	agent_busy_poll(d->agent, config.busy_poll_us);
	publish_to(&d->publish, config.snapshot);
	publish_prometheus_to(&d->publish, config.prometheus);
	d->config = config;
	log_line(LOG_NOTICE, "configuration read again, sampling every %u s",
		 config.common.interval_s);
}

static void take_signal(struct daemon *d)
{
	struct signalfd_siginfo info;

	if (read(d->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		reload(d);
	else
		d->stop = true;
}

/* Before any thread starts, so that they all inherit the mask. SIGALRM is the agent's. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	sigdelset(&set, SIGALRM);
	signal(SIGPIPE, SIG_IGN);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int loop(struct daemon *d)
{
	struct pollfd own[] = {
	    {.fd = d->signal_fd, .events = POLLIN},
	    {.fd = feed_fd(d->feed), .events = POLLIN},
	};
	int ret = 0;

	while (!d->stop && ret == 0) {
		ret = agent_wait(d->agent, own, 2, TICK_MS);
		if (own[0].revents)
			take_signal(d);
		if (own[1].revents)
			take_snapshot(d);
		else
			watch(d);
		agent_flush(d->agent);
	}
	return ret;
}

/* Large pieces of memory have a mapping of their own, and go back when they are freed. As it is by
 * default, malloc() learns to keep them, and a megabyte lies idle in holes. */
enum { OWN_MAPPING = 128 * 1024 };

int daemon_run(const struct daemon_options *options, const struct daemon_config *config)
{
	struct daemon d = {
	    .options = options, .config = *config, .signal_fd = -1, .lock = {.fd = -1}};
	struct agent_options agent_options = {
	    .address = options->address ? options->address : config->agentx,
	    .retry_s = config->agentx_retry_s,
	};
	const char *what = "signalfd";
	int ret;

	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	ret = d.signal_fd = open_signals();
	if (ret >= 0) {
		what = "memory";
		ret = notify_new(&d.notify);
		d.events = calloc(1, sizeof(*d.events));
		if (!d.events)
			ret = -ENOMEM;
	}
	if (ret == 0) {
		what = "AgentX";
		/* Sets environment variables: before there is a second thread. */
		ret = agent_open(&agent_options, &d.agent);
	}
	if (ret == 0) {
		read_events(&d);
		d.publish.config_path = options->config_path;
		publish_to(&d.publish, config->snapshot);
		publish_prometheus_to(&d.publish, config->prometheus);
		what = "/proc";
		ret = feed_start(&config->common, &d.feed);
	}
	if (ret == 0) {
		what = "poll";
		agent_busy_poll(d.agent, config->busy_poll_us);
		d.ticked_ms = timing_now_ms();
		ret = loop(&d);
	}
	if (ret < 0)
		log_line(LOG_ERR, "%s: %s", what, strerror(-ret));
	publish_to(&d.publish, "");
	agent_close(d.agent);
	if (d.feed)
		feed_return(d.feed, d.snapshot);
	snapshot_free(d.overdue);
	if (feed_stop(d.feed) < 0) {
		log_line(LOG_WARNING, "the sampling thread does not end: leaving it");
		_exit(ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	free(d.trouble);
	notify_free(d.notify);
	free(d.events);
	if (d.lock.fd >= 0)
		close(d.lock.fd);
	if (d.signal_fd >= 0)
		close(d.signal_fd);
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
