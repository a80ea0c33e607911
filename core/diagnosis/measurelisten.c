/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/diagnosis/measure.h"
#include "core/diagnosis/offender.h"

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

/*
 * How many half-open connections one socket may hold besides its backlog: with SYN cookies off
 * tcp_conn_request() drops from three quarters of tcp_max_syn_backlog on.
 */
static uint64_t syn_bound(const struct tuning_table *tuning)
{
	uint64_t bound = UINT64_MAX;
	bool cookies = true;

	for (size_t i = 0; tuning && i < tuning->count; i++) {
		const struct tuning *row = &tuning->rows[i];

		if (!row->is_number || row->number < 0)
			continue;
		if (strcmp(row->name, "tcp_syncookies") == 0)
			cookies = row->number != 0;
		else if (strcmp(row->name, "tcp_max_syn_backlog") == 0)
			bound = (uint64_t)row->number - (uint64_t)row->number / 4;
	}
	return cookies ? UINT64_MAX : bound;
}

/* The SYN queue that is fullest. */
struct syn_queue {
	size_t listener; /* n_listeners: nobody has a half-open connection */
	uint64_t percent;
	uint64_t bound;
};

/*
 * The sockets of a SO_REUSEPORT group have a SYN queue each; the kernel spreads the SYNs over them
 * by a hash, so that the sum against the sum is the share of each. Queues with less than floor
 * connections count only if they lose some.
 */
static struct syn_queue fullest_syn_queue(const struct snapshot *s, uint32_t floor)
{
	struct syn_queue fullest = {.listener = s->n_listeners};
	uint64_t socket_bound = syn_bound(s->tuning);
	uint32_t most = 0;

	for (size_t i = 0; i < s->n_listeners; i++) {
		const struct listener *l = &s->listeners[i];
		uint64_t bound = l->accept_queue_limit;
		uint64_t percent;

		if (l->sockets > 0 && socket_bound < bound / l->sockets)
			bound = socket_bound * l->sockets;
		if (bound == 0 || l->syn_queue == 0)
			continue;
		percent = (uint64_t)l->syn_queue * 100 / bound;
		if (l->syn_queue < floor &&
		    !(percent >= 100 && is_losing(s, l, "TcpExtTCPReqQFullDrop")))
			continue;
		if (percent > fullest.percent ||
		    (percent == fullest.percent && l->syn_queue > most)) {
			fullest = (struct syn_queue){i, percent, bound};
			most = l->syn_queue;
		}
	}
	return fullest;
}

static void name_syn_queue(struct text *text, const struct snapshot *s,
			   const struct syn_queue *queue)
{
	const struct suspects *half_open = &s->suspects[SUSPECT_SYN_RECV];

	if (queue->listener == s->n_listeners)
		return;
	offender_listener(text, s, queue->listener);
	text_add(text, ", ", "%u of %llu", s->listeners[queue->listener].syn_queue,
		 (unsigned long long)queue->bound);
	/* The remotes are those of the listener with half of them, else of all. */
	if (half_open->listeners[0].index == queue->listener &&
	    half_open->listeners[0].count == half_open->within)
		offender_suspect_origin(text, half_open);
}

enum measured measure_syn_queue(const struct measuring *in, struct text *text, struct measure *m)
{
	struct syn_queue fullest;

	if (in->now->info.source == SOURCE_PROC_NET)
		return MEASURED_UNKNOWN;
	fullest = fullest_syn_queue(in->now, in->rule->floor);
	name_syn_queue(text, in->now, &fullest);
	m->value = fullest.percent;
	m->at_ms = measure_counted_ms(in->now);
	return MEASURED_VALUE;
}

enum measured measure_accept_queue(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct snapshot *now = in->now;
	const struct listener *fullest = NULL;

	if (now->info.source == SOURCE_PROC_NET)
		return MEASURED_UNKNOWN;
	for (size_t i = 0; i < now->n_listeners; i++) {
		const struct listener *l = &now->listeners[i];

		if (l->fullest_queue < in->rule->floor &&
		    !(l->accept_queue_fullest >= 100 && is_losing(now, l, "TcpExtListenOverflows")))
			continue;
		if (l->accept_queue_fullest > (fullest ? fullest->accept_queue_fullest : 0))
			fullest = l;
	}
	m->value = fullest ? fullest->accept_queue_fullest : 0;
	if (fullest) {
		offender_listener(text, now, (size_t)(fullest - now->listeners));
		if (fullest->sockets > 1)
			text_add(text, ", ", "one of %u sockets", fullest->sockets);
		else
			text_add(text, ", ", "%u of %u", fullest->accept_queue,
				 fullest->accept_queue_limit);
		if (offender_descriptors(snapshot_owner(now, fullest->owner)) >= 100)
			text_add(text, ", ", "the process is at its limit of descriptors");
	}
	return MEASURED_VALUE;
}

static int compare_listeners(const struct listener *a, const struct listener *b)
{
	int c = inet_addr_cmp(&a->addr, &b->addr);

	return c != 0 ? c : (int)a->port - (int)b->port;
}

/* The most drops of one listener that both snapshots have; the rows are sorted. */
static uint64_t most_drops(const struct snapshot *before, const struct snapshot *now,
			   size_t *ret_listener)
{
	uint64_t most = 0;

	for (size_t i = 0, j = 0; i < before->n_listeners && j < now->n_listeners;) {
		const struct listener *was = &before->listeners[i];
		const struct listener *is = &now->listeners[j];
		int c = compare_listeners(was, is);

		if (c == 0 && is->drops > was->drops && is->drops - was->drops > most) {
			most = is->drops - was->drops;
			*ret_listener = j;
		}
		i += c <= 0;
		j += c >= 0;
	}
	return most;
}

/* The kernel counts them for the whole namespace. A listener is named by its own drops. */
enum measured measure_accept_drops(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct snapshot *now = in->now;
	size_t listener = now->n_listeners;
	enum measured measured = measure_minute(now, "TcpExtListenOverflows", &m->value);

	m->happened = has_grown(in, "TcpExtListenOverflows");
	if (m->happened && most_drops(in->before, now, &listener) > 0)
		offender_listener(text, now, listener);
	return measured;
}

/* Either of the two counters alone will do. */
enum measured measure_syn_cookies(const struct measuring *in, struct text *text, struct measure *m)
{
	static const char *const names[] = {"TcpExtSyncookiesSent", "TcpExtTCPReqQFullDrop"};
	struct syn_queue fullest = fullest_syn_queue(in->now, 0);
	enum measured result = MEASURED_UNKNOWN;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t events;
		enum measured measured = measure_minute(in->now, names[i], &events);

		if (measured == MEASURED_NOTHING)
			return MEASURED_NOTHING;
		if (measured == MEASURED_UNKNOWN)
			continue;
		m->value += events;
		m->happened = m->happened || has_grown(in, names[i]);
		result = MEASURED_VALUE;
	}
	name_syn_queue(text, in->now, &fullest);
	return result;
}
