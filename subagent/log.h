/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_LOG_H
#define TCPSTATE_SUBAGENT_LOG_H

/*
 * This module writes the daemon's log: to stderr in the foreground, else to syslog. Where
 * stderr is the journal (systemd), each line begins with its priority: sd-daemon(3).
 */

#include <stdbool.h>
#include <syslog.h>

/* Where to log from now on. The choice is the process's own, as syslog(3)'s is. */
void log_open(bool foreground);

/*
 * For processes that may not open a connection to syslog themselves: those forked after
 * log_relay_open() call log_through_relay(), and their first one calls log_relay() when the
 * descriptor is readable. -1, and nothing to do, where the log is stderr; or -errno.
 */
int log_relay_open(int *ret_fd);
void log_through_relay(void);
void log_relay(int fd);

/* One line, made printable; priority as in syslog(3). */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
