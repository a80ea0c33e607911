/* SPDX-License-Identifier: MIT */
#include "core/sample/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/sample/arcs.h"
#include "core/sample/builder.h"
#include "core/diagnosis/condition.h"
#include "core/kernel/device.h"
#include "core/kernel/diag.h"
#include "core/sample/limit.h"
#include "core/kernel/owner.h"
#include "core/sample/peaks.h"
#include "core/sample/rates.h"
#include "core/kernel/procnet.h"
#include "core/sample/stale_copy.h"
#include "core/sample/suspect.h"
#include "core/kernel/totals.h"
#include "core/sample/tuningkeep.h"

enum { DUMP_TRIES = 3 };

/* States that only a full sample reads: they are the bulk, or cost a walk of their own. */
#define DETAIL_STATES                                                                              \
	(STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_CLOSED))
#define FAST_STATES (STATE_MASK_ALL & ~DETAIL_STATES)

struct sampler {
	struct config config;
	struct timespec start; /* wall clock */
	int proc_fd, net_fd, cgroup_fd;
	struct diag *diag; /* NULL: refused at the last try */
	struct owners *owners;
	struct builder *build;
	struct peaks *peaks;
	struct rates *rates;
	struct conditions *conditions;
	struct tuningkeep tuning;
	bool reconfigured; /* rows of the last sample may not be carried over */
	bool renumbered;   /* this sample has given the owners new numbers */
	uint32_t samples, errors, unknown_states, malformed;
	bool failing; /* a sample has failed, and none since was as full */
	enum sample_kind failed;
	char error[sizeof(((struct sample_info *)NULL)->last_error)];
	struct totals_lore lore;
	bool never_fast;      /* the totals do not tell what fast samples leave out */
	struct bounds bounds; /* of the newest sample that is more than listeners */
	/* Of the newest full sample. */
	struct builder_ports ports;
	struct state_row states[IP_VERSION_COUNT * STATE_COUNT];
};

int sampler_new(const struct config *config, struct sampler **ret_sampler)
{
	struct sampler *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->tuning.due = true;
	s->start = timing_now(CLOCK_REALTIME);
	s->net_fd = s->cgroup_fd = -1;
	s->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->proc_fd >= 0)
		/* /proc/net is the main thread's; this one is the caller's own. */
		s->net_fd =
		    openat(s->proc_fd, "thread-self/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->net_fd < 0) {
		ret = -errno;
		goto out;
	}
	s->cgroup_fd = owners_open_cgroup();
	ret = owners_new(s->proc_fd, s->cgroup_fd, &s->owners);
	if (ret == 0)
		ret = builder_new(&s->build);
	if (ret == 0)
		ret = peaks_new(&s->peaks);
	if (ret == 0)
		ret = rates_new(&s->rates);
	if (ret == 0)
		ret = conditions_new(&s->conditions);
	if (ret < 0)
		goto out;
	*ret_sampler = s;
	return 0;
out:
	sampler_free(s);
	return ret;
}

void sampler_free(struct sampler *s)
{
	if (!s)
		return;
	diag_close(s->diag);
	owners_free(s->owners);
	builder_free(s->build);
	peaks_free(s->peaks);
	rates_free(s->rates);
	conditions_free(s->conditions);
	tuningkeep_drop(s->tuning.newest);
	if (s->proc_fd >= 0)
		close(s->proc_fd);
	if (s->net_fd >= 0)
		close(s->net_fd);
	if (s->cgroup_fd >= 0)
		close(s->cgroup_fd);
	free(s);
}

void sampler_release(struct sampler *s, struct snapshot *snapshot)
{
	(void)s;
	if (!snapshot)
		return;
	tuningkeep_drop(snapshot->tuning);
	snapshot_free(snapshot);
}

void sampler_configure(struct sampler *s, const struct config *config)
{
	s->config = *config;
	s->reconfigured = true;
	s->tuning.due = true;
}

/* --- sockets --------------------------------------------------------------------------
 */

static bool is_refusal(int error)
{
	return error == -EPERM || error == -EACCES || error == -EPROTONOSUPPORT ||
	       error == -EAFNOSUPPORT || error == -ENOENT || error == -EOPNOTSUPP ||
	       error == -ENOSYS || error == -EINVAL;
}

static void add_stats(struct sampler *s, const struct diag_stats *stats)
{
	s->unknown_states += stats->unknown_states;
	s->malformed += stats->malformed;
}

/* Listeners first: the builder finds a connection's listener among them. tcp_info is asked for
 * only where a column or a condition shows it. */
static int dump_diag(struct sampler *s, uint32_t states)
{
	uint32_t listed = s->config.conn_states;
	const struct {
		uint32_t states;
		unsigned want;
	} passes[] = {
	    {STATE_BIT(STATE_LISTEN), DIAG_WANT_MEMINFO},
	    {FAST_STATES & ~STATE_BIT(STATE_LISTEN), DIAG_WANT_INFO},
	    {DETAIL_STATES, listed & STATE_BIT(STATE_ESTABLISHED) ? DIAG_WANT_INFO : 0},
	};
	struct diag_stats stats;
	int ret = 0;

	if (!s->diag)
		ret = diag_open(&s->diag);
	for (size_t i = 0; ret == 0 && i < sizeof(passes) / sizeof(passes[0]); i++) {
		if (!(passes[i].states & states))
			continue;
		ret = diag_dump(s->diag, passes[i].states, passes[i].want, builder_socket, s->build,
				&stats);
		if (ret == 0)
			add_stats(s, &stats);
	}
	if (is_refusal(ret)) {
		diag_close(s->diag);
		s->diag = NULL;
	}
	return ret;
}

/* One pass: both files begin with their listeners, and the connections of an IPv6 listener,
 * v4-mapped ones included, are in its file. */
static int dump_procnet(struct sampler *s, uint32_t states)
{
	struct diag_stats stats;
	int ret = procnet_dump(s->net_fd, states, builder_socket, s->build, &stats);

	if (ret == 0)
		add_stats(s, &stats);
	return ret;
}

static uint32_t monotonic_s(void)
{
	return (uint32_t)timing_now(CLOCK_MONOTONIC).tv_sec;
}

static int begin(struct sampler *s, uint32_t states, bool limits_known, bool scan)
{
	struct builder_options options = {
	    .states = states,
	    .conn_states = s->config.conn_states,
	    .conn_rows = s->config.conn_rows,
	    .remotes = s->config.remotes,
	    .now_s = monotonic_s(),
	    .fin_wait_stale_s = s->bounds.fin_timeout_s > SUSPECT_STALE_S / 2
				    ? 2 * s->bounds.fin_timeout_s
				    : SUSPECT_STALE_S,
	    .limits_known = limits_known,
	    .syn_max = s->bounds.syn_max,
	    .port_low = s->bounds.port_low,
	    .port_high = s->bounds.port_high,
	    .ports_reserved = &s->bounds.ports_reserved,
	    .ports_usable = s->bounds.ports_usable,
	    .ports_even = s->bounds.ports_even,
	    .reuse = s->bounds.reuse,
	    .owners = s->config.processes ? s->owners : NULL,
	    .ignores = &s->config.rules.ignores,
	    .ports = s->config.ports,
	    .scan = scan,
	};

	return builder_begin(s->build, &options);
}

/* An inconsistent dump is repeated; where sock_diag is refused, /proc/net is read. scan: owners
 * that are not known yet will be looked for. */
static int read_sockets(struct sampler *s, uint32_t states, bool scan,
			enum sample_source *ret_source)
{
	int ret = -EINTR;

	for (int i = 0; ret == -EINTR && i < DUMP_TRIES; i++) {
		ret = begin(s, states, true, scan);
		if (ret == 0)
			ret = dump_diag(s, states);
	}
	*ret_source = SOURCE_SOCK_DIAG;
	if (is_refusal(ret)) {
		*ret_source = SOURCE_PROC_NET;
		ret = begin(s, states, false, scan);
		if (ret == 0)
			ret = dump_procnet(s, states);
	}
	return ret ? ret : builder_end(s->build);
}

/* Every socket, and the owners of those that have none yet as far as scan_us allows. */
static int read_owned_sockets(struct sampler *s, uint32_t scan_us, enum sample_source *ret_source)
{
	bool scan = s->config.processes;
	int ret;

	owners_begin(s->owners);
	s->renumbered = true;
	ret = read_sockets(s, STATE_MASK_ALL, scan, ret_source);
	if (ret < 0)
		return ret;
	owners_scan(s->owners, scan ? scan_us : 0);
	/* The first sample only: later, such a flood of new sockets would cost a second reading
	 * each time, and the next full sample knows their owners anyway. */
	if (builder_overflowed(s->build) && scan_us == UINT32_MAX)
		ret = read_sockets(s, STATE_MASK_ALL, false, ret_source);
	return ret;
}

/* --- what is not read socket by socket ------------------------------------------------
 */

static uint32_t total_sockets(const struct snapshot *now)
{
	uint32_t total = 0;

	for (int state = 1; state <= STATE_COUNT; state++)
		total += snapshot_count(now, IP_TOTAL, (enum tcp_state)state);
	return total;
}

static void put_failures(const struct sampler *s, struct snapshot *now)
{
	now->info.errors = s->errors;
	now->info.failing = s->failing;
	memcpy(now->info.last_error, s->error, sizeof(s->error));
}

static void put_info(struct sampler *s, enum sample_kind kind, const struct snapshot *last,
		     struct snapshot *now)
{
	struct sample_info *info = &now->info;
	struct timespec done = timing_now(CLOCK_MONOTONIC);

	info->attempted_at = info->monotonic;
	info->counted_at = kind == SAMPLE_LISTENERS ? last->info.counted_at : info->monotonic;
	info->counted_source = kind == SAMPLE_LISTENERS ? last->info.counted_source : info->source;
	info->detail_at = kind == SAMPLE_FULL ? info->monotonic : last->info.detail_at;
	info->samples = ++s->samples;
	info->duration_us = (uint32_t)(timing_us(&done) - timing_us(&info->monotonic));
	info->sockets = total_sockets(now);
	info->rows_omitted = builder_omitted(s->build, now);
	info->suspects_omitted = kind == SAMPLE_LISTENERS ? last->info.suspects_omitted
							  : builder_suspects_omitted(s->build);
	info->unknown_states = s->unknown_states;
	info->malformed = s->malformed;
	info->owners_unreadable = owners_unreadable(s->owners);
	put_failures(s, now);
}

/* --- a sample -------------------------------------------------------------------------
 */

static const uint32_t states_of_kind[] = {
    [SAMPLE_LISTENERS] = STATE_BIT(STATE_LISTEN),
    [SAMPLE_FAST] = FAST_STATES,
    [SAMPLE_FULL] = STATE_MASK_ALL,
};

enum sample_kind sampler_kind(const struct sampler *s, enum sample_kind due,
			      const struct snapshot *last)
{
	if (!last || s->reconfigured)
		return SAMPLE_FULL;
	return due == SAMPLE_FAST && (s->never_fast || last->info.source == SOURCE_PROC_NET)
		   ? SAMPLE_FULL
		   : due;
}

const char *sampler_error(const struct sampler *s)
{
	return s->error;
}

/* The sockets of a kind of sample, and the totals right after them. */
static int read_kind(struct sampler *s, enum sample_kind kind, uint32_t scan_us,
		     struct snapshot *now, struct totals *ret_after)
{
	enum sample_source source;
	int ret = kind == SAMPLE_FULL ? read_owned_sockets(s, scan_us, &source)
				      : read_sockets(s, states_of_kind[kind], false, &source);

	if (ret < 0)
		return ret;
	now->info.source = source;
	if (kind == SAMPLE_FULL)
		now->info.scan_us = (uint32_t)owners_scan_us(s->owners);
	return kind == SAMPLE_LISTENERS ? 0 : totals_read(s->net_fd, ret_after);
}

static bool is_derivable(const struct sampler *s, const struct totals *before,
			 const struct totals *after)
{
	uint32_t close_wait = builder_count(s->build, STATE_CLOSE_WAIT);

	return totals_derivable(&s->lore, before, close_wait) &&
	       totals_derivable(&s->lore, after, close_wait);
}

/* Everything that comes from the sockets and the totals, into now. *kind may become one that sees
 * more. */
static int observe(struct sampler *s, enum sample_kind *kind, uint32_t scan_us,
		   const struct snapshot *last, struct snapshot *now, const char **what)
{
	const struct builder_listener_socket *sockets;
	struct totals before = {0}, after = {0};
	struct builder_result result;
	size_t n_sockets;
	int ret;

	*what = "reading /proc/net";
	ret = totals_read(s->net_fd, &before);
	if (ret < 0)
		goto out;
	if (*kind == SAMPLE_LISTENERS && condition_is_quiet(last, CONDITION_SYN_COOKIES) &&
	    totals_overflowing(&before, last))
		*kind = sampler_kind(s, SAMPLE_FAST, last);
	if (*kind != SAMPLE_LISTENERS)
		bounds_read(s->proc_fd, &s->bounds);
	*what = "reading the sockets";
	ret = read_kind(s, *kind, scan_us, now, &after);
	if (ret == 0 && *kind == SAMPLE_FAST && !is_derivable(s, &before, &after)) {
		totals_done(&after);
		*kind = SAMPLE_FULL;
		ret = read_kind(s, *kind, scan_us, now, &after);
	}
	if (ret < 0)
		goto out;
	*what = "building the snapshot";
	ret = builder_finish(s->build, *kind == SAMPLE_FULL ? NULL : last, now, &result);
	if (ret < 0)
		goto out;
	if (*kind == SAMPLE_FAST)
		totals_derive(&s->lore, &before, &after, result.time_wait_sockets_fin2, s->states,
			      now);
	if (*kind == SAMPLE_FULL) {
		totals_learn(&s->lore, &before, &after, result.time_wait_sockets_fin2, now);
		s->never_fast = !totals_derivable(&s->lore, &after, 0);
		s->ports = result.ports;
		memcpy(s->states, now->states, sizeof(s->states));
	}
	ret = devices_fill(now, (struct inet_addr[]){s->ports.local, s->ports.remote}, 2);
	if (ret < 0)
		goto out;
	limit_fill(&s->bounds, &before.sockstat, &before.counters, &s->ports, now);
	sockets = builder_listener_sockets(s->build, &n_sockets);
	ret = peaks_note(s->peaks, (uint64_t)timing_ms(&now->info.monotonic), sockets, n_sockets,
			 now);
	if (ret == 0)
		/* Those before the sockets: an overflow that they tell of is in the counts. */
		ret = totals_counters(&before, &s->config.counters, last, now);
	if (ret == 0)
		ret = rates_note(s->rates, now);
	arcs_fill(now);
	totals_missing(&before, now);
out:
	totals_done(&before);
	totals_done(&after);
	return ret;
}

static void note_failure(struct sampler *s, enum sample_kind kind, const char *what, int error)
{
	s->errors++;
	s->failed = s->failing && s->failed > kind ? s->failed : kind;
	s->failing = true;
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(-error));
}

/* After a failure the last sample stands once more, and says so. */
static struct snapshot *stand_in(struct sampler *s, const struct snapshot *last)
{
	struct snapshot *now;

	if (!last)
		return NULL;
	now = stale_copy_new(last, s->renumbered ? s->owners : NULL, &s->ports.owner);
	if (!now) {
		/* The numbers in the last one are void, then. */
		s->reconfigured |= s->renumbered;
		return NULL;
	}
	put_failures(s, now);
	now->info.scan_us = 0;
	now->info.attempted_at = timing_now(CLOCK_MONOTONIC);
	conditions_update(s->conditions, &s->config.rules, last, now);
	return now;
}

int sampler_take(struct sampler *s, enum sample_kind kind, const struct pace *pace,
		 const struct snapshot *last, struct snapshot **ret_snapshot)
{
	const char *what = "taking memory";
	struct snapshot *now = calloc(1, sizeof(*now));
	int ret = -ENOMEM;

	kind = sampler_kind(s, kind, last);
	s->renumbered = false;
	if (!now)
		goto out;
	snprintf(now->info.version, sizeof(now->info.version), "%s", TCPSTATE_VERSION);
	now->info.wanted_ms = s->config.interval_s * 1000;
	now->info.interval_ms = pace->interval_ms;
	now->info.detail_interval_ms = pace->detail_interval_ms;
	now->info.cpu_pptt = pace->cpu_pptt;
	now->info.start = s->start;
	now->info.time = timing_now(CLOCK_REALTIME);
	now->info.monotonic = timing_now(CLOCK_MONOTONIC);
	ret = observe(s, &kind, pace->scan_us, last, now, &what);
	if (ret < 0)
		goto out;
	s->reconfigured = false;
	s->failing = s->failing && s->failed > kind;
	put_info(s, kind, last, now);
	tuningkeep_put(&s->tuning, &s->config, kind == SAMPLE_FULL, now);
	what = "measuring the conditions";
	ret = conditions_update(s->conditions, &s->config.rules, last, now);
	if (ret == 0)
		*ret_snapshot = now;
out:
	if (ret < 0) {
		sampler_release(s, now);
		note_failure(s, kind, what, ret);
		now = stand_in(s, last);
		if (now)
			*ret_snapshot = now;
	}
	return ret;
}
