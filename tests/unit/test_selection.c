/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/record.h"
#include "tests/support/suite.h"

static struct record *record;

static struct inet_addr ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct inet_addr){INET_IPV4, {a, b, c, d}};
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
		s->listener_states[i * STATE_COUNT + STATE_ESTABLISHED - 1].count = (uint32_t)i;
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
	static const struct series report = {.listeners = true, .max_listeners = 8};
	static const char *const lines[] = {
	    "listener-1000-10.0.0.1/tcpstate_queue-accept=129",
	    "listener-1000-10.0.0.1/tcpstate_queue-accept_limit=128",
	    "listener-1000-10.0.0.1/tcpstate_queue-syn=64",
	    "listener-1000-10.0.0.1/tcpstate_queue-syn_unanswered=3",
	    "listener-1000-10.0.0.1/tcpstate_percent-accept_queue=100",
	    "listener-1000-10.0.0.1/tcpstate_queue-syn_limit=24",
	    "listener-1000-10.0.0.1/tcpstate_percent-syn_queue=100",
	    "listener-1000-10.0.0.1/tcpstate_counter-drops=5000000000",
	    "listener-8443-::/tcpstate_queue-accept=0",
	    "listener-22-fe80::1%7/tcpstate_queue-accept=0",
	    NULL,
	};
	struct snapshot s = {0};

	fill_listeners(&s, 3);
	s.listeners[0].accept_queue = 129;
	s.listeners[0].accept_queue_limit = 128;
	s.listeners[0].accept_queue_fullest = 100;
	s.listeners[0].has_limits = true;
	s.listeners[0].syn_queue = 64;
	s.listeners[0].syn_queue_limit = 24;
	s.listeners[0].syn_queue_percent = 100;
	s.listeners[0].syn_unanswered = 3;
	s.listeners[0].drops = 5000000000;
	s.listeners[1].addr = (struct inet_addr){.type = INET_IPV6};
	s.listeners[1].port = 8443;
	s.listeners[2].addr = (struct inet_addr){INET_IPV6Z, {0xfe, 0x80, [15] = 1, [19] = 7}};
	s.listeners[2].port = 22;
	record_emit(record, NULL, &report, &s);
	record_expect(record, lines);
	/* Without a limit there is no percentage of it. */
	CHECK_EQ_INT(record_prefix(record, "listener-8443-::/tcpstate_percent-syn_queue"), 0);
	free_listeners(&s);
}

static bool has_listener(unsigned port)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "listener-%u-10.0.0.1/tcpstate_queue-accept=", port);
	return record_prefix(record, prefix) == 1;
}

static void test_listeners_bounded(void)
{
	static const struct series report = {
	    .listeners = true, .sampler = true, .max_listeners = 2};
	struct snapshot s = {0};
	struct metrics *m;

	CHECK_EQ_INT_FATAL(metrics_new(&m), 0);
	fill_listeners(&s, 6);
	record_emit(record, m, &report, &s);
	CU_ASSERT(has_listener(1004));
	CU_ASSERT(has_listener(1005));
	CHECK_EQ_INT(record_prefix(record, "listener-"), 2 * 4);
	CHECK_EQ_INT(record_count(record, "sampler/tcpstate_sampler-listeners_omitted=4"), 1);

	/* A busier one does not push out one that still listens. */
	s.listener_states[0 * STATE_COUNT + STATE_ESTABLISHED - 1].count = 500;
	record_emit(record, m, &report, &s);
	CU_ASSERT(has_listener(1004));
	CU_ASSERT(has_listener(1005));

	/* The place of one that is gone goes to the busiest of the others. */
	s.n_listeners = 5;
	record_emit(record, m, &report, &s);
	CU_ASSERT(has_listener(1000));
	CU_ASSERT(has_listener(1004));

	/* All gone, and back. */
	s.n_listeners = 0;
	record_emit(record, m, &report, &s);
	CHECK_EQ_INT(record_prefix(record, "listener-"), 0);
	s.n_listeners = 1;
	record_emit(record, m, &report, &s);
	CU_ASSERT(has_listener(1000));
	free_listeners(&s);
	metrics_free(m);
}

static void test_ports(void)
{
	struct series report = {
	    .max_listeners = 8,
	    .ports = {.local = {{25}, 1}, .remote = {{5432}, 1}},
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
	record_emit(record, NULL, &report, &s);
	record_expect(record, named);
	CHECK_EQ_INT(record->count, 2 * STATE_COUNT);
	report.ports.listening = true;
	record_emit(record, NULL, &report, &s);
	record_expect(record, named);
	record_expect(record, listening);
	CHECK_EQ_INT(record->count, 3 * STATE_COUNT);
	/* No more listening ports than listeners are allowed. */
	report.max_listeners = 0;
	record_emit(record, NULL, &report, &s);
	CHECK_EQ_INT(record->count, 2 * STATE_COUNT);
	free_listeners(&s);
}

static void test_remotes(void)
{
	static const struct series report = {.max_remotes = 2};
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
	CHECK_EQ_INT_FATAL(metrics_new(&m), 0);
	record_emit(record, m, &report, &s);
	record_expect(record, first);
	CHECK_EQ_INT(record_prefix(record, "remote-192.0.2.3"), 0);
	/* Only the top of the established ones is known: no count is not a count of 0. */
	CHECK_EQ_INT(record_prefix(record, "remote-192.0.2.1/tcp_connections-ESTABLISHED"), 0);

	rows[3].count = 300;
	record_emit(record, m, &report, &s);
	record_expect(record, first);
	s.remotes = rows + 1;
	s.n_remotes = 3;
	record_emit(record, m, &report, &s);
	record_expect(record, later);
	metrics_free(m);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a listener's queues", test_listener},
	    {"more listeners than allowed", test_listeners_bounded},
	    {"local and remote ports", test_ports},
	    {"remote addresses", test_remotes},
	    CU_TEST_INFO_NULL,
	};
	int rc;

	record = calloc(1, sizeof(*record));
	rc = record ? suite_run("selection", tests) : EXIT_FAILURE;
	free(record);
	return rc;
}
