/* SPDX-License-Identifier: MIT */
#include "core/count/since.h"

#include "core/model/state.h"
#include "tests/support/suite.h"

static struct conn socket_of(uint64_t id, uint16_t idle_s)
{
	return (struct conn){.state = STATE_CLOSE_WAIT, .id = id, .idle_s = idle_s};
}

static uint32_t idle_of(struct since *s, const struct conn *conn)
{
	bool rested;

	return since_idle(s, conn, &rested);
}

static uint32_t idle(struct since *s, uint32_t now_s, uint64_t id, uint16_t idle_s)
{
	struct conn conn = socket_of(id, idle_s);
	uint32_t ret;

	since_begin(s, now_s);
	ret = idle_of(s, &conn);
	since_end(s, true);
	return ret;
}

/* What is there at the first sample may be old, what comes later is not. */
static void test_first_sample(void)
{
	struct since s;

	since_init(&s);
	CHECK_EQ_INT(idle(&s, 10000, 1, 500), 500);
	CHECK_EQ_INT(idle(&s, 10005, 1, 505), 505);
	CHECK_EQ_INT(idle(&s, 10010, 2, 500), 0);
	CHECK_EQ_INT(idle(&s, 10015, 2, 505), 5);
	/* Not looked up for a sample, it is another one. */
	CHECK_EQ_INT(idle(&s, 10020, 1, 500), 0);
	CHECK_EQ_INT(s.omitted, 0);
	since_done(&s);
}

/* A sample that fails, or is read twice, leaves no trace. */
static void test_again(void)
{
	struct conn c = {.state = STATE_ESTABLISHED, .id = 1};
	struct since s;

	since_init(&s);
	for (int i = 0; i < 5; i++) {
		since_begin(&s, 1000 + 50 * (uint32_t)i);
		CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 10), 0);
	}
	since_end(&s, true);
	for (uint32_t t = 1300; t <= 1302; t++) {
		since_begin(&s, t);
		CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 10), 0);
		since_end(&s, true);
	}
	since_begin(&s, 1310);
	CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 10), 310);
	since_end(&s, true);
	/* Samples that do not read ESTABLISHED say nothing of it. */
	for (int i = 0; i < 5; i++) {
		since_begin(&s, 1311);
		since_end(&s, false);
	}
	since_begin(&s, 1320);
	CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 10), 320);
	CHECK_EQ_INT(since_waiting(&s, SINCE_PROBING, &c, 10), 0);
	since_end(&s, true);
	since_begin(&s, 1330);
	since_end(&s, true);
	since_begin(&s, 1340);
	CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 10), 0);
	since_done(&s);
}

/* A queue that is read is now and then as long as before, or longer. */
static void test_read_slowly(void)
{
	static const uint32_t bytes[] = {30, 10, 20, 20, 40, 30, 50, 60, 70, 70, 80};
	struct conn c = {.state = STATE_ESTABLISHED, .id = 1};
	struct since s;

	since_init(&s);
	for (uint32_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		since_begin(&s, 1000 + 60 * i);
		/* Since it was 30, at the sixth look. */
		CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, bytes[i]),
			     i < 9 ? 0 : 60 * (i - 5));
		since_end(&s, true);
	}
	since_done(&s);
}

/* The kernel's milliseconds begin anew after 2^32 of them: 4294967 s and 296 ms. */
static void test_wrap(void)
{
	enum { T = 1000000, WRAP_S = 4294967 };
	struct since s;

	since_init(&s);
	since_begin(&s, T);
	since_end(&s, true);
	CHECK_EQ_INT(idle(&s, T, 1, 0), 0);
	CHECK_EQ_INT(idle(&s, T + 60000, 1, 60000), 60000);
	CHECK_EQ_INT(idle(&s, T + 70000, 1, CONN_IDLE_MAX), 70000);
	CHECK_EQ_INT(idle(&s, T + WRAP_S - 1, 1, CONN_IDLE_MAX), WRAP_S - 1);
	CHECK_EQ_INT(idle(&s, T + WRAP_S + 4, 1, 4), WRAP_S + 4);
	CHECK_EQ_INT(idle(&s, T + WRAP_S + 304, 1, 304), WRAP_S + 304);
	CHECK_EQ_INT(idle(&s, T + WRAP_S + 80000, 1, CONN_IDLE_MAX), WRAP_S + 80000);
	/* It sends something, which no wrap explains. */
	CHECK_EQ_INT(idle(&s, T + WRAP_S + 80005, 1, 3), 3);
	since_done(&s);
	/* Nearly a wrap is none. */
	for (int off = -10; off <= 10; off += 20) {
		since_init(&s);
		since_begin(&s, T);
		since_end(&s, true);
		CHECK_EQ_INT(idle(&s, T, 1, 0), 0);
		CHECK_EQ_INT(idle(&s, (uint32_t)(T + WRAP_S + 100 + off), 1, 100), 100);
		since_done(&s);
	}
}

/* A kernel that gives a socket no number, and a table that is full. */
static void test_bounds(void)
{
	struct conn c = socket_of(0, 500);
	struct since s;

	since_init(&s);
	since_begin(&s, 1000);
	since_end(&s, true);
	since_begin(&s, 1001);
	CHECK_EQ_INT(idle_of(&s, &c), 500);
	CHECK_EQ_INT(since_waiting(&s, SINCE_UNREAD, &c, 1), 0);
	CHECK_EQ_INT(s.omitted, 2);
	for (uint64_t id = 1; id <= SINCE_MAX + 2; id++) {
		c.id = id << 31;
		CHECK_EQ_INT(idle_of(&s, &c), id <= SINCE_MAX ? 0 : 500);
	}
	CHECK_EQ_INT(s.omitted, 4);
	CHECK_EQ_INT(s.sockets.count, SINCE_MAX);
	since_end(&s, true);
	/* Those that are gone make room, and the others are still known. */
	since_begin(&s, 1010);
	for (uint64_t id = 1; id <= 100; id++) {
		c.id = id << 31;
		CHECK_EQ_INT(idle_of(&s, &c), 9);
	}
	CHECK_EQ_INT(s.omitted, 0);
	since_end(&s, true);
	CHECK_EQ_INT(s.sockets.count, 100);
	since_begin(&s, 1020);
	for (uint64_t id = 100; id >= 1; id--) {
		c.id = id << 31;
		CHECK_EQ_INT(idle_of(&s, &c), 19);
	}
	c.id = 5;
	CHECK_EQ_INT(idle_of(&s, &c), 0);
	since_done(&s);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"the first sample", test_first_sample},
	    {"again", test_again},
	    {"read slowly", test_read_slowly},
	    {"49.7 days", test_wrap},
	    {"bounds", test_bounds},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("since", tests);
}
