/* SPDX-License-Identifier: MIT */
#include "core/kernel/totals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/base/text.h"

int totals_read(int net_fd, struct totals *ret_totals)
{
	struct totals totals;
	int ret = proc_sockstat(net_fd, &totals.sockstat);

	if (ret == 0)
		ret = proc_counters(net_fd, &totals.counters);
	if (ret == 0)
		*ret_totals = totals;
	return ret;
}

void totals_done(struct totals *totals)
{
	proc_counters_done(&totals->counters);
}

/* The kernel adds up what its CPUs have counted one after the other: CurrEstab may be short of 0
 * for a moment, and is printed without a sign. */
static uint64_t not_negative(uint64_t value)
{
	return value > INT64_MAX ? 0 : value;
}

static uint64_t counter(const struct totals *totals, const char *name)
{
	uint64_t value = 0;

	proc_counter(&totals->counters, name, &value);
	return not_negative(value);
}

static bool has_counter(const struct totals *totals, const char *name)
{
	uint64_t value;

	return proc_counter(&totals->counters, name, &value);
}

/* Divided as in the full sample, whose counts are exact: those derived since are rounded, and
 * would lose it bit by bit. */
static void set_count(const struct state_row *full, struct snapshot *now, enum tcp_state state,
		      uint64_t total)
{
	size_t v4 = (IP_V4 - 1) * STATE_COUNT + state - 1;
	size_t v6 = (IP_V6 - 1) * STATE_COUNT + state - 1;
	size_t both = (IP_TOTAL - 1) * STATE_COUNT + state - 1;
	uint64_t was = full[both].count, share = 0;

	if (was)
		share = (full[v6].count * total + was / 2) / was;
	now->states[both].count = (uint32_t)total;
	now->states[v6].count = (uint32_t)share;
	now->states[v4].count = (uint32_t)(total - share);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* What the named counters gained between the two. */
static uint64_t gain(const struct totals *before, const struct totals *after,
		     const char *const *names)
{
	uint64_t sum = 0;

	for (; *names; names++)
		sum += sub_sat(counter(after, *names), counter(before, *names));
	return sum;
}

/*
 * In a quiet moment CurrEstab has to be one of the two sums. Else the nearer one is right if there
 * are more CLOSE_WAIT than twice the connections that came or went meanwhile.
 */
static void learn_curr_estab(struct totals_meaning *meaning, uint64_t was, uint64_t is,
			     uint64_t opened, uint64_t established, uint64_t close_wait)
{
	uint64_t churn = opened + distance(was, is);
	uint64_t both = established + close_wait;
	bool quiet = churn == 0;

	meaning->unsure = 2 * churn;
	if (quiet && is != established && is != both)
		meaning->curr_estab = CURR_ESTAB_OTHER;
	else if (quiet && close_wait == 0 && meaning->curr_estab == CURR_ESTAB_OTHER)
		meaning->curr_estab = CURR_ESTAB_UNKNOWN;
	else if (close_wait <= meaning->unsure)
		return;
	else if (2 * distance(was, both) < close_wait && 2 * distance(is, both) < close_wait)
		meaning->curr_estab = CURR_ESTAB_WITH_CLOSE_WAIT;
	else if (2 * distance(was, established) < close_wait &&
		 2 * distance(is, established) < close_wait)
		meaning->curr_estab = CURR_ESTAB_ALONE;
}

void totals_learn(struct totals_meaning *meaning, const struct totals *before,
		  const struct totals *after, uint32_t fin2, const struct snapshot *now)
{
	static const char *const opens[] = {"TcpActiveOpens", "TcpPassiveOpens", NULL};
	static const char *const ends[] = {"TcpExtTW", "TcpExtTWKilled", "TcpExtTWRecycled", NULL};
	uint64_t opened = gain(before, after, opens);
	uint64_t time_wait = (uint64_t)snapshot_count(now, IP_TOTAL, STATE_TIME_WAIT) + fin2;
	uint64_t tw = after->sockstat.time_wait;

	learn_curr_estab(meaning, counter(before, "TcpCurrEstab"), counter(after, "TcpCurrEstab"),
			 opened, snapshot_count(now, IP_TOTAL, STATE_ESTABLISHED),
			 snapshot_count(now, IP_TOTAL, STATE_CLOSE_WAIT));
	if (before->sockstat.time_wait == tw && opened + gain(before, after, ends) == 0)
		meaning->time_wait_other = tw != time_wait;
}

bool totals_derivable(const struct totals_meaning *meaning, const struct totals *totals,
		      uint64_t close_wait)
{
	if (!totals->sockstat.has_time_wait || meaning->time_wait_other ||
	    !has_counter(totals, "TcpCurrEstab"))
		return false;
	return meaning->curr_estab == CURR_ESTAB_UNKNOWN ? close_wait <= meaning->unsure
							 : meaning->curr_estab != CURR_ESTAB_OTHER;
}

/*
 * The two states that a fast sample does not read, from the kernel's totals: CurrEstab, and
 * sockstat's "tw", which counts TIME_WAIT and the FIN_WAIT_2 kept as time-wait sockets. The totals
 * right before and right after the dump are averaged.
 */
void totals_derive(const struct totals_meaning *meaning, const struct totals *before,
		   const struct totals *after, uint32_t fin2, const struct state_row *full,
		   struct snapshot *now)
{
	uint64_t close_wait = meaning->curr_estab == CURR_ESTAB_ALONE
				  ? 0
				  : snapshot_count(now, IP_TOTAL, STATE_CLOSE_WAIT);
	uint64_t established =
	    (counter(before, "TcpCurrEstab") + counter(after, "TcpCurrEstab") + 1) / 2;
	uint64_t time_wait = (before->sockstat.time_wait + after->sockstat.time_wait + 1) / 2;

	set_count(full, now, STATE_ESTABLISHED, sub_sat(established, close_wait));
	set_count(full, now, STATE_TIME_WAIT, sub_sat(time_wait, fin2));
}

int totals_counters(const struct totals *totals, const struct counter_names *named,
		    struct snapshot *now)
{
	static const char *const always[] = {
	    "TcpActiveOpens",
	    "TcpAttemptFails",
	    "TcpEstabResets",
	    "TcpExtListenDrops",
	    "TcpExtListenOverflows",
	    "TcpExtSyncookiesFailed",
	    "TcpExtSyncookiesRecv",
	    "TcpExtSyncookiesSent",
	    "TcpExtTCPAbortOnLinger",
	    "TcpExtTCPAbortOnMemory",
	    "TcpExtTCPAbortOnTimeout",
	    "TcpExtTCPDeferAcceptDrop",
	    "TcpExtTCPMemoryPressures",
	    "TcpExtTCPReqQFullDoCookies",
	    "TcpExtTCPReqQFullDrop",
	    "TcpExtTCPSynRetrans",
	    "TcpExtTCPTimeWaitOverflow",
	    "TcpExtTCPTimeouts",
	    "TcpExtTW",
	    "TcpExtTWKilled",
	    "TcpExtTWRecycled",
	    "TcpOutRsts",
	    "TcpOutSegs",
	    "TcpPassiveOpens",
	    "TcpRetransSegs",
	};
	const struct counters *all = &totals->counters;

	now->counters = calloc(all->count ? all->count : 1, sizeof(*now->counters));
	if (!now->counters)
		return -ENOMEM;
	/* In the order of `all`, which is sorted. */
	for (size_t i = 0; i < all->count; i++) {
		const char *name = all->rows[i].name;
		bool wanted = false;

		for (size_t j = 0; !wanted && j < COUNT_OF(always); j++)
			wanted = strcmp(name, always[j]) == 0;
		for (size_t j = 0; !wanted && j < named->count; j++)
			wanted = strcmp(name, named->name[j]) == 0;
		if (!wanted)
			continue;
		now->counters[now->n_counters] = all->rows[i];
		now->counters[now->n_counters++].value = not_negative(all->rows[i].value);
	}
	return 0;
}

void totals_missing(const struct totals *totals, struct snapshot *now)
{
	const struct sockstat *s = &totals->sockstat;
	const struct {
		bool there;
		const char *figure, *cost;
	} figures[] = {
	    {has_counter(totals, "TcpCurrEstab"), "snmp's Tcp", "all samples are full ones"},
	    {has_counter(totals, "TcpExtListenDrops"), "netstat's TcpExt",
	     "acceptDrops, synCookies unknown"},
	    {s->has_time_wait, "sockstat's tw", "timeWait unknown, all samples are full ones"},
	    {s->has_orphans, "sockstat's orphan", "orphans unknown"},
	    {s->has_memory, "sockstat's mem", "memory unknown"},
	};
	struct text text = text_begin(now->info.missing, sizeof(now->info.missing));

	for (size_t i = 0; i < COUNT_OF(figures); i++)
		if (!figures[i].there)
			text_add(&text, ", ", "%s%s (%s)", text.len ? "" : "/proc/net lacks ",
				 figures[i].figure, figures[i].cost);
}

static bool has_grown(const struct counters *counters, const char *name,
		      const struct snapshot *last)
{
	uint64_t is;

	if (!proc_counter(counters, name, &is))
		return false;
	for (size_t i = 0; i < last->n_counters; i++)
		if (strcmp(last->counters[i].name, name) == 0)
			return is > last->counters[i].value;
	return false;
}

bool totals_overflowing(const struct totals *totals, const struct snapshot *last)
{
	return (!last->info.always_cookies &&
		has_grown(&totals->counters, "TcpExtSyncookiesSent", last)) ||
	       has_grown(&totals->counters, "TcpExtTCPReqQFullDrop", last);
}
