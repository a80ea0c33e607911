/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/diagnosis/measure.h"
#include "tests/support/lab.h"
#include "tests/support/suite.h"

/* Makes one trouble; called before each sample, so that counters can go on. */
struct trouble {
	uint32_t id;
	uint32_t element;
	void (*make)(struct world *w);
	const char *offender;
	const char *figures;
};

static void make_syn_queue(struct world *w)
{
	w->listeners[0].syn_queue = 129;
	w->listeners[0].syn_queue_percent = 100;
	w->listeners[1].syn_queue = 20;
	w->listeners[1].syn_queue_percent = 15;
	w->s.suspects[SUSPECT_SYN_RECV] = (struct suspects){
	    .count = 149,
	    .listeners = {{0, 129}},
	    .n_listeners = 2,
	    .within = 129,
	    .remotes = {{.addr = lab_ipv4(198, 18, 77, 1), .count = 1}},
	    .network = lab_ipv4(198, 18, 77, 0),
	    .network_count = 120,
	    .network_remotes = 120,
	};
}

static void make_deferred(struct world *w)
{
	make_syn_queue(w);
	w->counters[LAB_DEFERRED].value += 20;
}

/* As many ACKs are dropped for another listener. */
static void make_flood_beside_deferred(struct world *w)
{
	make_deferred(w);
	w->listeners[0].syn_unanswered = 100;
}

static void make_syn_unanswered(struct world *w)
{
	w->s.suspects[SUSPECT_SYN_UNANSWERED] = (struct suspects){
	    .count = 600,
	    .listeners = {{1, 590}},
	    .n_listeners = 2,
	    .within = 590,
	    .remotes = {{.addr = lab_ipv4(198, 18, 77, 1), .count = 10},
			{.addr = lab_ipv4(198, 18, 77, 2), .count = 9}},
	    .n_remotes = 80,
	    .network = lab_ipv4(198, 18, 77, 0),
	    .network_count = 250,
	    .network_remotes = 25,
	};
}

static void make_syn_cookies(struct world *w)
{
	w->counters[LAB_COOKIES].value += 400;
	w->counters[LAB_FULL_DROPS].value += 600;
	w->listeners[2].syn_queue = 15;
	w->listeners[2].syn_queue_limit = w->listeners[2].syn_queue_least = 30;
	w->listeners[2].syn_queue_percent = 50;
	/* Another listener has more of them, against a larger backlog. */
	w->listeners[0].syn_queue = 20;
	w->listeners[0].syn_queue_limit = 4096;
	w->s.suspects[SUSPECT_SYN_RECV] = (struct suspects){
	    .count = 35,
	    .listeners = {{0, 20}},
	    .within = 20,
	    .remotes = {{.addr = lab_ipv4(192, 0, 2, 1), .count = 20}},
	};
}

static void make_accept_queue(struct world *w)
{
	w->listeners[1].accept_queue_fullest = 100;
	w->listeners[1].fullest_queue = 129;
	w->listeners[2].accept_queue_fullest = 20;
}

static void make_accept_drops(struct world *w)
{
	w->listeners[2].drops += 500;
	w->counters[LAB_OVERFLOWS].value += 500;
}

static void make_close_wait_stale(struct world *w)
{
	w->s.suspects[SUSPECT_CLOSE_WAIT_STALE] = (struct suspects){
	    .count = 1201,
	    .fresh = 1,
	    .owners = {{2, 1198}, {1, 3}},
	    .n_owners = 2,
	    .within = 1198,
	    .port = 8080,
	    .port_count = 1190,
	};
}

static void make_close_wait_unaccepted(struct world *w)
{
	w->s.suspects[SUSPECT_CLOSE_WAIT_UNACCEPTED] = (struct suspects){
	    .count = 60,
	    .listeners = {{1, 59}},
	    .n_listeners = 2,
	    .within = 59,
	    .remotes = {{.addr = lab_ipv4(192, 0, 2, 7), .count = 40}},
	    .network = lab_ipv4(192, 0, 2, 0),
	    .network_count = 60,
	    .network_remotes = 21,
	};
}

static void make_fin_wait_2_stale(struct world *w)
{
	w->s.suspects[SUSPECT_FIN_WAIT_2_STALE] = (struct suspects){
	    .count = 1000,
	    .owners = {{1, 700}, {2, 300}},
	    .n_owners = 2,
	    .within = 700,
	    .outgoing = true,
	    .port = 443,
	    .port_count = 350,
	    .remotes = {{.addr = lab_ipv4(203, 0, 113, 9), .count = 350}},
	    .n_remotes = 12,
	};
}

static void make_closing_stuck(struct world *w)
{
	w->s.suspects[SUSPECT_CLOSING_STUCK] = (struct suspects){
	    .count = 1200,
	    .within = 1200,
	    .remotes = {{.addr = lab_ipv4(198, 51, 100, 7), .count = 900}},
	    .network = lab_ipv4(198, 51, 100, 0),
	    .network_count = 910,
	    .network_remotes = 11,
	};
}

static void make_syn_sent_fanout(struct world *w)
{
	w->s.suspects[SUSPECT_SYN_SENT] = (struct suspects){
	    .count = 2000,
	    .addresses = 1500,
	    .owners = {{2, 1990}, {1, 10}},
	    .n_owners = 2,
	    .within = 1990,
	    .outgoing = true,
	    .port = 22,
	    .port_count = 1990,
	    .remotes = {{.addr = lab_ipv4(203, 0, 113, 1), .count = 2},
			{.addr = lab_ipv4(203, 0, 113, 9), .count = 2},
			{.addr = lab_ipv4(203, 0, 113, 200), .count = 1}},
	    .n_remotes = 1499,
	    .endpoint = {lab_ipv4(203, 0, 113, 1), 22, 2},
	};
}

static void make_upstream_silent(struct world *w)
{
	w->s.suspects[SUSPECT_UPSTREAM_SILENT] = (struct suspects){
	    .count = 152,
	    .addresses = 3,
	    .owners = {{1, 150}},
	    .endpoint = {lab_ipv4(127, 0, 0, 9), 443, 150},
	    .endpoint_owner = {2, 150},
	};
}

static void make_peer_silent(struct world *w)
{
	w->s.suspects[SUSPECT_PEER_SILENT] = (struct suspects){
	    .count = 130,
	    .endpoint = {lab_ipv4(10, 0, 0, 5), 5432, 120},
	    .endpoint_owner = {1, 50}, /* not half of them */
	};
}

static void make_peer_not_reading(struct world *w)
{
	w->s.suspects[SUSPECT_PEER_NOT_READING] = (struct suspects){
	    .count = 600,
	    .owners = {{1, 600}},
	    .n_owners = 1,
	    .within = 600,
	    .port = 80,
	    .port_count = 600,
	    .remotes = {{.addr = lab_ipv4(192, 0, 2, 7), .count = 300}},
	    .n_remotes = 5,
	};
}

static void make_not_reading(struct world *w)
{
	w->s.suspects[SUSPECT_NOT_READING] = (struct suspects){
	    .count = 600,
	    .owners = {{2, 200}, {1, 150}},
	    .n_owners = 7,
	    .within = 600,
	    .port = 8080,
	    .port_count = 301,
	};
}

static void make_descriptors(struct world *w)
{
	struct limit *limit = &w->s.limits[w->s.n_limits - 1];

	CHECK_EQ_INT(limit->id, LIMIT_DESCRIPTORS);
	limit->percent = 99;
	limit->owner = 1;
	w->owners[1].fds = 990;
	w->owners[1].fds_max = 1000;
	w->owners[2].fds = 5000; /* more of them, and of its limit less */
	w->owners[2].fds_max = 500000;
}

static void make_time_wait(struct world *w)
{
	w->s.limits[0].percent = 95;
	w->s.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_TIME_WAIT - 1].count = 5000;
	w->s.tops[STATE_TIME_WAIT - 1].remote = lab_ipv4(10, 0, 9, 1);
	w->s.tops[STATE_TIME_WAIT - 1].remote_count = 4000;
}

static void make_orphans(struct world *w)
{
	w->s.limits[1].percent = 95;
}

static void make_memory(struct world *w)
{
	w->s.limits[2].percent = 95;
}

static void make_ephemeral_ports(struct world *w)
{
	w->s.limits[3].percent = 95;
	strcpy(w->s.limits[3].detail, "towards 10.0.7.12:5432, java[4321] app.service");
	w->s.limits[3].owner = 2;
}

static void make_state_count(struct world *w)
{
	w->s.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_ESTABLISHED - 1].count = 5000;
	w->s.tops[STATE_ESTABLISHED - 1].owner = 1;
	w->s.tops[STATE_ESTABLISHED - 1].owner_count = 4500;
}

static void make_state_surge(struct world *w)
{
	w->s.states[(IP_TOTAL - 1) * STATE_COUNT + STATE_SYN_RECV - 1].count = 10000;
	w->s.suspects[SUSPECT_SYN_RECV] = (struct suspects){
	    .count = 10000,
	    .listeners = {{1, 9990}},
	    .n_listeners = 1,
	    .within = 9990,
	    .remotes = {{.addr = lab_ipv4(198, 18, 0, 1), .count = 9000}},
	};
}

static void make_tuning_harmful(struct world *w)
{
	w->table.harmful = 1;
	w->tuning[2].status = TUNING_HARMFUL;
	w->tuning[2].value = "0";
}

static void make_tuning_drift(struct world *w)
{
	w->table.drifted = 2;
	w->tuning[0].drift = DRIFT_DIFFERS_FROM_PERSISTED;
}

static const struct trouble troubles[] = {
    {CONDITION_SYN_QUEUE, 0, make_syn_queue,
     "0.0.0.0:80 nginx[812] nginx.service, 129 of 128, most from 198.18.77.0/24",
     "0 SYNs dropped in the last minute"},
    {CONDITION_SYN_UNANSWERED, 0, make_syn_unanswered,
     "0.0.0.0:8080 java[4321] app.service, 590 of 600, spread over 80 addresses: "
     "198.18.77.1 (10), 198.18.77.2 (9)",
     "600 half-open, 0 handshakes of a minute were completed"},
    {CONDITION_SYN_COOKIES, 0, make_syn_cookies, "[::]:443 nginx[812] nginx.service, 15 of 30",
     "4800 cookies sent in the last minute, 7200 SYNs dropped in the last minute"},
    {CONDITION_ACCEPT_QUEUE, 0, make_accept_queue,
     "0.0.0.0:8080 java[4321] app.service, 129 of 128", "0 connections lost in the last minute"},
    {CONDITION_ACCEPT_DROPS, 0, make_accept_drops, "[::]:443 nginx[812] nginx.service",
     "6000 connections lost in the last minute"},
    {CONDITION_CLOSE_WAIT_STALE, 0, make_close_wait_stale,
     "java[4321] app.service, local port 8080, 1198 of 1201, 1198 of its 4096 descriptors",
     "1201 of 0 in CLOSE_WAIT, 1 came within 15 minutes, 0 are of idle pools, 29 % of a process's descriptors (critical at 25)"},
    {CONDITION_CLOSE_WAIT_UNACCEPTED, 0, make_close_wait_unaccepted,
     "0.0.0.0:8080 java[4321] app.service, 59 of 60, most from 192.0.2.7", "60 of 0 in CLOSE_WAIT"},
    {CONDITION_FIN_WAIT_2_STALE, 0, make_fin_wait_2_stale,
     "nginx[812] nginx.service, 700 of 1000, half to 203.0.113.9", "1000 of 0 in FIN_WAIT_2"},
    {CONDITION_CLOSING_STUCK, 0, make_closing_stuck, "198.51.100.7, 900 of 1200", ""},
    {CONDITION_SYN_SENT_FANOUT, 0, make_syn_sent_fanout,
     "java[4321] app.service, remote port 22, 1990 of 2000, spread over 1499 addresses: "
     "203.0.113.1 (2), 203.0.113.9 (2), 203.0.113.200 (1)",
     "2000 of 0 in SYN_SENT"},
    {CONDITION_TIME_WAIT, 0, make_time_wait, "10.0.9.1, 4000 of 5000", "0 of 0"},
    {CONDITION_EPHEMERAL_PORTS, 0, make_ephemeral_ports,
     "towards 10.0.7.12:5432, java[4321] app.service",
     "0 of 0, it has not grown in each of the last ten minutes"},
    {CONDITION_ORPHANS, 0, make_orphans, "",
     "0 of 0, it has not grown in each of the last ten minutes"},
    {CONDITION_MEMORY, 0, make_memory, "",
     "0 of 0, it has not grown in each of the last ten minutes"},
    {CONDITION_STATE_COUNT, STATE_ESTABLISHED, make_state_count,
     "nginx[812] nginx.service, 4500 of 5000", ""},
    {CONDITION_STATE_SURGE, STATE_SYN_RECV, make_state_surge,
     "0.0.0.0:8080 java[4321] app.service, 9990 of 10000, most from 198.18.0.1", ""},
    {CONDITION_TUNING_HARMFUL, 0, make_tuning_harmful, "tcp_syncookies is 0: no cookies: drops",
     ""},
    {CONDITION_TUNING_DRIFT, 0, make_tuning_drift,
     "tcp_fin_timeout is 60, /etc/sysctl.conf:3 sets 30, and 1 more", ""},
    {CONDITION_UPSTREAM_SILENT, 0, make_upstream_silent,
     "127.0.0.9:443, java[4321] app.service, 150 of 152", "152 to all remotes together"},
    {CONDITION_PEER_SILENT, 0, make_peer_silent, "10.0.0.5:5432, 120 of 130",
     "130 to all remotes together"},
    {CONDITION_PEER_NOT_READING, 0, make_peer_not_reading,
     "nginx[812] nginx.service, local port 80, 600 of 600, half from 192.0.2.7", ""},
    {CONDITION_NOT_READING, 0, make_not_reading,
     "spread over 7 processes: java[4321] app.service (200), nginx[812] nginx.service (150), "
     "local port 8080",
     "600 of 0 in ESTABLISHED"},
    {CONDITION_DESCRIPTORS, 0, make_descriptors, "nginx[812] nginx.service, 990 of 1000",
     "0 of 0, it has not grown in each of the last ten minutes"},
};

enum { STEP_MS = 5000, QUIET_STEPS = 2, TROUBLE_STEPS = 30 };

/* Each trouble raises its own condition, no other, and names who does it. */
static void check_trouble(const struct trouble *trouble)
{
	struct lab lab;
	int64_t t = 0;

	lab_open(&lab);
	lab.config.rules.of_state[STATE_ESTABLISHED - 1] =
	    (struct rule){true, 100, 1000, 30, 80, 0, 0};
	for (int i = 0; i < QUIET_STEPS; i++, t += STEP_MS)
		lab_step(&lab, t);
	CHECK_EQ_INT(lab.now.s.diagnosis.worst, SEVERITY_NORMAL);
	for (int i = 0; i < TROUBLE_STEPS; i++, t += STEP_MS) {
		trouble->make(&lab.now);
		lab_step(&lab, t);
	}
	for (size_t i = 0; i < lab.now.s.n_conditions; i++) {
		const struct condition *row = &lab.now.s.conditions[i];
		bool its = row->id == trouble->id && row->element == trouble->element;
		uint32_t want = its ? SEVERITY_CRITICAL : SEVERITY_NORMAL;

		if (its && row->critical < 0)
			want = SEVERITY_WARNING;
		if (row->severity != want)
			fprintf(stderr, "%s: %s is %u\n", condition_table[trouble->id - 1].name,
				row->name, row->severity);
		CHECK_EQ_INT(row->severity, want);
		if (its && strcmp(row->offender, trouble->offender) != 0)
			fprintf(stderr, "%s: %s\n", row->name, row->offender);
		if (its)
			CHECK_EQ_STR(row->offender, trouble->offender);
		if (its)
			CHECK_EQ_STR(row->figures, trouble->figures);
	}
	lab_close(&lab);
}

static void test_each_its_own(void)
{
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		check_trouble(&troubles[i]);
	/* All but "sampling", which test_old_details() raises. */
	CHECK_EQ_INT(sizeof(troubles) / sizeof(troubles[0]), CONDITION_COUNT - 1);
}

/* Half-open connections that wait for data are told from a flood. */
static void test_deferred(void)
{
	static const struct trouble deferred[] = {
	    {CONDITION_SYN_QUEUE, 0, make_deferred,
	     "0.0.0.0:80 nginx[812] nginx.service, 129 of 128, no flood: TCP_DEFER_ACCEPT, the clients have not sent yet, most from 198.18.77.0/24",
	     "0 SYNs dropped in the last minute"},
	    {CONDITION_SYN_QUEUE, 0, make_flood_beside_deferred,
	     "0.0.0.0:80 nginx[812] nginx.service, 129 of 128, most from 198.18.77.0/24",
	     "0 SYNs dropped in the last minute"},
	};

	check_trouble(&deferred[0]);
	check_trouble(&deferred[1]);
}

/* Samples of one kind that succeed do not hide that another kind fails. */
static void test_old_details(void)
{
	struct lab lab;
	int64_t t;

	lab_open(&lab);
	lab.config.rules.of[CONDITION_SAMPLING].hold_s = 0;
	lab_step(&lab, 1000);
	for (t = 2000; t < 51000; t += 1000)
		lab_step_listeners(&lab, t);
	strcpy(lab.now.s.info.last_error, "sock_diag: interrupted");
	lab_step_listeners(&lab, t);
	for (size_t i = 0; i < lab.now.s.n_conditions; i++)
		CHECK_EQ_INT(lab.now.s.conditions[i].severity,
			     lab.now.s.conditions[i].id == CONDITION_SAMPLING ? SEVERITY_CRITICAL
									      : SEVERITY_NORMAL);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_SAMPLING, 0)->offender, "sock_diag: interrupted");
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, 10);
	lab_step_fast(&lab, t + 500);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, 3);
	/* What is as old as its interval is no fault. */
	lab.now.s.info.interval_ms = 60000;
	lab.now.s.info.detail_interval_ms = 60000;
	lab_step_listeners(&lab, t + 1000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), SEVERITY_NORMAL);
	lab_close(&lab);
}

/* However far the budget stretches the intervals: that is a figure and no fault. */
static void test_stretched(void)
{
	struct lab lab;
	int64_t t = 0;

	lab_open(&lab);
	lab.now.s.info.interval_ms = 20000;
	lab.now.s.info.detail_interval_ms = 600000;
	for (; t < 1200000; t += 20000) {
		lab_step(&lab, t);
		CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), SEVERITY_NORMAL);
		CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, 0);
	}
	/* Samples that fail are. */
	lab_step_failed(&lab, t + 60000);
	CHECK_EQ_INT(lab_row(&lab, CONDITION_SAMPLING, 0)->value, 4);
	lab_step_failed(&lab, t + 90000);
	CHECK_EQ_INT(lab_severity(&lab, CONDITION_SAMPLING), SEVERITY_WARNING);
	CHECK_EQ_STR(lab_row(&lab, CONDITION_SAMPLING, 0)->offender,
		     "sock_diag: Cannot allocate memory");
	lab_close(&lab);
}

static void test_not_measurable(void)
{
	static const uint32_t unknown[] = {
	    CONDITION_SYN_QUEUE,        CONDITION_SYN_UNANSWERED,  CONDITION_SYN_COOKIES,
	    CONDITION_ACCEPT_QUEUE,     CONDITION_ACCEPT_DROPS,    CONDITION_CLOSE_WAIT_STALE,
	    CONDITION_FIN_WAIT_2_STALE, CONDITION_SYN_SENT_FANOUT, CONDITION_TIME_WAIT,
	    CONDITION_EPHEMERAL_PORTS,  CONDITION_ORPHANS,         CONDITION_MEMORY,
	    CONDITION_TUNING_HARMFUL,   CONDITION_TUNING_DRIFT,    CONDITION_DESCRIPTORS,
	};
	struct measure m;
	struct world w;
	struct lab lab;
	size_t n = 0;

	lab_open(&lab);
	w = lab.now;
	w.s.info.source = w.s.info.counted_source = SOURCE_PROC_NET;
	w.s.n_counters = 0;
	w.s.n_limits = 0;
	for (size_t i = 0; i < w.s.n_owners; i++)
		w.s.owners[i].fds_max = 0;
	w.s.tuning = NULL;
	for (uint32_t id = 1; id <= CONDITION_COUNT; id++) {
		const struct measuring in = {.element = STATE_LISTEN,
					     .rule = &lab.config.rules.of[id],
					     .before = &lab.now.s,
					     .now = &w.s};

		if (measure_take(&in, id, &m) != MEASURED_VALUE)
			CHECK_EQ_INT(id, unknown[n++]);
	}
	CHECK_EQ_INT(n, sizeof(unknown) / sizeof(unknown[0]));
	lab_close(&lab);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"each its own", test_each_its_own},     {"deferred", test_deferred},
	    {"old details", test_old_details},       {"a stretched interval", test_stretched},
	    {"not measurable", test_not_measurable}, CU_TEST_INFO_NULL,
	};

	return suite_run("measure", tests);
}
