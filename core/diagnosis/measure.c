/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/measure.h"

#include <string.h>

#include "core/base/timing.h"
#include "core/diagnosis/offender.h"

/* Percent of a process's descriptors from which its stale connections are critical. */
enum { DESCRIPTORS_SHARE = 25 };

/* A pool that has lain still for so long, in seconds, is none that leaks. */
enum { SETTLED_S = 3600 };

int64_t measure_now_ms(const struct snapshot *s)
{
	int64_t tried = timing_ms(&s->info.attempted_at), sampled = timing_ms(&s->info.monotonic);

	return tried > sampled ? tried : sampled;
}

int64_t measure_counted_ms(const struct snapshot *s)
{
	int64_t counted = timing_ms(&s->info.counted_at);

	return counted > 0 ? counted : timing_ms(&s->info.monotonic);
}

bool measure_ignores(const struct measuring *in, const struct ignore_subject *subject)
{
	return in->ignores && ignores_match(in->ignores, in->condition, subject);
}

/* The count of one kind of suspects; the caller names them. */
static const struct suspects *count_suspects(const struct measuring *in, enum suspect kind,
					     struct measure *m)
{
	m->value = in->now->suspects[kind].count;
	m->ignored = in->now->suspects[kind].ignored;
	m->at_ms = kind < SUSPECT_PEER_SILENT ? measure_counted_ms(in->now)
					      : timing_ms(&in->now->info.detail_at);
	return &in->now->suspects[kind];
}

/* How many sockets are in the state that they are suspects of. */
static void note_of(const struct measuring *in, uint32_t count, enum tcp_state state)
{
	text_add(in->figures, ", ", "%u of %u in %s", count,
		 snapshot_count(in->now, IP_TOTAL, state), state_name(state));
}

static void note_resent(const struct measuring *in)
{
	const struct sample_info *info = &in->now->info;

	if (info->resent_known)
		text_add(in->figures, ", ",
			 "%u.%02u %% of the last minute's segments were sent again",
			 info->resent_share / 100, info->resent_share % 100);
}

enum measured measure_lacks(const struct measuring *in, enum measured measured, const char *why)
{
	text_add(in->figures, ", ", "%s", why);
	return measured;
}

static enum measured lacks_counter(const struct measuring *in, enum measured measured,
				   const char *name)
{
	if (measured == MEASURED_UNKNOWN)
		text_add(in->figures, ", ", "this kernel gives no %s", name);
	else if (measured == MEASURED_NOTHING)
		text_add(in->figures, ", ", "%s takes two samples", name);
	return measured;
}

/* Suspects whose process is named. */
static enum measured measure_processes(const struct measuring *in, enum suspect kind,
				       struct text *text, struct measure *m)
{
	offender_suspect_process(text, in->now, count_suspects(in, kind, m));
	return MEASURED_VALUE;
}

/* Those of one remote address and port. */
static enum measured measure_endpoint(const struct measuring *in, enum suspect kind,
				      struct text *text, struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, kind, m);

	m->value = suspects->endpoint.count;
	text_add(in->figures, ", ", "%u to all remotes together", suspects->count);
	note_resent(in);
	offender_suspect_endpoint(text, in->now, suspects);
	return MEASURED_VALUE;
}

enum measured measure_minute(const struct snapshot *s, const char *name, uint64_t *ret_events)
{
	const struct counter *counter = snapshot_counter(s, name);

	if (!counter)
		return MEASURED_UNKNOWN;
	if (!counter->rated)
		return MEASURED_NOTHING;
	*ret_events = counter->last_minute;
	return MEASURED_VALUE;
}

enum measured measure_events(const struct measuring *in, const char *name, const char *words,
			     uint64_t *ret_events)
{
	enum measured measured = measure_minute(in->now, name, ret_events);

	if (measured == MEASURED_VALUE)
		text_add(in->figures, ", ", "%llu %s in the last minute",
			 (unsigned long long)*ret_events, words);
	return lacks_counter(in, measured, name);
}

enum measured measure_traffic(const struct measuring *in, const char *name, uint64_t *ret_traffic)
{
	int64_t rated_ms = in->now->info.rated_ms;
	enum measured measured = measure_minute(in->now, name, ret_traffic);

	if (measured == MEASURED_VALUE && rated_ms > 0 && rated_ms < MINUTE_MS)
		*ret_traffic = (uint64_t)((double)*ret_traffic * MINUTE_MS / (double)rated_ms);
	return lacks_counter(in, measured, name);
}

/*
 * In percent of all handshakes of a minute, those that were completed and these; or of what the
 * listener's SYN queue may hold, where that is more: on a host that nobody else connects to, the
 * noise of the Internet is all there is, and it does no harm while it leaves room.
 */
static enum measured measure_syn_unanswered(const struct measuring *in, struct text *text,
					    struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, SUSPECT_SYN_UNANSWERED, m);
	const struct suspect_top *most = &suspects->listeners[0];
	uint64_t handshakes;
	enum measured measured = measure_traffic(in, "TcpPassiveOpens", &handshakes);

	if (measured != MEASURED_VALUE)
		return measured;
	m->counted = suspects->count;
	text_add(in->figures, ", ", "%u half-open, %llu handshakes of a minute were completed",
		 suspects->count, (unsigned long long)handshakes);
	handshakes += suspects->count;
	if (most->count > 0 && most->index < in->now->n_listeners &&
	    in->now->listeners[most->index].syn_queue_limit > handshakes) {
		handshakes = in->now->listeners[most->index].syn_queue_limit;
		text_add(in->figures, ", ", "held against the backlog of %llu",
			 (unsigned long long)handshakes);
	}
	m->value =
	    suspects->count < in->rule->floor ? 0 : (uint64_t)suspects->count * 100 / handshakes;
	offender_suspect_listener(text, in->now, suspects);
	return MEASURED_VALUE;
}

/* /proc/net/tcp does not tell since when a connection has been idle. */
static enum measured measure_stale(const struct measuring *in, enum suspect kind, struct text *text,
				   struct measure *m)
{
	if (in->now->info.counted_source == SOURCE_PROC_NET)
		return measure_lacks(in, MEASURED_UNKNOWN, "/proc/net/tcp tells no ages");
	return measure_processes(in, kind, text, m);
}

/* Whose suspects take the largest share of its own limit of descriptors; the share in percent. */
static uint32_t largest_share(const struct snapshot *s, const struct suspects *suspects,
			      const struct suspect_top **ret_top)
{
	uint32_t most = 0;

	for (size_t i = 0; i < SUSPECT_TOPS; i++) {
		const struct suspect_top *top = &suspects->owners[i];
		uint32_t limit = snapshot_owner(s, top->index)->fds_max;
		uint32_t share = limit > 0 ? (uint32_t)((uint64_t)top->count * 100 / limit) : 0;

		if (share <= most)
			continue;
		most = share;
		*ret_top = top;
	}
	return most;
}

/* Idle connections of a pool whose peers have closed are no leak as long as they do not become
 * more; where they take a good part of the process's descriptors they are trouble either way. */
static enum measured measure_close_wait_stale(const struct measuring *in, struct text *text,
					      struct measure *m)
{
	const struct suspects *suspects = &in->now->suspects[SUSPECT_CLOSE_WAIT_STALE];
	const struct suspect_top *top = NULL;
	uint32_t share = largest_share(in->now, suspects, &top);

	m->still = suspects->fresh == 0;
	m->settled = suspects->pooled > suspects->count / 2 && suspects->youngest_s >= SETTLED_S;
	if (share >= DESCRIPTORS_SHARE)
		m->least = SEVERITY_CRITICAL;
	note_of(in, suspects->count, STATE_CLOSE_WAIT);
	if (suspects->count > 0)
		text_add(in->figures, ", ", "%u came within 15 minutes, %u are of idle pools",
			 suspects->fresh, suspects->pooled);
	if (top)
		text_add(in->figures, ", ", "%u %% of a process's descriptors (critical at %d)",
			 share, DESCRIPTORS_SHARE);
	if (!m->least)
		return measure_stale(in, SUSPECT_CLOSE_WAIT_STALE, text, m);
	if (top != &suspects->owners[0]) {
		count_suspects(in, SUSPECT_CLOSE_WAIT_STALE, m);
		offender_owner(text, "", in->now, top->index);
	} else if (measure_stale(in, SUSPECT_CLOSE_WAIT_STALE, text, m) != MEASURED_VALUE) {
		return MEASURED_UNKNOWN;
	}
	text_add(text, ", ", "%u of its %u descriptors", top->count,
		 snapshot_owner(in->now, top->index)->fds_max);
	return MEASURED_VALUE;
}

static enum measured measure_close_wait_unaccepted(const struct measuring *in, struct text *text,
						   struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, SUSPECT_CLOSE_WAIT_UNACCEPTED, m);

	note_of(in, suspects->count, STATE_CLOSE_WAIT);
	offender_suspect_listener(text, in->now, suspects);
	return MEASURED_VALUE;
}

static enum measured measure_fin_wait_2_stale(const struct measuring *in, struct text *text,
					      struct measure *m)
{
	note_of(in, in->now->suspects[SUSPECT_FIN_WAIT_2_STALE].count, STATE_FIN_WAIT_2);
	return measure_stale(in, SUSPECT_FIN_WAIT_2_STALE, text, m);
}

static enum measured measure_closing_stuck(const struct measuring *in, struct text *text,
					   struct measure *m)
{
	offender_suspect_remote(text, count_suspects(in, SUSPECT_CLOSING_STUCK, m));
	m->whole = in->now->info.sockets;
	note_resent(in);
	return MEASURED_VALUE;
}

static enum measured measure_syn_sent_fanout(const struct measuring *in, struct text *text,
					     struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, SUSPECT_SYN_SENT, m);
	enum measured measured = measure_traffic(in, "TcpActiveOpens", &m->whole);

	if (measured != MEASURED_VALUE)
		return measured;
	m->value = suspects->addresses;
	note_of(in, suspects->count, STATE_SYN_SENT);
	offender_suspect_process(text, in->now, suspects);
	return MEASURED_VALUE;
}

static enum measured measure_upstream_silent(const struct measuring *in, struct text *text,
					     struct measure *m)
{
	return measure_endpoint(in, SUSPECT_UPSTREAM_SILENT, text, m);
}

static enum measured measure_peer_silent(const struct measuring *in, struct text *text,
					 struct measure *m)
{
	return measure_endpoint(in, SUSPECT_PEER_SILENT, text, m);
}

static enum measured measure_peer_not_reading(const struct measuring *in, struct text *text,
					      struct measure *m)
{
	const struct suspects *suspects = &in->now->suspects[SUSPECT_PEER_NOT_READING];

	measure_processes(in, SUSPECT_PEER_NOT_READING, text, m);
	if (!suspects->outgoing)
		offender_suspect_origin(text, suspects);
	return MEASURED_VALUE;
}

static enum measured measure_not_reading(const struct measuring *in, struct text *text,
					 struct measure *m)
{
	note_of(in, in->now->suspects[SUSPECT_NOT_READING].count, STATE_ESTABLISHED);
	return measure_processes(in, SUSPECT_NOT_READING, text, m);
}

static enum measured measure_state(const struct measuring *in, struct text *text, struct measure *m)
{
	m->value = snapshot_count(in->now, IP_TOTAL, in->element);
	m->at_ms = measure_counted_ms(in->now);
	/* Half-open connections have no process, and often a remote address each. */
	if (in->element == STATE_SYN_RECV)
		offender_suspect_listener(text, in->now, &in->now->suspects[SUSPECT_SYN_RECV]);
	else
		offender_state(text, in->now, in->element);
	return MEASURED_VALUE;
}

/* "tcp_fin_timeout is 60", with its element if it has several. */
static void name_tuning(struct text *text, const struct tuning *row)
{
	if (row->element > 1)
		text_add(text, "", "%s[%u] is %s", row->name, row->element, row->value);
	else
		text_add(text, "", "%s is %s", row->name, row->value);
}

static enum measured measure_tuning_harmful(const struct measuring *in, struct text *text,
					    struct measure *m)
{
	const struct tuning_table *tuning = in->now->tuning;

	if (!tuning)
		return measure_lacks(in, MEASURED_NOTHING, "not read yet");
	m->value = tuning->harmful;
	m->at_ms = timing_ms(&tuning->read_at);
	for (size_t i = 0; i < tuning->count; i++) {
		if (tuning->rows[i].status != TUNING_HARMFUL)
			continue;
		name_tuning(text, &tuning->rows[i]);
		if (tuning->harmful > 1)
			text_add(text, ", ", "and %u more", tuning->harmful - 1);
		text_add(text, ": ", "%s", tuning->rows[i].reason);
		break;
	}
	return MEASURED_VALUE;
}

static enum measured measure_tuning_drift(const struct measuring *in, struct text *text,
					  struct measure *m)
{
	const struct tuning_table *tuning = in->now->tuning;

	if (!tuning)
		return measure_lacks(in, MEASURED_NOTHING, "not read yet");
	m->value = tuning->drifted;
	m->at_ms = timing_ms(&tuning->read_at);
	for (size_t i = 0; i < tuning->count; i++) {
		const struct tuning *row = &tuning->rows[i];

		if (row->drift != DRIFT_DIFFERS_FROM_PERSISTED)
			continue;
		name_tuning(text, row);
		text_add(text, ", ", "%s sets %s", row->persisted_in, row->persisted);
		if (tuning->drifted > 1)
			text_add(text, ", ", "and %u more", tuning->drifted - 1);
		break;
	}
	return MEASURED_VALUE;
}

static uint64_t intervals(int64_t age_ms, uint32_t interval_ms)
{
	return age_ms > 0 && interval_ms > 0 ? (uint64_t)age_ms / interval_ms : 0;
}

uint64_t measure_intervals(const struct snapshot *s, int64_t now_ms)
{
	uint64_t counts = intervals(now_ms - measure_counted_ms(s), s->info.interval_ms);
	uint64_t details =
	    intervals(now_ms - timing_ms(&s->info.detail_at), s->info.detail_interval_ms);

	return counts > details ? counts : details;
}

/*
 * How old the counts and the details are, each in its own effective interval, when the newest
 * attempt was made: listener samples that succeed hide no full sample that fails. One interval is
 * the age that a sample reaches when all is well; that the budget stretches it is no fault.
 */
static enum measured measure_sampling(const struct measuring *in, struct text *text,
				      struct measure *m)
{
	m->at_ms = measure_now_ms(in->now);
	m->value = measure_intervals(in->now, m->at_ms);
	text_add(in->figures, ", ", "states counted %lld s ago, details read %lld s ago",
		 (long long)(m->at_ms - measure_counted_ms(in->now)) / 1000,
		 (long long)(m->at_ms - timing_ms(&in->now->info.detail_at)) / 1000);
	if (m->value > 1)
		text_add(text, "", "%s", in->now->info.last_error);
	return MEASURED_VALUE;
}

enum measured measure_take(const struct measuring *in, enum condition_id id,
			   struct measure *ret_measure)
{
	static enum measured (*const measures[CONDITION_COUNT + 1])(
	    const struct measuring *in, struct text *text, struct measure *m) = {
	    [CONDITION_SYN_QUEUE] = measure_syn_queue,
	    [CONDITION_SYN_UNANSWERED] = measure_syn_unanswered,
	    [CONDITION_SYN_COOKIES] = measure_syn_cookies,
	    [CONDITION_ACCEPT_QUEUE] = measure_accept_queue,
	    [CONDITION_ACCEPT_DROPS] = measure_accept_drops,
	    [CONDITION_CLOSE_WAIT_STALE] = measure_close_wait_stale,
	    [CONDITION_CLOSE_WAIT_UNACCEPTED] = measure_close_wait_unaccepted,
	    [CONDITION_FIN_WAIT_2_STALE] = measure_fin_wait_2_stale,
	    [CONDITION_CLOSING_STUCK] = measure_closing_stuck,
	    [CONDITION_SYN_SENT_FANOUT] = measure_syn_sent_fanout,
	    [CONDITION_TIME_WAIT] = measure_time_wait,
	    [CONDITION_EPHEMERAL_PORTS] = measure_ephemeral_ports,
	    [CONDITION_ORPHANS] = measure_orphans,
	    [CONDITION_MEMORY] = measure_memory,
	    [CONDITION_STATE_COUNT] = measure_state,
	    [CONDITION_STATE_SURGE] = measure_state,
	    [CONDITION_TUNING_HARMFUL] = measure_tuning_harmful,
	    [CONDITION_TUNING_DRIFT] = measure_tuning_drift,
	    [CONDITION_SAMPLING] = measure_sampling,
	    [CONDITION_UPSTREAM_SILENT] = measure_upstream_silent,
	    [CONDITION_PEER_SILENT] = measure_peer_silent,
	    [CONDITION_PEER_NOT_READING] = measure_peer_not_reading,
	    [CONDITION_NOT_READING] = measure_not_reading,
	    [CONDITION_DESCRIPTORS] = measure_descriptors,
	};
	struct measure m = {.at_ms = timing_ms(&in->now->info.monotonic)};
	struct text text = text_begin(m.offender, sizeof(m.offender));
	struct text figures = text_begin(m.figures, sizeof(m.figures));
	struct measuring with_id = *in;
	enum measured measured;

	with_id.condition = id;
	with_id.figures = &figures;
	measured = measures[id](&with_id, &text, &m);

	if (measured != MEASURED_VALUE) {
		memcpy(ret_measure->figures, m.figures, sizeof(m.figures));
		return measured;
	}
	if (m.value == 0)
		m.offender[0] = '\0';
	*ret_measure = m;
	return MEASURED_VALUE;
}
