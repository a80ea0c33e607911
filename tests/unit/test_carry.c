/* SPDX-License-Identifier: MIT */
#include "core/sample/carry.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

#define FAST                                                                                       \
	(STATE_MASK_ALL &                                                                          \
	 ~(STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_CLOSED)))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Gives the snapshot a copy of an array as its rows. */
#define PUT(s, rows, array) ((s)->rows = copy(array, sizeof(array)), (s)->n_##rows = COUNT(array))

static void *copy(const void *rows, size_t size)
{
	void *mine = malloc(size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
	return memcpy(mine, rows, size);
}

static struct snapshot *empty(void)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (uint32_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++)
		s->states[i].state = i % STATE_COUNT + 1;
	for (uint32_t i = 0; i < STATE_COUNT; i++)
		s->spreads[i].state = i + 1;
	return s;
}

static void done(struct snapshot *last, struct snapshot *now)
{
	snapshot_free(last);
	snapshot_free(now);
}

/* Of each state, the first, the last and those in between. */
static void counts_of_what_is_not_read(void)
{
	struct snapshot *last = empty(), *now = empty();

	for (uint32_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++) {
		last->states[i].count = 100 + i;
		now->states[i].count = 1 + i;
	}
	for (uint32_t i = 0; i < STATE_COUNT; i++) {
		last->spreads[i].remotes = 50 + i;
		last->tops[i] = (struct state_top){.owner = 0, .owner_count = 70 + i};
		now->spreads[i].remotes = 3;
	}
	CHECK_EQ_INT_FATAL(carry_over(last, FAST, 10, now), 0);
	for (uint32_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++) {
		bool read = FAST & STATE_BIT(i % STATE_COUNT + 1);

		CHECK_EQ_INT(now->states[i].count, read ? 1 + i : 100 + i);
	}
	for (uint32_t i = 0; i < STATE_COUNT; i++) {
		bool read = FAST & STATE_BIT(i + 1);

		CHECK_EQ_INT(now->spreads[i].state, i + 1);
		CHECK_EQ_INT(now->spreads[i].remotes, read ? 3 : 50 + i);
		/* It may be a service alone, which has no row among the processes. */
		CHECK_EQ_INT(now->tops[i].owner_count, read ? 0 : 70 + i);
	}
	done(last, now);
}

static void connections_stay_sorted_and_bounded(void)
{
	static const struct conn was[] = {
	    {.state = STATE_CLOSED, .local_port = 1},
	    {.state = STATE_SYN_SENT, .local_port = 2},
	    {.state = STATE_ESTABLISHED, .local_port = 3},
	    {.state = STATE_ESTABLISHED, .local_port = 4},
	    {.state = STATE_TIME_WAIT, .local_port = 5},
	};
	static const struct conn is[] = {
	    {.state = STATE_SYN_SENT, .local_port = 6},
	    {.state = STATE_SYN_SENT, .local_port = 7},
	    {.state = STATE_CLOSE_WAIT, .local_port = 8},
	};
	static const struct {
		uint32_t max;
		size_t count;
		uint16_t ports[7];
	} cases[] = {
	    {100, 7, {1, 6, 7, 3, 4, 8, 5}},
	    {7, 7, {1, 6, 7, 3, 4, 8, 5}},
	    {6, 6, {1, 6, 7, 3, 4, 8}},
	    {5, 5, {1, 6, 7, 3, 8}},
	    {3, 3, {6, 7, 8}},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snapshot *last = empty(), *now = empty();

		PUT(last, conns, was);
		PUT(now, conns, is);
		CHECK_EQ_INT_FATAL(carry_over(last, FAST, cases[i].max, now), 0);
		CHECK_EQ_INT_FATAL(now->n_conns, cases[i].count);
		for (size_t j = 0; j < now->n_conns; j++)
			CHECK_EQ_INT(now->conns[j].local_port, cases[i].ports[j]);
		done(last, now);
	}
}

static void remotes_and_processes_stay_sorted(void)
{
	static const struct remote were[] = {{.state = STATE_ESTABLISHED, .count = 1},
					     {.state = STATE_CLOSE_WAIT, .count = 2}};
	static const struct remote are[] = {{.state = STATE_SYN_SENT, .count = 3},
					    {.state = STATE_CLOSE_WAIT, .count = 4}};
	static const struct process then[] = {
	    {.pid = 7, .state = STATE_ESTABLISHED, .count = 1},
	    {.pid = 7, .state = STATE_CLOSE_WAIT, .count = 2},
	    {.pid = 300, .state = STATE_TIME_WAIT, .count = 3},
	};
	static const struct process here[] = {
	    {.pid = 7, .state = STATE_LISTEN, .count = 4},
	    {.pid = 7, .state = STATE_LAST_ACK, .count = 5},
	    {.pid = 8, .state = STATE_CLOSE_WAIT, .count = 6},
	};
	static const uint32_t remotes[] = {3, 1, 4}, processes[] = {4, 1, 5, 6, 3};
	struct snapshot *last = empty(), *now = empty();

	PUT(last, remotes, were);
	PUT(now, remotes, are);
	PUT(last, processes, then);
	PUT(now, processes, here);
	CHECK_EQ_INT_FATAL(carry_over(last, FAST, 0, now), 0);
	CHECK_EQ_INT_FATAL(now->n_remotes, COUNT(remotes));
	for (size_t i = 0; i < COUNT(remotes); i++)
		CHECK_EQ_INT(now->remotes[i].count, remotes[i]);
	CHECK_EQ_INT_FATAL(now->n_processes, COUNT(processes));
	for (size_t i = 0; i < COUNT(processes); i++)
		CHECK_EQ_INT(now->processes[i].count, processes[i]);
	done(last, now);
}

/* The SYN queue is part of what a listener sample does not read; its percentage follows it. */
static void listeners_keep_what_is_not_read(void)
{
	static const struct listener was[] = {
	    {.port = 80, .syn_queue = 9, .syn_unanswered = 4, .has_limits = true},
	    {.port = 443, .syn_queue = 5, .has_limits = true},
	};
	static const struct listener is[] = {
	    {.port = 22, .has_limits = true, .syn_queue_limit = 1},
	    {.port = 80, .has_limits = true, .syn_queue_limit = 18},
	};
	struct snapshot *last = empty(), *now = empty();

	PUT(last, listeners, was);
	PUT(now, listeners, is);
	last->listener_states = calloc(2 * STATE_COUNT, sizeof(*last->listener_states));
	now->listener_states = calloc(2 * STATE_COUNT, sizeof(*now->listener_states));
	for (uint32_t i = 0; i < STATE_COUNT; i++) {
		last->listener_states[i].count = 40 + i;
		now->listener_states[STATE_COUNT + i].count = 1;
	}
	CHECK_EQ_INT_FATAL(carry_over(last, FAST, 0, now), 0);
	CHECK_EQ_INT(now->listeners[1].syn_queue, 0);
	CHECK_EQ_INT(snapshot_listener_count(now, 1, STATE_SYN_RECV), 1);
	CHECK_EQ_INT(snapshot_listener_count(now, 1, STATE_ESTABLISHED), 44);
	CHECK_EQ_INT(snapshot_listener_count(now, 0, STATE_ESTABLISHED), 0);
	CHECK_EQ_INT_FATAL(carry_over(last, STATE_BIT(STATE_LISTEN), 0, now), 0);
	CHECK_EQ_INT(now->listeners[0].syn_queue, 0);
	CHECK_EQ_INT(now->listeners[1].syn_queue, 9);
	CHECK_EQ_INT(now->listeners[1].syn_unanswered, 4);
	CHECK_EQ_INT(now->listeners[1].syn_queue_percent, 50);
	CHECK_EQ_INT(snapshot_listener_count(now, 1, STATE_SYN_RECV), 43);
	CHECK_EQ_INT(snapshot_listener_count(now, 1, STATE_LISTEN), 1);
	/* /proc/net tells no limits. */
	now->listeners[1].has_limits = false;
	now->listeners[1].syn_queue_percent = 0;
	CHECK_EQ_INT_FATAL(carry_over(last, STATE_BIT(STATE_LISTEN), 0, now), 0);
	CHECK_EQ_INT(now->listeners[1].syn_queue_percent, 0);
	done(last, now);
}

static void ports_keep_what_is_not_read(void)
{
	static const struct port were[] = {
	    {.port = 22, .count = {[STATE_ESTABLISHED - 1] = 1}},
	    {.port = 80, .count = {[STATE_ESTABLISHED - 1] = 2, [STATE_LISTEN - 1] = 3}},
	    {.port = 80, .remote = true, .count = {[STATE_ESTABLISHED - 1] = 4}},
	};
	static const struct port are[] = {
	    {.port = 25},
	    {.port = 80, .count = {[STATE_LISTEN - 1] = 5}},
	    {.port = 22, .remote = true},
	    {.port = 80, .remote = true},
	};
	struct snapshot *last = empty(), *now = empty();

	PUT(last, ports, were);
	PUT(now, ports, are);
	CHECK_EQ_INT_FATAL(carry_over(last, FAST, 0, now), 0);
	CHECK_EQ_INT(now->n_ports, 4);
	CHECK_EQ_INT(now->ports[0].count[STATE_ESTABLISHED - 1], 0);
	CHECK_EQ_INT(now->ports[1].count[STATE_ESTABLISHED - 1], 2);
	CHECK_EQ_INT(now->ports[1].count[STATE_LISTEN - 1], 5);
	CHECK_EQ_INT(now->ports[2].count[STATE_ESTABLISHED - 1], 0);
	CHECK_EQ_INT(now->ports[3].count[STATE_ESTABLISHED - 1], 4);
	done(last, now);
}

static int64_t since(const struct snapshot *last, const struct counter *rows, size_t count,
		     struct snapshot *now)
{
	now->info.time.tv_sec = last ? last->info.time.tv_sec + 5 : 1000;
	now->counters = copy(rows, count * sizeof(*rows));
	now->n_counters = count;
	CHECK_EQ_INT_FATAL(carry_over(last, STATE_MASK_ALL, 0, now), 0);
	return now->info.counters_since.tv_sec;
}

static void a_counter_that_falls_is_a_discontinuity(void)
{
	struct counter rows[] = {{.name = "TcpActiveOpens", .value = 7},
				 {.name = "TcpInSegs", .value = 5},
				 {.name = "TcpOutRsts", .value = 3}};
	struct snapshot s[5] = {0};

	CHECK_EQ_INT(since(NULL, rows, 3, &s[0]), 1000);
	rows[2].value = 4;
	CHECK_EQ_INT(since(&s[0], rows, 3, &s[1]), 1000);
	rows[1].value = 4;
	CHECK_EQ_INT(since(&s[1], rows, 3, &s[2]), 1010);
	CHECK_EQ_INT(since(&s[2], rows, 2, &s[3]), 1010);
	CHECK_EQ_INT(since(&s[3], rows, 3, &s[4]), 1010);
	for (size_t i = 0; i < COUNT(s); i++)
		free(s[i].counters);
}

/* A sample says when what it shows was read, and from where. */
static void times_of_what_is_not_read(void)
{
	struct snapshot *last = empty(), *now = empty();

	last->info.counted_at.tv_sec = 2;
	last->info.detail_at.tv_sec = 1;
	last->info.counted_source = SOURCE_SOCK_DIAG;
	last->info.suspects_omitted = 6;
	now->info.monotonic.tv_sec = 3;
	now->info.source = SOURCE_PROC_NET;
	CHECK_EQ_INT_FATAL(carry_over(last, STATE_MASK_ALL, 0, now), 0);
	CHECK_EQ_INT(now->info.counted_at.tv_sec, 3);
	CHECK_EQ_INT(now->info.detail_at.tv_sec, 3);
	CHECK_EQ_INT(now->info.counted_source, SOURCE_PROC_NET);
	CHECK_EQ_INT_FATAL(carry_over(last, FAST, 0, now), 0);
	CHECK_EQ_INT(now->info.counted_at.tv_sec, 3);
	CHECK_EQ_INT(now->info.detail_at.tv_sec, 1);
	CHECK_EQ_INT(now->info.suspects_omitted, 0);
	CHECK_EQ_INT_FATAL(carry_over(last, STATE_BIT(STATE_LISTEN), 0, now), 0);
	CHECK_EQ_INT(now->info.counted_at.tv_sec, 2);
	CHECK_EQ_INT(now->info.detail_at.tv_sec, 1);
	CHECK_EQ_INT(now->info.counted_source, SOURCE_SOCK_DIAG);
	CHECK_EQ_INT(now->info.suspects_omitted, 6);
	done(last, now);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"counts of what is not read", counts_of_what_is_not_read},
	    {"connections stay sorted and bounded", connections_stay_sorted_and_bounded},
	    {"remotes and processes stay sorted", remotes_and_processes_stay_sorted},
	    {"listeners keep what is not read", listeners_keep_what_is_not_read},
	    {"ports keep what is not read", ports_keep_what_is_not_read},
	    {"a counter that falls is a discontinuity", a_counter_that_falls_is_a_discontinuity},
	    {"times of what is not read", times_of_what_is_not_read},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("carry", tests);
}
