/* SPDX-License-Identifier: MIT */
#include "subagent/report.h"

#include <errno.h>
#include <time.h>

#include "subagent/page.h"
#include "subagent/report_private.h"

static void print_head(FILE *out, const struct snapshot *s, const char *host)
{
	const struct sample_info *info = &s->info;
	char sockets[PAGE_NUMBER_MAX], took[PAGE_NUMBER_MAX], when[64] = "";
	struct tm tm;

	if (localtime_r(&info->time.tv_sec, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %Z", &tm);
	if (info->duration_us < 10000)
		snprintf(took, sizeof(took), "%.1f", info->duration_us / 1000.0);
	else
		page_number(info->duration_us / 1000, took);
	page_text(out, 0, 0, "tcpstate %s   %s%s%s%s%s   %s   %s socket%s in %s ms", info->version,
		  host, info->netns[0] ? ", namespace " : "", info->netns,
		  host[0] || info->netns[0] ? "   " : "", when,
		  info->source == SOURCE_PROC_NET ? "/proc/net/tcp" : "sock_diag",
		  page_number(info->sockets, sockets), info->sockets == 1 ? "" : "s", took);
}

void report_access(FILE *out, const struct sample_info *info)
{
	char number[PAGE_NUMBER_MAX];

	if (info->source == SOURCE_PROC_NET)
		page_text(out, 0, 0,
			  "sock_diag is refused here: queue limits, drops, ages and "
			  "services are not known.");
	if (info->owners_unreadable)
		page_text(out, 0, 0,
			  "No permission to look into %s %s sockets show no "
			  "process. Run as root, or with CAP_SYS_PTRACE and "
			  "CAP_DAC_READ_SEARCH.",
			  page_number(info->owners_unreadable, number),
			  info->owners_unreadable == 1 ? "process: its" : "processes: their");
}

/* What the figures below lack, and why. */
static void print_notes(FILE *out, const struct sample_info *info)
{
	char number[PAGE_NUMBER_MAX];

	if (info->last_error[0])
		page_text(out, 0, 0, "The last sample that failed: %s.", info->last_error);
	if (info->missing[0])
		page_text(out, 0, 0, "%s.", info->missing);
	if (info->tuning_error[0])
		page_text(out, 0, 0, "%s: nothing is recommended.", info->tuning_error);
	report_access(out, info);
	if (info->unknown_states)
		page_text(out, 0, 0,
			  "Not counted: %s socket%s in a state that this version does "
			  "not know.",
			  page_number(info->unknown_states, number),
			  info->unknown_states == 1 ? "" : "s");
	if (info->suspects_omitted)
		page_text(out, 0, 0,
			  "Not remembered: since when %s suspicious socket%s been in %s state.",
			  page_number(info->suspects_omitted, number),
			  info->suspects_omitted == 1 ? " has" : "s have",
			  info->suspects_omitted == 1 ? "its" : "their");
	if (info->malformed)
		page_text(out, 0, 0,
			  "Not counted: %s socket%s that the kernel described in a way that this "
			  "version does not understand.",
			  page_number(info->malformed, number), info->malformed == 1 ? "" : "s");
}

int report_print(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	print_head(out, s, options->host);
	if (options->origin)
		page_text(out, 0, 0, "%s.", options->origin);
	print_notes(out, &s->info);
	if (options->watched)
		report_diagnosis(out, s, options);
	report_states(out, s, options);
	report_listeners(out, s, options);
	report_holders(out, s, options);
	report_limits(out, s, options);
	report_namespaces(out, s, options);
	report_arcs(out, s);
	report_events(out, s, options);
	if (!options->watched)
		report_diagnosis(out, s, options);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
