/* SPDX-License-Identifier: MIT */
#include "tests/support/sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/rule.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Gives the snapshot a copy of an array, in members called name and n_name. */
#define SET_ROWS(s, name, array)                                                                   \
	((s)->name = copy_rows((array), sizeof(array)), (s)->n_##name = COUNT_OF(array))

#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.type = INET_IPV4, .bytes = {(a), (b), (c), (d) }                                  \
	}
#define V6_ANY                                                                                     \
	{                                                                                          \
		.type = INET_IPV6                                                                  \
	}

enum { HOSTILE_LISTENERS = 1000 };

static void *copy_rows(const void *rows, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		abort();
	return memcpy(copy, rows, size);
}

static void set_state(struct snapshot *s, enum tcp_state state, uint32_t v4, uint32_t v6)
{
	const uint32_t counts[] = {v4, v6, v4 + v6};

	for (uint32_t i = 0; i < IP_VERSION_COUNT; i++) {
		struct state_row *row = &s->states[i * STATE_COUNT + state - 1];

		row->count = counts[i];
		row->peak_1min = row->peak_5min = row->peak_15min = counts[i];
	}
	s->info.sockets += v4 + v6;
}

struct snapshot *sample_empty(void)
{
	static const struct owner nobody[1];
	struct snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->info = (struct sample_info){
	    .version = "0.1.0",
	    .time = {.tv_sec = SAMPLE_TIME},
	    .samples = 1,
	    .source = SOURCE_SOCK_DIAG,
	    .interval_ms = 5000,
	    .detail_interval_ms = 15000,
	};
	for (uint32_t i = 0; i < COUNT_OF(s->states); i++) {
		s->states[i].ip_version = i / STATE_COUNT + 1;
		s->states[i].state = i % STATE_COUNT + 1;
	}
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		s->spreads[i].state = i + 1;
	s->diagnosis.worst = SEVERITY_UNKNOWN;
	SET_ROWS(s, owners, nobody);
	return s;
}

/* One row for each condition that has neither states nor a threshold of the user's. */
static void set_conditions(struct snapshot *s)
{
	s->conditions = calloc(CONDITION_COUNT + 1, sizeof(*s->conditions));
	if (!s->conditions)
		abort();
	for (uint32_t i = 0; i < CONDITION_COUNT; i++) {
		const struct condition_info *info = &condition_table[i];
		struct condition *row = &s->conditions[s->n_conditions];

		if (info->id == CONDITION_STATE_COUNT || info->id == CONDITION_STATE_SURGE)
			continue;
		*row = (struct condition){
		    .id = info->id,
		    .unit = info->unit,
		    .warning = info->rule.warning,
		    .critical = info->rule.critical,
		    .severity = SEVERITY_NORMAL,
		    .since = {.tv_sec = SAMPLE_TIME - 7200},
		    .advice = info->advice,
		};
		snprintf(row->name, sizeof(row->name), "%s", info->name);
		s->n_conditions++;
	}
	s->diagnosis.worst = SEVERITY_NORMAL;
}

/* offender: why, of an unknown one. */
static void raise(struct snapshot *s, uint32_t id, uint32_t severity, int32_t value, int since_s,
		  const char *offender)
{
	for (size_t i = 0; i < s->n_conditions; i++) {
		struct condition *row = &s->conditions[i];

		if (row->id != id)
			continue;
		row->severity = severity;
		row->value = value;
		row->since.tv_sec = SAMPLE_TIME - since_s;
		if (severity == SEVERITY_UNKNOWN)
			snprintf(row->figures, sizeof(row->figures), "%s", offender);
		else
			snprintf(row->offender, sizeof(row->offender), "%s", offender);
		s->diagnosis.warning += severity == SEVERITY_WARNING;
		s->diagnosis.critical += severity == SEVERITY_CRITICAL;
	}
	if (s->diagnosis.critical > 0)
		s->diagnosis.worst = SEVERITY_CRITICAL;
	else if (s->diagnosis.warning > 0)
		s->diagnosis.worst = SEVERITY_WARNING;
}

static void set_listener_states(struct snapshot *s)
{
	s->listener_states = calloc(s->n_listeners * STATE_COUNT, sizeof(*s->listener_states));
	if (!s->listener_states)
		abort();
	for (uint32_t i = 0; i < s->n_listeners * STATE_COUNT; i++) {
		struct listener_state *row = &s->listener_states[i];

		row->listener = i / STATE_COUNT;
		row->state = i % STATE_COUNT + 1;
		if (row->state == STATE_SYN_RECV)
			row->count = s->listeners[row->listener].syn_queue;
	}
}

struct snapshot *sample_quiet(void)
{
	static const struct owner owners[] = {{0}, {812, "nginx", "nginx.service", 0, 0}};
	static const struct listener listeners[] = {
	    {.addr = V4(0, 0, 0, 0),
	     .port = 443,
	     .sockets = 1,
	     .has_limits = true,
	     .accept_queue_limit = 511,
	     .syn_queue_limit = 511,
	     .owner = 1},
	};
	static const struct limit limits[] = {
	    {.id = LIMIT_TIME_WAIT_BUCKETS,
	     .usage = 3,
	     .capacity = 262144,
	     .bound = "net.ipv4.tcp_max_tw_buckets",
	     .has_overflows = true},
	};
	struct snapshot *s = sample_empty();

	free(s->owners);
	SET_ROWS(s, owners, owners);
	SET_ROWS(s, listeners, listeners);
	memcpy(s->limits, limits, sizeof(limits));
	s->n_limits = COUNT_OF(limits);
	s->info.duration_us = 1240;
	set_listener_states(s);
	set_state(s, STATE_LISTEN, 1, 0);
	set_state(s, STATE_ESTABLISHED, 12, 2);
	set_state(s, STATE_TIME_WAIT, 3, 0);
	set_conditions(s);
	return s;
}

static void set_trouble_rows(struct snapshot *s)
{
	static const struct owner owners[] = {
	    {0},
	    {812, "nginx", "nginx.service", 0, 0},
	    {4321, "java", "app.service", 0, 0},
	    {977, "sshd", "ssh.service", 0, 0},
	    {5150, "backup", "cron.service", 0, 0},
	    {0, "", "user@1000.service", 0, 0},
	};
	static const struct listener listeners[] = {
	    {.addr = V4(0, 0, 0, 0),
	     .port = 22,
	     .sockets = 1,
	     .has_limits = true,
	     .accept_queue_limit = 128,
	     .syn_queue_limit = 128,
	     .syn_queue_peak = 2,
	     .owner = 3},
	    {.addr = V4(0, 0, 0, 0),
	     .port = 8443,
	     .sockets = 1,
	     .has_limits = true,
	     .accept_queue_limit = 128,
	     .syn_queue_limit = 128,
	     .accept_queue_peak = 4,
	     .syn_queue = 129,
	     .syn_queue_percent = 100,
	     .syn_queue_peak = 129,
	     .syn_unanswered = 120,
	     .owner = 1},
	    /* One of eight sockets is full while the sum looks well. */
	    {.addr = V4(127, 0, 0, 1),
	     .port = 9000,
	     .sockets = 8,
	     .accept_queue = 513,
	     .has_limits = true,
	     .accept_queue_limit = 4096,
	     .syn_queue_limit = 4096,
	     .accept_queue_fullest = 100,
	     .accept_queue_peak = 513,
	     .drops = 3,
	     .owner = 5,
	     .fullest_owner = 5,
	     .fullest_queue = 513,
	     .fullest_limit = 512},
	    {.addr = V6_ANY,
	     .port = 8080,
	     .dual_stack = true,
	     .sockets = 4,
	     .accept_queue = 97,
	     .has_limits = true,
	     .accept_queue_limit = 512,
	     .syn_queue_limit = 512,
	     .accept_queue_fullest = 20,
	     .accept_queue_peak = 310,
	     .syn_queue = 3,
	     .syn_queue_peak = 40,
	     .drops = 412,
	     .owner = 2,
	     .fullest_owner = 2,
	     .fullest_queue = 26,
	     .fullest_limit = 128},
	};
	static const struct remote remotes[] = {
	    {STATE_SYN_SENT, 2, V4(10, 0, 7, 12)},    {STATE_SYN_RECV, 9, V4(198, 18, 77, 4)},
	    {STATE_SYN_RECV, 7, V4(198, 18, 77, 9)},  {STATE_SYN_RECV, 9, V4(198, 18, 77, 30)},
	    {STATE_SYN_RECV, 8, V4(198, 18, 77, 31)}, {STATE_CLOSE_WAIT, 1198, V4(10, 0, 9, 1)},
	    {STATE_CLOSE_WAIT, 6, V4(10, 0, 9, 2)},   {STATE_TIME_WAIT, 1902, V4(10, 0, 7, 12)},
	};
	static const struct process processes[] = {
	    {812, STATE_LISTEN, 1, 1},         {812, STATE_CLOSE_WAIT, 2, 1},
	    {977, STATE_CLOSE_WAIT, 1, 3},     {4321, STATE_SYN_SENT, 2, 2},
	    {4321, STATE_CLOSE_WAIT, 1200, 2}, {5150, STATE_CLOSE_WAIT, 1, 4},
	};
	free(s->owners);
	SET_ROWS(s, owners, owners);
	SET_ROWS(s, listeners, listeners);
	SET_ROWS(s, remotes, remotes);
	SET_ROWS(s, processes, processes);
	set_listener_states(s);
}

static void set_trouble_limits(struct snapshot *s)
{
	static const struct limit limits[] = {
	    {LIMIT_TIME_WAIT_BUCKETS, 1902, 262144, 0, 1, 0, 0, "net.ipv4.tcp_max_tw_buckets", "",
	     true, false, 0},
	    {LIMIT_MEMORY, 40213, 379848, 10, 12, 0, 0, "net.ipv4.tcp_mem",
	     "pages, of the whole machine", true, true, 754},
	    {LIMIT_EPHEMERAL_PORTS, 26110, 28232, 92, 92, 0, 2, "net.ipv4.ip_local_port_range",
	     "from 10.0.3.7 towards 10.0.7.12:5432, java[4321] app.service", false, false, 0},
	    {LIMIT_SYN_BACKLOG, 129, 128, 100, 100, 17100, 1, "listen() backlog",
	     "0.0.0.0:8443 nginx[812] nginx.service", true, false, 0},
	    {LIMIT_FILES, 52400, INT64_MAX, 0, 0, 0, 0, "fs.file-max", "", false, false, 0},
	};

	s->arcs[0] = (struct arc){1, 1, 3, "activeOpens", "opened from here", 900, 1234, true};
	s->arcs[1] = (struct arc){2, 4, 5, "passiveOpens", "taken from outside", 900, 6, true};
	s->arcs[2] = (struct arc){3, 0, 1, "attemptFails", "failed", 70, 0, true};
	s->n_arcs = 3;
	memcpy(s->limits, limits, sizeof(limits));
	s->n_limits = COUNT_OF(limits);
}

struct snapshot *sample_trouble(void)
{
	struct snapshot *s = sample_empty();

	s->info.duration_us = 41300;
	s->info.samples = 900;
	s->info.owners_unreadable = 3;
	set_state(s, STATE_LISTEN, 13, 4);
	set_state(s, STATE_SYN_SENT, 2, 0);
	set_state(s, STATE_SYN_RECV, 132, 0);
	set_state(s, STATE_ESTABLISHED, 44102, 768);
	set_state(s, STATE_CLOSE_WAIT, 1204, 0);
	set_state(s, STATE_TIME_WAIT, 1902, 0);
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_ESTABLISHED - 1].peak_15min = 45233;
	s->spreads[STATE_SYN_RECV - 1].remotes = 96;
	s->spreads[STATE_CLOSE_WAIT - 1].remotes = 2;
	s->spreads[STATE_CLOSE_WAIT - 1].processes = 4;
	s->tops[STATE_CLOSE_WAIT - 1].owner = 2;
	s->tops[STATE_CLOSE_WAIT - 1].owner_count = 1200;
	set_trouble_rows(s);
	set_trouble_limits(s);
	set_conditions(s);
	raise(s, CONDITION_SYN_QUEUE, SEVERITY_CRITICAL, 100, 60,
	      "0.0.0.0:8443 nginx[812] nginx.service, most from 198.18.77.0/24");
	raise(s, CONDITION_CLOSE_WAIT_STALE, SEVERITY_CRITICAL, 1201, 86400,
	      "java[4321] app.service, local port 8080, 1198 of 1201");
	raise(s, CONDITION_EPHEMERAL_PORTS, SEVERITY_WARNING, 72, 59,
	      "from 10.0.3.7 towards 10.0.7.12:5432, java[4321] app.service");
	raise(s, CONDITION_SYN_COOKIES, SEVERITY_UNKNOWN, 0, 0, "");
	raise(s, CONDITION_ACCEPT_DROPS, SEVERITY_UNKNOWN, 0, 0, "");
	raise(s, CONDITION_SYN_UNANSWERED, SEVERITY_UNKNOWN, 0, 0,
	      "this kernel gives no TcpPassiveOpens");
	return s;
}

/* Escape sequences, a line feed, quotes, what is no UTF-8, wide characters, and cut off in the
 * middle of one. */
static void hostile_text(char *buf, size_t size, const char *pattern)
{
	size_t len = strlen(pattern);

	for (size_t i = 0; i + 1 < size; i++)
		buf[i] = pattern[i % len];
	buf[size - 1] = '\0';
}

static void hostile_rows(struct snapshot *s)
{
	static const char pattern[] = "\033[2J\n\"\\|\x9b\xff\xe2\x80\xae\xe6\x97\xa5";
	struct owner owner = {.pid = UINT32_MAX};
	struct inet_addr addr = {.type = INET_IPV6Z};
	struct listener *rows = calloc(HOSTILE_LISTENERS, sizeof(*rows));

	if (!rows)
		abort();
	hostile_text(owner.name, sizeof(owner.name), pattern);
	hostile_text(owner.service, sizeof(owner.service), pattern);
	s->owners[0] = owner;
	memset(addr.bytes, 0xfe, sizeof(addr.bytes));
	for (uint32_t i = 0; i < HOSTILE_LISTENERS; i++)
		rows[i] = (struct listener){
		    .addr = addr,
		    .port = (uint16_t)(64000 + i),
		    .sockets = UINT32_MAX,
		    .accept_queue = UINT32_MAX,
		    .has_limits = true,
		    .accept_queue_limit = 999999999,
		    .syn_queue_limit = 999999999,
		    .accept_queue_fullest = UINT32_MAX,
		    .syn_queue_percent = UINT32_MAX,
		    .accept_queue_peak = UINT32_MAX,
		    .syn_queue = UINT32_MAX,
		    .drops = UINT64_MAX,
		};
	s->listeners = rows;
	s->n_listeners = HOSTILE_LISTENERS;
	set_listener_states(s);

	const struct remote remotes[] = {{STATE_TIME_WAIT, UINT32_MAX, addr}};
	const struct process processes[] = {{UINT32_MAX, STATE_TIME_WAIT, UINT32_MAX, 0}};
	const struct conn conns[] = {{.local = addr, .remote = addr, .state = 255}};
	const struct counter counters[] = {{.name = "TcpExt\xe6\x97", .value = UINT64_MAX}};

	SET_ROWS(s, remotes, remotes);
	SET_ROWS(s, processes, processes);
	SET_ROWS(s, conns, conns);
	SET_ROWS(s, counters, counters);
	for (uint32_t i = 0; i < LIMIT_COUNT; i++) {
		struct limit *limit = &s->limits[i];

		*limit = (struct limit){.id = i + 1, .percent = UINT32_MAX};
		limit->usage = limit->overflows = UINT64_MAX;
		limit->has_overflows = true;
		limit->capacity = INT64_MAX - 1;
		hostile_text(limit->bound, sizeof(limit->bound), pattern);
		hostile_text(limit->detail, sizeof(limit->detail), pattern);
	}
	s->n_limits = LIMIT_COUNT;
}

struct snapshot *sample_hostile(void)
{
	struct snapshot *s = sample_empty();
	char offender[192];

	hostile_rows(s);
	set_conditions(s);
	hostile_text(offender, sizeof(offender), "\033]0;x\007|\n\xe6\x97\xa5");
	for (uint32_t id = 1; id <= CONDITION_COUNT; id++)
		raise(s, id, SEVERITY_CRITICAL, INT32_MAX, 86400, offender);
	for (uint32_t state = 1; state <= STATE_COUNT; state++)
		set_state(s, state, UINT32_MAX / 2, UINT32_MAX / 2);
	s->info.duration_us = s->info.unknown_states = UINT32_MAX;
	s->info.owners_unreadable = s->info.sockets = UINT32_MAX;
	s->spreads[STATE_TIME_WAIT - 1].remotes = UINT32_MAX;
	s->spreads[STATE_TIME_WAIT - 1].processes = UINT32_MAX;
	hostile_text(s->info.version, sizeof(s->info.version), "\xe6\x97\xa5");
	hostile_text(s->info.last_error, sizeof(s->info.last_error), "\033c\xe6\x97\xa5");
	return s;
}

void sample_free(struct snapshot *s)
{
	snapshot_free(s);
}
