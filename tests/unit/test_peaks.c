/* SPDX-License-Identifier: MIT */
#include "core/figures/peaks.h"

#include "tests/support/suite.h"

/* A snapshot with one or two listeners, nothing else. */
struct made {
	struct snapshot s;
	struct listener rows[2];
};

static void make(struct made *m, size_t n_listeners)
{
	*m = (struct made){0};
	m->rows[0] = (struct listener){.addr = {.type = INET_IPV4}, .port = 80};
	m->rows[1] = (struct listener){.addr = {.type = INET_IPV4}, .port = 81};
	m->s.listeners = m->rows;
	m->s.n_listeners = n_listeners;
}

static struct peaks *new_peaks(void)
{
	struct peaks *p;

	CHECK_EQ_INT_FATAL(peaks_new(&p), 0);
	return p;
}

static void test_states_and_limits(void)
{
	struct peaks *p = new_peaks();
	struct made m;
	struct state_row *row = &m.s.states[7];

	make(&m, 0);
	m.s.n_limits = 1;
	m.s.limits[0] = (struct limit){.id = LIMIT_MEMORY, .percent = 90};
	row->count = 500;
	CHECK_EQ_INT(peaks_note(p, 0, NULL, 0, &m.s), 0);
	row->count = 2;
	m.s.limits[0].percent = 10;
	CHECK_EQ_INT(peaks_note(p, 120000, NULL, 0, &m.s), 0);
	CHECK_EQ_INT(row->peak_1min, 2);
	CHECK_EQ_INT(row->peak_5min, 500);
	CHECK_EQ_INT(row->peak_15min, 500);
	CHECK_EQ_INT(m.s.limits[0].peak_percent, 90);
	peaks_free(p);
}

static void test_listener_queues(void)
{
	struct peaks *p = new_peaks();
	struct made m;

	make(&m, 2);
	m.rows[0].accept_queue = 129;
	m.rows[1].syn_queue = 7;
	CHECK_EQ_INT(peaks_note(p, 0, NULL, 0, &m.s), 0);
	make(&m, 2);
	CHECK_EQ_INT(peaks_note(p, 300000, NULL, 0, &m.s), 0);
	CHECK_EQ_INT(m.rows[0].accept_queue_peak, 129);
	CHECK_EQ_INT(m.rows[1].accept_queue_peak, 0);
	CHECK_EQ_INT(m.rows[0].syn_queue_peak, 0);
	CHECK_EQ_INT(m.rows[1].syn_queue_peak, 7);
	peaks_free(p);
}

static uint64_t drops_from(enum sample_source source, struct peaks *p, uint64_t now_ms,
			   const struct builder_listener_socket *sockets, size_t count)
{
	struct made m;

	make(&m, 1);
	m.s.info.source = source;
	CHECK_EQ_INT(peaks_note(p, now_ms, sockets, count, &m.s), 0);
	return m.rows[0].drops;
}

/* Whose sockets of several have dropped between two samples, whatever they had before. */
static void test_who_drops(void)
{
	static const struct {
		uint32_t drops[3];
		uint32_t sockets, owner;
	} cases[] = {
	    {{100, 5, 0}, 2, 0},  {{100, 5, 0}, 0, 0},  {{100, 11, 0}, 1, 2},
	    {{104, 11, 2}, 2, 1}, {{105, 12, 3}, 3, 0},
	};
	struct peaks *p;

	CHECK_EQ_INT_FATAL(peaks_new(&p), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct builder_listener_socket sockets[3] = {{0}};
		struct made m;

		make(&m, 1);
		m.s.info.source = SOURCE_SOCK_DIAG;
		for (uint32_t j = 0; j < 3; j++)
			sockets[j] = (struct builder_listener_socket){
			    .inode = 7 + j, .drops = cases[i].drops[j], .owner = 1 + j % 2};
		CHECK_EQ_INT(peaks_note(p, i * 1000, sockets, 3, &m.s), 0);
		CHECK_EQ_INT(m.rows[0].drops_sockets, cases[i].sockets);
		CHECK_EQ_INT(m.rows[0].drops_owner, cases[i].owner);
	}
	peaks_free(p);
}

static uint64_t drops_after(struct peaks *p, uint64_t now_ms,
			    const struct builder_listener_socket *sockets, size_t count)
{
	return drops_from(SOURCE_SOCK_DIAG, p, now_ms, sockets, count);
}

/* Sockets of one address come and go; the sum of their drops never goes back. */
static void test_drops_are_monotonic(void)
{
	static const struct builder_listener_socket both[] = {{.inode = 1, .drops = 10},
							      {.inode = 2, .drops = 5}};
	static const struct builder_listener_socket one_left[] = {{.inode = 2, .drops = 6}};
	static const struct builder_listener_socket restarted[] = {{.inode = 2, .drops = 6},
								   {.inode = 3, .drops = 4}};
	static const struct builder_listener_socket wrapped[] = {{.inode = 2, .drops = 6},
								 {.inode = 3, .drops = UINT32_MAX}};
	static const struct builder_listener_socket after_wrap[] = {{.inode = 2, .drops = 6},
								    {.inode = 3, .drops = 1}};
	struct peaks *p = new_peaks();
	uint64_t big;

	CHECK_EQ_INT(drops_after(p, 0, both, 2), 15);
	CHECK_EQ_INT(drops_after(p, 1000, both, 2), 15);
	CHECK_EQ_INT(drops_after(p, 2000, one_left, 1), 16);
	CHECK_EQ_INT(drops_after(p, 3000, restarted, 2), 20);
	big = drops_after(p, 4000, wrapped, 2);
	CHECK_EQ_INT(big, 20 + (uint64_t)UINT32_MAX - 4);
	CHECK_EQ_INT(drops_after(p, 5000, after_wrap, 2), big + 2);
	peaks_free(p);
}

/* Where sock_diag is refused for a while: /proc/net tells 0. */
static void test_drops_not_told(void)
{
	static const struct builder_listener_socket before[] = {{.inode = 1, .drops = 10}};
	static const struct builder_listener_socket not_told[] = {{.inode = 1}, {.inode = 2}};
	static const struct builder_listener_socket after[] = {{.inode = 1, .drops = 12},
							       {.inode = 2, .drops = 3}};
	struct peaks *p = new_peaks();
	uint64_t now_ms = 0;

	CHECK_EQ_INT(drops_after(p, now_ms, before, 1), 10);
	/* A socket that is seen all the while is not forgotten. */
	for (; now_ms < 3600000; now_ms += 5000) {
		struct builder_listener_socket passing = {.inode = 3 + (uint32_t)now_ms};

		CHECK_EQ_INT(drops_from(SOURCE_PROC_NET, p, now_ms, not_told, 2), 10);
		CHECK_EQ_INT(drops_from(SOURCE_PROC_NET, p, now_ms, &passing, 1), 10);
	}
	CHECK_EQ_INT(drops_after(p, now_ms, after, 2), 15);
	CHECK_EQ_INT(drops_after(p, now_ms, after, 2), 15);
	peaks_free(p);
}

/* Thousands of listeners that come and go do not stay in memory, and what is forgotten was not
 * seen for longer than any window. */
static void test_forgets(void)
{
	struct peaks *p = new_peaks();
	struct builder_listener_socket socket = {.drops = 1};
	struct made m;

	for (uint32_t i = 0; i < 5000; i++) {
		make(&m, 1);
		m.rows[0].port = (uint16_t)(1000 + i);
		m.rows[0].accept_queue = 9;
		socket.inode = 1 + i;
		CHECK_EQ_INT(peaks_note(p, (uint64_t)i * 1000, &socket, 1, &m.s), 0);
		CHECK_EQ_INT(m.rows[0].drops, 1);
	}
	/* Seen 10 minutes ago: its peak stands. */
	make(&m, 1);
	m.rows[0].port = 1000 + 5000 - 600;
	CHECK_EQ_INT(peaks_note(p, 5000 * 1000, NULL, 0, &m.s), 0);
	CHECK_EQ_INT(m.rows[0].accept_queue_peak, 9);
	/* Seen long ago: begins anew. */
	make(&m, 1);
	m.rows[0].port = 1000;
	CHECK_EQ_INT(peaks_note(p, 5000 * 1000, NULL, 0, &m.s), 0);
	CHECK_EQ_INT(m.rows[0].accept_queue_peak, 0);
	CHECK_EQ_INT(m.rows[0].drops, 0);
	peaks_free(p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"states and limits", test_states_and_limits},
	    {"listeners' queues", test_listener_queues},
	    {"drops are monotonic", test_drops_are_monotonic},
	    {"who drops", test_who_drops},
	    {"drops that are not told", test_drops_not_told},
	    {"forgets", test_forgets},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("peaks", tests);
}
