/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/metrics.h"
#include "tests/suite.h"

enum { LINES_MAX = 4096, LINE_MAX = 3 * METRIC_NAME_MAX + 32 };

/* What was given, each value as "plugin_instance/type-type_instance=value". */
struct record {
	char line[LINES_MAX][LINE_MAX];
	size_t count;
};

static struct record *record;

static void note(const struct metric *m, void *arg)
{
	struct record *r = arg;
	char value[32];

	CU_ASSERT(strlen(m->plugin_instance) < METRIC_NAME_MAX);
	CU_ASSERT(!m->type_instance || strlen(m->type_instance) < METRIC_NAME_MAX);
	CU_ASSERT_FATAL(r->count < LINES_MAX);
	if (m->type->derive)
		snprintf(value, sizeof(value), "%" PRId64, m->derive);
	else
		snprintf(value, sizeof(value), "%g", m->gauge);
	snprintf(r->line[r->count++], LINE_MAX, "%s/%s-%s=%s", m->plugin_instance,
		 m->type->name, m->type_instance, value);
}

static size_t count_of(const char *line)
{
	size_t n = 0;

	for (size_t i = 0; i < record->count; i++)
		n += strcmp(record->line[i], line) == 0;
	return n;
}

static size_t count_prefix(const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < record->count; i++)
		n += strncmp(record->line[i], prefix, strlen(prefix)) == 0;
	return n;
}

static void expect(const char *const *lines)
{
	for (; *lines; lines++) {
		if (count_of(*lines) != 1)
			printf("\n    not given exactly once: %s", *lines);
		CU_ASSERT_EQUAL(count_of(*lines), 1);
	}
}

static void emit(struct metrics *m, const struct report *report, const struct snapshot *s)
{
	record->count = 0;
	CU_ASSERT_EQUAL(metrics_emit(m, report, s, note, record), 0);
}

/* One emission with a memory of its own. */
static void emit_once(const struct report *report, const struct snapshot *s)
{
	struct metrics *m;

	CU_ASSERT_EQUAL_FATAL(metrics_new(&m), 0);
	emit(m, report, s);
	metrics_free(m);
}

static struct inet_addr ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct inet_addr){INET_IPV4, {a, b, c, d}};
}

/* The cell of state i of family v is v * 100 + i; the total is their sum. */
static void fill_states(struct snapshot *s)
{
	for (uint32_t v = IP_V4; v <= IP_TOTAL; v++) {
		for (uint32_t i = 0; i < STATE_COUNT; i++) {
			struct state_row *row = &s->states[(v - 1) * STATE_COUNT + i];

			row->ip_version = v;
			row->state = i + 1;
			row->count = v == IP_TOTAL ? 300 + 2 * (i + 1) : v * 100 + i + 1;
		}
	}
}

static void test_states(void)
{
	static const struct report report = {.all = true, .ip_versions = true};
	static const char *const lines[] = {
	    "all/tcp_connections-CLOSED=302",      "all/tcp_connections-LISTEN=304",
	    "all/tcp_connections-SYN_SENT=306",    "all/tcp_connections-SYN_RECV=308",
	    "all/tcp_connections-ESTABLISHED=310", "all/tcp_connections-FIN_WAIT1=312",
	    "all/tcp_connections-FIN_WAIT2=314",   "all/tcp_connections-CLOSE_WAIT=316",
	    "all/tcp_connections-LAST_ACK=318",    "all/tcp_connections-CLOSING=320",
	    "all/tcp_connections-TIME_WAIT=322",   "ipv4/tcp_connections-SYN_RECV=104",
	    "ipv6/tcp_connections-SYN_RECV=204",   NULL,
	};
	static struct snapshot s;

	fill_states(&s);
	emit_once(&report, &s);
	expect(lines);
	CU_ASSERT_EQUAL(record->count, 3 * STATE_COUNT);
}

static void test_nothing_asked(void)
{
	static const struct report report;
	static struct snapshot s;

	emit_once(&report, &s);
	CU_ASSERT_EQUAL(record->count, 0);
}

static void test_zeros(void)
{
	static const struct report report = {.all = true, .spread = true};
	static struct snapshot s;
	static const char *const lines[] = {
	    "all/tcp_connections-CLOSE_WAIT=0",
	    "all/tcpstate_remotes-CLOSE_WAIT=0",
	    "all/tcpstate_processes-CLOSE_WAIT=0",
	    NULL,
	};

	emit_once(&report, &s);
	expect(lines);
	CU_ASSERT_EQUAL(record->count, 3 * STATE_COUNT);
}

/* A host with n listeners on ports 1000.., the i-th with i established connections. */
static void fill_listeners(struct snapshot *s, size_t n)
{
	s->listeners = calloc(n, sizeof(*s->listeners));
	s->listener_states = calloc(n * STATE_COUNT, sizeof(*s->listener_states));
	CU_ASSERT_FATAL(s->listeners && s->listener_states);
	s->n_listeners = n;
	for (size_t i = 0; i < n; i++) {
		s->listeners[i].addr = ipv4(10, 0, 0, 1);
		s->listeners[i].port = (uint16_t)(1000 + i);
		s->listener_states[i * STATE_COUNT + STATE_ESTABLISHED - 1].count =
		    (uint32_t)i;
		s->listener_states[i * STATE_COUNT + STATE_LISTEN - 1].count = 1;
	}
}

static void free_listeners(struct snapshot *s)
{
	free(s->listeners);
	free(s->listener_states);
}

static void test_listener(void)
{
	static const struct report report = {.listeners = true, .max_listeners = 8};
	static const char *const lines[] = {
	    "listener-1000-10.0.0.1/tcpstate_queue-accept=129",
	    "listener-1000-10.0.0.1/tcpstate_queue-accept_limit=128",
	    "listener-1000-10.0.0.1/tcpstate_queue-syn=64",
	    "listener-1000-10.0.0.1/tcpstate_queue-syn_unanswered=3",
	    "listener-1000-10.0.0.1/tcpstate_percent-accept_queue=101",
	    "listener-1000-10.0.0.1/tcpstate_percent-syn_queue=50",
	    "listener-1000-10.0.0.1/tcpstate_counter-drops=5000000000",
	    "listener-8443-::/tcpstate_queue-accept=0",
	    "listener-22-fe80::1%7/tcpstate_queue-accept=0",
	    NULL,
	};
	struct snapshot s = {0};

	fill_listeners(&s, 3);
	s.listeners[0].accept_queue = 129;
	s.listeners[0].accept_queue_limit = 128;
	s.listeners[0].accept_queue_fullest = 101;
	s.listeners[0].syn_queue = 64;
	s.listeners[0].syn_unanswered = 3;
	s.listeners[0].drops = 5000000000;
	s.listeners[1].addr = (struct inet_addr){.type = INET_IPV6};
	s.listeners[1].port = 8443;
	s.listeners[2].addr =
	    (struct inet_addr){INET_IPV6Z, {0xfe, 0x80, [15] = 1, [19] = 7}};
	s.listeners[2].port = 22;
	emit_once(&report, &s);
	expect(lines);
	/* Without a limit there is no percentage of it. */
	CU_ASSERT_EQUAL(count_prefix("listener-8443-::/tcpstate_percent-syn_queue"), 0);
	free_listeners(&s);
}

static bool has_listener(unsigned port)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix),
		 "listener-%u-10.0.0.1/tcpstate_queue-accept=", port);
	return count_prefix(prefix) == 1;
}

static void test_listeners_bounded(void)
{
	static const struct report report = {
	    .listeners = true, .sampler = true, .max_listeners = 2};
	struct snapshot s = {0};
	struct metrics *m;

	CU_ASSERT_EQUAL_FATAL(metrics_new(&m), 0);
	fill_listeners(&s, 6);
	emit(m, &report, &s);
	CU_ASSERT(has_listener(1004));
	CU_ASSERT(has_listener(1005));
	CU_ASSERT_EQUAL(count_prefix("listener-"), 2 * 6);
	CU_ASSERT_EQUAL(count_of("sampler/tcpstate_sampler-listeners_omitted=4"), 1);

	/* A busier one does not push out one that still listens. */
	s.listener_states[0 * STATE_COUNT + STATE_ESTABLISHED - 1].count = 500;
	emit(m, &report, &s);
	CU_ASSERT(has_listener(1004));
	CU_ASSERT(has_listener(1005));

	/* The place of one that is gone goes to the busiest of the others. */
	s.n_listeners = 5;
	emit(m, &report, &s);
	CU_ASSERT(has_listener(1000));
	CU_ASSERT(has_listener(1004));

	/* All gone, and back. */
	s.n_listeners = 0;
	emit(m, &report, &s);
	CU_ASSERT_EQUAL(count_prefix("listener-"), 0);
	s.n_listeners = 1;
	emit(m, &report, &s);
	CU_ASSERT(has_listener(1000));
	free_listeners(&s);
	metrics_free(m);
}

static void test_ports(void)
{
	struct report report = {
	    .max_listeners = 8,
	    .local = {{25}, 1},
	    .remote = {{5432}, 1},
	};
	struct port ports[] = {
	    {.port = 25, .count = {[STATE_ESTABLISHED - 1] = 4}},
	    {.port = 1000, .count = {[STATE_LISTEN - 1] = 1, [STATE_FIN_WAIT_1 - 1] = 9}},
	    {.port = 5432, .remote = true, .count = {[STATE_TIME_WAIT - 1] = 7}},
	};
	static const char *const named[] = {
	    "25-local/tcp_connections-ESTABLISHED=4",
	    "25-local/tcp_connections-LISTEN=0",
	    "5432-remote/tcp_connections-TIME_WAIT=7",
	    NULL,
	};
	static const char *const listening[] = {
	    "1000-local/tcp_connections-LISTEN=1",
	    "1000-local/tcp_connections-FIN_WAIT1=9",
	    NULL,
	};
	struct snapshot s = {.ports = ports, .n_ports = 3};

	fill_listeners(&s, 1);
	emit_once(&report, &s);
	expect(named);
	CU_ASSERT_EQUAL(record->count, 2 * STATE_COUNT);
	report.listening = LISTENING_PORTS_ON;
	emit_once(&report, &s);
	expect(named);
	expect(listening);
	CU_ASSERT_EQUAL(record->count, 3 * STATE_COUNT);
	/* No more listening ports than listeners are allowed. */
	report.max_listeners = 0;
	emit_once(&report, &s);
	CU_ASSERT_EQUAL(record->count, 2 * STATE_COUNT);
	free_listeners(&s);
}

static void test_remotes(void)
{
	static const struct report report = {.max_remotes = 2};
	struct remote rows[] = {
	    {STATE_SYN_RECV, 50, ipv4(192, 0, 2, 1)},
	    {STATE_SYN_RECV, 40, ipv4(192, 0, 2, 2)},
	    {STATE_ESTABLISHED, 20, ipv4(192, 0, 2, 2)},
	    {STATE_ESTABLISHED, 30, ipv4(192, 0, 2, 3)},
	};
	struct snapshot s = {.remotes = rows, .n_remotes = 4};
	struct metrics *m;
	static const char *const first[] = {
	    "remote-192.0.2.1/tcp_connections-SYN_RECV=50",
	    "remote-192.0.2.1/tcp_connections-CLOSE_WAIT=0",
	    "remote-192.0.2.2/tcp_connections-SYN_RECV=40",
	    "remote-192.0.2.2/tcp_connections-ESTABLISHED=20",
	    NULL,
	};
	static const char *const later[] = {
	    "remote-192.0.2.2/tcp_connections-ESTABLISHED=20",
	    "remote-192.0.2.3/tcp_connections-ESTABLISHED=300",
	    NULL,
	};

	for (uint32_t i = 0; i < STATE_COUNT; i++)
		s.spreads[i].state = i + 1;
	s.spreads[STATE_SYN_RECV - 1].remotes = 2;
	s.spreads[STATE_ESTABLISHED - 1].remotes = 9;
	CU_ASSERT_EQUAL_FATAL(metrics_new(&m), 0);
	emit(m, &report, &s);
	expect(first);
	CU_ASSERT_EQUAL(count_prefix("remote-192.0.2.3"), 0);
	/* Only the top of the established ones is known: no count is not a count of 0. */
	CU_ASSERT_EQUAL(count_prefix("remote-192.0.2.1/tcp_connections-ESTABLISHED"), 0);

	rows[3].count = 300;
	emit(m, &report, &s);
	expect(first);
	s.remotes = rows + 1;
	s.n_remotes = 3;
	emit(m, &report, &s);
	expect(later);
	metrics_free(m);
}

static void test_limits(void)
{
	static const struct report report = {.limits = true};
	struct snapshot s = {
	    .n_limits = 3,
	    .limits = {{.id = LIMIT_TIME_WAIT_BUCKETS, .percent = 61, .overflows = 12},
		       {.id = LIMIT_FILES, .percent = 3},
		       {.id = 99, .percent = 1}},
	};
	static const char *const lines[] = {
	    "limits/tcpstate_percent-time_wait_buckets=61",
	    "limits/tcpstate_counter-time_wait_buckets=12",
	    "limits/tcpstate_percent-files=3",
	    "limits/tcpstate_counter-files=0",
	    NULL,
	};

	emit_once(&report, &s);
	expect(lines);
	CU_ASSERT_EQUAL(record->count, 4);
}

static void test_counters(void)
{
	static const struct report report = {.counters = true};
	struct counter rows[] = {
	    {"TcpCurrEstab", 26},
	    {"TcpExtListenOverflows", 12345678901234567},
	    {"TcpOutSegs", 0},
	};
	struct snapshot s = {.counters = rows, .n_counters = 3};
	static const char *const lines[] = {
	    "counters/tcpstate_counter-TcpExtListenOverflows=12345678901234567",
	    "counters/tcpstate_counter-TcpOutSegs=0",
	    NULL,
	};

	emit_once(&report, &s);
	expect(lines);
	CU_ASSERT_EQUAL(record->count, 2);
}

static void test_conditions(void)
{
	static const struct report report = {.conditions = true};
	struct condition rows[] = {
	    {.name = "closeWaitStale", .value = 1201, .severity = SEVERITY_CRITICAL},
	    {.name = "memory", .value = 0, .severity = SEVERITY_UNKNOWN},
	};
	struct snapshot s = {
	    .conditions = rows,
	    .n_conditions = 2,
	    .diagnosis = {.worst = SEVERITY_CRITICAL},
	};
	static const char *const lines[] = {
	    "conditions/tcpstate_condition-closeWaitStale=1201",
	    "conditions/tcpstate_severity-closeWaitStale=3",
	    "conditions/tcpstate_severity-memory=4",
	    "conditions/tcpstate_severity-worst=3",
	    NULL,
	};

	emit_once(&report, &s);
	expect(lines);
	CU_ASSERT_EQUAL(record->count, 4);
}

static void test_tuning(void)
{
	struct report report = {0};
	struct tuning rows[] = {
	    {.name = "tcp_rmem", .element = 1, .is_number = true, .number = 4096},
	    {.name = "tcp_rmem", .element = 2, .is_number = true, .number = 131072},
	    {.name = "tcp_fin_timeout", .element = 1, .is_number = true, .number = 60},
	    {.name = "tcp_congestion_control", .element = 1},
	};
	struct tuning_table table = {
	    .rows = rows, .count = 4, .harmful = 2, .drifted = 1};
	struct snapshot s = {.tuning = &table};
	static const char *const verdict[] = {
	    "tuning/tcpstate_parameters-harmful=2",
	    "tuning/tcpstate_parameters-drifted=1",
	    NULL,
	};
	static const char *const values[] = {
	    "tuning/tcpstate_tuning-tcp_rmem-1=4096",
	    "tuning/tcpstate_tuning-tcp_rmem-2=131072",
	    "tuning/tcpstate_tuning-tcp_fin_timeout=60",
	    NULL,
	};

	emit_once(&report, &s);
	expect(verdict);
	CU_ASSERT_EQUAL(record->count, 2);
	report.tuning = true;
	emit_once(&report, &s);
	expect(verdict);
	expect(values);
	CU_ASSERT_EQUAL(record->count, 5);
}

static void test_sampler(void)
{
	static const struct timespec now = {1010, 500000000};
	struct snapshot s = {
	    .info = {.monotonic = {1000, 0},
		     .detail = {990, 250000000},
		     .errors = 3,
		     .duration_us = 41000,
		     .sockets = 48211,
		     .source = SOURCE_PROC_NET,
		     .cpu_pptt = 75,
		     .detail_interval_ms = 15000},
	};
	static const char *const lines[] = {
	    "sampler/tcpstate_sampler-sockets=48211",
	    "sampler/tcpstate_sampler-source=2",
	    "sampler/tcpstate_duration-sample=0.041",
	    "sampler/tcpstate_duration-detail_interval=15",
	    "sampler/tcpstate_duration-age=10.5",
	    "sampler/tcpstate_duration-detail_age=20.25",
	    "sampler/tcpstate_percent-cpu=0.75",
	    "sampler/tcpstate_counter-errors=3",
	    NULL,
	};

	record->count = 0;
	metrics_emit_sampler(&s, &now, note, record);
	expect(lines);
}

static const struct metric_type *type_by_name(const char *name)
{
	for (size_t i = 0; i < METRIC_TYPE_COUNT; i++) {
		if (strcmp(metric_types[i].name, name) == 0)
			return &metric_types[i];
	}
	return NULL;
}

/* types.tcpstate.db is what a server needs that does not load the plugin. */
static void test_types_db(void)
{
	FILE *db = fopen(
	    getenv("TYPESDB") ? getenv("TYPESDB") : "plugin/types.tcpstate.db", "re");
	size_t described = 0;
	char line[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(db);
	while (fgets(line, sizeof(line), db)) {
		char name[64], kind[16], min[16], max[16], rest;
		const struct metric_type *type;

		if (line[0] == '#')
			continue;
		CU_ASSERT_EQUAL_FATAL(sscanf(line, "%63s value:%15[^:]:%15[^:]:%15s %c",
					     name, kind, min, max, &rest),
				      4);
		type = type_by_name(name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(type);
		CU_ASSERT_STRING_EQUAL(kind, type->derive ? "DERIVE" : "GAUGE");
		CU_ASSERT(strcmp(min, "U") == 0 ? isnan(type->min)
						: atof(min) == type->min);
		CU_ASSERT(strcmp(max, "U") == 0 ? isnan(type->max)
						: atof(max) == type->max);
		described++;
	}
	fclose(db);
	/* collectd's own types.db has tcp_connections. */
	CU_ASSERT_EQUAL(described, METRIC_TYPE_COUNT - 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"counts by state, in tcpconns' spelling", test_states},
	    {"nothing that was not asked for", test_nothing_asked},
	    {"zeros are sent", test_zeros},
	    {"a listener's queues", test_listener},
	    {"more listeners than allowed", test_listeners_bounded},
	    {"local and remote ports", test_ports},
	    {"remote addresses", test_remotes},
	    {"limits", test_limits},
	    {"counters", test_counters},
	    {"conditions", test_conditions},
	    {"kernel parameters", test_tuning},
	    {"the sampler's own figures", test_sampler},
	    {"types.tcpstate.db has the same types", test_types_db},
	    CU_TEST_INFO_NULL,
	};
	int rc;

	record = calloc(1, sizeof(*record));
	rc = record ? suite_run("metrics", tests) : EXIT_FAILURE;
	free(record);
	return rc;
}
