/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/diagnosis/offender.h"
#include "tests/support/lab.h"
#include "tests/support/suite.h"

static const struct inet_addr v6_host = {.type = INET_IPV6,
					 .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 9}};
static const struct inet_addr v6_net = {.type = INET_IPV6, .bytes = {0x20, 0x01, 0x0d, 0xb8}};

static void test_text(void)
{
	char buf[12];
	struct text text = text_begin(buf, sizeof(buf));

	CHECK_EQ_STR(buf, "");
	CU_ASSERT_TRUE(text_add(&text, ", ", "%s", "one"));
	CU_ASSERT_FALSE(text_add(&text, ", ", "%d", 1234567));
	CU_ASSERT_FALSE(text_add(&text, "", "%s", "0123456789"));
	CHECK_EQ_STR(buf, "one");
	CU_ASSERT_TRUE(text_add(&text, ", ", "%d", 123456));
	CHECK_EQ_STR(buf, "one, 123456");
	CU_ASSERT_FALSE(text_add(&text, "", "x"));
	CU_ASSERT_FALSE(text_add(&text, "a long separator", "x"));
	CHECK_EQ_STR(buf, "one, 123456");
	text = text_begin(buf, 1);
	CU_ASSERT_FALSE(text_add(&text, "", "x"));
	CHECK_EQ_STR(buf, "");
}

static void test_list(void)
{
	char buf[16];
	struct text text = text_begin(buf, sizeof(buf));

	text_add_list(&text, ": ", "who, where, why");
	CHECK_EQ_STR(buf, "who, where, why");
	text = text_begin(buf, sizeof(buf));
	text_add_list(&text, ": ", "who, where, why not");
	CHECK_EQ_STR(buf, "who, where");
	text_add_list(&text, ": ", "ab, cdef");
	CHECK_EQ_STR(buf, "who, where: ab");
	/* A comma within a name is none, and what has no comma is there whole or not at all. */
	text = text_begin(buf, sizeof(buf));
	text_add_list(&text, "", "a,b012345678901234, c");
	CHECK_EQ_STR(buf, "");
	text_add_list(&text, "", "");
	CHECK_EQ_STR(buf, "");
}

struct origin {
	struct suspects suspects;
	const char *origin;
	const char *remote;
};

static void test_remotes(void)
{
	const struct origin cases[] = {
	    {{.count = 0}, "", ""},
	    {{.count = 10, .within = 10}, "", ""},
	    {{.count = 10, .within = 10, .remotes = {{lab_ipv4(192, 0, 2, 1), 0, 6}}},
	     "most from 192.0.2.1",
	     "192.0.2.1, 6 of 10"},
	    {{.count = 10, .within = 10, .remotes = {{lab_ipv4(192, 0, 2, 1), 0, 5}}},
	     "half from 192.0.2.1",
	     "192.0.2.1, 5 of 10"},
	    /* The share is that of the process's own. */
	    {{.count = 30, .within = 20, .remotes = {{lab_ipv4(192, 0, 2, 1), 0, 11}}},
	     "most from 192.0.2.1",
	     "192.0.2.1, 11 of 30"},
	    {{.count = 100,
	      .within = 100,
	      .outgoing = true,
	      .remotes = {{lab_ipv4(192, 0, 2, 1), 0, 49},
			  {lab_ipv4(192, 0, 2, 3), 0, 30},
			  {lab_ipv4(192, 0, 2, 2), 0, 21}},
	      .n_remotes = 3},
	     "spread over 3 addresses: 192.0.2.1 (49), 192.0.2.3 (30), 192.0.2.2 (21)",
	     "spread over 3 addresses: 192.0.2.1 (49), 192.0.2.3 (30), 192.0.2.2 (21)"},
	    /* As many as are named, and no more of what follows them. */
	    {{.count = 100,
	      .within = 100,
	      .remotes = {{lab_ipv4(192, 0, 2, 1), 0, 9},
			  {lab_ipv4(192, 0, 2, 3), 0, 8},
			  {lab_ipv4(192, 0, 2, 2), 0, 7}},
	      .n_remotes = 1u << 24 | 1,
	      .network = {.type = INET_IPV4, .bytes = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	      .network_count = 9,
	      .network_remotes = 2},
	     "spread over 16777217 addresses: 192.0.2.1 (9), 192.0.2.3 (8), 192.0.2.2 (7)",
	     "spread over 16777217 addresses: 192.0.2.1 (9), 192.0.2.3 (8), 192.0.2.2 (7)"},
	    /* Three addresses of a network are no network. */
	    {{.count = 10,
	      .within = 10,
	      .remotes = {{v6_host, 0, 3}},
	      .n_remotes = 4,
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 3},
	     "spread over 4 addresses: 2001:db8::9 (3)",
	     "spread over 4 addresses: 2001:db8::9 (3)"},
	    {{.count = 10,
	      .within = 10,
	      .outgoing = true,
	      .remotes = {{v6_host, 0, 3}},
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 4},
	     "most to 2001:db8::/64",
	     "2001:db8::/64, 9 of 10"},
	    /* One address has more than half of its network: it is the one. */
	    {{.count = 10,
	      .within = 10,
	      .remotes = {{v6_host, 0, 5}},
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 5},
	     "half from 2001:db8::9",
	     "2001:db8::9, 5 of 10"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[192];
		struct text text = text_begin(buf, sizeof(buf));

		offender_suspect_origin(&text, &cases[i].suspects);
		CHECK_EQ_STR(buf, cases[i].origin);
		text = text_begin(buf, sizeof(buf));
		offender_suspect_remote(&text, &cases[i].suspects);
		CHECK_EQ_STR(buf, cases[i].remote);
	}
}

static const char *process_text(const struct world *w, const struct suspects *suspects,
				char buf[192])
{
	struct text text = text_begin(buf, 192);

	offender_suspect_process(&text, &w->s, suspects);
	return buf;
}

static void test_processes(void)
{
	struct suspects suspects = {.count = 100,
				    .owners = {{1, 70}},
				    .n_owners = 1,
				    .within = 70,
				    .port = 443,
				    .port_count = 36};
	struct world w = {.owners = {{.pid = 0}, {.pid = 7, .name = "sshd"}}};
	char buf[192];

	w.s.owners = w.owners;
	w.s.n_owners = LAB_OWNERS;
	CHECK_EQ_STR(process_text(&w, &suspects, buf), "sshd[7], local port 443, 70 of 100");
	/* A client: its service's port, and where to. */
	suspects.outgoing = true;
	suspects.remotes[0] = (struct suspect_remote){lab_ipv4(192, 0, 2, 25), 0, 60};
	CHECK_EQ_STR(process_text(&w, &suspects, buf),
		     "sshd[7], remote port 443, 70 of 100, most to 192.0.2.25");
	suspects.outgoing = false;

	/* The process may not be read, its service is known. */
	w.owners[1] = (struct owner){.service = "ssh.service"};
	suspects.port_count = 35;
	CHECK_EQ_STR(process_text(&w, &suspects, buf), "ssh.service, 70 of 100");

	/* Nobody has half of them. */
	suspects.owners[0].count = 49;
	suspects.owners[1] = (struct suspect_top){0, 20};
	w.owners[0] = (struct owner){.pid = 9, .name = "b"};
	suspects.n_owners = 8;
	suspects.within = 100;
	suspects.port_count = 51;
	CHECK_EQ_STR(process_text(&w, &suspects, buf),
		     "spread over 8 processes: ssh.service (49), b[9] (20), local port 443");

	memset(suspects.owners, 0, sizeof(suspects.owners));
	suspects.n_owners = 0;
	suspects.port_count = 60;
	CHECK_EQ_STR(process_text(&w, &suspects, buf), "local port 443, 60 of 100");

	/* A number that is out of range is nobody. */
	w.owners[0] = (struct owner){0};
	suspects.owners[0] = (struct suspect_top){99, 70};
	suspects.port_count = 1;
	CHECK_EQ_STR(process_text(&w, &suspects, buf), "70 of 100");
}

static void test_endpoints(void)
{
	struct suspects suspects = {
	    .count = 9, .endpoint = {v6_host, 5432, 8}, .endpoint_owner = {1, 4}};
	struct world w = {.owners = {{.pid = 0}, {.pid = 7, .name = "pool"}}};
	char buf[192];
	struct text text = text_begin(buf, sizeof(buf));

	w.s.owners = w.owners;
	w.s.n_owners = LAB_OWNERS;
	offender_suspect_endpoint(&text, &w.s, &suspects);
	CHECK_EQ_STR(buf, "[2001:db8::9]:5432, pool[7], 8 of 9");
	suspects.endpoint_owner.count = 3;
	text = text_begin(buf, sizeof(buf));
	offender_suspect_endpoint(&text, &w.s, &suspects);
	CHECK_EQ_STR(buf, "[2001:db8::9]:5432, 8 of 9");
	suspects.endpoint.count = 0;
	text = text_begin(buf, sizeof(buf));
	offender_suspect_endpoint(&text, &w.s, &suspects);
	CHECK_EQ_STR(buf, "");
}

/* The process of a state; without one the remote address; without either nobody. */
static void test_state(void)
{
	struct lab lab;
	struct snapshot *s = &lab.now.s;
	char buf[192];
	struct text text;

	lab_open(&lab);
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_CLOSE_WAIT - 1].count = 9;
	text = text_begin(buf, sizeof(buf));
	offender_state(&text, s, STATE_CLOSE_WAIT);
	CHECK_EQ_STR(buf, "");
	s->tops[STATE_CLOSE_WAIT - 1] = (struct state_top){
	    .owner_count = 5, .remote = lab_ipv4(192, 0, 2, 7), .remote_count = 4};
	offender_state(&text, s, STATE_CLOSE_WAIT);
	CHECK_EQ_STR(buf, "192.0.2.7, 4 of 9");
	s->tops[STATE_CLOSE_WAIT - 1].owner = 1;
	text = text_begin(buf, sizeof(buf));
	offender_state(&text, s, STATE_CLOSE_WAIT);
	CHECK_EQ_STR(buf, "nginx[812] nginx.service, 5 of 9");
	/* Fewer by now than its process had at the newest full sample. */
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_CLOSE_WAIT - 1].count = 4;
	text = text_begin(buf, sizeof(buf));
	offender_state(&text, s, STATE_CLOSE_WAIT);
	CHECK_EQ_STR(buf, "nginx[812] nginx.service");
	lab_close(&lab);
}

/* More than the limit: inherited with high numbers, or lowered by far so as to open no more. */
static void test_descriptors(void)
{
	static const struct {
		uint32_t fds, max, percent;
	} cases[] = {
	    {0, 0, 0},     {9, 0, 0},     {63, 64, 98},
	    {64, 64, 100}, {65, 64, 101}, {72, 64, 112},
	    {73, 64, 0},   {7, 1, 0},     {UINT32_MAX, UINT32_MAX, 100},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ_INT(offender_descriptors(
				 &(struct owner){.fds = cases[i].fds, .fds_max = cases[i].max}),
			     cases[i].percent);
}

/* Connections that wait for accept(): the process whose socket most of them wait at. */
static void test_acceptors(void)
{
	static const struct {
		bool several;
		uint32_t queue, fullest;
		const char *text;
	} cases[] = {
	    {false, 0, 0, "0.0.0.0:80 nginx[812] nginx.service, 9 of 9"},
	    {true, 9, 5, "0.0.0.0:80 java[4321] app.service, 9 of 9"},
	    {true, 9, 4, "0.0.0.0:80, 9 of 9"},
	    {true, 0, 0, "0.0.0.0:80, 9 of 9"},
	};
	struct suspects suspects = {.count = 9, .listeners = {{0, 9}}, .n_listeners = 1};
	struct lab lab;

	lab_open(&lab);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listener *l = &lab.now.listeners[0];
		char buf[192];
		struct text text = text_begin(buf, sizeof(buf));

		l->several_owners = cases[i].several;
		l->accept_queue = cases[i].queue;
		l->fullest_queue = cases[i].fullest;
		l->fullest_owner = cases[i].several ? 2 : 1;
		offender_suspect_acceptor(&text, &lab.now.s, &suspects);
		CHECK_EQ_STR(buf, cases[i].text);
	}
	lab_close(&lab);
}

/* The longest of all: what does not fit is left out, the rest stands. */
static void test_too_long(void)
{
	struct suspects suspects = {.count = UINT32_MAX,
				    .listeners = {{0, UINT32_MAX}},
				    .within = UINT32_MAX,
				    .remotes = {{v6_host, 0, UINT32_MAX}}};
	struct world w = {0};
	char buf[192], want[192];
	struct text text = text_begin(buf, sizeof(buf));

	w.s.owners = w.owners;
	w.s.n_owners = LAB_OWNERS;
	w.s.listeners = w.listeners;
	w.s.n_listeners = 1;
	w.listeners[0].addr.type = INET_IPV6;
	memset(w.listeners[0].addr.bytes, 0xfe, 16);
	w.listeners[0].port = 65535;
	w.listeners[0].owner = 1;
	w.owners[1].pid = UINT32_MAX;
	memset(w.owners[1].name, 'n', sizeof(w.owners[1].name) - 1);
	memset(w.owners[1].service, 's', sizeof(w.owners[1].service) - 1);
	offender_suspect_listener(&text, &w.s, &suspects);
	snprintf(want, sizeof(want),
		 "[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65535 %s[4294967295] %s",
		 w.owners[1].name, w.owners[1].service);
	CHECK_EQ_STR(buf, want);

	w.listeners[0].addr = lab_ipv4(0, 0, 0, 0);
	memset(suspects.remotes[0].addr.bytes, 0x20, 16);
	text = text_begin(buf, sizeof(buf));
	offender_suspect_listener(&text, &w.s, &suspects);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf, "s, 4294967295 of 4294967295"));
	CU_ASSERT_PTR_NULL(strstr(buf, "2020"));
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"text", test_text},
	    {"a list is cut", test_list},
	    {"remotes", test_remotes},
	    {"processes", test_processes},
	    {"endpoints", test_endpoints},
	    {"too long", test_too_long},
	    {"a state", test_state},
	    {"acceptors", test_acceptors},
	    {"descriptors", test_descriptors},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("offender", tests);
}
