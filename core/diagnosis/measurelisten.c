/* SPDX-License-Identifier: MIT */
#include "core/base/array.h"
#include "core/diagnosis/measure.h"
#include "core/diagnosis/offender.h"

#define NO_LIMITS "/proc/net/tcp tells no limits of queues"

/* Whether a listener whose queue is full has lost connections by that within the last minute.
 * sk_drops alone also counts the SYNs that a half-open connection sends again. */
static bool is_losing(const struct snapshot *s, const struct listener *l, const char *counter)
{
	uint64_t lost = 0;

	return l->dropped_ms > 0 && measure_now_ms(s) - l->dropped_ms <= MINUTE_MS &&
	       measure_minute(s, counter, &lost) == MEASURED_VALUE && lost > 0;
}

/* Some have happened since the snapshot before. */
static bool has_grown(const struct measuring *in, const char *name)
{
	const struct counter *was = in->before ? snapshot_counter(in->before, name) : NULL;
	const struct counter *is = snapshot_counter(in->now, name);

	return was && is && is->value > was->value;
}

/* Below this percent a queue can neither raise the condition nor keep it raised. */
static bool matters(const struct rule *rule, uint32_t percent)
{
	int64_t lowest = rule->warning >= 0 ? rule->warning : rule->critical;

	return lowest >= 0 && (int64_t)percent * 100 >= lowest * rule->clear_percent;
}

/* A small queue is full by a few peers that do not answer, whatever the process does: it counts
 * only where that costs SYNs. */
static bool counts_syn(const struct snapshot *s, const struct listener *l, uint32_t floor)
{
	return l->syn_queue >= floor ||
	       (l->syn_queue_percent >= 100 && is_losing(s, l, "TcpExtTCPReqQFullDrop"));
}

/* Whether the user has the condition leave it out. owner: that of the queue that is looked at. */
static bool is_ignored(const struct measuring *in, const struct listener *l, uint32_t owner)
{
	const struct ignore_subject subject = {
	    .owner = snapshot_owner(in->now, owner),
	    .listener = &l->addr,
	    .local_port = l->port,
	};

	return measure_ignores(in, &subject);
}

/* The listener whose SYN queue is fullest; with a rule, of those that it can judge. NULL: nobody
 * has a half-open connection. */
static const struct listener *fullest_syn_queue(const struct measuring *in, const struct rule *rule)
{
	const struct snapshot *s = in->now;
	const struct listener *top = NULL;

	for (const struct listener *l = s->listeners; l < s->listeners + s->n_listeners; l++) {
		if (l->syn_queue == 0 || is_ignored(in, l, l->owner) ||
		    (rule &&
		     !(matters(rule, l->syn_queue_percent) && counts_syn(s, l, rule->floor))))
			continue;
		if (!top || snapshot_is_fuller_syn(l, top))
			top = l;
	}
	return top;
}

/*
 * Whether most of a SYN queue has answered our SYN-ACK and waits for its first data, as the
 * listener's TCP_DEFER_ACCEPT has it: the kernel drops the bare ACKs, counts them, and has no
 * reason to send again. A flood is sent again after a second.
 */
static bool is_deferring(const struct snapshot *s, const struct listener *l)
{
	uint64_t dropped = 0;

	return measure_minute(s, "TcpExtTCPDeferAcceptDrop", &dropped) == MEASURED_VALUE &&
	       dropped >= l->syn_queue / 2 && l->syn_unanswered < l->syn_queue / 2;
}

static void name_syn_queue(struct text *text, const struct snapshot *s,
			   const struct listener *fullest)
{
	const struct suspects *half_open = &s->suspects[SUSPECT_SYN_RECV];
	size_t listener;

	if (!fullest || fullest->syn_queue == 0)
		return;
	listener = (size_t)(fullest - s->listeners);
	offender_listener(text, s, listener, fullest->owner);
	text_add(text, ", ", "%u of %u", fullest->syn_queue, fullest->syn_queue_limit);
	if (is_deferring(s, fullest))
		text_add(text, ", ", "no flood: TCP_DEFER_ACCEPT, the clients have not sent yet");
	/* The remotes are those of the listener with half of them, else of all. */
	if (half_open->listeners[0].index == listener &&
	    half_open->listeners[0].count == half_open->within)
		offender_suspect_origin(text, half_open);
}

/*
 * The kernel does not tell which socket of a group a half-open connection belongs to. As long as
 * it spreads them by a hash, the sum against the sum is the share of each; where a program steers
 * them, one socket's queue can be full while the sum looks well. That one is full is certain only
 * if the kernel has met a full queue and no listener with a single socket is full, however small
 * and whether it is ignored or not; a group comes into question if it has as many half-open ones as
 * one of its sockets takes. Returns how many groups do, and one of them.
 */
static size_t suspect_groups(const struct measuring *in, const struct listener **ret_group)
{
	const struct snapshot *s = in->now;
	size_t count = 0;

	for (const struct listener *l = s->listeners; l < s->listeners + s->n_listeners; l++) {
		if (l->sockets == 1 && l->syn_queue_percent >= 100)
			return 0;
		if (l->sockets < 2 || !l->has_limits || l->syn_queue == 0 ||
		    l->syn_queue < l->syn_queue_least || is_ignored(in, l, l->owner))
			continue;
		*ret_group = l;
		count++;
	}
	return count;
}

enum measured measure_syn_queue(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct listener *fullest, *group = NULL;
	size_t groups = 0;

	if (in->now->info.source == SOURCE_PROC_NET)
		return measure_lacks(in, MEASURED_UNKNOWN, NO_LIMITS);
	fullest = fullest_syn_queue(in, in->rule);
	for (const struct listener *l = in->now->listeners;
	     l < in->now->listeners + in->now->n_listeners; l++)
		m->ignored += l->syn_queue > 0 && is_ignored(in, l, l->owner);
	m->small = !fullest;
	if (!fullest)
		fullest = fullest_syn_queue(in, NULL);
	m->value = fullest ? fullest->syn_queue_percent : 0;
	m->counted = fullest ? fullest->syn_queue : 0;
	measure_events(in, "TcpExtTCPReqQFullDrop", "SYNs dropped", &(uint64_t){0});
	m->at_ms = measure_counted_ms(in->now);
	if (m->value < 100 &&
	    (has_grown(in, "TcpExtTCPReqQFullDrop") || has_grown(in, "TcpExtTCPReqQFullDoCookies")))
		groups = suspect_groups(in, &group);
	if (groups > 0) {
		m->value = 100;
		m->small = false;
	}
	if (groups == 1) {
		offender_listener(text, in->now, (size_t)(group - in->now->listeners),
				  group->several_owners ? 0 : group->owner);
		text_add(text, ", ", "%u of %u, perhaps most at one of its %u sockets",
			 group->syn_queue, group->syn_queue_limit, group->sockets);
	} else if (groups > 1) {
		text_add(text, ", ", "one socket of %zu groups, not known which", groups);
	} else {
		name_syn_queue(text, in->now, fullest);
	}
	return MEASURED_VALUE;
}

/*
 * One connection that waits fills a backlog of 1. A small queue counts when it takes no more and
 * has stayed so: the rule's hold tells; without one, as in a single look, only lost connections do.
 */
static bool counts_accept(const struct snapshot *s, const struct listener *l,
			  const struct rule *rule)
{
	bool full = l->fullest_queue > 1 && l->fullest_queue > l->fullest_limit;

	if (l->fullest_queue >= rule->floor)
		return true;
	return l->accept_queue_fullest >= 100 &&
	       ((full && rule->hold_s > 0) || is_losing(s, l, "TcpExtListenOverflows"));
}

/* As fullest_syn_queue(). NULL: no connection waits. */
static const struct listener *fullest_accept_queue(const struct measuring *in,
						   const struct rule *rule)
{
	const struct snapshot *s = in->now;
	const struct listener *top = NULL;

	for (const struct listener *l = s->listeners; l < s->listeners + s->n_listeners; l++) {
		if (l->accept_queue_fullest == 0 || is_ignored(in, l, l->fullest_owner) ||
		    (rule &&
		     !(matters(rule, l->accept_queue_fullest) && counts_accept(s, l, rule))))
			continue;
		if (!top || snapshot_is_fuller_accept(l, top))
			top = l;
	}
	return top;
}

enum measured measure_accept_queue(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct snapshot *now = in->now;
	const struct listener *fullest;
	const struct owner *owner;

	if (now->info.source == SOURCE_PROC_NET)
		return measure_lacks(in, MEASURED_UNKNOWN, NO_LIMITS);
	fullest = fullest_accept_queue(in, in->rule);
	for (const struct listener *l = now->listeners; l < now->listeners + now->n_listeners; l++)
		m->ignored += l->fullest_queue > 0 && is_ignored(in, l, l->fullest_owner);
	m->small = !fullest;
	if (!fullest)
		fullest = fullest_accept_queue(in, NULL);
	m->value = fullest ? fullest->accept_queue_fullest : 0;
	m->counted = fullest ? fullest->fullest_queue : 0;
	measure_events(in, "TcpExtListenOverflows", "connections lost", &(uint64_t){0});
	if (!fullest)
		return MEASURED_VALUE;
	offender_listener(text, now, (size_t)(fullest - now->listeners), fullest->fullest_owner);
	text_add(text, ", ", "%u of %u", fullest->fullest_queue, fullest->fullest_limit);
	if (fullest->sockets > 1)
		text_add(text, ", ", "one of %u sockets", fullest->sockets);
	owner = snapshot_owner(now, fullest->fullest_owner);
	if (owner->fds_max > 0 && owner->fds >= owner->fds_max)
		text_add(text, ", ", "the process is at its limit of descriptors");
	return MEASURED_VALUE;
}

static bool is_full(const struct listener *l)
{
	return l->accept_queue_fullest >= 100;
}

/* A listener as one of two snapshots shows it. */
struct sighting {
	const struct snapshot *s;
	const struct listener *row; /* NULL: none */
};

/*
 * Who has dropped connections between the two snapshots, as far as that is certain: of those whose
 * accept queue was full the listener with the most drops, as it was then; else the only one that
 * has had any. sk_drops also counts the SYNs that a half-open connection sends again. The rows are
 * sorted.
 */
static struct sighting dropper(const struct snapshot *before, const struct snapshot *now)
{
	struct sighting full = {now, NULL}, any = {now, NULL};
	uint64_t most = 0;
	size_t losers = 0;

	for (size_t i = 0, j = 0; i < before->n_listeners && j < now->n_listeners;) {
		const struct listener *was = &before->listeners[i];
		const struct listener *is = &now->listeners[j];
		int c = listener_cmp(was, is);
		uint64_t drops = c == 0 && is->drops > was->drops ? is->drops - was->drops : 0;

		if (drops > 0) {
			any.row = is;
			losers++;
		}
		if (drops > most && (is_full(was) || is_full(is))) {
			full = is_full(is) ? (struct sighting){now, is}
					   : (struct sighting){before, was};
			most = drops;
		}
		i += c <= 0;
		j += c >= 0;
	}
	return most == 0 && losers == 1 ? any : full;
}

/* The kernel counts them for the whole namespace. A listener is named by its own drops, and of
 * several processes the one whose socket is full, else the only one whose sockets have dropped any.
 */
enum measured measure_accept_drops(const struct measuring *in, struct text *text, struct measure *m)
{
	enum measured measured =
	    measure_events(in, "TcpExtListenOverflows", "connections lost", &m->value);
	struct sighting at = {.row = NULL};

	m->happened = has_grown(in, "TcpExtListenOverflows");
	if (m->happened)
		at = dropper(in->before, in->now);
	if (at.row)
		offender_listener(text, at.s, (size_t)(at.row - at.s->listeners),
				  is_full(at.row) ? at.row->fullest_owner : at.row->drops_owner);
	return measured;
}

/* Whether the SYN queue of one of its sockets may just have been full: it has half as many as the
 * smallest one takes. */
static bool may_have_been_full(const struct listener *l)
{
	return l->has_limits && l->syn_queue >= l->syn_queue_least / 2;
}

/* Either of the two counters alone will do. Where each SYN gets a cookie they tell of no queue. */
enum measured measure_syn_cookies(const struct measuring *in, struct text *text, struct measure *m)
{
	static const struct {
		const char *counter, *words;
	} events_of[] = {
	    {"TcpExtSyncookiesSent", "cookies sent"},
	    {"TcpExtTCPReqQFullDrop", "SYNs dropped"},
	};
	const struct listener *fullest = fullest_syn_queue(in, NULL);
	enum measured result = MEASURED_UNKNOWN;

	if (in->now->info.always_cookies)
		return measure_lacks(in, MEASURED_UNKNOWN, "tcp_syncookies is 2: always sent");
	for (size_t i = 0; i < COUNT_OF(events_of); i++) {
		uint64_t events;
		enum measured measured =
		    measure_events(in, events_of[i].counter, events_of[i].words, &events);

		if (measured == MEASURED_NOTHING)
			return MEASURED_NOTHING;
		if (measured == MEASURED_UNKNOWN)
			continue;
		m->value += events;
		m->happened = m->happened || has_grown(in, events_of[i].counter);
		result = MEASURED_VALUE;
	}
	if (fullest && may_have_been_full(fullest))
		name_syn_queue(text, in->now, fullest);
	return result;
}
