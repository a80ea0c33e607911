/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "core/count/builder_private.h"
#include "tests/support/host.h"
#include "tests/support/suite.h"

enum { WEB = 100, APP = 200 };

static struct inet_addr ipv4(uint8_t last)
{
	return (struct inet_addr){.type = INET_IPV4, .bytes = {10, 0, 0, last}};
}

static struct conn conn(enum tcp_state state, uint32_t inode, uint16_t local_port, uint16_t remote)
{
	struct conn c = {
	    .state = (uint8_t)state,
	    .ip_version = IP_V4,
	    .local = ipv4(1),
	    .remote = state == STATE_LISTEN ? ipv4(0) : ipv4(2),
	    .local_port = local_port,
	    .remote_port = remote,
	    .inode = inode,
	};

	if (state == STATE_CLOSE_WAIT) {
		c.flags = CONN_HAS_INFO;
		c.idle_s = 100;
	}
	return c;
}

/* Two processes, and a socket that is nobody's. */
static struct host two_processes(void)
{
	struct host h = host_new();

	host_process(&h, WEB, "web");
	host_socket(&h, WEB, 3, 11);
	host_socket(&h, WEB, 4, 12);
	host_socket(&h, WEB, 5, 13);
	host_process(&h, APP, "app");
	host_socket(&h, APP, 3, 21);
	host_socket(&h, APP, 4, 22);
	return h;
}

static struct snapshot *sample(struct builder *b, const struct host *h, const struct conn *conns,
			       size_t count, bool scan, struct builder_result *ret_result)
{
	const struct builder_options options = {
	    .states = STATE_MASK_ALL,
	    .conn_states = STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN),
	    .conn_rows = 100,
	    .fin_wait_stale_s = 120,
	    .limits_known = true,
	    .syn_max = UINT32_MAX,
	    .port_low = 32768,
	    .port_high = 60999,
	    .ports_usable = 28232,
	    .ports_even = 14116,
	    .owners = h->owners,
	    .scan = scan,
	};
	struct snapshot *now = calloc(1, sizeof(*now));

	CU_ASSERT_PTR_NOT_NULL_FATAL(now);
	owners_begin(h->owners);
	CHECK_EQ_INT_FATAL(builder_begin(b, &options), 0);
	for (size_t i = 0; i < count; i++)
		CHECK_EQ_INT_FATAL(builder_socket(&conns[i], b), 0);
	CHECK_EQ_INT_FATAL(builder_end(b), 0);
	if (scan)
		CHECK_EQ_INT(owners_scan(h->owners, UINT32_MAX), 0);
	CHECK_EQ_INT_FATAL(builder_finish(b, now, ret_result), 0);
	return now;
}

static uint32_t pid_of(const struct snapshot *s, uint32_t owner)
{
	return snapshot_owner(s, owner)->pid;
}

static uint32_t process_count(const struct snapshot *s, uint32_t pid, enum tcp_state state)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].pid == pid && s->processes[i].state == state)
			return s->processes[i].count;
	return 0;
}

/* Whether the owner is known while the sockets are read, or only after the scan. */
static void expect_owners(const struct snapshot *s, const struct builder_result *result)
{
	const struct suspects *stale = &s->suspects[SUSPECT_CLOSE_WAIT_STALE];
	const struct state_top *top = &s->tops[STATE_CLOSE_WAIT - 1];

	CHECK_EQ_INT_FATAL(s->n_listeners, 1);
	CHECK_EQ_INT(pid_of(s, s->listeners[0].owner), WEB);
	CHECK_EQ_INT(pid_of(s, s->listeners[0].fullest_owner), WEB);
	CHECK_EQ_INT(s->n_processes, 4);
	CHECK_EQ_INT(process_count(s, WEB, STATE_LISTEN), 1);
	CHECK_EQ_INT(process_count(s, WEB, STATE_CLOSE_WAIT), 2);
	CHECK_EQ_INT(process_count(s, APP, STATE_CLOSE_WAIT), 1);
	CHECK_EQ_INT(process_count(s, APP, STATE_ESTABLISHED), 1);
	CHECK_EQ_INT(s->spreads[STATE_CLOSE_WAIT - 1].processes, 2);
	CHECK_EQ_INT(pid_of(s, top->owner), WEB);
	CHECK_EQ_INT(top->owner_count, 2);
	CHECK_EQ_INT(stale->count, 4);
	CHECK_EQ_INT(stale->n_owners, 2);
	CHECK_EQ_INT(pid_of(s, stale->owners[0].index), WEB);
	CHECK_EQ_INT(stale->owners[0].count, 2);
	CHECK_EQ_INT(pid_of(s, stale->owners[1].index), APP);
	CHECK_EQ_INT_FATAL(s->n_conns, 5);
	CHECK_EQ_INT(s->conns[0].state, STATE_ESTABLISHED);
	CHECK_EQ_INT(pid_of(s, s->conns[0].owner), APP);
	CHECK_EQ_INT(pid_of(s, s->conns[1].owner), WEB);
	CHECK_EQ_INT(pid_of(s, s->conns[4].owner), 0);
	CHECK_EQ_INT(result->ports.used, 1);
	CHECK_EQ_INT(pid_of(s, result->ports.owner), APP);
}

static void owners_before_and_after_the_scan(void)
{
	const struct conn sockets[] = {
	    conn(STATE_LISTEN, 11, 80, 0),
	    conn(STATE_CLOSE_WAIT, 12, 80, 1),
	    conn(STATE_CLOSE_WAIT, 13, 80, 2),
	    conn(STATE_CLOSE_WAIT, 21, 80, 3),
	    conn(STATE_ESTABLISHED, 22, 40000, 5432),
	    conn(STATE_CLOSE_WAIT, 99, 80, 4),
	};
	const size_t count = sizeof(sockets) / sizeof(sockets[0]);
	struct host h = two_processes();
	struct builder_result result;
	struct builder *b;
	struct snapshot *s;

	CHECK_EQ_INT_FATAL(builder_new(&b), 0);
	s = sample(b, &h, sockets, count, true, &result);
	expect_owners(s, &result);
	snapshot_free(s);
	s = sample(b, &h, sockets, count, false, &result);
	expect_owners(s, &result);
	snapshot_free(s);
	builder_free(b);
	host_free(&h);
}

/* Of equal ones the lowest pid. */
static void the_top_process_of_a_state(void)
{
	const struct conn sockets[] = {
	    conn(STATE_ESTABLISHED, 21, 40000, 1),
	    conn(STATE_ESTABLISHED, 12, 80, 2),
	};
	struct host h = two_processes();
	struct builder_result result;
	struct builder *b;
	struct snapshot *s;

	CHECK_EQ_INT_FATAL(builder_new(&b), 0);
	s = sample(b, &h, sockets, 2, true, &result);
	CHECK_EQ_INT(pid_of(s, s->tops[STATE_ESTABLISHED - 1].owner), WEB);
	CHECK_EQ_INT(s->tops[STATE_ESTABLISHED - 1].owner_count, 1);
	CHECK_EQ_INT(s->spreads[STATE_ESTABLISHED - 1].processes, 2);
	snapshot_free(s);
	builder_free(b);
	host_free(&h);
}

/* Three processes share the fullest use of ports: who has the most is known once they are counted,
 * whatever the order, and not before. */
static void who_has_the_most_ports(void)
{
	enum { THIRD = 300, EACH = 40, SOCKETS = 3 * EACH };
	static const uint32_t pids[] = {WEB, APP, THIRD};
	/* How many each has, in the order in which they are met. */
	static const struct {
		uint32_t n[3];
		uint32_t most;
	} cases[] = {
	    {{1, 40, 39}, APP},  {{39, 40, 38}, APP}, {{20, 19, 18}, WEB},
	    {{1, 2, 40}, THIRD}, {{7, 7, 7}, WEB},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conn sockets[SOCKETS];
		struct host h = host_new();
		struct builder_result result;
		struct builder *b;
		size_t count = 0;

		for (int p = 0; p < 3; p++) {
			host_process(&h, pids[p], "some");
			for (uint32_t k = 0; k < cases[i].n[p]; k++)
				host_socket(&h, pids[p], 3 + k, pids[p] * 1000 + k);
		}
		for (uint32_t k = 0; k < EACH; k++)
			for (int p = 0; p < 3; p++)
				if (k < cases[i].n[p]) {
					sockets[count] = conn(STATE_ESTABLISHED, pids[p] * 1000 + k,
							      (uint16_t)(40000 + 2 * count), 5432);
					count++;
				}
		CHECK_EQ_INT_FATAL(builder_new(&b), 0);
		for (int round = 0; round < 3; round++) {
			/* Found by the scan, then known beforehand. */
			struct snapshot *s = sample(b, &h, sockets, count, round < 2, &result);

			CHECK_EQ_INT(result.ports.used, count);
			CHECK_EQ_INT(pid_of(s, result.ports.owner), round > 0 ? cases[i].most : 0);
			snapshot_free(s);
		}
		/* Another remote is the fullest now: what was counted is not its. */
		for (size_t k = 0; k < count; k++)
			sockets[k].remote_port = 6379;
		snapshot_free(sample(b, &h, sockets, count, false, &result));
		CHECK_EQ_INT(result.ports.owner, 0);
		builder_free(b);
		host_free(&h);
	}
}

/* So many sockets are kept for the scan; of the next one it is said that it was not. */
static void more_than_are_kept_for_the_scan(void)
{
	struct conn *sockets = calloc(PENDING_MAX + 1, sizeof(*sockets));
	struct host h = host_new();
	struct builder_result result;
	struct builder *b;

	CU_ASSERT_PTR_NOT_NULL_FATAL(sockets);
	for (uint32_t i = 0; i <= PENDING_MAX; i++)
		sockets[i] = conn(STATE_ESTABLISHED, 1000 + i, 80, (uint16_t)i);
	CHECK_EQ_INT_FATAL(builder_new(&b), 0);
	snapshot_free(sample(b, &h, sockets, PENDING_MAX, true, &result));
	CU_ASSERT_FALSE(builder_overflowed(b));
	snapshot_free(sample(b, &h, sockets, PENDING_MAX + 1, true, &result));
	CU_ASSERT_TRUE(builder_overflowed(b));
	builder_free(b);
	host_free(&h);
	free(sockets);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"owners known before and after the scan", owners_before_and_after_the_scan},
	    {"the top process of a state", the_top_process_of_a_state},
	    {"who has the most ports", who_has_the_most_ports},
	    {"more than are kept for the scan", more_than_are_kept_for_the_scan},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("builder_owners", tests);
}
