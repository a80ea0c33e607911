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

struct rate_case {
	int64_t elapsed_ms;
	uint64_t events;
	int32_t rate;
};

static void test_rates(void)
{
	static const struct rate_case cases[] = {
	    {1000, 0, 0},
	    {1000, 7, 7},
	    {100, 7, 7}, /* not 70: the second around them had no more */
	    {5000, 2, 0},
	    {5000, 3, 1},
	    {60000, 6000, 100},
	    {86400000, UINT64_C(86400) * 3, 3},
	    {1000, UINT64_MAX - 1000, INT32_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;

		lab_open(&lab);
		lab_step(&lab, 1500);
		lab.now.counters[1].value += cases[i].events;
		lab.now.listeners[0].drops += cases[i].events;
		lab.now.counters[0].value += cases[i].events;
		lab_step(&lab, 1500 + cases[i].elapsed_ms);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_COOKIES, 0)->value, cases[i].rate);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, cases[i].rate);
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
	lab.now.counters[0].value = 100;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 9);
	lab.now.s.n_listeners = 3;
	lab.now.listeners[2] = lab.now.listeners[1];
	lab.now.listeners[1] = lab.now.listeners[0];
	lab.now.listeners[0].port = 80;
	lab.now.listeners[0].drops = 100000;
	lab.now.listeners[2].drops += 4;
	lab.now.counters[0].value += 100;
	lab_step(&lab, 3000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 4);
	lab_close(&lab);
}

/* What sk_drops counts besides is not in ListenDrops. */
static void test_repeated_syns(void)
{
	struct lab lab;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.listeners[0].drops += 129;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 0);
	lab.now.listeners[0].drops += 129;
	lab.now.counters[0].value += 30;
	lab_step(&lab, 3000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 30);
	lab.now.listeners[0].drops += 129;
	lab.now.counters[0].value = 0;
	lab_step(&lab, 4000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_DROPS, 0)->value, 30);
	lab_close(&lab);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"SYN queue's bound", test_syn_queue_bound},
	    {"rates", test_rates},
	    {"repeated SYNs", test_repeated_syns},
	    {"listeners come and go", test_listeners_come_and_go},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("measurelisten", tests);
}
