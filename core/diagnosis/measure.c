/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/measure.h"

#include <string.h>

#include "core/base/timing.h"
#include "core/diagnosis/offender.h"

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

static bool is_counted(const struct tuning *row, bool harmful)
{
	return harmful ? row->status == TUNING_HARMFUL : row->drift == DRIFT_DIFFERS_FROM_PERSISTED;
}

/* Parameters that do harm, or differ from what the next boot sets. The first one is named. */
static enum measured measure_tuning(const struct measuring *in, struct text *text,
				    struct measure *m)
{
	const struct tuning_table *tuning = in->now->tuning;
	bool harmful = in->of == TUNING_HARMFUL;
	const struct tuning *row, *end;

	if (!tuning)
		return measure_lacks(in, MEASURED_NOTHING, "not read yet");
	m->value = harmful ? tuning->harmful : tuning->drifted;
	m->at_ms = timing_ms(&tuning->read_at);
	end = tuning->rows + tuning->count;
	for (row = tuning->rows; row < end && !is_counted(row, harmful);)
		row++;
	if (row == end)
		return MEASURED_VALUE;
	name_tuning(text, row);
	if (!harmful)
		text_add(text, ", ", "%s sets %s", row->persisted_in, row->persisted);
	if (m->value > 1)
		text_add(text, ", ", "and %u more", (unsigned)m->value - 1);
	if (harmful)
		text_add(text, ": ", "%s", row->reason);
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
	static const struct {
		measure_function *measure;
		uint32_t of; /* as in struct measuring */
	} measures[CONDITION_COUNT + 1] = {
	    [CONDITION_SYN_QUEUE] = {.measure = measure_syn_queue},
	    [CONDITION_SYN_UNANSWERED] = {measure_syn_unanswered, SUSPECT_SYN_UNANSWERED},
	    [CONDITION_SYN_COOKIES] = {.measure = measure_syn_cookies},
	    [CONDITION_ACCEPT_QUEUE] = {.measure = measure_accept_queue},
	    [CONDITION_ACCEPT_DROPS] = {.measure = measure_accept_drops},
	    [CONDITION_CLOSE_WAIT_STALE] = {measure_close_wait_stale, SUSPECT_CLOSE_WAIT_STALE},
	    [CONDITION_CLOSE_WAIT_UNACCEPTED] = {measure_close_wait_unaccepted,
						 SUSPECT_CLOSE_WAIT_UNACCEPTED},
	    [CONDITION_FIN_WAIT_2_STALE] = {measure_fin_wait_2_stale, SUSPECT_FIN_WAIT_2_STALE},
	    [CONDITION_CLOSING_STUCK] = {measure_closing_stuck, SUSPECT_CLOSING_STUCK},
	    [CONDITION_SYN_SENT_FANOUT] = {measure_syn_sent_fanout, SUSPECT_SYN_SENT},
	    [CONDITION_TIME_WAIT] = {measure_time_wait, LIMIT_TIME_WAIT_BUCKETS},
	    [CONDITION_EPHEMERAL_PORTS] = {measure_ephemeral_ports, LIMIT_EPHEMERAL_PORTS},
	    [CONDITION_ORPHANS] = {measure_limit, LIMIT_ORPHANS},
	    [CONDITION_MEMORY] = {measure_limit, LIMIT_MEMORY},
	    [CONDITION_STATE_COUNT] = {.measure = measure_state},
	    [CONDITION_STATE_SURGE] = {.measure = measure_state},
	    [CONDITION_TUNING_HARMFUL] = {measure_tuning, TUNING_HARMFUL},
	    [CONDITION_TUNING_DRIFT] = {measure_tuning, TUNING_DIFFERS},
	    [CONDITION_SAMPLING] = {.measure = measure_sampling},
	    [CONDITION_UPSTREAM_SILENT] = {measure_endpoint, SUSPECT_UPSTREAM_SILENT},
	    [CONDITION_PEER_SILENT] = {measure_endpoint, SUSPECT_PEER_SILENT},
	    [CONDITION_PEER_NOT_READING] = {measure_peer_not_reading, SUSPECT_PEER_NOT_READING},
	    [CONDITION_NOT_READING] = {measure_not_reading, SUSPECT_NOT_READING},
	    [CONDITION_DESCRIPTORS] = {measure_descriptors, LIMIT_DESCRIPTORS},
	};
	struct measure m = {.at_ms = timing_ms(&in->now->info.monotonic)};
	struct text text = text_begin(m.offender, sizeof(m.offender));
	struct text figures = text_begin(m.figures, sizeof(m.figures));
	struct measuring with_id = *in;
	enum measured measured;

	with_id.condition = id;
	with_id.of = measures[id].of;
	with_id.figures = &figures;
	measured = measures[id].measure(&with_id, &text, &m);
	if (measured != MEASURED_VALUE) {
		memcpy(ret_measure->figures, m.figures, sizeof(m.figures));
		return measured;
	}
	if (m.value == 0)
		m.offender[0] = '\0';
	*ret_measure = m;
	return MEASURED_VALUE;
}
