/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* --- the man page ---------------------------------------------------------------------- */

enum { ROWS_MAX = 64, ROW_MAX = 128, PAGE_MAX = 65536 };

/* The rows of the man page's table of values, "plugin instance/type-instance", as patterns: a word
 * in capitals stands for any name. */
struct manual {
	char page[PAGE_MAX];
	char row[ROWS_MAX][ROW_MAX];
	size_t used[ROWS_MAX]; /* values that the row describes */
	size_t count;
};

static void read_page(struct manual *m)
{
	const char *srcdir = getenv("SRCDIR");
	char path[4096];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/plugin/collectd-tcpstate.5.in", srcdir ? srcdir : ".");
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	len = fread(m->page, 1, PAGE_MAX - 1, file);
	fclose(file);
	CU_ASSERT_FATAL(len > 0 && len < PAGE_MAX - 1);
	m->page[len] = '\0';
}

/* "PORT-local" becomes "*-local". */
static void add_pattern(char *to, const char *from, size_t len)
{
	static const char *const names[] = {"STATE", "PORT", "ADDRESS", "NAME", "LIMIT"};

	to += strlen(to);
	while (len > 0) {
		size_t word = 0;

		for (size_t i = 0; word == 0 && i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(from, names[i], strlen(names[i])) == 0)
				word = strlen(names[i]);
		*to++ = word ? '*' : *from;
		from += word ? word : 1;
		len -= word ? word : 1;
	}
	*to = '\0';
}

static void add_row(struct manual *m, const char *instance, size_t len, const char *value)
{
	size_t value_len = strcspn(value, " \n");
	char *row = m->row[m->count++];

	CU_ASSERT_FATAL(m->count < ROWS_MAX && len + value_len + 2 < ROW_MAX);
	add_pattern(row, instance, len);
	strcat(row, "/");
	add_pattern(row, value, value_len);
}

/* Lines "INSTANCE, INSTANCE  VALUE  explanation", without instances where they are those above. */
static void read_table(struct manual *m)
{
	const char *line = strstr(m->page, "type-type instance\\fP\n"), *above = NULL, *end;

	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	for (line = strchr(line, '\n') + 1; strncmp(line, ".fi", 3) != 0; line = end + 1) {
		const char *value = strstr(line, " tcp");

		end = strchr(line, '\n');
		CU_ASSERT_PTR_NOT_NULL_FATAL(end);
		if (line[0] != ' ')
			above = line;
		if (!value || value > end)
			continue; /* the explanation goes on */
		CU_ASSERT_PTR_NOT_NULL_FATAL(above);
		for (const char *at = above; *at != ' ';) {
			size_t len = strcspn(at, ", ");

			add_row(m, at, len, value + 1);
			at += len;
			at += strspn(at, ",") ? strspn(at, ", ") : 0;
		}
	}
}

/* A name that STATE or LIMIT stands for is one of those that the page lists. */
static void expect_listed(const struct manual *m, const char *list, const char *name)
{
	const char *begin = strstr(m->page, list), *at = begin, *end;

	CU_ASSERT_PTR_NOT_NULL_FATAL(begin);
	end = strstr(begin, "\n.");
	while ((at = strstr(at, name)) && at < end && strchr(" \n,", at[-1]) == NULL)
		at++;
	if (!at || at > end)
		printf("\n    not listed behind \"%s\": %s", list, name);
	CU_ASSERT(at && at < end);
}

static void expect_described(struct manual *m, char *line)
{
	size_t found = 0;

	*strrchr(line, '=') = '\0';
	for (size_t i = 0; i < m->count; i++)
		if (fnmatch(m->row[i], line, 0) == 0) {
			m->used[i]++;
			found++;
		}
	if (found == 0)
		printf("\n    not in collectd-tcpstate(5): %s", line);
	CU_ASSERT(found > 0);
	if (strncmp(line, "limits/", 7) == 0)
		expect_listed(m, "LIMIT is ", strchr(line, '-') + 1);
	if (strncmp(line, "all/", 4) == 0)
		expect_listed(m, "STATE is ", strchr(line, '-') + 1);
}

static void fill_all(struct snapshot *s)
{
	static struct listener listener = {.addr = {.type = INET_IPV4}, .has_limits = true};
	static struct listener_state listener_states[STATE_COUNT];
	static struct port ports[] = {{.port = 80}, {.port = 80, .remote = true}};
	static struct remote remote = {.state = STATE_LISTEN, .addr = {.type = INET_IPV4}};
	static struct counter counter = {.name = "TcpOutRsts"};
	static struct condition condition = {.name = "memory", .severity = SEVERITY_NORMAL};
	static struct tuning parameter = {.name = "tcp_sack", .element = 1, .is_number = true};
	static struct tuning_table table = {.rows = &parameter, .count = 1};

	s->listeners = &listener;
	s->listener_states = listener_states;
	s->ports = ports;
	s->n_ports = 2;
	s->remotes = &remote;
	s->counters = &counter;
	s->conditions = &condition;
	s->n_listeners = s->n_remotes = s->n_counters = s->n_conditions = s->n_arcs = 1;
	s->arcs[0] = (struct arc){.name = "activeOpens"};
	s->tuning = &table;
	s->n_limits = LIMIT_COUNT;
	for (uint32_t i = 0; i < LIMIT_COUNT; i++)
		s->limits[i] = (struct limit){.id = i + 1, .growing = true, .has_overflows = true};
}

/* Each value that can be sent is in the table of the man page, and each of its rows is sent. */
static void test_man_page(void)
{
	static const struct series report = {
	    .all = true,
	    .ip_versions = true,
	    .listeners = true,
	    .spread = true,
	    .limits = true,
	    .counters = true,
	    .conditions = true,
	    .tuning = true,
	    .sampler = true,
	    .max_listeners = 10,
	    .max_remotes = 10,
	    .ports = {.local = {{80}, 1}, .remote = {{80}, 1}},
	};
	static const struct timespec now;
	static struct snapshot s;
	static struct manual m;

	read_page(&m);
	read_table(&m);
	fill_all(&s);
	record_emit(record, NULL, &report, &s);
	metrics_emit_sampler(&s, &now, record_note, record);
	for (size_t i = 0; i < record->count; i++)
		expect_described(&m, record->line[i]);
	for (size_t i = 0; i < m.count; i++) {
		if (!m.used[i])
			printf("\n    in collectd-tcpstate(5), and not sent: %s", m.row[i]);
		CU_ASSERT(m.used[i] > 0);
	}
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
	    {"the man page has each value", test_man_page},
	    CU_TEST_INFO_NULL,
	};
	int rc;

	record = calloc(1, sizeof(*record));
	rc = record ? suite_run("metrics", tests) : EXIT_FAILURE;
	free(record);
	return rc;
}
