/* SPDX-License-Identifier: MIT */
#include "subagent/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/number.h"
#include "core/base/timing.h"
#include "subagent/log.h"

/* The pause before a restart is PAUSE_MS, and doubles with each death in a row up to 16 s; from
 * then on the log is silent. Who has run for SETTLED_MS begins anew. */
enum { SETTLED_MS = 60000, PAUSE_MS = 1000, DOUBLINGS = 4 };

int child_init(struct child *child)
{
	child->beat_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return child->beat_fd < 0 ? -errno : 0;
}

static void live(const struct child *child, pid_t parent)
{
	/* If its parent dies it ends as if it was told to; and if that has happened already. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		exit(EXIT_FAILURE);
	prctl(PR_SET_NAME, child->comm);
	log_through_relay();
	exit(child->run(child->arg));
}

int child_start(struct child *child)
{
	uint64_t now_ms = timing_now_ms();
	pid_t parent = getpid(), pid;

	if (child->pid || now_ms < child->due_ms)
		return 0;
	pid = fork();
	if (pid == 0)
		live(child, parent);
	if (pid < 0) {
		child->due_ms = now_ms + PAUSE_MS;
		return -errno;
	}
	child->pid = pid;
	child->started_ms = now_ms;
	return 0;
}

static void tell(const struct child *child, int status, uint64_t pause_ms)
{
	if (WIFSIGNALED(status))
		log_line(LOG_ERR, "the %s was ended by signal %d (%s): starting it again in %u s",
			 child->name, WTERMSIG(status), strsignal(WTERMSIG(status)),
			 (unsigned)(pause_ms / 1000));
	else
		log_line(LOG_ERR, "the %s has ended with exit code %d: starting it again in %u s",
			 child->name, WEXITSTATUS(status), (unsigned)(pause_ms / 1000));
}

bool child_ended(struct child *child, int status)
{
	uint64_t now_ms = timing_now_ms(), pause_ms;
	bool lived = child_lives(child) || child->lived;

	child_settle(child);
	child->pid = 0;
	if (!lived && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return false;
	pause_ms = (uint64_t)PAUSE_MS << (child->deaths < DOUBLINGS ? child->deaths : DOUBLINGS);
	child->due_ms = now_ms + pause_ms;
	if (child->deaths++ <= DOUBLINGS)
		tell(child, status, pause_ms);
	return true;
}

void child_settle(struct child *child)
{
	if (!child->pid || !child->deaths || timing_now_ms() - child->started_ms < SETTLED_MS)
		return;
	log_line(LOG_NOTICE, "the %s has run for a minute, after it had ended %u times in a row",
		 child->name, child->deaths);
	child->deaths = 0;
}

int child_wait_ms(const struct child *child)
{
	return child->pid ? -1 : (int)sub_sat(child->due_ms, timing_now_ms());
}

bool child_lives(struct child *child)
{
	uint64_t count;
	bool lives = read(child->beat_fd, &count, sizeof(count)) == sizeof(count);

	child->lived |= lives;
	return lives;
}

void child_beat(int beat_fd)
{
	uint64_t one = 1;

	/* Can only fail with a full counter, which is a sign of life as well. */
	(void)!write(beat_fd, &one, sizeof(one));
}

int child_signals(bool reloads)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (reloads)
		sigaddset(&set, SIGHUP);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
