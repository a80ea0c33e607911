/* SPDX-License-Identifier: MIT */
#include "tests/support/lab.h"

#include "tests/support/check.h"
#include <stdlib.h>
#include <string.h>

#include "core/figures/rates.h"

struct inet_addr lab_ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct inet_addr){.type = INET_IPV4, .bytes = {a, b, c, d}};
}

/* Points a copied snapshot at its own rows. */
static void bind(struct world *w)
{
	w->s.listeners = w->listeners;
	w->s.owners = w->owners;
	w->s.counters = w->counters;
	w->s.tuning = &w->table;
	w->table.rows = w->tuning;
}

static struct timespec at(int64_t ms)
{
	return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

static void fill_quiet(struct world *w)
{
	static const uint32_t limits[] = {LIMIT_TIME_WAIT_BUCKETS, LIMIT_ORPHANS, LIMIT_MEMORY,
					  LIMIT_EPHEMERAL_PORTS, LIMIT_DESCRIPTORS};
	static const uint16_t ports[LAB_LISTENERS] = {80, 8080, 443};

	*w = (struct world){
	    .owners = {{.pid = 0},
		       {.pid = 812,
			.name = "nginx",
			.service = "nginx.service",
			.fds = 20,
			.fds_max = 1024},
		       {.pid = 4321,
			.name = "java",
			.service = "app.service",
			.fds = 40,
			.fds_max = 4096}},
	    .counters = {[LAB_ACTIVE_OPENS] = {.name = "TcpActiveOpens"},
			 [LAB_OVERFLOWS] = {.name = "TcpExtListenOverflows"},
			 [LAB_COOKIES] = {.name = "TcpExtSyncookiesSent", .value = 1000},
			 [LAB_DEFERRED] = {.name = "TcpExtTCPDeferAcceptDrop"},
			 [LAB_FULL_DROPS] = {.name = "TcpExtTCPReqQFullDrop", .value = 7},
			 [LAB_PASSIVE_OPENS] = {.name = "TcpPassiveOpens"}},
	    .tuning = {{"tcp_fin_timeout", 1, 60, true, TUNING_AS_RECOMMENDED, DRIFT_NONE, "60",
			"60", "60", "30", "/etc/sysctl.conf:3", "", "", "", "", false, false},
		       {"tcp_max_syn_backlog", 1, 128, true, TUNING_AS_RECOMMENDED, DRIFT_NONE,
			"128", "", "", "", "", "", "", "", "", false, false},
		       {"tcp_syncookies", 1, 1, true, TUNING_AS_RECOMMENDED, DRIFT_NONE, "1", "1",
			"1", "", "", "", "", "no cookies: drops", "", false, false}},
	    .table = {.count = LAB_TUNING},
	};
	for (size_t i = 0; i < LAB_LISTENERS; i++)
		w->listeners[i] = (struct listener){.addr = lab_ipv4(0, 0, 0, 0),
						    .port = ports[i],
						    .sockets = 1,
						    .has_limits = true,
						    .accept_queue_limit = 128,
						    .syn_queue_limit = 128,
						    .syn_queue_least = 128,
						    .fullest_limit = 128,
						    .drops = 1000,
						    .owner = i == 1 ? 2 : 1,
						    .fullest_owner = i == 1 ? 2 : 1,
						    .drops_owner = i == 1 ? 2 : 1};
	w->listeners[2].addr = (struct inet_addr){.type = INET_IPV6};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		w->s.limits[i].id = limits[i];
	w->s.n_limits = sizeof(limits) / sizeof(limits[0]);
	w->s.n_listeners = LAB_LISTENERS;
	w->s.n_owners = LAB_OWNERS;
	w->s.n_counters = LAB_COUNTERS;
	w->s.info.source = SOURCE_SOCK_DIAG;
	w->s.info.interval_ms = 5000;
	w->s.info.detail_interval_ms = 15000;
	bind(w);
}

void lab_open(struct lab *lab)
{
	*lab = (struct lab){.wall_ahead_s = 1000000000};
	config_init(&config_core_options, &lab->config);
	fill_quiet(&lab->now);
	CHECK_EQ_INT_FATAL(conditions_new(&lab->conditions), 0);
	CHECK_EQ_INT_FATAL(rates_new(&lab->rates), 0);
}

void lab_close(struct lab *lab)
{
	free(lab->now.s.conditions);
	conditions_free(lab->conditions);
	rates_free(lab->rates);
}

static void update(struct lab *lab)
{
	const struct snapshot *before = lab->steps++ > 0 ? &lab->before.s : NULL;

	bind(&lab->now);
	CHECK_EQ_INT_FATAL(
	    conditions_update(lab->conditions, &lab->config.rules, before, &lab->now.s), 0);
	lab->before = lab->now;
	lab->before.s.conditions = NULL;
	bind(&lab->before);
}

void lab_step_listeners(struct lab *lab, int64_t at_ms)
{
	bind(&lab->now);
	lab->now.s.info.monotonic = at(at_ms);
	lab->now.s.info.attempted_at = at(at_ms);
	lab->now.s.info.time = at(at_ms + lab->wall_ahead_s * 1000);
	CHECK_EQ_INT_FATAL(rates_note(lab->rates, &lab->now.s), 0);
	update(lab);
}

void lab_step_fast(struct lab *lab, int64_t at_ms)
{
	lab->now.s.info.counted_at = at(at_ms);
	lab->now.s.info.counted_source = lab->now.s.info.source;
	lab_step_listeners(lab, at_ms);
}

void lab_step(struct lab *lab, int64_t at_ms)
{
	lab->now.s.info.detail_at = at(at_ms);
	lab->now.table.read_at = at(at_ms);
	lab_step_fast(lab, at_ms);
}

void lab_step_failed(struct lab *lab, int64_t at_ms)
{
	lab->now.s.info.attempted_at = at(at_ms);
	lab->now.s.info.errors++;
	strcpy(lab->now.s.info.last_error, "sock_diag: Cannot allocate memory");
	update(lab);
}

const struct condition *lab_row(const struct lab *lab, uint32_t id, uint32_t element)
{
	for (size_t i = 0; i < lab->now.s.n_conditions; i++) {
		const struct condition *row = &lab->now.s.conditions[i];

		if (row->id == id && row->element == element)
			return row;
	}
	CU_FAIL_FATAL("no such row");
	return NULL;
}

uint32_t lab_severity(const struct lab *lab, uint32_t id)
{
	return lab_row(lab, id, 0)->severity;
}
