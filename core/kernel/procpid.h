/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PROCPID_H
#define TCPSTATE_CORE_PROCPID_H

/*
 * This module reads /proc/PID: who a process is, its service, its sockets. Everything is read
 * below one handle of the process's directory, which never comes to mean another process: after the
 * end of the process, reading through it fails.
 *
 * Errors everywhere: -ENOENT or -ESRCH: the process has gone; -EACCES or -EPERM: not permitted;
 * others as the kernel gives them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same process as long as pid and start are the same; exec() changes the name. */
struct procpid {
	uint64_t start;  /* clock ticks since the machine started, field 22 of stat */
	uint32_t parent; /* its pid; 0: in another pid namespace, or none */
	char name[16];   /* comm: any bytes */
};

/* The ids of all processes that /proc shows, ascending, in a new array. */
int procpid_list(int proc_fd, uint32_t **ret_pids, size_t *ret_count);

/* A handle of the process's directory, for the caller to close, or -errno. */
int procpid_open(int proc_fd, uint32_t pid);

/* -EBADMSG: stat has not the form that the kernel gives it. */
int procpid_identify(int dir_fd, struct procpid *ret_process);

/* The service that the process runs in (see service.h), "": none, or it cannot be read. Any bytes,
 * `size` of them at most with the NUL. */
void procpid_service(int dir_fd, size_t size, char *ret_name);

/* How many descriptors the process has open, and its own RLIMIT_NOFILE. -ENODATA: the kernel does
 * not tell the first (before Linux 6.2) and the caller has not counted them either (0), or there is
 * no limit. -EBADMSG: limits has another form. */
int procpid_descriptors(int dir_fd, uint32_t counted, uint32_t *ret_open, uint32_t *ret_limit);

/* Reads a file name that is a number as a whole. */
bool procpid_number(const char *text, uint32_t *ret_number);

/* The inode of the socket that entry `name` of fd_dir (/proc/PID/fd) leads to; 0: to something
 * else than a socket. */
int procpid_socket(int fd_dir, const char *name, uint32_t *ret_inode);

#endif
