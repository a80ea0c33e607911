/* SPDX-License-Identifier: MIT */
#include "subagent/log.h"

#include <stdarg.h>
#include <stdio.h>

static bool to_stderr = true;

void log_open(bool foreground)
{
	to_stderr = foreground;
	if (!foreground)
		openlog("tcpstated", LOG_PID, LOG_DAEMON);
}

void log_line(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (to_stderr) {
		char line[1024];

		vsnprintf(line, sizeof(line), format, args);
		fprintf(stderr, "tcpstated: %s\n", line);
	} else {
		vsyslog(priority, format, args);
	}
	va_end(args);
}
