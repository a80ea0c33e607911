/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/support/lab.h"
#include "tests/support/suite.h"

struct floor_case {
	uint32_t queue, limit;
	bool drops;         /* the listener's own */
	uint64_t overflows; /* of the host */
	uint32_t hold_s;
	int32_t percent;
	uint32_t severity; /* once it has been so for the hold */
};

enum { N = SEVERITY_NORMAL, W = SEVERITY_WARNING, C = SEVERITY_CRITICAL };

static void set_accept_queue(struct listener *l, uint32_t queue, uint32_t limit)
{
	l->accept_queue = l->fullest_queue = queue;
	l->accept_queue_limit = l->fullest_limit = limit;
	l->accept_queue_fullest = queue > limit ? 100 : queue * 100 / limit;
}

/* Of a small queue the value is shown; it is raised by what stays full or loses connections. */
static void test_accept_queue_floor(void)
{
	static const struct floor_case cases[] = {
	    {1, 1, false, 0, 10, 100, N},  {1, 0, false, 0, 10, 100, N},
	    {2, 1, false, 0, 10, 100, C},  {2, 1, false, 0, 0, 100, N},
	    {2, 1, true, 0, 0, 100, N},    {2, 1, false, 5, 0, 100, N},
	    {2, 1, true, 5, 0, 100, C},    {1, 1, true, 5, 10, 100, C},
	    {9, 8, false, 0, 10, 100, C},  {8, 8, false, 0, 10, 100, N},
	    {15, 16, true, 5, 10, 93, N},  {15, 15, false, 0, 10, 100, N},
	    {16, 32, false, 0, 10, 50, W}, {16, 16, false, 0, 10, 100, C},
	    {16, 15, false, 0, 0, 100, C}, {129, 128, false, 0, 10, 100, C},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;

		lab_open(&lab);
		lab.config.rules.of[CONDITION_ACCEPT_QUEUE].hold_s = cases[i].hold_s;
		lab_step(&lab, 100000);
		set_accept_queue(&lab.now.listeners[1], cases[i].queue, cases[i].limit);
		lab.now.listeners[1].dropped_ms = cases[i].drops ? 100500 : 0;
		lab.now.counters[LAB_OVERFLOWS].value += cases[i].overflows;
		lab_step(&lab, 101000);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0)->value, cases[i].percent);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_QUEUE),
			     cases[i].hold_s ? N : cases[i].severity);
		lab_step(&lab, 112000);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_QUEUE), cases[i].severity);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0)->offender, "java"));
		lab_close(&lab);
	}
}

static void test_syn_queue_floor(void)
{
	static const struct floor_case cases[] = {
	    {1, 1, false, 0, 10, 100, N},  {1, 1, true, 0, 10, 100, N},
	    {1, 1, true, 5, 10, 100, C},   {8, 8, false, 0, 10, 100, N},
	    {7, 8, true, 5, 10, 87, N},    {15, 16, false, 5, 10, 93, N},
	    {16, 32, false, 0, 10, 50, W}, {16, 16, false, 0, 10, 100, C},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;

		lab_open(&lab);
		lab_step(&lab, 100000);
		lab.now.listeners[1].syn_queue = cases[i].queue;
		lab.now.listeners[1].syn_queue_limit = cases[i].limit;
		lab.now.listeners[1].syn_queue_percent = cases[i].queue * 100 / cases[i].limit;
		lab.now.listeners[1].dropped_ms = cases[i].drops ? 100500 : 0;
		lab.now.counters[LAB_FULL_DROPS].value += cases[i].overflows;
		lab_step(&lab, 101000);
		lab_step(&lab, 112000);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, cases[i].percent);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_QUEUE), cases[i].severity);
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->offender, "java"));
		lab_close(&lab);
	}
}

/* A small full queue hides no large one that is judged; it is shown where that is far from full. */
static void test_small_beside_large(void)
{
	struct lab lab;

	lab_open(&lab);
	set_accept_queue(&lab.now.listeners[0], 80, 128);
	set_accept_queue(&lab.now.listeners[1], 1, 1);
	lab_step(&lab, 1000);
	lab_step(&lab, 12000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0)->value, 62);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_QUEUE), W);
	set_accept_queue(&lab.now.listeners[0], 20, 128);
	lab_step(&lab, 13000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_ACCEPT_QUEUE, 0)->value, 100);
	lab_step(&lab, 24000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_ACCEPT_QUEUE), N);
	lab_close(&lab);
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

static const char *offender(const struct lab *lab, uint32_t id)
{
	return lab_row(lab, id, 0)->offender;
}

/* Repeated SYNs at one listener, connections lost at another: its own queue tells. */
static void test_dropper(void)
{
	struct lab lab;

	lab_open(&lab);
	lab_step(&lab, 1000);
	lab.now.listeners[0].drops += 129;
	lab.now.listeners[1].drops += 8;
	lab.now.listeners[1].accept_queue_fullest = 100;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 2000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS), "0.0.0.0:8080 java[4321] app.service");
	/* It was full, and has been emptied. */
	lab.now.listeners[0].drops += 129;
	lab.now.listeners[1].drops += 8;
	lab.now.listeners[1].accept_queue_fullest = 0;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 3000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS), "0.0.0.0:8080 java[4321] app.service");
	lab_close(&lab);
	/* A socket each of two processes: the one whose queue was full, not the one that is now. */
	lab_open(&lab);
	lab.now.listeners[0].several_owners = true;
	lab.now.listeners[0].accept_queue_fullest = 100;
	lab.now.listeners[0].fullest_owner = 2;
	lab_step(&lab, 1000);
	lab.now.listeners[0].drops += 8;
	lab.now.listeners[0].accept_queue_fullest = 0;
	lab.now.listeners[0].fullest_owner = 1;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 2000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS), "0.0.0.0:80 java[4321] app.service");
	/* None of them was seen full, and both have lost some. */
	lab.now.listeners[0].drops += 8;
	lab.now.listeners[0].drops_owner = 0;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 3000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS), "0.0.0.0:80");
	lab_close(&lab);
	/* Nobody was seen full: either. */
	lab_open(&lab);
	lab_step(&lab, 3000);
	lab.now.listeners[0].drops += 129;
	lab.now.listeners[1].drops += 8;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 4000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS), "");
	/* Only one has lost any, at a socket of another process than the fullest. */
	lab.now.listeners[1].drops += 8;
	lab.now.listeners[1].drops_owner = 1;
	lab.now.counters[LAB_OVERFLOWS].value += 8;
	lab_step(&lab, 5000);
	CHECK_EQ_STR(offender(&lab, CONDITION_ACCEPT_DROPS),
		     "0.0.0.0:8080 nginx[812] nginx.service");
	lab_close(&lab);
}

/* Four sockets share a port; a program steers all to one of them. */
static void test_steered_group(void)
{
	struct lab lab;

	lab_open(&lab);
	lab.now.listeners[1].sockets = 4;
	lab.now.listeners[1].syn_queue = 33;
	lab.now.listeners[1].syn_queue_limit = 128;
	lab.now.listeners[1].syn_queue_least = 32;
	lab.now.listeners[1].syn_queue_percent = 25;
	lab_step(&lab, 1000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, 25);
	/* The kernel has met a full queue, and no other one can have been it. */
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, 100);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_QUEUE),
		     "0.0.0.0:8080 java[4321] app.service, 33 of 128, perhaps most at one of its 4 "
		     "sockets");
	/* Its sockets are those of several processes. */
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab.now.listeners[1].several_owners = true;
	lab_step(&lab, 2500);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_QUEUE),
		     "0.0.0.0:8080, 33 of 128, perhaps most at one of its 4 sockets");
	/* Another one is full: it was that. */
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab.now.listeners[0].syn_queue = 129;
	lab.now.listeners[0].syn_queue_percent = 100;
	lab_step(&lab, 3000);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_QUEUE),
		     "0.0.0.0:80 nginx[812] nginx.service, 129 of 128");
	/* Two groups come into question. */
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab.now.listeners[0].sockets = 2;
	lab.now.listeners[0].syn_queue_limit = 256;
	lab.now.listeners[0].syn_queue_percent = 50;
	lab_step(&lab, 4000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, 100);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_QUEUE),
		     "one socket of 2 groups, not known which");
	/* No group has as many as one of its sockets takes. */
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab.now.listeners[0].syn_queue = 127;
	lab.now.listeners[0].syn_queue_percent = 49;
	lab.now.listeners[1].syn_queue = 31;
	lab.now.listeners[1].syn_queue_percent = 24;
	lab_step(&lab, 5000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, 49);
	lab_close(&lab);
}

/* A small queue of one socket is full: that is what the kernel has met, not one of the group's. */
static void test_group_beside_small(void)
{
	struct lab lab;

	lab_open(&lab);
	lab.now.listeners[1].sockets = 2;
	lab.now.listeners[1].syn_queue = 154;
	lab.now.listeners[1].syn_queue_limit = 256;
	lab.now.listeners[1].syn_queue_percent = 60;
	lab.now.listeners[2].syn_queue = 5;
	lab.now.listeners[2].syn_queue_limit = lab.now.listeners[2].syn_queue_least = 5;
	lab.now.listeners[2].syn_queue_percent = 100;
	lab_step(&lab, 1000);
	lab.now.counters[LAB_FULL_DROPS].value += 5;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SYN_QUEUE, 0)->value, 60);
	lab_close(&lab);
}

/* A queue that is far from full did not overflow. */
static void test_cookies_of_nobody(void)
{
	struct lab lab;

	lab_open(&lab);
	lab.now.listeners[0].syn_queue = 63;
	lab.now.listeners[0].syn_queue_percent = 49;
	lab_step(&lab, 1000);
	lab.now.counters[LAB_COOKIES].value += 500;
	lab_step(&lab, 2000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SYN_COOKIES), W);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_COOKIES), "");
	lab.now.listeners[0].syn_queue = 64;
	lab.now.listeners[0].syn_queue_percent = 50;
	lab.now.counters[LAB_COOKIES].value += 500;
	lab_step(&lab, 3000);
	CHECK_EQ_STR(offender(&lab, CONDITION_SYN_COOKIES),
		     "0.0.0.0:80 nginx[812] nginx.service, 64 of 128");
	lab_close(&lab);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"floor of accept queues", test_accept_queue_floor},
	    {"floor of SYN queues", test_syn_queue_floor},
	    {"a small queue beside a large one", test_small_beside_large},
	    {"repeated SYNs", test_repeated_syns},
	    {"whose drops they are", test_dropper},
	    {"a steered group", test_steered_group},
	    {"a group beside a small queue", test_group_beside_small},
	    {"cookies, and no full queue", test_cookies_of_nobody},
	    {"listeners come and go", test_listeners_come_and_go},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("measurelisten", tests);
}
