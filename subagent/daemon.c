/* SPDX-License-Identifier: MIT */
#include "subagent/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/number.h"
#include "core/base/timing.h"
#include "subagent/child.h"
#include "subagent/log.h"
#include "subagent/sampling.h"
#include "subagent/sandbox.h"
#include "subagent/sdnotify.h"
#include "subagent/serving.h"

enum { SAMPLER, AGENT, CHILDREN };

/* What hangs is killed so long after it was told to end. READY_MS: how soon a new child is looked
 * at again. */
enum { END_MS = 1500, READY_MS = 100, SLEEP_MS = 60000 };

struct daemon {
	struct child children[CHILDREN];
	struct handover handover;
	int signal_fd, log_fd;
	uint64_t end_ms; /* CLOCK_MONOTONIC by which all has to end; 0: it goes on */
	uint64_t ping_ms;
	uint32_t watchdog_ms; /* how often to ping systemd; 0: not at all */
	bool ready, failed;
	uint32_t
	    lives; /* bits of the children that have shown a sign of life since the last ping */
};

static bool is_over(const struct daemon *d)
{
	return d->end_ms && !d->children[SAMPLER].pid && !d->children[AGENT].pid;
}

static void signal_all(const struct daemon *d, int signal)
{
	for (size_t i = 0; i < CHILDREN; i++)
		if (d->children[i].pid)
			kill(d->children[i].pid, signal);
}

static void end(struct daemon *d)
{
	if (d->end_ms)
		return;
	sdnotify("STOPPING=1");
	d->end_ms = timing_now_ms() + END_MS;
	signal_all(d, SIGTERM);
}

static void kill_late(struct daemon *d)
{
	if (timing_now_ms() < d->end_ms)
		return;
	for (size_t i = 0; i < CHILDREN; i++)
		if (d->children[i].pid)
			log_line(LOG_WARNING, "the %s does not end: it is killed",
				 d->children[i].name);
	signal_all(d, SIGKILL);
	d->end_ms = timing_now_ms() + SLEEP_MS;
}

static void reap(struct daemon *d)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN; i++) {
			struct child *child = &d->children[i];

			if (child->pid != pid)
				continue;
			if (d->end_ms) {
				child->pid = 0;
				d->failed |= WIFEXITED(status) && WEXITSTATUS(status) != 0;
			} else if (!child_ended(child, status)) {
				d->failed = true;
				end(d);
			}
		}
}

static void take_signal(struct daemon *d)
{
	struct signalfd_siginfo info;

	if (read(d->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(d);
	else if (info.ssi_signo != SIGHUP)
		end(d);
	else if (d->children[SAMPLER].pid)
		kill(d->children[SAMPLER].pid, SIGHUP);
}

/* A ping says that each child has shown a sign of life since the last one. */
static void look(struct daemon *d)
{
	uint64_t now_ms = timing_now_ms();

	if (d->ready && (!d->watchdog_ms || now_ms < d->ping_ms))
		return;
	for (uint32_t i = 0; i < CHILDREN; i++)
		d->lives |= (uint32_t)child_lives(&d->children[i]) << i;
	if (d->lives != (1U << CHILDREN) - 1)
		return;
	sdnotify(d->ready ? "WATCHDOG=1" : "READY=1");
	d->ready = true;
	d->lives = 0;
	d->ping_ms = now_ms + d->watchdog_ms;
}

static void start(struct daemon *d)
{
	for (size_t i = 0; i < CHILDREN && !d->end_ms; i++) {
		int ret = child_start(&d->children[i]);

		child_settle(&d->children[i]);
		if (ret < 0)
			log_line(LOG_ERR, "the %s cannot be started: %s", d->children[i].name,
				 strerror(-ret));
	}
}

static int sleep_ms(const struct daemon *d)
{
	uint64_t now_ms = timing_now_ms();
	int least = d->ready ? SLEEP_MS : READY_MS;

	if (d->end_ms)
		return (int)sub_sat(d->end_ms, now_ms);
	if (d->ready && d->watchdog_ms && sub_sat(d->ping_ms, now_ms) < SLEEP_MS)
		least = (int)sub_sat(d->ping_ms, now_ms) + READY_MS;
	for (size_t i = 0; i < CHILDREN; i++) {
		int ms = child_wait_ms(&d->children[i]);

		if (ms >= 0 && ms < least)
			least = ms;
	}
	return least;
}

static void loop(struct daemon *d)
{
	struct pollfd polled[] = {
	    {.fd = d->signal_fd, .events = POLLIN},
	    {.fd = d->log_fd, .events = POLLIN},
	};

	while (!is_over(d)) {
		start(d);
		poll(polled, 2, sleep_ms(d));
		if (polled[1].revents)
			log_relay(d->log_fd);
		if (polled[0].revents)
			take_signal(d);
		if (d->end_ms)
			kill_late(d);
		else
			look(d);
	}
	if (d->log_fd >= 0)
		log_relay(d->log_fd);
}

/* The children inherit the mask. SIGALRM is the agent's. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGCHLD);
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

/* Each closes what is the other one's. */
static int run_sampler(void *arg)
{
	const struct sampling_options *options = arg;

	close(options->handover->out_fd);
	return sampling_run(options);
}

static int run_agent(void *arg)
{
	const struct serving_options *options = arg;

	close(options->handover->in_fd);
	return serving_run(options);
}

/* Large pieces of memory have a mapping of their own, and go back when they are freed. As it is by
 * default, malloc() learns to keep them, and a megabyte lies idle in holes. */
enum { OWN_MAPPING = 128 * 1024 };

static int prepare(struct daemon *d, bool namespaces)
{
	int ret = d->signal_fd = open_signals();

	mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
	if (ret >= 0)
		ret = log_relay_open(&d->log_fd);
	if (ret == 0)
		ret = handover_open(&d->handover);
	for (size_t i = 0; i < CHILDREN && ret == 0; i++)
		ret = child_init(&d->children[i]);
	if (ret == 0)
		ret = sandbox_daemon(namespaces);
	return ret;
}

int daemon_run(const struct daemon_options *options, const struct daemon_config *config)
{
	struct sampling_options sampling = {
	    .config = config,
	    .config_path = options->config_path,
	    .config_required = options->config_required,
	    .filter = options->filter,
	};
	struct serving_options serving = {
	    .address = options->address ? options->address : config->agentx,
	    .retry_s = config->agentx_retry_s,
	    .filter = options->filter,
	};
	struct daemon d = {
	    .children = {[SAMPLER] = {.name = "sampler",
				      .comm = "tcpstate-sample",
				      .run = run_sampler,
				      .arg = &sampling},
			 [AGENT] = {.name = "agent",
				    .comm = "tcpstate-agent",
				    .run = run_agent,
				    .arg = &serving}},
	    .watchdog_ms = sdnotify_watchdog_ms() / 3,
	};
	int ret = prepare(&d, config->common.namespaces);

	if (ret < 0) {
		log_line(LOG_ERR, "starting: %s", strerror(-ret));
		return EXIT_FAILURE;
	}
	sampling.handover = serving.handover = &d.handover;
	sampling.beat_fd = d.children[SAMPLER].beat_fd;
	serving.beat_fd = d.children[AGENT].beat_fd;
	loop(&d);
	return d.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
