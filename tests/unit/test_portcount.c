/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "core/count/portcount.h"
#include "tests/support/suite.h"

struct socket_case {
	uint8_t state;
	uint16_t local_port;
	uint16_t remote_port;
};

static void count(struct portcount *p, const struct counted_ports *report,
		  const struct socket_case *cases, size_t n, struct snapshot *now)
{
	CHECK_EQ_INT_FATAL(portcount_begin(p, report), 0);
	for (size_t i = 0; i < n; i++) {
		const struct conn conn = {
		    .state = cases[i].state,
		    .local_port = cases[i].local_port,
		    .remote_port = cases[i].remote_port,
		};

		CHECK_EQ_INT(portcount_add(p, &conn), 0);
	}
	CHECK_EQ_INT_FATAL(portcount_finish(p, now), 0);
}

static void check(const struct snapshot *s, size_t row, uint16_t port, bool remote,
		  enum tcp_state state, uint32_t expected)
{
	CU_ASSERT_FATAL(row < s->n_ports);
	CHECK_EQ_INT(s->ports[row].port, port);
	CHECK_EQ_INT(s->ports[row].remote, remote);
	CHECK_EQ_INT(s->ports[row].count[state - 1], expected);
}

static const struct socket_case sockets[] = {
    {STATE_LISTEN, 80, 0},         {STATE_LISTEN, 22, 0},        {STATE_ESTABLISHED, 80, 4000},
    {STATE_ESTABLISHED, 80, 5432}, {STATE_SYN_SENT, 4000, 5432}, {STATE_TIME_WAIT, 25, 5432},
    {STATE_CLOSE_WAIT, 4000, 80},
};

#define SOCKETS (sizeof(sockets) / sizeof(sockets[0]))

static void test_named(void)
{
	static const struct counted_ports report = {
	    .local = {{80, 25}, 2},
	    .remote = {{5432, 80, 5432}, 3},
	};
	struct portcount p = {0};
	struct snapshot now = {0};

	count(&p, &report, sockets, SOCKETS, &now);
	CHECK_EQ_INT(now.n_ports, 4);
	check(&now, 0, 25, false, STATE_TIME_WAIT, 1);
	check(&now, 1, 80, false, STATE_ESTABLISHED, 2);
	check(&now, 1, 80, false, STATE_LISTEN, 1);
	check(&now, 1, 80, false, STATE_CLOSE_WAIT, 0);
	check(&now, 2, 80, true, STATE_CLOSE_WAIT, 1);
	check(&now, 3, 5432, true, STATE_ESTABLISHED, 1);
	check(&now, 3, 5432, true, STATE_SYN_SENT, 1);
	check(&now, 3, 5432, true, STATE_TIME_WAIT, 1);
	free(now.ports);
	portcount_done(&p);
}

static void test_listening(void)
{
	static const struct counted_ports report = {.listening = true};
	struct portcount p = {0};
	struct snapshot now = {0}, later = {0};

	count(&p, &report, sockets, SOCKETS, &now);
	CHECK_EQ_INT(now.n_ports, 2);
	check(&now, 0, 22, false, STATE_LISTEN, 1);
	check(&now, 1, 80, false, STATE_ESTABLISHED, 2);

	/* Without the listener of port 22. */
	count(&p, &report, sockets, 1, &later);
	CHECK_EQ_INT(later.n_ports, 1);
	check(&later, 0, 80, false, STATE_LISTEN, 1);
	check(&later, 0, 80, false, STATE_ESTABLISHED, 0);
	free(now.ports);
	free(later.ports);
	portcount_done(&p);
}

static void test_nothing(void)
{
	static const struct counted_ports off;
	struct portcount p = {0};
	struct snapshot now = {0};

	count(&p, NULL, sockets, SOCKETS, &now);
	CHECK_EQ_INT(now.n_ports, 0);
	count(&p, &off, sockets, SOCKETS, &now);
	CHECK_EQ_INT(now.n_ports, 0);
	portcount_done(&p);
}

/* Every port listens: as many rows as fit, and nothing beyond them. */
static void test_all(void)
{
	static const struct counted_ports report = {
	    .listening = true,
	    .remote = {{5432}, 1},
	};
	struct portcount p = {0};
	struct snapshot now = {0};

	CHECK_EQ_INT_FATAL(portcount_begin(&p, &report), 0);
	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		const struct conn conn = {.state = STATE_LISTEN, .local_port = (uint16_t)port};

		CHECK_EQ_INT(portcount_add(&p, &conn), 0);
	}
	CHECK_EQ_INT_FATAL(portcount_finish(&p, &now), 0);
	CHECK_EQ_INT(now.n_ports, UINT16_MAX);
	check(&now, 0, 0, false, STATE_LISTEN, 1);
	free(now.ports);
	portcount_done(&p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"ports that are named", test_named},
	    {"ports that listen", test_listening},
	    {"nothing asked for", test_nothing},
	    {"more than fit", test_all},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("portcount", tests);
}
