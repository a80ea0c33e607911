/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_HOST_H
#define TCPSTATE_TESTS_HOST_H

/*
 * This module gives the tests of owner a directory that stands for /proc, with the processes and
 * sockets that they put there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel/owner.h"
#include "tests/support/tree.h"

struct host {
	struct tree proc;
	int proc_fd;
	struct owners *owners;
};

/* An empty /proc and what is known of it: nothing. */
struct host host_new(void);
void host_free(struct host *h);

/* The text, until the next call. */
const char *host_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes /proc/PID/stat: name and start time. */
void host_stat(const struct host *h, unsigned pid, const char *comm, unsigned start);

/* A process without a socket, which started at 1000 + pid. */
void host_process(const struct host *h, unsigned pid, const char *comm);

/* One of its descriptors becomes a socket, or another one. */
void host_socket(const struct host *h, unsigned pid, unsigned fd, unsigned inode);
void host_drop(const struct host *h, unsigned pid, unsigned fd);

/* Whom a look-up gives, and his pid. */
const struct owner *host_owner(const struct host *h, uint32_t inode);
uint32_t host_pid(const struct host *h, uint32_t inode);

/* Looks the inodes up, scans where one is wanted, and says whether that was so. */
bool host_look_up(const struct host *h, const uint32_t *inodes, size_t count);
bool host_next_round(const struct host *h, const uint32_t *inodes, size_t count);

#define LOOK_UP(host, ...)                                                                         \
	host_look_up(host, (const uint32_t[]){__VA_ARGS__},                                        \
		     sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define NEXT_ROUND(host, ...)                                                                      \
	host_next_round(host, (const uint32_t[]){__VA_ARGS__},                                     \
			sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

#endif
