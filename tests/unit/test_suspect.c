/* SPDX-License-Identifier: MIT */
#include "core/count/suspect.h"

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
		uint16_t stale_s;
	} cases[] = {
	    {STATE_SYN_SENT, UNACKED, 0, 1, 0, 1, 0, 0, SUSPECT_AGE_MAX},
	    {STATE_SYN_SENT, UNACKED, 1, 1, 0, 1, 0, KIND(SYN_SENT) | KIND(UPSTREAM_SILENT),
	     SUSPECT_AGE_MAX},
	    {STATE_SYN_RECV, 0, 0, 0, 0, 0, 0, KIND(SYN_RECV), SUSPECT_AGE_MAX},
	    {STATE_SYN_RECV, CONN_UNANSWERED, 1, 0, 0, 0, 0, KIND(SYN_RECV) | KIND(SYN_UNANSWERED),
	     SUSPECT_AGE_MAX},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 1000, KIND(CLOSE_WAIT_UNACCEPTED), 990},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 10, KIND(CLOSE_WAIT_UNACCEPTED), 0},
	    {STATE_CLOSE_WAIT, INFO, 0, 0, 0, 0, 9, 0, SUSPECT_AGE_MAX},
	    {STATE_CLOSE_WAIT, 0, 0, 0, 0, 0, 0, KIND(CLOSE_WAIT_UNACCEPTED), SUSPECT_AGE_MAX},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 59, 0, SUSPECT_AGE_MAX},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 60, KIND(CLOSE_WAIT_STALE), 0},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, 959, KIND(CLOSE_WAIT_STALE), 899},
	    {STATE_CLOSE_WAIT, INFO, 0, 1, 0, 0, UINT16_MAX, KIND(CLOSE_WAIT_STALE), 65475},
	    {STATE_CLOSE_WAIT, 0, 0, 1, 0, 0, 1000, 0, SUSPECT_AGE_MAX},
	    {STATE_FIN_WAIT_2, INFO, 0, 1, 0, 0, 119, 0, SUSPECT_AGE_MAX},
	    {STATE_FIN_WAIT_2, INFO, 0, 1, 0, 0, 120, KIND(FIN_WAIT_2_STALE), 0},
	    {STATE_FIN_WAIT_2, INFO, 0, 0, 0, 0, 120, 0, SUSPECT_AGE_MAX},
	    {STATE_FIN_WAIT_1, INFO | UNACKED, 2, 0, 0, 9, 100, 0, SUSPECT_AGE_MAX},
	    {STATE_FIN_WAIT_1, INFO | UNACKED, 3, 0, 0, 9, 1, KIND(CLOSING_STUCK), SUSPECT_AGE_MAX},
	    {STATE_LAST_ACK, UNACKED, 3, 0, 0, 1, 0, KIND(CLOSING_STUCK), SUSPECT_AGE_MAX},
	    {STATE_CLOSING, UNACKED, 4, 0, 0, 1, 0, KIND(CLOSING_STUCK), SUSPECT_AGE_MAX},
	    /* Probes are not retransmissions. */
	    {STATE_FIN_WAIT_1, INFO | PROBING, 9, 0, 0, 9, 14, 0, SUSPECT_AGE_MAX},
	    {STATE_FIN_WAIT_1, INFO | PROBING, 0, 0, 0, 9, 15, KIND(CLOSING_STUCK), 0},
	    {STATE_FIN_WAIT_1, PROBING, 0, 0, 0, 9, 15, 0, SUSPECT_AGE_MAX},
	    {STATE_ESTABLISHED, UNACKED, 2, 1, 0, 1, 0, 0, SUSPECT_AGE_MAX},
	    {STATE_ESTABLISHED, UNACKED, 3, 1, 0, 1, 0, KIND(PEER_SILENT), SUSPECT_AGE_MAX},
	    {STATE_ESTABLISHED, 0, 3, 1, 0, 1, 0, 0, SUSPECT_AGE_MAX}, /* keepalive probes */
	    {STATE_ESTABLISHED, PROBING, 3, 1, 0, 1, 0, 0, SUSPECT_AGE_MAX},
	    {STATE_ESTABLISHED, 0, 0, 1, 1000, 0, 0, 0, SUSPECT_AGE_MAX},
	    {STATE_TIME_WAIT, CONN_TW_SOCKET, 3, 0, 0, 0, 1000, 0, SUSPECT_AGE_MAX},
	    {STATE_CLOSED, 0, 3, 1, 1, 1, 1000, 0, SUSPECT_AGE_MAX},
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
		CHECK_EQ_INT(s.stale_s, cases[i].stale_s);
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

static bool rests(struct since *since, uint32_t now_s, const struct conn *conn)
{
	bool rested;

	since_begin(since, now_s);
	rested = suspect_look(since, conn, 120, true).rested;
	since_end(since, true);
	return rested;
}

/* Whether it idled before its peer closed it, from the first look on. */
static void test_rest(void)
{
	struct conn c = {.state = STATE_CLOSE_WAIT, .flags = CONN_HAS_INFO, .inode = 1, .id = 7};
	struct conn probed = {.state = STATE_CLOSE_WAIT,
			      .flags = CONN_HAS_INFO | CONN_RESTED,
			      .inode = 1,
			      .id = 8,
			      .age_s = 5,
			      .idle_s = 65};
	struct since since;

	since_init(&since);
	/* There when the first sample was taken: the last segment may be a keepalive probe. */
	CU_ASSERT_FALSE(rests(&since, 1000, &probed));
	CU_ASSERT_FALSE(rests(&since, 1005, &probed));
	probed.id = 9;
	CU_ASSERT_TRUE(rests(&since, 1010, &probed));
	CU_ASSERT_TRUE(rests(&since, 1015, &probed));
	/* It was busy when its peer closed it; with keepalive that is not to be seen later. */
	CU_ASSERT_FALSE(rests(&since, 1020, &c));
	c.flags |= CONN_RESTED;
	CU_ASSERT_FALSE(rests(&since, 1100, &c));
	/* It sends something. */
	probed.id = 10;
	CU_ASSERT_TRUE(rests(&since, 1105, &probed));
	probed.idle_s = 1;
	probed.flags = CONN_HAS_INFO;
	CU_ASSERT_FALSE(rests(&since, 1110, &probed));
	probed.idle_s = 91;
	probed.flags |= CONN_RESTED;
	CU_ASSERT_FALSE(rests(&since, 1200, &probed));
	since_done(&since);
	since_init(&since);
	c.age_s = c.idle_s = 5;
	CU_ASSERT_TRUE(rests(&since, 1000, &c));
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
	CHECK_EQ_INT(look(&since, 1147, &c), 0);
	CHECK_EQ_INT(look(&since, 1148, &c), 0);
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

/* Of a sender that fills its buffer as it is emptied, tcp_info tells whether anything is sent; it
 * is asked for when that matters. */
static void test_slow_reader(void)
{
	struct conn c = {.state = STATE_ESTABLISHED, .flags = CONN_PROBING, .send_queue = 10};
	struct since since;

	c.id = c.inode = 1;
	since_init(&since);
	since.info_comes = true;
	for (uint32_t s = 0; s < 40; s += 10) {
		CHECK_EQ_INT(look(&since, 1000 + s, &c), 0);
		CU_ASSERT_FALSE(since.ask_info);
	}
	CHECK_EQ_INT(look(&since, 1040, &c), 0);
	CU_ASSERT_TRUE(since.ask_info);
	c.flags |= CONN_HAS_INFO;
	c.idle_s = 42;
	CHECK_EQ_INT(look(&since, 1050, &c), 0);
	CU_ASSERT_FALSE(since.ask_info);
	/* From now on nothing is sent. */
	c.flags &= (uint8_t)~CONN_HAS_INFO;
	for (uint32_t s = 60; s < 90; s += 10) {
		CHECK_EQ_INT(look(&since, 1000 + s, &c), 0);
		CU_ASSERT_FALSE(since.ask_info);
	}
	for (uint32_t s = 90; s <= 120; s += 10) {
		CHECK_EQ_INT(look(&since, 1000 + s, &c), 0);
		CU_ASSERT_TRUE(since.ask_info);
	}
	c.flags |= CONN_HAS_INFO;
	c.idle_s = 90;
	CHECK_EQ_INT(look(&since, 1130, &c), KIND(PEER_NOT_READING));
	CU_ASSERT_TRUE(since.ask_info);
	since_done(&since);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"one look", test_one_look},
	    {"a leak", test_leak},
	    {"rest", test_rest},
	    {"reading", test_reading},
	    {"a slow reader", test_slow_reader},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("suspect", tests);
}
