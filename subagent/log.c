/* SPDX-License-Identifier: MIT */
#include "subagent/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"

static bool to_stderr = true;

void log_open(bool foreground)
{
	to_stderr = foreground;
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
	if (to_stderr)
		fprintf(stderr, "tcpstated: %s\n", line);
	else
		syslog(priority, "%s", line);
}
