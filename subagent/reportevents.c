/* SPDX-License-Identifier: MIT */
#include "subagent/report_private.h"

#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "subagent/page.h"
#include "subagent/rowname.h"

enum { DAY_S = 86400, SHOWN_MAX = 20 };

static bool is_recent(const struct snapshot *s, size_t i)
{
	return s->info.time.tv_sec - s->events[i].time.tv_sec < DAY_S;
}

static void print_event(FILE *out, const struct snapshot *s, const struct event *e,
			const struct report_options *options)
{
	char when[32] = "", change[64] = "not looked at any more", name[ROWNAME_MAX];
	struct tm tm;

	if (localtime_r(&e->time.tv_sec, &tm))
		strftime(when, sizeof(when), "%m-%d %H:%M:%S", &tm);
	if (e->threshold >= 0) /* else it was switched off, or its namespace has ended */
		snprintf(change, sizeof(change), "%d (%s at %d)", e->value,
			 e->severity == SEVERITY_NORMAL ? "was raised" : "raised", e->threshold);
	rowname_event(s, e, name, sizeof(name));
	if (options->watched)
		fprintf(out, "%c ", report_mark_event(options->before, e));
	page_text(out, options->watched ? PAGE_MARGIN : 0, 16, "%s  %-8s %s%s%s %s%s%s", when,
		  report_severity(e->severity), e->netns, e->netns[0] ? ": " : "", name, change,
		  e->offender[0] ? ", " : "", e->offender);
}

/* What the last minute brought, by the second, and how much of it had to be sent again; nothing
 * where that is nothing. */
void report_arcs(FILE *out, const struct snapshot *s)
{
	char buf[512];
	struct text text = text_begin(buf, sizeof(buf));

	for (size_t i = 0; i < s->n_arcs; i++)
		if (s->arcs[i].rated && s->arcs[i].rate > 0)
			text_add(&text, ", ", "%u.%02u %s", s->arcs[i].rate / 100,
				 s->arcs[i].rate % 100, s->arcs[i].phrase);
	if (!buf[0] && !s->info.resent_known)
		return;
	fputc('\n', out);
	if (buf[0])
		page_text(out, 0, 10, "A SECOND  %s", buf);
	if (s->info.resent_known)
		page_text(out, 0, 10, "SENT AGAIN  %u.%02u %% of the last minute's segments",
			  s->info.resent_share / 100, s->info.resent_share % 100);
}

void report_events(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	size_t first = s->n_events > SHOWN_MAX ? s->n_events - SHOWN_MAX : 0;

	while (first < s->n_events && !is_recent(s, first))
		first++;
	if (first == s->n_events)
		return;
	fputs("\nLAST 24 HOURS\n", out);
	for (size_t i = first; i < s->n_events; i++)
		print_event(out, s, &s->events[i], options);
}
