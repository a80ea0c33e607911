/* SPDX-License-Identifier: MIT */
#include "subagent/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"

static bool to_stderr = true;
static bool to_journal;
static int relay_fd = -1; /* the other processes' end */
static bool to_relay;

struct record {
	int priority;
	char line[1024];
};

/* systemd.exec(5): then stderr is a stream of the journal, which takes a priority per line. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void log_open(bool foreground)
{
	to_stderr = foreground;
	to_journal = is_journal();
	if (!foreground)
		openlog("tcpstated", LOG_PID, LOG_DAEMON);
}

int log_relay_open(int *ret_fd)
{
	int fds[2];

	*ret_fd = -1;
	if (to_stderr)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	*ret_fd = fds[0];
	relay_fd = fds[1];
	return 0;
}

void log_through_relay(void)
{
	to_relay = relay_fd >= 0;
}

void log_relay(int fd)
{
	struct record record;

	while (read(fd, &record, sizeof(record)) == sizeof(record)) {
		record.line[sizeof(record.line) - 1] = '\0';
		text_clean(record.line);
		syslog(record.priority & LOG_PRIMASK, "%s", record.line);
	}
}

void log_line(int priority, const char *format, ...)
{
	struct record record = {.priority = priority};
	char *line = record.line;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(record.line), format, args);
	va_end(args);
	text_clean(line);
	if (to_relay)
		(void)!write(relay_fd, &record, sizeof(record));
	else if (to_stderr && to_journal)
		fprintf(stderr, "<%d>tcpstated: %s\n", priority, line);
	else if (to_stderr)
		fprintf(stderr, "tcpstated: %s\n", line);
	else
		syslog(priority, "%s", line);
}
