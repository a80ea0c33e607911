/* SPDX-License-Identifier: MIT */
#include "core/count/builder.h"
#include "core/sample/carry.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "tests/support/suite.h"

static struct inet_addr addr(const char *text)
{
	struct inet_addr a = {.type = strchr(text, ':') ? INET_IPV6 : INET_IPV4};

	CHECK_EQ_INT_FATAL(inet_pton(a.type == INET_IPV6 ? AF_INET6 : AF_INET, text, a.bytes), 1);
	return a;
}

static struct conn conn(enum tcp_state state, const char *local, uint16_t local_port,
			const char *remote, uint16_t remote_port)
{
	struct conn c = {
	    .state = (uint8_t)state,
	    .local = addr(local),
	    .remote = addr(remote),
	    .local_port = local_port,
	    .remote_port = remote_port,
	};

	c.ip_version = c.remote.type == INET_IPV4 ? IP_V4 : IP_V6;
	return c;
}

static struct conn listening(const char *local, uint16_t port, uint32_t queue, uint32_t limit)
{
	struct conn c = conn(STATE_LISTEN, local, port, local, 0);

	memset(c.remote.bytes, 0, sizeof(c.remote.bytes));
	c.recv_queue = queue;
	c.send_queue = limit;
	return c;
}

static const struct builder_options all = {
    .states = STATE_MASK_ALL,
    .conn_states = STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN),
    .conn_rows = 1000,
    .remotes = 20,
    .fin_wait_stale_s = 120,
    .port_low = 32768,
    .port_high = 60999,
    .limits_known = true,
    .syn_max = UINT32_MAX,
};

static struct snapshot *built(struct builder *b, const struct builder_options *options,
			      const struct conn *conns, size_t count, const struct snapshot *last,
			      struct builder_result *ret_result)
{
	struct snapshot *now = calloc(1, sizeof(*now));
	struct builder_result result;

	CU_ASSERT_PTR_NOT_NULL_FATAL(now);
	builder_begin(b, options);
	for (size_t i = 0; i < count; i++)
		CHECK_EQ_INT_FATAL(builder_socket(&conns[i], b), 0);
	CHECK_EQ_INT_FATAL(builder_finish(b, now, &result), 0);
	CHECK_EQ_INT_FATAL(carry_over(last, options->states, options->conn_rows, now), 0);
	if (ret_result)
		*ret_result = result;
	return now;
}

static struct builder *new_build(void)
{
	struct builder *b;

	CHECK_EQ_INT_FATAL(builder_new(&b), 0);
	return b;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_counts(void)
{
	const struct conn conns[] = {
	    conn(STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1000),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1001),
	    conn(STATE_ESTABLISHED, "fd00::1", 80, "fd00::2", 1001),
	    conn(STATE_CLOSE_WAIT, "fd00::1", 80, "fd00::2", 1002),
	};
	struct builder *b = new_build();
	struct snapshot *s = built(b, &all, conns, COUNT(conns), NULL, NULL);

	CHECK_EQ_INT(snapshot_count(s, IP_V4, STATE_ESTABLISHED), 2);
	CHECK_EQ_INT(snapshot_count(s, IP_V6, STATE_ESTABLISHED), 1);
	CHECK_EQ_INT(snapshot_count(s, IP_TOTAL, STATE_ESTABLISHED), 3);
	CHECK_EQ_INT(snapshot_count(s, IP_V4, STATE_CLOSE_WAIT), 0);
	CHECK_EQ_INT(snapshot_count(s, IP_V6, STATE_CLOSE_WAIT), 1);
	for (uint32_t i = 0; i < COUNT(s->states); i++) {
		CHECK_EQ_INT(s->states[i].ip_version, i / STATE_COUNT + 1);
		CHECK_EQ_INT(s->states[i].state, i % STATE_COUNT + 1);
	}
	snapshot_free(s);
	builder_free(b);
}

static struct conn on(struct conn c, uint32_t zone)
{
	inet_addr_set_zone(&c.local, zone);
	return c;
}

/* The same address and port on two devices and on none: a connection belongs to the listener of
 * its device first, but to one with its address before. */
static void test_devices(void)
{
	const struct conn conns[] = {
	    listening("0.0.0.0", 80, 1, 10), on(listening("0.0.0.0", 80, 2, 10), 3),
	    on(listening("0.0.0.0", 80, 3, 10), 4), on(listening("10.0.0.1", 80, 4, 10), 4),
	    on(listening("::", 81, 0, 10), 3), listening("0.0.0.0", 81, 0, 10),
	    on(listening("0.0.0.0", 82, 0, 10), 3), listening("10.0.0.7", 81, 0, 10),
	    conn(STATE_SYN_RECV, "10.0.0.2", 80, "10.0.0.9", 1),
	    on(conn(STATE_SYN_RECV, "10.0.0.2", 80, "10.0.0.9", 1), 3),
	    on(conn(STATE_SYN_RECV, "10.0.0.2", 80, "10.0.0.9", 1), 4),
	    on(conn(STATE_SYN_RECV, "10.0.0.1", 80, "10.0.0.9", 1), 4),
	    on(conn(STATE_SYN_RECV, "10.0.0.1", 80, "10.0.0.9", 1), 3),
	    /* a device without a listener of its own, as a VRF with tcp_l3mdev_accept */
	    on(conn(STATE_SYN_RECV, "10.0.0.2", 80, "10.0.0.9", 2), 9),
	    on(conn(STATE_SYN_RECV, "10.0.0.2", 81, "10.0.0.9", 2), 3),
	    conn(STATE_SYN_RECV, "10.0.0.2", 81, "10.0.0.9", 2),
	    on(conn(STATE_SYN_RECV, "10.0.0.7", 81, "10.0.0.9", 2), 3), /* in a VRF */
	    conn(STATE_SYN_RECV, "10.0.0.2", 82, "10.0.0.9", 2),        /* nobody's */
	};
	/* As the index sorts them: ipv4, ipv4z, ipv6z. */
	static const struct {
		const char *name;
		uint32_t syn_queue, accept_queue;
	} want[] = {
	    {"0.0.0.0:80", 2, 1},    {"0.0.0.0:81", 1, 0},   {"10.0.0.7:81", 1, 0},
	    {"0.0.0.0%3:80", 2, 2},  {"0.0.0.0%3:82", 0, 0}, {"0.0.0.0%4:80", 1, 3},
	    {"10.0.0.1%4:80", 1, 4}, {"[::%3]:81", 1, 0},
	};
	struct conn sockets[COUNT(conns)];
	struct builder *b = new_build();
	struct snapshot *s;
	char buf[INET_TEXT_MAX];

	memcpy(sockets, conns, sizeof(conns));
	sockets[4].flags = CONN_DUAL_STACK;
	s = built(b, &all, sockets, COUNT(sockets), NULL, NULL);
	CHECK_EQ_INT_FATAL(s->n_listeners, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		const struct listener *row = &s->listeners[i];

		CHECK_EQ_STR(snapshot_endpoint_format(s, &row->addr, row->port, buf), want[i].name);
		CHECK_EQ_INT(row->syn_queue, want[i].syn_queue);
		CHECK_EQ_INT(row->accept_queue, want[i].accept_queue);
	}
	/* No connection is lost for having the same four numbers as another. */
	CHECK_EQ_INT(s->n_conns, 10);
	snapshot_free(s);
	builder_free(b);
}

/* A transparent proxy's half-open connections have the port that the client asked for. */
static void test_proxy(void)
{
	struct conn conns[] = {
	    listening("0.0.0.0", 15006, 0, 32),
	    listening("0.0.0.0", 22, 0, 32),
	    conn(STATE_SYN_RECV, "198.18.0.1", 80, "10.0.0.9", 1),
	    conn(STATE_SYN_RECV, "198.18.0.1", 40000, "10.0.0.9", 2),
	    conn(STATE_ESTABLISHED, "198.18.0.1", 80, "10.0.0.9", 3), /* not accepted yet */
	    conn(STATE_ESTABLISHED, "198.18.0.1", 40001, "10.0.0.9", 4),
	    conn(STATE_SYN_RECV, "fd00::1", 80, "fd00::9", 5), /* no listener of IPv6 */
	    conn(STATE_SYN_RECV, "10.0.0.1", 22, "10.0.0.9", 6),
	};
	/* Half-open at 15006 and at 22, where 15006 is transparent; both are; none is; none is, and
	 * there is no other listener. */
	static const uint32_t want[][2] = {{2, 1}, {0, 1}, {0, 1}, {4, 0}};

	conns[4].flags = CONN_TRANSPARENT;
	conns[5].inode = 7;
	conns[5].flags = CONN_TRANSPARENT;
	for (size_t i = 0; i < COUNT(want); i++) {
		struct builder *b = new_build();
		struct builder_result result;
		struct snapshot *s;
		size_t proxy = i < 3;

		conns[0].flags = i < 2 ? CONN_TRANSPARENT : 0;
		conns[1].flags = i == 1 ? CONN_TRANSPARENT : 0;
		if (i == 3)
			conns[1] = conns[2];
		s = built(b, &all, conns, COUNT(conns), NULL, &result);
		CHECK_EQ_INT_FATAL(s->n_listeners, 1 + proxy);
		CHECK_EQ_INT(s->listeners[proxy].syn_queue, want[i][0]);
		if (proxy)
			CHECK_EQ_INT(s->listeners[0].syn_queue, want[i][1]);
		CHECK_EQ_INT(snapshot_listener_count(s, proxy, STATE_ESTABLISHED),
			     i == 0 || i == 3);
		/* None of them has taken a port of the range. */
		CHECK_EQ_INT(result.ports.used, 0);
		snapshot_free(s);
		builder_free(b);
	}
}

static void test_nothing(void)
{
	struct builder *b = new_build();
	struct snapshot *s = built(b, &all, NULL, 0, NULL, NULL);

	CHECK_EQ_INT(s->n_conns + s->n_listeners + s->n_remotes + s->n_processes, 0);
	CHECK_EQ_INT(s->n_owners, 1);
	CHECK_EQ_INT(s->owners[0].pid, 0);
	for (size_t i = 0; i < SUSPECT_COUNT; i++)
		CHECK_EQ_INT(s->suspects[i].count, 0);
	snapshot_free(s);
	builder_free(b);
}

/* SO_REUSEPORT: one row with the sums, and the fullest of the sockets. */
static void test_shared_listener(void)
{
	const struct conn conns[] = {
	    listening("0.0.0.0", 80, 0, 100),
	    listening("0.0.0.0", 80, 101, 100),
	    listening("0.0.0.0", 80, 7, 100),
	    /* Sums that have no room in 32 bits. */
	    listening("0.0.0.0", 81, 3u << 30, 1u << 31),
	    listening("0.0.0.0", 81, 3u << 30, 1u << 31),
	};
	struct builder *b = new_build();
	struct snapshot *s = built(b, &all, conns, COUNT(conns), NULL, NULL);
	size_t n_sockets;

	CHECK_EQ_INT_FATAL(s->n_listeners, 2);
	CHECK_EQ_INT(s->listeners[0].sockets, 3);
	CHECK_EQ_INT(s->listeners[0].accept_queue, 108);
	CHECK_EQ_INT(s->listeners[0].accept_queue_limit, 300);
	CHECK_EQ_INT(s->listeners[0].accept_queue_percent, 36);
	CHECK_EQ_INT(s->listeners[0].accept_queue_fullest, 100);
	CHECK_EQ_INT(s->listeners[0].fullest_queue, 101);
	CHECK_EQ_INT(s->listeners[0].fullest_limit, 100);
	CHECK_EQ_INT(s->listeners[0].several_owners, false);
	CHECK_EQ_INT(snapshot_listener_count(s, 0, STATE_LISTEN), 3);
	CHECK_EQ_INT(s->listeners[1].accept_queue, UINT32_MAX);
	CHECK_EQ_INT(s->listeners[1].accept_queue_limit, UINT32_MAX);
	builder_listener_sockets(b, &n_sockets);
	CHECK_EQ_INT(n_sockets, 5);
	snapshot_free(s);
	builder_free(b);
}

/* How many half-open connections the sockets of a listener hold, and how many they have. */
struct syn_case {
	uint32_t backlog[4]; /* of each socket; UINT32_MAX: no more sockets */
	uint32_t max;        /* what else bounds each */
	uint32_t half_open;
	uint32_t limit, least, percent;
};

static void test_syn_queue_limit(void)
{
	enum { NONE = UINT32_MAX };
	static const struct syn_case cases[] = {
	    {{128, NONE}, UINT32_MAX, 0, 128, 128, 0},
	    {{128, NONE}, UINT32_MAX, 127, 128, 128, 99},
	    {{128, NONE}, UINT32_MAX, 128, 128, 128, 100},
	    {{128, NONE}, UINT32_MAX, 129, 128, 128, 100},
	    {{4096, NONE}, UINT32_MAX, 129, 4096, 4096, 3},
	    {{0, NONE}, UINT32_MAX, 0, 0, 0, 0},
	    {{0, NONE}, UINT32_MAX, 1, 0, 0, 100},
	    /* tcp_syncookies 0 and tcp_max_syn_backlog 32 */
	    {{512, NONE}, 24, 24, 24, 24, 100},
	    {{512, NONE}, 24, 6, 24, 24, 25},
	    {{16, NONE}, 24, 8, 16, 16, 50},
	    {{16, 512, 512, NONE}, 24, 32, 64, 16, 50},
	    {{128, 128, 64, 128}, UINT32_MAX, 112, 448, 64, 25},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct builder_options options = all;
		struct conn conns[4 + 129];
		struct builder *b = new_build();
		struct snapshot *s;
		size_t n = 0;

		for (size_t j = 0; j < 4 && cases[i].backlog[j] != NONE; j++)
			conns[n++] = listening("0.0.0.0", 80, 0, cases[i].backlog[j]);
		for (uint32_t j = 0; j < cases[i].half_open; j++)
			conns[n++] =
			    conn(STATE_SYN_RECV, "10.0.0.1", 80, "10.0.0.9", (uint16_t)(1 + j));
		options.syn_max = cases[i].max;
		s = built(b, &options, conns, n, NULL, NULL);
		CHECK_EQ_INT_FATAL(s->n_listeners, 1);
		CHECK_EQ_INT(s->listeners[0].syn_queue, cases[i].half_open);
		CHECK_EQ_INT(s->listeners[0].syn_queue_limit, cases[i].limit);
		CHECK_EQ_INT(s->listeners[0].syn_queue_least, cases[i].least);
		CHECK_EQ_INT(s->listeners[0].syn_queue_percent, cases[i].percent);
		snapshot_free(s);
		builder_free(b);
	}
}

static void test_most_specific_listener(void)
{
	struct conn dual = listening("::", 8080, 0, 10);
	struct conn conns[] = {
	    listening("0.0.0.0", 80, 0, 10),
	    listening("10.0.0.1", 80, 0, 10),
	    listening("::", 80, 0, 10), /* v6only */
	    dual,
	    conn(STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.9", 1),
	    conn(STATE_ESTABLISHED, "10.0.0.2", 80, "10.0.0.9", 2),
	    conn(STATE_ESTABLISHED, "10.0.0.3", 80, "10.0.0.9", 3),
	    conn(STATE_CLOSE_WAIT, "fd00::1", 80, "fd00::9", 4),
	    conn(STATE_SYN_RECV, "10.0.0.1", 8080, "10.0.0.9", 5),
	    conn(STATE_SYN_RECV, "fd00::1", 8080, "fd00::9", 6),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 40000, "10.0.0.9", 80),
	    conn(STATE_SYN_RECV, "10.0.0.1", 8080, "10.0.0.9", 7),
	};
	/* In the order of the index: ipv4 0.0.0.0, ipv4 10.0.0.1, ipv6 :: 80, :: 8080. */
	static const struct {
		size_t row;
		enum tcp_state state;
		uint32_t count;
	} want[] = {
	    {0, STATE_ESTABLISHED, 2}, {1, STATE_ESTABLISHED, 1}, {2, STATE_ESTABLISHED, 0},
	    {2, STATE_CLOSE_WAIT, 1},  {3, STATE_SYN_RECV, 3},    {3, STATE_ESTABLISHED, 0},
	};
	struct builder *b = new_build();
	struct snapshot *s;

	conns[3].flags = CONN_DUAL_STACK;
	conns[8].flags = CONN_UNANSWERED;
	conns[11].flags = CONN_UNANSWERED | CONN_FAST_OPEN;
	s = built(b, &all, conns, COUNT(conns), NULL, NULL);
	CHECK_EQ_INT_FATAL(s->n_listeners, 4);
	for (size_t i = 0; i < COUNT(want); i++)
		CHECK_EQ_INT(snapshot_listener_count(s, want[i].row, want[i].state), want[i].count);
	CHECK_EQ_INT(s->listeners[3].syn_queue, 2);
	CHECK_EQ_INT(s->listeners[3].syn_unanswered, 1);
	CU_ASSERT_TRUE(s->listeners[3].dual_stack);
	snapshot_free(s);
	builder_free(b);
}

static void test_conns_are_sorted_and_bounded(void)
{
	struct builder_options options = all;
	struct conn conns[300];
	struct builder *b = new_build();
	struct snapshot *s;

	options.conn_rows = 110;
	options.conn_states = STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_CLOSE_WAIT);
	for (size_t i = 0; i < COUNT(conns); i++) {
		/* A flood, at its end five connections that matter, and some not listed. */
		enum tcp_state state = i < 200   ? STATE_SYN_RECV
				       : i < 205 ? STATE_CLOSE_WAIT
						 : STATE_ESTABLISHED;

		conns[i] = conn(state, "10.0.0.1", 80, "10.0.0.2", (uint16_t)(60000 - i));
	}
	s = built(b, &options, conns, COUNT(conns), NULL, NULL);
	CHECK_EQ_INT(s->n_conns, 110);
	CHECK_EQ_INT(snapshot_sockets(s, options.conn_states) - s->n_conns, 95);
	for (size_t i = 1; i < s->n_conns; i++)
		CU_ASSERT(s->conns[i - 1].state < s->conns[i].state ||
			  (s->conns[i - 1].state == s->conns[i].state &&
			   s->conns[i - 1].remote_port < s->conns[i].remote_port));
	CHECK_EQ_INT(s->conns[104].state, STATE_SYN_RECV);
	CHECK_EQ_INT(s->conns[105].state, STATE_CLOSE_WAIT);
	snapshot_free(s);
	builder_free(b);
}

/* Sockets bound to one address with SO_REUSEPORT have the same index. */
static void test_twins_have_one_row(void)
{
	const struct conn conns[] = {
	    conn(STATE_CLOSED, "10.0.0.1", 80, "0.0.0.0", 0),
	    conn(STATE_CLOSED, "10.0.0.1", 80, "0.0.0.0", 0),
	};
	struct builder *b = new_build();
	struct snapshot *s = built(b, &all, conns, COUNT(conns), NULL, NULL);

	CHECK_EQ_INT(s->n_conns, 1);
	CHECK_EQ_INT(snapshot_sockets(s, all.conn_states) - s->n_conns, 1);
	CHECK_EQ_INT(snapshot_count(s, IP_V4, STATE_CLOSED), 2);
	snapshot_free(s);
	builder_free(b);
}

static void test_remotes(void)
{
	struct builder_options options = all;
	struct conn conns[60];
	struct builder *b = new_build();
	struct snapshot *s;
	size_t n = 0;

	options.remotes = 3;
	/* 10.1.0.i has i % 10 + 1 connections; of equal ones the lower address is kept. */
	for (unsigned i = 0; n + 10 < COUNT(conns); i++) {
		char text[16];

		snprintf(text, sizeof(text), "10.1.0.%u", i);
		for (unsigned j = 0; j <= i % 10; j++)
			conns[n++] =
			    conn(STATE_TIME_WAIT, "10.0.0.1", 80, text, (uint16_t)(1000 + j));
	}
	s = built(b, &options, conns, n, NULL, NULL);
	CHECK_EQ_INT_FATAL(s->n_remotes, 3);
	CHECK_EQ_INT(s->spreads[STATE_TIME_WAIT - 1].remotes, 10);
	CHECK_EQ_INT(s->spreads[STATE_ESTABLISHED - 1].remotes, 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK_EQ_INT(s->remotes[i].addr.bytes[3], 7 + i);
		CHECK_EQ_INT(s->remotes[i].count, 8 + i);
	}
	CHECK_EQ_INT(s->tops[STATE_TIME_WAIT - 1].remote.bytes[3], 9);
	CHECK_EQ_INT(s->tops[STATE_TIME_WAIT - 1].remote_count, 10);
	snapshot_free(s);
	options.remotes = 0;
	s = built(b, &options, conns, n, NULL, NULL);
	CHECK_EQ_INT(s->n_remotes, 0);
	CHECK_EQ_INT(s->spreads[STATE_TIME_WAIT - 1].remotes, 10);
	CHECK_EQ_INT(s->tops[STATE_TIME_WAIT - 1].remote_count, 10);
	snapshot_free(s);
	builder_free(b);
}

/* Ports from 40000 to 40199 of 127.0.0.1: `count` connections that take each step-th, towards
 * `remotes` addresses in turn. */
static size_t outgoing(struct conn *conns, uint16_t first, size_t count, uint16_t step,
		       unsigned remotes)
{
	for (size_t i = 0; i < count; i++) {
		char remote[16];

		snprintf(remote, sizeof(remote), "127.0.0.%u", 2 + (unsigned)i % remotes);
		conns[i] =
		    conn(STATE_ESTABLISHED, "127.0.0.1", (uint16_t)(first + i * step), remote, 80);
	}
	return count;
}

static struct builder_ports used_ports(const struct conn *conns, size_t count,
				       enum time_wait_reuse reuse)
{
	struct builder_options options = all;
	struct builder_result result;
	struct builder *b = new_build();

	options.port_low = 40000;
	options.port_high = 40199;
	options.ports_usable = 200;
	options.ports_even = 100;
	options.reuse = reuse;
	snapshot_free(built(b, &options, conns, count, NULL, &result));
	builder_free(b);
	return result.ports;
}

/* bind() before connect() takes a port for all remotes, connect() alone does not. */
static void test_bound_ports(void)
{
	struct conn conns[400];
	struct builder_ports ports;
	size_t n;

	/* All odd ones, then even ones. */
	n = outgoing(conns, 40001, 100, 2, 4);
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_TRUE(ports.bound);
	CHECK_EQ_INT(ports.used, 100);
	n += outgoing(conns + n, 40000, 90, 2, 4);
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_TRUE(ports.bound);
	CHECK_EQ_INT(ports.used, 190);
	CHECK_EQ_INT(ports.local.bytes[0], 127);
	/* connect() to many remotes: each has even ports of its own. */
	n = outgoing(conns, 40000, 100, 2, 4);
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_FALSE(ports.bound);
	CHECK_EQ_INT(ports.used, 25);
	/* One remote has all of the even ones, and odd ones then; others have some. */
	n += outgoing(conns, 40000, 100, 2, 1);
	n = outgoing(conns + 100, 40001, 30, 2, 1) + 100;
	n += outgoing(conns + n, 40000, 50, 2, 1);
	for (size_t i = n - 50; i < n; i++)
		conns[i].remote_port = 81;
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_FALSE(ports.bound);
	CHECK_EQ_INT(ports.used, 130);
	/* IP_LOCAL_PORT_RANGE: connect() takes odd ones as well, and shares them. */
	n = outgoing(conns, 40000, 160, 1, 80);
	n += outgoing(conns + n, 40000, 80, 1, 80);
	for (size_t i = 160; i < n; i++)
		conns[i].remote_port = 81;
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_FALSE(ports.bound);
	CHECK_EQ_INT(ports.used, 2);
	/* SO_REUSEADDR: one port for several remotes. */
	n = outgoing(conns, 40001, 100, 2, 1);
	n += outgoing(conns + n, 40001, 100, 2, 1);
	for (size_t i = 100; i < n; i++)
		conns[i].remote_port = 81;
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_FALSE(ports.bound);
	CHECK_EQ_INT(ports.used, 100);
	/* Bound, and nothing else yet: on no address in particular, so on each. */
	n = outgoing(conns, 40000, 40, 1, 40);
	for (size_t i = 0; i < n; i++)
		conns[i] = conn(STATE_CLOSED, "0.0.0.0", conns[i].local_port, "0.0.0.0", 0);
	n += outgoing(conns + n, 40101, 10, 2, 10);
	ports = used_ports(conns, n, REUSE_NONE);
	CU_ASSERT_TRUE(ports.bound);
	CHECK_EQ_INT(ports.used, 50);
	CHECK_EQ_INT(ports.local.bytes[0], 127);
}

/* tcp_tw_reuse: what connect() may take once more is not in use. */
static void test_reusable_ports(void)
{
	struct conn conns[60];
	size_t n = outgoing(conns, 40000, 60, 2, 1);

	for (size_t i = 0; i < n; i++)
		conns[i].state = STATE_TIME_WAIT;
	CHECK_EQ_INT(used_ports(conns, n, REUSE_ALL).used, 60);
	for (size_t i = 0; i < 50; i++)
		conns[i].flags |= CONN_REUSABLE;
	CHECK_EQ_INT(used_ports(conns, n, REUSE_NONE).used, 60);
	CHECK_EQ_INT(used_ports(conns, n, REUSE_LOOPBACK).used, 10);
	CHECK_EQ_INT(used_ports(conns, n, REUSE_ALL).used, 10);
	for (size_t i = 0; i < n; i++)
		conns[i] = conn(STATE_TIME_WAIT, "10.0.0.1", conns[i].local_port, "10.0.0.2", 80);
	conns[0].flags |= CONN_REUSABLE;
	CHECK_EQ_INT(used_ports(conns, n, REUSE_LOOPBACK).used, 60);
	CHECK_EQ_INT(used_ports(conns, n, REUSE_ALL).used, 59);
	/* A leak of connections that had rested has its ports. */
	for (size_t i = 0; i < n; i++) {
		conns[i].state = STATE_CLOSE_WAIT;
		conns[i].flags |= CONN_RESTED;
	}
	CHECK_EQ_INT(used_ports(conns, n, REUSE_ALL).used, 60);
}

static void test_ports(void)
{
	static struct portset reserved;
	struct builder_options options = all;
	const struct conn conns[] = {
	    listening("0.0.0.0", 40000, 0, 10),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 33000, "10.0.0.9", 80),
	    conn(STATE_TIME_WAIT, "10.0.0.1", 33001, "10.0.0.9", 80),
	    conn(STATE_SYN_SENT, "10.0.0.1", 33002, "10.0.0.9", 80),
	    /* Another local address, remote port, a reserved port, one out of the range, and an
	     * incoming connection do not take the same ports. */
	    conn(STATE_ESTABLISHED, "10.0.0.2", 33003, "10.0.0.9", 80),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 33004, "10.0.0.9", 81),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 50000, "10.0.0.9", 80),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 1024, "10.0.0.9", 80),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 40000, "10.0.0.9", 80),
	};
	struct builder_result result;
	struct builder *b = new_build();
	struct snapshot *s;

	portset_add(&reserved, 50000);
	options.ports_reserved = &reserved;
	s = built(b, &options, conns, COUNT(conns), NULL, &result);
	CHECK_EQ_INT(result.ports.used, 3);
	CHECK_EQ_INT(result.ports.remote_port, 80);
	CHECK_EQ_INT(result.ports.remote.bytes[3], 9);
	CHECK_EQ_INT(result.ports.local.bytes[3], 1);
	snapshot_free(s);
	builder_free(b);
}

/* What a lesser sample does not read comes from the snapshot before. */
static void test_carry(void)
{
	const struct conn full[] = {
	    listening("0.0.0.0", 80, 1, 10),
	    listening("0.0.0.0", 81, 0, 10),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 80, "10.0.0.2", 1),
	    conn(STATE_ESTABLISHED, "10.0.0.1", 81, "10.0.0.3", 2),
	    conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.0.0.4", 3),
	};
	const struct conn fast[] = {
	    listening("0.0.0.0", 79, 0, 10),
	    listening("0.0.0.0", 80, 5, 10),
	    conn(STATE_LAST_ACK, "10.0.0.1", 80, "10.0.0.4", 3),
	};
	struct builder_options fast_options = all, listen_options = all;
	struct builder *b = new_build();
	struct snapshot *first, *second, *third;

	fast_options.states =
	    STATE_MASK_ALL & ~(STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT));
	listen_options.states = STATE_BIT(STATE_LISTEN);
	first = built(b, &all, full, COUNT(full), NULL, NULL);
	/* Of a service whose processes are not known; it has no row among the processes. */
	first->tops[STATE_ESTABLISHED - 1].owner_count = 2;
	second = built(b, &fast_options, fast, COUNT(fast), first, NULL);
	CHECK_EQ_INT(snapshot_count(second, IP_TOTAL, STATE_ESTABLISHED), 2);
	CHECK_EQ_INT(snapshot_count(second, IP_TOTAL, STATE_CLOSE_WAIT), 0);
	CHECK_EQ_INT(snapshot_count(second, IP_TOTAL, STATE_LAST_ACK), 1);
	CHECK_EQ_INT_FATAL(second->n_listeners, 2);
	CHECK_EQ_INT(second->listeners[1].port, 80);
	CHECK_EQ_INT(second->listeners[1].accept_queue, 5);
	CHECK_EQ_INT(snapshot_listener_count(second, 0, STATE_ESTABLISHED), 0);
	CHECK_EQ_INT(snapshot_listener_count(second, 1, STATE_ESTABLISHED), 1);
	CHECK_EQ_INT(snapshot_listener_count(second, 1, STATE_CLOSE_WAIT), 0);
	CHECK_EQ_INT(second->n_conns, 3);
	CHECK_EQ_INT(snapshot_sockets(second, STATE_MASK_ALL), 5);
	CHECK_EQ_INT(snapshot_sockets(second, all.conn_states), 3);
	CHECK_EQ_INT(second->n_remotes, 3);
	CHECK_EQ_INT(second->spreads[STATE_ESTABLISHED - 1].remotes, 2);
	CHECK_EQ_INT(second->spreads[STATE_CLOSE_WAIT - 1].remotes, 0);
	CHECK_EQ_INT(second->tops[STATE_ESTABLISHED - 1].owner_count, 2);

	third = built(b, &listen_options, fast, 2, second, NULL);
	CHECK_EQ_INT(snapshot_count(third, IP_TOTAL, STATE_LAST_ACK), 1);
	CHECK_EQ_INT(snapshot_count(third, IP_TOTAL, STATE_LISTEN), 2);
	CHECK_EQ_INT(snapshot_listener_count(third, 1, STATE_LAST_ACK), 1);
	CHECK_EQ_INT(third->n_conns, 3);
	CHECK_EQ_INT(third->n_remotes, 3);
	snapshot_free(first);
	snapshot_free(second);
	snapshot_free(third);
	builder_free(b);
}

/* A socket with tcp_info. */
static struct conn idle(struct conn c, uint32_t inode, uint16_t idle_s)
{
	c.flags |= CONN_HAS_INFO;
	c.inode = inode;
	c.idle_s = idle_s;
	return c;
}

static struct conn resent(struct conn c, uint8_t retransmits)
{
	c.flags |= CONN_UNACKED;
	c.retransmits = retransmits;
	return c;
}

static void test_suspects(void)
{
	struct conn conns[] = {
	    listening("0.0.0.0", 80, 0, 10),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.1.1", 1), 7, 60),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.1.2", 2), 8, 1000),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.2.1", 3), 9, 59),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.2.1", 4), 0, 1000),
	    idle(conn(STATE_FIN_WAIT_2, "10.0.0.1", 80, "10.9.2.1", 5), 10, 120),
	    idle(conn(STATE_FIN_WAIT_2, "10.0.0.1", 80, "10.9.2.1", 6), 0, 120),
	    resent(conn(STATE_LAST_ACK, "10.0.0.1", 80, "10.9.2.1", 7), 3),
	    resent(conn(STATE_CLOSING, "10.0.0.1", 80, "10.9.2.1", 8), 2),
	    resent(conn(STATE_FIN_WAIT_1, "10.0.0.1", 80, "10.9.7.1", 9), 4),
	    resent(conn(STATE_LAST_ACK, "10.0.0.1", 81, "10.9.7.1", 9), 3),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40000, "10.9.3.1", 443), 2),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40001, "10.9.3.1", 443), 1),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40002, "10.9.3.1", 80), 1),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40003, "10.9.3.2", 443), 0),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40004, "10.9.4.1", 443), 1),
	};
	static const uint32_t want[SUSPECT_COUNT] = {
	    [SUSPECT_CLOSE_WAIT_STALE] = 2, [SUSPECT_CLOSE_WAIT_UNACCEPTED] = 1,
	    [SUSPECT_FIN_WAIT_2_STALE] = 1, [SUSPECT_CLOSING_STUCK] = 3,
	    [SUSPECT_SYN_SENT] = 4,         [SUSPECT_UPSTREAM_SILENT] = 4,
	};
	struct builder *b = new_build();
	struct snapshot *s = built(b, &all, conns, COUNT(conns), NULL, NULL);
	const struct suspects *stale = &s->suspects[SUSPECT_CLOSE_WAIT_STALE];
	const struct suspects *stuck = &s->suspects[SUSPECT_CLOSING_STUCK];
	const struct suspects *sent = &s->suspects[SUSPECT_SYN_SENT];
	const struct suspects *upstream = &s->suspects[SUSPECT_UPSTREAM_SILENT];

	for (size_t i = 0; i < SUSPECT_COUNT; i++)
		CHECK_EQ_INT(s->suspects[i].count, want[i]);
	CHECK_EQ_INT(stale->fresh, 1);
	CHECK_EQ_INT(stale->addresses, 2);
	CHECK_EQ_INT(stale->n_owners, 0);
	CHECK_EQ_INT(stale->within, 2);
	CU_ASSERT_FALSE(stale->outgoing);
	CHECK_EQ_INT(stale->port, 80);
	CHECK_EQ_INT(stale->port_count, 2);
	CHECK_EQ_INT(stale->n_listeners, 1);
	CHECK_EQ_INT(stale->listeners[0].index, 0);
	CHECK_EQ_INT(stale->listeners[0].count, 2);
	CHECK_EQ_INT(stale->listeners[1].count, 0);
	CHECK_EQ_INT(stale->n_remotes, 2);
	CHECK_EQ_INT(stale->remotes[0].count, 1);
	CHECK_EQ_INT(stale->remotes[0].addr.bytes[3], 1);
	CHECK_EQ_INT(stale->remotes[1].addr.bytes[3], 2);
	CHECK_EQ_INT(stale->network.bytes[2], 1);
	CHECK_EQ_INT(stale->network.bytes[3], 0);
	CHECK_EQ_INT(stale->network_count, 2);
	CHECK_EQ_INT(stale->network_remotes, 2);
	CHECK_EQ_INT(stale->endpoint.count, 0);
	/* Three to one address, two of them to one port. */
	CU_ASSERT_TRUE(sent->outgoing);
	CHECK_EQ_INT(sent->port, 443);
	CHECK_EQ_INT(sent->port_count, 3);
	CHECK_EQ_INT(sent->addresses, 2);
	CHECK_EQ_INT(sent->remotes[0].count, 3);
	CHECK_EQ_INT(upstream->endpoint.count, 2);
	CHECK_EQ_INT(upstream->endpoint.port, 443);
	CHECK_EQ_INT(upstream->endpoint.addr.bytes[2], 3);
	/* Stuck ones of three states count as one remote address. */
	CHECK_EQ_INT(stuck->remotes[0].addr.bytes[2], 7);
	CHECK_EQ_INT(stuck->remotes[0].count, 2);
	CHECK_EQ_INT(stuck->network_count, 2);
	CHECK_EQ_INT(stuck->network_remotes, 1);
	CHECK_EQ_INT(s->spreads[STATE_CLOSING - 1].remotes, 1);
	snapshot_free(s);
	builder_free(b);
}

/* A service that goes down has no listener any more: its connections are not its own. */
static void test_listener_gone(void)
{
	static const struct {
		uint16_t local_port;
		bool outgoing;
	} cases[] = {{80, false}, {32767, false}, {32768, true}, {60999, true}, {61000, false}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint16_t port = cases[i].local_port;
		struct conn conns[] = {
		    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", port, "10.9.1.1", 1), 7, 60),
		    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", port, "10.9.1.2", 1), 8, 1000),
		};
		struct builder *b = new_build();
		struct snapshot *s = built(b, &all, conns, COUNT(conns), NULL, NULL);
		const struct suspects *stale = &s->suspects[SUSPECT_CLOSE_WAIT_STALE];

		CHECK_EQ_INT(stale->outgoing, cases[i].outgoing);
		CHECK_EQ_INT(stale->port, cases[i].outgoing ? 1 : port);
		snapshot_free(s);
		builder_free(b);
	}
}

/* A pool that its server, or each of its servers, closed at once does not grow; one that goes bit
 * by bit does, and so do connections that were in use. */
static void test_growth(void)
{
	static const struct {
		uint16_t local_port, idle_s[3];
		bool rested;
		uint32_t fresh, pooled, youngest_s;
	} cases[] = {
	    {40000, {100, 90, 149}, true, 0, 3, 30},   {40000, {100, 160, 130}, true, 3, 3, 40},
	    {40000, {160, 100, 130}, true, 3, 3, 40},  {40000, {100, 90, 149}, false, 3, 0, 30},
	    {80, {100, 90, 149}, true, 3, 0, 30},      {40000, {100, 0, 0}, true, 1, 1, 40},
	    {40000, {960, 959, 961}, true, 1, 3, 899}, {40000, {3660, 3661, 0}, true, 0, 2, 3600},
	    {40000, {0, 0, 0}, true, 0, 0, 0},
	};
	static const char *const servers[] = {"10.9.1.1", "10.9.1.2", "10.9.1.3"};

	for (size_t n = 0; n < 2 * COUNT(cases); n++) {
		size_t i = n / 2;
		struct conn conns[4] = {listening("0.0.0.0", 80, 0, 10)};
		struct builder_options options = all;
		struct builder *b = new_build();
		const struct suspects *stale;
		struct snapshot *s;

		options.now_s = 100000;
		for (uint16_t c = 0; c < 3; c++) {
			conns[c + 1] = idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", cases[i].local_port,
						 servers[n % 2 ? c : 0], 5432),
					    c + 1u, cases[i].idle_s[c]);
			conns[c + 1].id = c + 1u;
			conns[c + 1].age_s = cases[i].idle_s[c];
			conns[c + 1].flags |= cases[i].rested ? CONN_RESTED : 0;
		}
		s = built(b, &options, conns, COUNT(conns), NULL, NULL);
		stale = &s->suspects[SUSPECT_CLOSE_WAIT_STALE];
		CHECK_EQ_INT(stale->fresh, cases[i].fresh);
		CHECK_EQ_INT(stale->pooled, cases[i].pooled);
		CHECK_EQ_INT(stale->youngest_s, cases[i].youngest_s);
		snapshot_free(s);
		builder_free(b);
	}
}

/* One condition leaves out a network, another a port: both see the same sockets otherwise. */
static void test_ignored_suspects(void)
{
	const struct conn conns[] = {
	    listening("0.0.0.0", 80, 0, 10),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.1.1", 1), 7, 1000),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 81, "10.9.1.1", 2), 8, 1000),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40000, "10.9.3.1", 443), 2),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40001, "10.9.3.1", 80), 2),
	    resent(conn(STATE_SYN_SENT, "10.0.0.1", 40002, "10.9.4.1", 443), 2),
	};
	const struct ignores ignores = {
	    .row = {{.condition = CONDITION_UPSTREAM_SILENT,
		     .kind = IGNORE_NETWORK,
		     .prefix = 24,
		     .addr = addr("10.9.3.0")},
		    {.condition = CONDITION_SYN_SENT_FANOUT, .kind = IGNORE_PORT, .port = 443},
		    {.condition = CONDITION_CLOSE_WAIT_STALE,
		     .kind = IGNORE_LISTENER,
		     .prefix = 32,
		     .port = 80,
		     .addr = addr("0.0.0.0")}},
	    .count = 3,
	};
	struct builder_options options = all;
	struct builder *b = new_build();
	struct snapshot *s;

	options.ignores = &ignores;
	s = built(b, &options, conns, COUNT(conns), NULL, NULL);
	CHECK_EQ_INT(s->suspects[SUSPECT_UPSTREAM_SILENT].count, 1);
	CHECK_EQ_INT(s->suspects[SUSPECT_UPSTREAM_SILENT].ignored, 2);
	CHECK_EQ_INT(s->suspects[SUSPECT_UPSTREAM_SILENT].endpoint.addr.bytes[2], 4);
	CHECK_EQ_INT(s->suspects[SUSPECT_SYN_SENT].count, 1);
	CHECK_EQ_INT(s->suspects[SUSPECT_SYN_SENT].ignored, 2);
	CHECK_EQ_INT(s->suspects[SUSPECT_SYN_SENT].port, 80);
	CHECK_EQ_INT(s->suspects[SUSPECT_CLOSE_WAIT_STALE].count, 1);
	CHECK_EQ_INT(s->suspects[SUSPECT_CLOSE_WAIT_STALE].ignored, 1);
	snapshot_free(s);
	builder_free(b);
}

/* What ESTABLISHED tells stands until it is read again. */
static void test_suspects_of_detail(void)
{
	struct conn silent = resent(conn(STATE_ESTABLISHED, "10.0.0.1", 40000, "10.9.3.1", 443), 3);
	struct builder_options fast_options = all;
	struct snapshot *first, *second, *third;
	struct builder *b = new_build();

	silent.send_queue = 1;
	fast_options.states &= ~STATE_BIT(STATE_ESTABLISHED);
	first = built(b, &all, &silent, 1, NULL, NULL);
	CHECK_EQ_INT(first->suspects[SUSPECT_PEER_SILENT].count, 1);
	CHECK_EQ_INT(first->suspects[SUSPECT_PEER_SILENT].endpoint.port, 443);
	second = built(b, &fast_options, NULL, 0, first, NULL);
	CHECK_EQ_INT(second->suspects[SUSPECT_PEER_SILENT].count, 1);
	third = built(b, &all, NULL, 0, second, NULL);
	CHECK_EQ_INT(third->suspects[SUSPECT_PEER_SILENT].count, 0);
	snapshot_free(first);
	snapshot_free(second);
	snapshot_free(third);
	builder_free(b);
}

/* The suspects are carried over, their listener goes: in the samples after that it is none. */
static void test_listener_goes(void)
{
	const struct conn conns[] = {
	    listening("0.0.0.0", 80, 0, 10),
	    idle(conn(STATE_CLOSE_WAIT, "10.0.0.1", 80, "10.9.1.1", 1), 7, 60),
	};
	struct builder_options listen_options = all;
	struct snapshot *s[4];
	struct builder *b = new_build();

	listen_options.states = STATE_BIT(STATE_LISTEN);
	s[0] = built(b, &all, conns, COUNT(conns), NULL, NULL);
	s[1] = built(b, &listen_options, conns, 1, s[0], NULL);
	CHECK_EQ_INT(s[1]->suspects[SUSPECT_CLOSE_WAIT_STALE].listeners[0].index, 0);
	for (int i = 2; i < 4; i++) {
		s[i] = built(b, &listen_options, NULL, 0, s[i - 1], NULL);
		CHECK_EQ_INT(s[i]->suspects[SUSPECT_CLOSE_WAIT_STALE].count, 1);
		CHECK_EQ_INT(s[i]->suspects[SUSPECT_CLOSE_WAIT_STALE].listeners[0].index,
			     UINT32_MAX);
	}
	for (int i = 0; i < 4; i++)
		snapshot_free(s[i]);
	builder_free(b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"counts", test_counts},
	    {"nothing", test_nothing},
	    {"listeners of devices", test_devices},
	    {"a transparent proxy", test_proxy},
	    {"a shared listener", test_shared_listener},
	    {"SYN queue's limit", test_syn_queue_limit},
	    {"the most specific listener", test_most_specific_listener},
	    {"connections are sorted and bounded", test_conns_are_sorted_and_bounded},
	    {"twins have one row", test_twins_have_one_row},
	    {"remotes", test_remotes},
	    {"ports", test_ports},
	    {"ports that bind() takes", test_bound_ports},
	    {"ports that tcp_tw_reuse gives back", test_reusable_ports},
	    {"what is not read is carried over", test_carry},
	    {"suspects", test_suspects},
	    {"suspects whose listener has gone", test_listener_gone},
	    {"growth", test_growth},
	    {"suspects that are left out", test_ignored_suspects},
	    {"suspects of ESTABLISHED", test_suspects_of_detail},
	    {"a listener goes", test_listener_goes},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("builder", tests);
}
