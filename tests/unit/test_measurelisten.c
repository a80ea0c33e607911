/* SPDX-License-Identifier: MIT */
#include "tests/support/lab.h"
#include "tests/support/suite.h"

/* One listener among the quiet ones, and the share of its SYN queue. */
struct syn_case {
	uint32_t sockets;
	uint32_t limit;
	uint32_t syn_queue;
	int32_t syncookies;
	int32_t percent;
};

static void test_syn_queue_bound(void)
{
	static const struct syn_case cases[] = {
	    {1, 128, 0, 1, 0},     {1, 128, 64, 1, 50},
	    {1, 128, 129, 1, 100}, {1, 4096, 129, 1, 3},
	    {1, 0, 129, 1, 0},     {4, 512, 256, 1, 50}, /* SO_REUSEPORT */
	    {1, 128, 48, 0, 50}, /* three quarters of tcp_max_syn_backlog, 128 */
	    {1, 64, 48, 0, 75},  /* the backlog is the smaller */
	    {4, 512, 192, 0, 50},  {1, UINT32_MAX, UINT32_MAX, 1, 100},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;

		lab_open(&lab);
		lab.now.listeners[1].sockets = cases[i].sockets;
		lab.now.listeners[1].accept_queue_limit = cases[i].limit;
		lab.now.listeners[1].syn_queue = cases[i].syn_queue;
		lab.now.tuning[2].number = cases[i].syncookies;
		lab_step(&lab, 1000);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, cases[i].percent);
		lab_close(&lab);
	}
}

struct floor_case {
	uint32_t queue, limit;
	bool drops;         /* the listener's own */
	uint64_t overflows; /* of the host */
	int32_t percent;
};

/* Small queues count only where they lose connections. */
static void test_accept_queue_floor(void)
{
	static const struct floor_case cases[] = {
	    {1, 1, false, 0, 0},       {2, 1, false, 5, 0},  {2, 1, true, 0, 0},
	    {2, 1, true, 5, 100},      {15, 16, true, 5, 0}, {16, 32, false, 0, 50},
	    {129, 128, false, 0, 100},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listener *l;
		struct lab lab;

		lab_open(&lab);
		lab_step(&lab, 100000);
		l = &lab.now.listeners[1];
		l->accept_queue = l->fullest_queue = cases[i].queue;
		l->accept_queue_limit = l->fullest_limit = cases[i].limit;
		l->accept_queue_fullest =
		    cases[i].queue > cases[i].limit ? 100 : cases[i].queue * 100 / cases[i].limit;
		l->dropped_ms = cases[i].drops ? 100500 : 0;
		lab.now.counters[LAB_OVERFLOWS].value += cases[i].overflows;
		lab_step(&lab, 101000);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0)->value, cases[i].percent);
		lab_close(&lab);
	}
}

static void test_syn_queue_floor(void)
{
	static const struct floor_case cases[] = {
	    {1, 1, false, 0, 0}, {1, 1, true, 0, 0},     {1, 1, true, 5, 100},
	    {7, 8, true, 5, 0},  {16, 32, false, 0, 50}, {15, 16, false, 5, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;

		lab_open(&lab);
		lab_step(&lab, 100000);
		lab.now.listeners[1].syn_queue = cases[i].queue;
		lab.now.listeners[1].accept_queue_limit = cases[i].limit;
		lab.now.listeners[1].dropped_ms = cases[i].drops ? 100500 : 0;
		lab.now.counters[LAB_FULL_DROPS].value += cases[i].overflows;
		lab_step(&lab, 101000);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, cases[i].percent);
		lab_close(&lab);
	}
}

/* Drops are compared by address and port, wherever the row stands. */
static void test_listeners_come_and_go(void)
{
	struct lab lab;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.s.n_listeners = 2;
	lab.now.listeners[0] = lab.now.listeners[1];
	lab.now.listeners[1] = lab.now.listeners[2];
	lab.now.listeners[1].drops += 9;
	lab.now.counters[LAB_OVERFLOWS].value = 9;
	lab_step(&lab, 2000);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->offender,
		     "[::]:443 nginx[812] nginx.service");
	lab.now.s.n_listeners = 3;
	lab.now.listeners[2] = lab.now.listeners[1];
	lab.now.listeners[1] = lab.now.listeners[0];
	lab.now.listeners[0].port = 80;
	lab.now.listeners[0].drops = 100000;
	lab.now.listeners[1].drops += 4;
	lab.now.counters[LAB_OVERFLOWS].value += 4;
	lab_step(&lab, 3000);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->offender,
		     "0.0.0.0:8080 java[4321] app.service");
	lab_close(&lab);
}

/* What sk_drops counts besides is no connection lost. */
static void test_repeated_syns(void)
{
	struct lab lab;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.listeners[0].drops += 129;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 0);
	lab.now.listeners[0].drops += 129;
	lab.now.counters[LAB_OVERFLOWS].value += 30;
	lab_step(&lab, 3000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 30);
	lab_close(&lab);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"SYN queue's bound", test_syn_queue_bound},
	    {"floor of accept queues", test_accept_queue_floor},
	    {"floor of SYN queues", test_syn_queue_floor},
	    {"repeated SYNs", test_repeated_syns},
	    {"listeners come and go", test_listeners_come_and_go},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("measurelisten", tests);
}
