/* SPDX-License-Identifier: MIT */
#include "tests/support/model.h"

#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/rule.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define V4(...)                                                                                    \
	{                                                                                          \
		INET_IPV4,                                                                         \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define V6(...)                                                                                    \
	{                                                                                          \
		INET_IPV6,                                                                         \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define V6Z(...)                                                                                   \
	{                                                                                          \
		INET_IPV6Z,                                                                        \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define LINK_LOCAL V6Z(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2)
#define DOC6(last) V6(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)

static struct owner owners[] = {
    {0, "", "", 0, 0},
    {4321, "java", "app.service", 0, 0},
    {812, "nginx", "nginx.service", 0, 0},
    {0, "", "cron.service", 0, 0},
    {77, "caf\xc3\xa9", "", 0, 0},
};

static struct listener listeners[] = {
    {.addr = V4(0),
     .port = 8443,
     .has_limits = true,
     .sockets = 1,
     .accept_queue_limit = 128,
     .accept_queue_peak = 5,
     .syn_queue = 129,
     .syn_queue_limit = 128,
     .syn_queue_percent = 100,
     .syn_queue_peak = 129,
     .syn_unanswered = 100,
     .owner = 2,
     .fullest_limit = 128,
     .fullest_owner = 2,
     .since = {1795230730, 0}},
    /* Its source tells no limits. */
    {.addr = V4(127, 0, 0, 1), .port = 22, .sockets = 1, .since = {1795230730, 0}},
    {.addr = V6(0),
     .port = 8080,
     .dual_stack = true,
     .has_limits = true,
     .sockets = 4,
     .accept_queue = 97,
     .accept_queue_limit = 512,
     .accept_queue_percent = 18,
     .accept_queue_fullest = 75,
     .accept_queue_peak = 130,
     .syn_queue = 3,
     .syn_queue_limit = 512,
     .syn_queue_peak = 9,
     .drops = 5000000000,
     .owner = 1,
     .fullest_queue = 96,
     .fullest_limit = 128,
     .fullest_owner = 4,
     .since = {1795230730, 0}},
    {.addr = LINK_LOCAL,
     .port = 53,
     .has_limits = true,
     .sockets = 1,
     .accept_queue_limit = 10,
     .syn_queue_limit = 10,
     .owner = 3,
     .fullest_limit = 10,
     .fullest_owner = 3,
     .since = {1795230730, 0}},
};

#define CONN(state_, version, local_, local_port_, remote_, remote_port_)                          \
	.state = (state_), .ip_version = (version), .local = local_, .local_port = (local_port_),  \
	.remote = remote_, .remote_port = (remote_port_)

static struct conn conns[] = {
    {CONN(STATE_SYN_RECV, IP_V4, V4(192, 0, 2, 1), 8443, V4(198, 51, 100, 7), 40000),
     .flags = CONN_UNANSWERED, .retransmits = 2},
    {CONN(STATE_CLOSE_WAIT, IP_V4, V4(10, 0, 3, 7), 8080, V4(10, 0, 9, 1), 51022),
     .flags = CONN_HAS_INFO, .recv_queue = 1, .age_s = 1987, .rtt_us = 350, .uid = 1001,
     .inode = 5555, .owner = 1, .cgroup_id = 9},
    {CONN(STATE_CLOSE_WAIT, IP_V4, V4(10, 0, 3, 7), 8080, V4(10, 0, 9, 1), 51023), .retransmits = 1,
     .recv_queue = 2, .send_queue = 3, .uid = 1001, .inode = 5556},
    {CONN(STATE_CLOSE_WAIT, IP_V4, V4(10, 0, 3, 8), 8080, V4(10, 0, 9, 0), 1),
     .flags = CONN_HAS_INFO, .age_s = 4, .rtt_us = 90, .owner = 3, .cgroup_id = 9},
    {CONN(STATE_CLOSE_WAIT, IP_V6, DOC6(1), 8080, DOC6(2), 65535), .flags = CONN_HAS_INFO,
     .send_queue = UINT32_MAX, .age_s = 1, .rtt_us = 2, .uid = 3, .inode = 5557, .owner = 4},
    {CONN(STATE_LAST_ACK, IP_V6, LINK_LOCAL, 1, LINK_LOCAL, 2), .retransmits = 15, .send_queue = 1},
};

static struct remote remotes[] = {
    {STATE_ESTABLISHED, 9, V4(10, 0, 9, 1)}, {STATE_ESTABLISHED, 8, V4(10, 0, 9, 255)},
    {STATE_ESTABLISHED, 7, DOC6(2)},         {STATE_CLOSE_WAIT, 2, V4(10, 0, 9, 1)},
    {STATE_LAST_ACK, 1, LINK_LOCAL},
};

static struct process processes[] = {
    {77, STATE_CLOSE_WAIT, 1, 4},
    {812, STATE_LISTEN, 1, 2},
    {4321, STATE_LISTEN, 4, 1},
    {4321, STATE_CLOSE_WAIT, 1, 1},
};

static const struct limit limits[] = {
    {1, 1902, 262144, 0, 1, 0, 0, "net.ipv4.tcp_max_tw_buckets", "", true, false, 0},
    {2, 5, 131072, 0, 0, 0, 0, "net.ipv4.tcp_max_orphans", "", true, true, 754},
    {4, 26110, 28232, 92, 93, 0, 1, "net.ipv4.ip_local_port_range", "10.0.7.12:5432", false, false,
     0},
    {5, 129, 128, 100, 101, 171, 2, "listen() backlog", "0.0.0.0:8443", true, false, 0},
    {7, 8000, INT64_MAX, 0, 0, 0, 0, "fs.file-max", "", false, false, 0},
};

static struct counter counters[] = {
    {"TcpActiveOpens", 6, 3, true},
    {"TcpExtListenDrops", UINT64_MAX, 0, false},
    {"TcpExtListenOverflows", 0, 0, true},
};

static struct tuning tunings[] = {
    {.name = "tcp_mem",
     .element = 1,
     .number = 187000,
     .is_number = true,
     .status = TUNING_NO_RECOMMENDATION,
     .drift = DRIFT_NOT_APPLICABLE,
     .value = "187000",
     .default_value = "",
     .recommended = "",
     .persisted = "",
     .persisted_in = "",
     .note = "",
     .meaning = "pages below which TCP does not bother",
     .reason = "",
     .target = ""},
    {.name = "tcp_mem",
     .element = 2,
     .number = 249000,
     .is_number = true,
     .status = TUNING_NO_RECOMMENDATION,
     .drift = DRIFT_NOT_APPLICABLE,
     .value = "249000",
     .default_value = "",
     .recommended = "",
     .persisted = "",
     .persisted_in = "",
     .note = "",
     .meaning = "pages from which TCP saves",
     .reason = "",
     .target = ""},
    {.name = "tcp_fin_timeout",
     .element = 1,
     .number = 2,
     .is_number = true,
     .status = TUNING_HARMFUL,
     .drift = DRIFT_DIFFERS_FROM_PERSISTED,
     .value = "2",
     .default_value = "60",
     .recommended = "30",
     .persisted = "60",
     .persisted_in = "/etc/sysctl.d/50-web.conf:3",
     .note = "",
     .meaning = "seconds in FIN_WAIT_2",
     .reason = "too short",
     .target = ""},
    {.name = "net.core.somaxconn",
     .element = 1,
     .number = 4096,
     .is_number = true,
     .status = TUNING_AS_RECOMMENDED,
     .drift = DRIFT_NONE,
     .value = "4096",
     .default_value = "4096",
     .recommended = "4096",
     .persisted = "4096",
     .persisted_in = "/etc/sysctl.conf:1",
     .note = "",
     .meaning = "the most that listen() gets",
     .reason = "",
     .target = ""},
    {.name = "tcp_congestion_control",
     .element = 1,
     .number = 0,
     .is_number = false,
     .status = TUNING_DIFFERS,
     .drift = DRIFT_NOT_PERSISTED,
     .value = "cubic",
     .default_value = "cubic",
     .recommended = "bbr",
     .persisted = "",
     .persisted_in = "",
     .note = "",
     .meaning = "",
     .reason = "",
     .target = ""},
};

static struct tuning_table tuning = {.rows = tunings, .count = COUNT_OF(tunings)};

static struct condition conditions[] = {
    {.id = CONDITION_SYN_QUEUE,
     .element = 0,
     .name = "synQueue",
     .value = 100,
     .unit = "%",
     .warning = 50,
     .critical = 90,
     .severity = SEVERITY_CRITICAL,
     .since = {1795230600, 0},
     .offender = "0.0.0.0:8443 nginx[812]",
     .advice = "Look at the backlog.",
     .ignored = 3},
    {.id = CONDITION_STATE_COUNT,
     .element = STATE_SYN_RECV,
     .name = "stateCount.SYN_RECV",
     .value = 129,
     .unit = "connections",
     .warning = 100,
     .critical = -1,
     .severity = SEVERITY_WARNING,
     .since = {1795230601, 0},
     .offender = "",
     .advice = "You asked for it.",
     .ignored = 0},
    {.id = CONDITION_STATE_COUNT,
     .element = STATE_CLOSE_WAIT,
     .name = "stateCount.CLOSE_WAIT",
     .value = 4,
     .unit = "connections",
     .warning = 5,
     .critical = 6,
     .severity = SEVERITY_NORMAL,
     .since = {1795230602, 0},
     .offender = "",
     .advice = "You asked for it.",
     .ignored = 0},
    {.id = CONDITION_SAMPLING,
     .element = 0,
     .name = "sampling",
     .value = -1,
     .unit = "times",
     .warning = 3,
     .critical = 10,
     .severity = SEVERITY_UNKNOWN,
     .since = {1795230603, 0},
     .offender = "",
     .advice = "See the log.",
     .ignored = 0},
};

static const struct event events[] = {
    {7,
     {1795230500, 0},
     CONDITION_STATE_COUNT,
     STATE_CLOSE_WAIT,
     SEVERITY_NORMAL,
     SEVERITY_WARNING,
     3,
     5,
     "shop-1",
     "caf\xc3\xa9[77], 3 of 4"},
    {8,
     {1795230600, 0},
     CONDITION_SYN_QUEUE,
     0,
     SEVERITY_CRITICAL,
     SEVERITY_NORMAL,
     100,
     90,
     "",
     ""},
};

/* By name, as IMPLIED indexes are: one has been sampled, the other not yet. */
static const struct netns namespaces[] = {
    {.name = "job", .inode = 4026532600, .kind = NETNS_NAMED, .worst = SEVERITY_UNKNOWN},
    {.name = "shop-1",
     .inode = 4026532567,
     .kind = NETNS_DOCKER,
     .pid = 4321,
     .processes = 3,
     .sockets = 66,
     .count = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
     .counted_at = {INT32_MAX, 0},
     .worst = SEVERITY_CRITICAL,
     .condition = "closeWaitStale",
     .offender = "java[4321]"},
};

/* Counts that tell their row and column: 1308 is ipv4, closeWait, peak of a minute. */
static void fill_states(struct snapshot *s)
{
	for (uint32_t i = 0; i < COUNT_OF(s->states); i++) {
		uint32_t version = i / STATE_COUNT + 1, state = i % STATE_COUNT + 1;
		uint32_t count = version * 1000 + state;

		s->states[i] = (struct state_row){version,     state,       count + 200,
						  count + 300, count + 400, count + 500};
	}
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		s->spreads[i] = (struct spread){i + 1, 100 + i, 200 + i};
}

void model_fill(struct snapshot *ret_snapshot)
{
	static struct listener_state listener_states[COUNT_OF(listeners) * STATE_COUNT];
	struct snapshot *s = ret_snapshot;

	memset(s, 0, sizeof(*s));
	s->info = (struct sample_info){
	    .version = "0.1.0",
	    .start = {1795230600, 0},
	    .time = {1795230727, 500000000},
	    .counters_since = {1795230601, 0},
	    .missing = "/proc/net lacks sockstat's mem (memory unknown)",
	    /* In the future: an age of 0 whenever it is asked for. */
	    .monotonic = {INT32_MAX, 0},
	    .detail_at = {INT32_MAX, 0},
	    .samples = 1000,
	    .errors = 1,
	    .last_error = "sock_diag: Interrupted system call",
	    .duration_us = 41000,
	    .sockets = 48211,
	    .source = SOURCE_SOCK_DIAG,
	    .interval_ms = 5000,
	    .detail_interval_ms = 15000,
	    .cpu_pptt = 35,
	    .rows_omitted = 3,
	    .unknown_states = 2,
	    .owners_unreadable = 4,
	    .malformed = 6,
	    .suspects_omitted = 5,
	    .resent_share = 137,
	    .resent_known = true,
	    .others = true,
	    .others_count = 2,
	    .others_excluded = 1,
	    .others_beyond = 4,
	    .others_error = "looking for namespaces: Too many open files",
	};
	fill_states(s);
	s->namespaces = namespaces;
	s->n_namespaces = COUNT_OF(namespaces);
	for (uint32_t i = 0; i < COUNT_OF(listener_states); i++)
		listener_states[i] =
		    (struct listener_state){i / STATE_COUNT, i % STATE_COUNT + 1, 10 + i};
	memcpy(s->limits, limits, sizeof(limits));
	s->arcs[0] = (struct arc){1, 1, 3, "activeOpens", "opened from here", 900, 1234, true};
	s->arcs[1] = (struct arc){5, 0, 11, "timeWait", "to TIME_WAIT", 70, 0, false};
	s->n_arcs = 2;
	s->n_limits = COUNT_OF(limits);
	s->diagnosis = (struct diagnosis){SEVERITY_CRITICAL, 1, 1, 7};
	s->owners = owners;
	s->n_owners = COUNT_OF(owners);
	s->listeners = listeners;
	s->n_listeners = COUNT_OF(listeners);
	s->listener_states = listener_states;
	s->conns = conns;
	s->n_conns = COUNT_OF(conns);
	s->remotes = remotes;
	s->n_remotes = COUNT_OF(remotes);
	s->processes = processes;
	s->n_processes = COUNT_OF(processes);
	s->counters = counters;
	s->n_counters = COUNT_OF(counters);
	s->conditions = conditions;
	s->n_conditions = COUNT_OF(conditions);
	s->tuning = &tuning;
	s->events = events;
	s->n_events = COUNT_OF(events);
}
