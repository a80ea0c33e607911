/* SPDX-License-Identifier: MIT */
#include "core/sample/suspect.h"

#include "tests/support/suite.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

#define KIND(name) (1u << SUSPECT_##name)

/* A socket as one look sees it, without what earlier ones have seen. */
static void test_one_look(void)
{
	enum { INFO = CONN_HAS_INFO, UNACKED = CONN_UNACKED, PROBING = CONN_PROBING };
	static const struct {
		enum tcp_state state;
		uint8_t flags, retransmits;
		uint32_t inode, recv_queue, send_queue;
		uint16_t idle_s;
		uint32_t kinds;
		bool fresh;
	} cases[] = {
	    {STATE_SYN_SENT, UNACKED, 0, 1, 0, 1, 0, 0, false},
	    {STATE_SYN_SENT, UNACKED, 1, 1, 0, 1, 0, KIND(SYN_SENT) | KIND(UPSTREAM_SILENT), false},
	    {STATE_SYN_RECV, 0, 0, 0, 0, 0, 0, KIND(SYN_RECV), false},
	    {STATE_SYN_RECV, CONN_UNANSWERED, 1, 0, 0, 0, 0, KIND(SYN_RECV) | KIND(SYN_UNANSWERED),
	     false},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 1000, KIND(CLOSE_WAIT_UNACCEPTED), false},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 10, KIND(CLOSE_WAIT_UNACCEPTED), true},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 9, 0, false},
	    {STATE_CLOSE_WAIT, 0, 0, 0, 0, 0, 0, KIND(CLOSE_WAIT_UNACCEPTED), false},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 59, 0, false},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 60, KIND(CLOSE_WAIT_STALE), true},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 959, KIND(CLOSE_WAIT_STALE), true},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 960, KIND(CLOSE_WAIT_STALE), false},
	    {STATE_CLOSE_WAIT, 0, 0, 1, 0, 0, 1000, 0, false},
	    {STATE_FIN_WAIT_2, INFO, 0, 1, 0, 0, 119, 0, false},
	    {STATE_FIN_WAIT_2, INFO, 0, 1, 0, 0, 120, KIND(FIN_WAIT_2_STALE), true},
	    {STATE_FIN_WAIT_2, INFO, 0, 0, 0, 0, 120, 0, false},
	    {STATE_FIN_WAIT_1, INFO | UNACKED, 2, 0, 0, 9, 100, 0, false},
	    {STATE_FIN_WAIT_1, INFO | UNACKED, 3, 0, 0, 9, 1, KIND(CLOSING_STUCK), false},
	    {STATE_LAST_ACK, UNACKED, 3, 0, 0, 1, 0, KIND(CLOSING_STUCK), false},
	    {STATE_CLOSING, UNACKED, 4, 0, 0, 1, 0, KIND(CLOSING_STUCK), false},
	    /* Probes are not retransmissions. */
	    {STATE_FIN_WAIT_1, INFO | PROBING, 9, 0, 0, 9, 14, 0, false},
	    {STATE_FIN_WAIT_1, INFO | PROBING, 0, 0, 0, 9, 15, KIND(CLOSING_STUCK), true},
	    {STATE_FIN_WAIT_1, PROBING, 0, 0, 0, 9, 15, 0, false},
	    {STATE_ESTABLISHED, UNACKED, 2, 1, 0, 1, 0, 0, false},
	    {STATE_ESTABLISHED, UNACKED, 3, 1, 0, 1, 0, KIND(PEER_SILENT), false},
	    {STATE_ESTABLISHED, 0, 3, 1, 0, 1, 0, 0, false}, /* keepalive probes */
	    {STATE_ESTABLISHED, PROBING, 3, 1, 0, 1, 0, 0, false},
	    {STATE_ESTABLISHED, 0, 0, 1, 1000, 0, 0, 0, false},
	    {STATE_TIME_WAIT, CONN_TW_SOCKET, 3, 0, 0, 0, 1000, 0, false},
	    {STATE_CLOSED, 0, 3, 1, 1, 1, 1000, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct conn c = {
		    .state = (uint8_t)cases[i].state,
		    .flags = cases[i].flags,
		    .retransmits = cases[i].retransmits,
		    .inode = cases[i].inode,
		    .recv_queue = cases[i].recv_queue,
		    .send_queue = cases[i].send_queue,
		    .idle_s = cases[i].idle_s,
		    .id = 7,
		};
		struct suspicion s;
		struct since since;

		since_init(&since);
		since_begin(&since, 100000);
		s = suspect_look(&since, &c, 120, true);
		CHECK_EQ_INT(s.kinds, cases[i].kinds);
		CHECK_EQ_INT(s.fresh, cases[i].fresh);
		since_done(&since);
	}
}

/* Looks at one socket after so many seconds, in a sample of its own. */
static uint32_t look(struct since *since, uint32_t now_s, const struct conn *conn)
{
	uint32_t kinds;

	since_begin(since, now_s);
	kinds = suspect_look(since, conn, 120, true).kinds;
	since_end(since, true);
	return kinds;
}

static void test_leak(void)
{
	struct conn c = {
	    .state = STATE_CLOSE_WAIT, .flags = CONN_HAS_INFO, .inode = 1, .id = 7, .idle_s = 600};
	struct since since;

	since_init(&since);
	look(&since, 1000, &(struct conn){.state = STATE_ESTABLISHED});
	/* It idled for ten minutes before its peer closed it. */
	for (uint32_t s = 0; s < 60; s += 5)
		CHECK_EQ_INT(look(&since, 1005 + s, &c), 0);
	CHECK_EQ_INT(look(&since, 1065, &c), KIND(CLOSE_WAIT_STALE));
	/* It sends something, and stops again. */
	c.idle_s = 2;
	CHECK_EQ_INT(look(&since, 1070, &c), 0);
	c.idle_s = 61;
	CHECK_EQ_INT(look(&since, 1130, &c), KIND(CLOSE_WAIT_STALE));
	/* Another state is a new beginning. */
	c.state = STATE_FIN_WAIT_2;
	c.idle_s = 600;
	CHECK_EQ_INT(look(&since, 1135, &c), 0);
	CHECK_EQ_INT(look(&since, 1254, &c), 0);
	CHECK_EQ_INT(look(&since, 1255, &c), KIND(FIN_WAIT_2_STALE));
	since_done(&since);
}

static void test_reading(void)
{
	struct conn c = {
	    .state = STATE_ESTABLISHED, .inode = 1, .id = 7, .recv_queue = 10, .send_queue = 10};
	struct since since;

	since_init(&since);
	for (uint32_t s = 0; s < 60; s += 15)
		CHECK_EQ_INT(look(&since, 1000 + s, &c), 0);
	CHECK_EQ_INT(look(&since, 1060, &c), KIND(NOT_READING));
	/* More comes; some of it is read. */
	c.recv_queue = 20;
	CHECK_EQ_INT(look(&since, 1075, &c), KIND(NOT_READING));
	c.recv_queue = 19;
	CHECK_EQ_INT(look(&since, 1090, &c), 0);
	CHECK_EQ_INT(look(&since, 1149, &c), 0);
	CHECK_EQ_INT(look(&since, 1150, &c), KIND(NOT_READING));
	/* Nobody has accepted it: that is told of the listener. */
	c.inode = 0;
	CHECK_EQ_INT(look(&since, 1165, &c), 0);
	/* The peer does not read, the state of this side does not matter. */
	c.recv_queue = 0;
	c.flags = CONN_PROBING;
	for (uint32_t s = 0; s < 60; s += 15)
		CHECK_EQ_INT(look(&since, 1200 + s, &c), 0);
	c.state = STATE_CLOSE_WAIT;
	c.inode = 1;
	CHECK_EQ_INT(look(&since, 1260, &c), KIND(PEER_NOT_READING));
	c.send_queue = 0;
	CHECK_EQ_INT(look(&since, 1275, &c), 0);
	since_done(&since);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"one look", test_one_look},
	    {"a leak", test_leak},
	    {"reading", test_reading},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("suspect", tests);
}
