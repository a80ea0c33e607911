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

struct origin {
	struct suspects suspects;
	const char *origin;
	const char *remote;
};

static void test_remotes(void)
{
	const struct origin cases[] = {
	    {{.count = 0}, "", ""},
	    {{.count = 10}, "", ""},
	    {{.count = 10, .remote = lab_ipv4(192, 0, 2, 1), .remote_count = 6},
	     "most from 192.0.2.1",
	     "192.0.2.1, 6 of 10"},
	    {{.count = 10, .remote = lab_ipv4(192, 0, 2, 1), .remote_count = 5},
	     "5 of 10 from 192.0.2.1",
	     "192.0.2.1, 5 of 10"},
	    {{.count = 100, .remote = lab_ipv4(192, 0, 2, 1), .remote_count = 10},
	     "from many addresses",
	     "192.0.2.1, 10 of 100"},
	    /* Three addresses of a network are no network. */
	    {{.count = 10,
	      .remote = v6_host,
	      .remote_count = 3,
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 3},
	     "3 of 10 from 2001:db8::9",
	     "2001:db8::9, 3 of 10"},
	    {{.count = 10,
	      .remote = v6_host,
	      .remote_count = 3,
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 4},
	     "most from 2001:db8::/64",
	     "2001:db8::/64, 9 of 10"},
	    /* One address has more than half of its network: it is the one. */
	    {{.count = 10,
	      .remote = v6_host,
	      .remote_count = 5,
	      .network = v6_net,
	      .network_count = 9,
	      .network_remotes = 5},
	     "5 of 10 from 2001:db8::9",
	     "2001:db8::9, 5 of 10"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[192];
		struct text text = text_begin(buf, sizeof(buf));

		offender_suspect_origin(&text, &cases[i].suspects, "from");
		CHECK_EQ_STR(buf, cases[i].origin);
		text = text_begin(buf, sizeof(buf));
		offender_suspect_remote(&text, &cases[i].suspects);
		CHECK_EQ_STR(buf, cases[i].remote);
	}
}

static void test_processes(void)
{
	struct suspects suspects = {
	    .count = 100, .owner = 1, .owner_count = 70, .port = 443, .port_count = 51};
	struct world w = {.owners = {{.pid = 0}, {.pid = 7, .name = "sshd"}}};
	char buf[192];
	struct text text = text_begin(buf, sizeof(buf));

	w.s.owners = w.owners;
	w.s.n_owners = LAB_OWNERS;
	offender_suspect_process(&text, &w.s, &suspects, "local port");
	CHECK_EQ_STR(buf, "sshd[7], local port 443, 70 of 100");

	/* The process may not be read, its service is known. */
	w.owners[1] = (struct owner){.service = "ssh.service"};
	suspects.port_count = 50;
	text = text_begin(buf, sizeof(buf));
	offender_suspect_process(&text, &w.s, &suspects, "local port");
	CHECK_EQ_STR(buf, "ssh.service, 70 of 100");

	suspects.owner = 0;
	suspects.port_count = 60;
	text = text_begin(buf, sizeof(buf));
	offender_suspect_process(&text, &w.s, &suspects, "remote port");
	CHECK_EQ_STR(buf, "remote port 443, 60 of 100");

	/* A number that is out of range is nobody. */
	suspects.owner = 99;
	suspects.port_count = 1;
	text = text_begin(buf, sizeof(buf));
	offender_suspect_process(&text, &w.s, &suspects, "local port");
	CHECK_EQ_STR(buf, "70 of 100");
}

/* The longest of all: what does not fit is left out, the rest stands. */
static void test_too_long(void)
{
	struct suspects suspects = {.count = UINT32_MAX,
				    .listener = 0,
				    .listener_count = UINT32_MAX,
				    .remote = v6_host,
				    .remote_count = UINT32_MAX};
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
	memset(suspects.remote.bytes, 0x20, 16);
	text = text_begin(buf, sizeof(buf));
	offender_suspect_listener(&text, &w.s, &suspects);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf, "s, 4294967295 of 4294967295"));
	CU_ASSERT_PTR_NULL(strstr(buf, "2020"));
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"text", test_text},         {"remotes", test_remotes}, {"processes", test_processes},
	    {"too long", test_too_long}, CU_TEST_INFO_NULL,
	};

	return suite_run("offender", tests);
}
