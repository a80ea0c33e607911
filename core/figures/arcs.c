/* SPDX-License-Identifier: MIT */
#include "core/figures/arcs.h"

/* A longer time than this has been brought down to a minute by rates_note(). */
enum { MINUTE_MS = 60000, LONGEST_MS = 65000 };

/* The number of an arc is its place here, from 1 on: new ones go to the end. */
static const struct {
	uint32_t from, to;
	const char *name, *phrase;
	const char *counters[2]; /* the sum of both */
} table[ARC_COUNT] = {
    {STATE_CLOSED, STATE_SYN_SENT, "activeOpens", "opened from here", {"TcpActiveOpens"}},
    {STATE_SYN_RECV, STATE_ESTABLISHED, "passiveOpens", "taken from outside", {"TcpPassiveOpens"}},
    {0, STATE_CLOSED, "attemptFails", "failed before they were open", {"TcpAttemptFails"}},
    {0, STATE_CLOSED, "estabResets", "reset when they were open", {"TcpEstabResets"}},
    {0, STATE_TIME_WAIT, "timeWait", "to TIME_WAIT", {"TcpExtTW", "TcpExtTWKilled"}},
    {STATE_TIME_WAIT,
     STATE_SYN_SENT,
     "timeWaitReused",
     "TIME_WAIT used again",
     {"TcpExtTWRecycled"}},
    {0,
     STATE_CLOSED,
     "timeWaitRefused",
     "closed without TIME_WAIT, its table full",
     {"TcpExtTCPTimeWaitOverflow"}},
    {0, STATE_CLOSED, "abortTimeout", "given up after timeouts", {"TcpExtTCPAbortOnTimeout"}},
    {0, STATE_CLOSED, "abortMemory", "given up for lack of memory", {"TcpExtTCPAbortOnMemory"}},
    {0, STATE_CLOSED, "abortLinger", "given up by SO_LINGER", {"TcpExtTCPAbortOnLinger"}},
};

static bool count(size_t number, const struct snapshot *now, struct arc *arc)
{
	uint64_t minute = 0;

	arc->rated = true;
	for (size_t i = 0; i < 2 && table[number].counters[i]; i++) {
		const struct counter *counter = snapshot_counter(now, table[number].counters[i]);

		if (!counter)
			return false;
		arc->count += counter->value;
		minute += counter->last_minute;
		arc->rated = arc->rated && counter->rated;
	}
	if (arc->rated && now->info.rated_ms > 0) {
		int64_t ms = now->info.rated_ms <= LONGEST_MS ? now->info.rated_ms : MINUTE_MS;
		double rate = (double)minute * 100 * 1000 / (double)ms;

		arc->rate = rate < UINT32_MAX ? (uint32_t)(rate + 0.5) : UINT32_MAX;
	}
	return true;
}

/* The kernel does not count what is sent again among the segments sent. */
static void fill_resent(struct snapshot *now)
{
	const struct counter *sent = snapshot_counter(now, "TcpOutSegs");
	const struct counter *again = snapshot_counter(now, "TcpRetransSegs");
	double all;

	if (!sent || !again || !sent->rated || !again->rated)
		return;
	all = (double)sent->last_minute + (double)again->last_minute;
	now->info.resent_known = all > 0;
	if (all > 0)
		now->info.resent_share = (uint32_t)((double)again->last_minute * 10000 / all + 0.5);
}

void arcs_fill(struct snapshot *now)
{
	now->info.resent_share = 0;
	now->info.resent_known = false;
	fill_resent(now);
	now->n_arcs = 0;
	for (size_t i = 0; i < ARC_COUNT; i++) {
		struct arc arc = {
		    .number = (uint32_t)i + 1,
		    .from = table[i].from,
		    .to = table[i].to,
		    .name = table[i].name,
		    .phrase = table[i].phrase,
		};

		if (count(i, now, &arc))
			now->arcs[now->n_arcs++] = arc;
	}
}
