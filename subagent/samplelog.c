/* SPDX-License-Identifier: MIT */
#include "subagent/samplelog.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "subagent/log.h"

void samplelog_no_sample(struct samplelog *log, const char *trouble)
{
	if (strcmp(trouble, log->trouble) == 0)
		return;
	snprintf(log->trouble, sizeof(log->trouble), "%s", trouble);
	log_line(LOG_ERR, "no sample (%s): nothing is served; trying again", trouble);
}

static void tell_source(struct samplelog *log, const struct snapshot *s)
{
	if (s->info.source == log->source)
		return;
	if (s->info.source == SOURCE_PROC_NET)
		log_line(LOG_WARNING, "sock_diag is refused here: reading /proc/net/tcp "
				      "(no queue limits, drops, ages and services)");
	else if (log->source == SOURCE_PROC_NET)
		log_line(LOG_NOTICE, "sock_diag answers again");
	log->source = s->info.source;
}

static void tell_errors(struct samplelog *log, const struct snapshot *s)
{
	if (s->info.failing && !log->failing) {
		int64_t age_us =
		    (int64_t)timing_now_us(CLOCK_MONOTONIC) - timing_us(&s->info.monotonic);

		log_line(LOG_WARNING, "a sample failed (%s): keeping the one of %ld s ago",
			 s->info.last_error, (long)(age_us / 1000000));
	} else if (!s->info.failing && log->failing) {
		log_line(LOG_NOTICE, "samples work again");
	}
	log->failing = s->info.failing;
}

/* A text that says what is wrong, or "". told: what it was, of the same size. */
static void tell_text(const char *now, char *told, size_t size, const char *consequence,
		      const char *end)
{
	if (strcmp(now, told) == 0)
		return;
	memcpy(told, now, size);
	if (now[0])
		log_line(LOG_WARNING, "%s%s", now, consequence);
	else
		log_line(LOG_NOTICE, "%s", end);
}

static void tell_owners(struct samplelog *log, const struct snapshot *s)
{
	if (s->info.owners_unreadable && !log->unreadable && geteuid() != 0) {
		log_line(LOG_NOTICE,
			 "no permission to read /proc/PID/fd of %u processes: process columns "
			 "stay empty for them (needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH)",
			 s->info.owners_unreadable);
		log->unreadable = true;
	}
}

void samplelog_update(struct samplelog *log, const struct snapshot *s)
{
	tell_source(log, s);
	tell_errors(log, s);
	tell_text(s->info.tuning_error, log->tuning_error, sizeof(log->tuning_error),
		  ": nothing is recommended", "the tuning profile can be read again");
	tell_text(s->info.missing, log->missing, sizeof(log->missing), "",
		  "/proc/net lacks nothing any more");
	tell_text(s->info.others_error, log->others_error, sizeof(log->others_error), "",
		  "all namespaces can be entered");
	tell_owners(log, s);
}
