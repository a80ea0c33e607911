/* SPDX-License-Identifier: MIT */
/*
 * The measures of sockets that are in a state for too long, or where something is missing there.
 */
#include "core/base/timing.h"
#include "core/diagnosis/measure.h"
#include "core/diagnosis/offender.h"

/* Percent of a process's descriptors from which its stale connections are critical. */
enum { DESCRIPTORS_SHARE = 25 };

/* A pool that has lain still for so long, in seconds, is none that leaks. */
enum { SETTLED_S = 3600 };

/* Counts the suspects; the caller names them. */
static const struct suspects *count_suspects(const struct measuring *in, struct measure *m)
{
	const struct suspects *suspects = &in->now->suspects[in->of];

	m->value = suspects->count;
	m->ignored = suspects->ignored;
	m->at_ms = in->of < SUSPECT_PEER_SILENT ? measure_counted_ms(in->now)
						: timing_ms(&in->now->info.detail_at);
	return suspects;
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

/* Suspects whose process is named. */
static enum measured measure_processes(const struct measuring *in, struct text *text,
				       struct measure *m)
{
	offender_suspect_process(text, in->now, count_suspects(in, m));
	return MEASURED_VALUE;
}

/* Those of one remote address and port. */
enum measured measure_endpoint(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, m);

	m->value = suspects->endpoint.count;
	text_add(in->figures, ", ", "%u to all remotes together", suspects->count);
	note_resent(in);
	offender_suspect_endpoint(text, in->now, suspects);
	return MEASURED_VALUE;
}

/*
 * In percent of all handshakes of a minute, those that were completed and these; or of what the
 * listener's SYN queue may hold, where that is more: on a host that nobody else connects to, the
 * noise of the Internet is all there is, and it does no harm while it leaves room.
 */
enum measured measure_syn_unanswered(const struct measuring *in, struct text *text,
				     struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, m);
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
static enum measured measure_stale(const struct measuring *in, struct text *text, struct measure *m)
{
	if (in->now->info.counted_source == SOURCE_PROC_NET)
		return measure_lacks(in, MEASURED_UNKNOWN, "/proc/net/tcp tells no ages");
	return measure_processes(in, text, m);
}

/* Whose suspects take the largest share of its own limit of descriptors; the share in percent. */
static uint32_t largest_share(const struct snapshot *s, const struct suspects *suspects,
			      const struct suspect_top **ret_top)
{
	uint32_t most = 0;

	for (size_t i = 0; i < SUSPECT_TOPS; i++) {
		const struct suspect_top *top = &suspects->owners[i];
		uint32_t limit = offender_fds_max(snapshot_owner(s, top->index));
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
enum measured measure_close_wait_stale(const struct measuring *in, struct text *text,
				       struct measure *m)
{
	const struct suspects *suspects = &in->now->suspects[in->of];
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
		return measure_stale(in, text, m);
	if (top != &suspects->owners[0]) {
		count_suspects(in, m);
		offender_owner(text, "", in->now, top->index);
	} else if (measure_stale(in, text, m) != MEASURED_VALUE) {
		return MEASURED_UNKNOWN;
	}
	text_add(text, ", ", "%u of its %u descriptors", top->count,
		 snapshot_owner(in->now, top->index)->fds_max);
	return MEASURED_VALUE;
}

enum measured measure_close_wait_unaccepted(const struct measuring *in, struct text *text,
					    struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, m);

	note_of(in, suspects->count, STATE_CLOSE_WAIT);
	offender_suspect_acceptor(text, in->now, suspects);
	return MEASURED_VALUE;
}

enum measured measure_fin_wait_2_stale(const struct measuring *in, struct text *text,
				       struct measure *m)
{
	note_of(in, in->now->suspects[in->of].count, STATE_FIN_WAIT_2);
	return measure_stale(in, text, m);
}

enum measured measure_closing_stuck(const struct measuring *in, struct text *text,
				    struct measure *m)
{
	offender_suspect_remote(text, count_suspects(in, m));
	m->whole = in->now->info.sockets;
	note_resent(in);
	return MEASURED_VALUE;
}

enum measured measure_syn_sent_fanout(const struct measuring *in, struct text *text,
				      struct measure *m)
{
	const struct suspects *suspects = count_suspects(in, m);
	enum measured measured = measure_traffic(in, "TcpActiveOpens", &m->whole);

	if (measured != MEASURED_VALUE)
		return measured;
	m->value = suspects->addresses;
	note_of(in, suspects->count, STATE_SYN_SENT);
	offender_suspect_process(text, in->now, suspects);
	return MEASURED_VALUE;
}

enum measured measure_peer_not_reading(const struct measuring *in, struct text *text,
				       struct measure *m)
{
	const struct suspects *suspects = &in->now->suspects[in->of];

	measure_processes(in, text, m);
	m->whole = in->now->info.sockets;
	if (!suspects->outgoing)
		offender_suspect_origin(text, suspects);
	return MEASURED_VALUE;
}

enum measured measure_not_reading(const struct measuring *in, struct text *text, struct measure *m)
{
	note_of(in, in->now->suspects[in->of].count, STATE_ESTABLISHED);
	return measure_processes(in, text, m);
}
