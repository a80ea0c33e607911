/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_NETNSLAB_H
#define TCPSTATE_TESTS_NETNSLAB_H

/*
 * This module gives a test program a /run of its own, and makes network namespaces.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A program that was not run, for automake. */
enum { NETNSLAB_SKIPPED = 77 };

/* A child process in a network namespace of its own, with a listener. */
struct netnslab_child {
	pid_t pid;
	uint16_t port;  /* of the listener */
	uint64_t inode; /* of the namespace */
};

/* Puts the program into a mount and a network namespace of its own, with an empty /run. Without
 * privilege also into a user namespace. False: may not; it has said so. */
bool netnslab_enter(void);

/* The inode of the calling thread's network namespace. */
uint64_t netnslab_own(void);

/* Raises the loopback device of the calling thread's network namespace. */
void netnslab_loopback(void);

struct netnslab_child netnslab_start(void);
void netnslab_stop(const struct netnslab_child *child);

/* Gives the namespace of a process ("net", or "uts") a name, as ip-netns(8) does, and takes it
 * away. path: the whole one. */
void netnslab_attach(const char *path, pid_t pid, const char *type);
void netnslab_detach(const char *path);

#endif
