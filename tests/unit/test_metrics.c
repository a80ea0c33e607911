/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tests/support/record.h"
#include "tests/support/suite.h"

static struct record *record;

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
	static const struct series report = {.all = true, .ip_versions = true};
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
	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	CHECK_EQ_INT(record->count, 3 * STATE_COUNT);
}

static void test_nothing_asked(void)
{
	static const struct series report;
	static struct snapshot s;

	record_emit(record, NULL, &report, &s);
	CHECK_EQ_INT(record->count, 0);
}

static void test_zeros(void)
{
	static const struct series report = {.all = true, .spread = true};
	static struct snapshot s;
	static const char *const lines[] = {
	    "all/tcp_connections-CLOSE_WAIT=0",
	    "all/tcpstate_remotes-CLOSE_WAIT=0",
	    "all/tcpstate_processes-CLOSE_WAIT=0",
	    NULL,
	};

	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	CHECK_EQ_INT(record->count, 3 * STATE_COUNT);
}

static void test_limits(void)
{
	static const struct series report = {.limits = true};
	struct snapshot s = {
	    .n_limits = 3,
	    .limits = {{.id = LIMIT_TIME_WAIT_BUCKETS,
			.percent = 61,
			.overflows = 12,
			.has_overflows = true},
		       {.id = LIMIT_FILES, .percent = 3},
		       {.id = 99, .percent = 1}},
	};
	static const char *const lines[] = {
	    "limits/tcpstate_percent-time_wait_buckets=61",
	    "limits/tcpstate_counter-time_wait_buckets=12",
	    "limits/tcpstate_percent-files=3",
	    NULL,
	};

	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	CHECK_EQ_INT(record->count, 3);
}

static void test_counters(void)
{
	static const struct series report = {.counters = true};
	struct counter rows[] = {
	    {.name = "TcpExtListenOverflows", .value = 12345678901234567},
	    {.name = "TcpOutSegs"},
	};
	struct snapshot s = {.counters = rows, .n_counters = 2};
	static const char *const lines[] = {
	    "counters/tcpstate_counter-TcpExtListenOverflows=12345678901234567",
	    "counters/tcpstate_counter-TcpOutSegs=0",
	    NULL,
	};

	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	CHECK_EQ_INT(record->count, 2);
}

static void test_conditions(void)
{
	static const struct series report = {.conditions = true};
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

	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	CHECK_EQ_INT(record->count, 4);
}

static void test_tuning(void)
{
	struct series report = {0};
	struct tuning rows[] = {
	    {.name = "tcp_rmem", .element = 1, .is_number = true, .number = 4096},
	    {.name = "tcp_rmem", .element = 2, .is_number = true, .number = 131072},
	    {.name = "tcp_fin_timeout", .element = 1, .is_number = true, .number = 60},
	    {.name = "tcp_congestion_control", .element = 1},
	};
	struct tuning_table table = {.rows = rows, .count = 4, .harmful = 2, .drifted = 1};
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

	record_emit(record, NULL, &report, &s);
	CHECK_EQ_INT(record->count, 0);
	report.conditions = true;
	record_emit(record, NULL, &report, &s);
	record_expect(record, verdict);
	CHECK_EQ_INT(record->count, 3); /* and the worst severity */
	report.conditions = false;
	report.tuning = true;
	record_emit(record, NULL, &report, &s);
	record_expect(record, verdict);
	record_expect(record, values);
	CHECK_EQ_INT(record->count, 5);
}

static void test_sampler(void)
{
	static const struct timespec now = {1010, 500000000};
	struct snapshot s = {
	    .info = {.monotonic = {1000, 0},
		     .detail_at = {990, 250000000},
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
	metrics_emit_sampler(&s, &now, record_note, record);
	record_expect(record, lines);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"counts by state, in tcpconns' spelling", test_states},
	    {"nothing that was not asked for", test_nothing_asked},
	    {"zeros are sent", test_zeros},
	    {"limits", test_limits},
	    {"counters", test_counters},
	    {"conditions", test_conditions},
	    {"kernel parameters", test_tuning},
	    {"the sampler's own figures", test_sampler},
	    CU_TEST_INFO_NULL,
	};
	int rc;

	record = calloc(1, sizeof(*record));
	rc = record ? suite_run("metrics", tests) : EXIT_FAILURE;
	free(record);
	return rc;
}
