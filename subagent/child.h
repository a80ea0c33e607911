/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_CHILD_H
#define TCPSTATE_SUBAGENT_CHILD_H

/*
 * This module runs a part of the daemon in a process of its own, and starts it again if it dies,
 * after pauses that grow from one second to sixteen.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
	const char *name;      /* for the log: "sampler" */
	const char *comm;      /* for ps(1), 15 characters */
	int (*run)(void *arg); /* its life; returns its exit code */
	void *arg;
	int beat_fd; /* an eventfd, counted up as a sign of life */
	pid_t pid;   /* 0: it does not run */
	uint64_t started_ms, due_ms;
	uint32_t deaths; /* in a row: each within a minute of its start */
	bool lived;      /* has shown a sign of life, ever */
};

/* Before the first child_start(), which may come at once. 0 or -errno. */
int child_init(struct child *child);

/* Starts it if it is due. 0 or -errno of fork(): it is tried again later. */
int child_start(struct child *child);

/* Tells the log how it has ended, waitpid(2)'s status, and when it starts again. False: it could
 * not even begin, which it has told itself; another attempt will not help. */
bool child_ended(struct child *child, int status);

/* Milliseconds until it has to be started; -1: it runs. */
int child_wait_ms(const struct child *child);

/* To be called now and then: one that has run for a minute begins anew with the pauses. */
void child_settle(struct child *child);

/* Whether it has shown a sign of life since the last call. */
bool child_lives(struct child *child);

/* For the child: a sign of life; and a signalfd of its own for SIGINT, SIGTERM and, if it reloads,
 * SIGHUP, or -errno. */
void child_beat(int beat_fd);
int child_signals(bool reloads);

#endif
