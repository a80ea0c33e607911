/* SPDX-License-Identifier: MIT */
#include "subagent/log.h"

#include <stdarg.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.h"

static bool to_stderr = true;
static bool to_journal;

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

void log_line(int priority, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	text_clean(line);
	if (to_stderr && to_journal)
		fprintf(stderr, "<%d>tcpstated: %s\n", priority, line);
	else if (to_stderr)
		fprintf(stderr, "tcpstated: %s\n", line);
	else
		syslog(priority, "%s", line);
}
