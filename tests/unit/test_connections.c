/* SPDX-License-Identifier: MIT */
#include "subagent/connections.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_states(void)
{
	static const struct {
		const char *text;
		uint32_t states; /* 0: refused */
		const char *wrong;
	} cases[] = {
	    {"CLOSE_WAIT", STATE_BIT(STATE_CLOSE_WAIT), NULL},
	    {"close-wait", STATE_BIT(STATE_CLOSE_WAIT), NULL},
	    {"closeWait", STATE_BIT(STATE_CLOSE_WAIT), NULL},
	    {"finWait1,FIN-WAIT-2", STATE_BIT(STATE_FIN_WAIT_1) | STATE_BIT(STATE_FIN_WAIT_2),
	     NULL},
	    {"estab", STATE_BIT(STATE_ESTABLISHED), NULL},
	    {"LISTENING,unconn", STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED), NULL},
	    {"synReceived", STATE_BIT(STATE_SYN_RECV), NULL},
	    {"", 0, ""},
	    {"listen,", 0, ""},
	    {",listen", 0, ""},
	    {"listen, closing", 0, " closing"},
	    {"CLOSE", 0, "CLOSE"},
	    {"estab,an-endless-name-that-nobody-has-ever-given-to-a-state,listen", 0,
	     "an-endless-name-that-nobody-has-ever-given-to-a-state"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t states = 0;
		const char *wrong = NULL;
		int len = -1, ret = connections_states(cases[i].text, &states, &wrong, &len);

		CHECK_EQ_INT(ret, cases[i].states ? 0 : -EINVAL);
		CHECK_EQ_INT(states, cases[i].states);
		if (!cases[i].wrong)
			continue;
		CU_ASSERT_FATAL(wrong != NULL && len >= 0);
		CHECK_EQ_INT(len, strlen(cases[i].wrong));
		CHECK_EQ_INT(strncmp(wrong, cases[i].wrong, (size_t)len), 0);
	}
}

static struct owner owners[] = {
    {.name = ""},
    {.name = "zebra", .pid = 7},
    {.name = "ant\033[2J", .pid = 9, .service = "ant.service"},
    {.name = "ant\033[2J", .pid = 8},
};

static struct conn conn(uint32_t state, uint16_t port, uint32_t age, uint32_t owner)
{
	struct conn conn = {
	    .state = (uint8_t)state,
	    .local = {.type = INET_IPV4, .bytes = {192, 0, 2, 1}},
	    .remote = {.type = INET_IPV6, .bytes = {0x20, 1, 0xd, 0xb8}},
	    .local_port = port,
	    .remote_port = 80,
	    .owner = owner,
	    .age_s = age,
	    .rtt_us = 1042,
	    .flags = age < UINT32_MAX ? CONN_HAS_INFO : 0,
	};

	return conn;
}

static void fill(struct snapshot *s)
{
	static struct listener listener = {
	    .addr = {.type = INET_IPV6},
	    .port = 443,
	    .accept_queue = 3,
	    .accept_queue_limit = 128,
	    .owner = 1,
	};
	static struct conn conns[6];

	conns[0] = conn(STATE_SYN_SENT, 1, UINT32_MAX, 0);
	conns[1] = conn(STATE_CLOSE_WAIT, 2, 5, 1);
	conns[2] = conn(STATE_CLOSE_WAIT, 3, 5, 2);
	conns[3] = conn(STATE_CLOSE_WAIT, 4, 900, 1);
	conns[4] = conn(STATE_CLOSE_WAIT, 5, 5, 3);
	conns[5] = conn(STATE_TIME_WAIT, 6, UINT32_MAX, 0);
	memset(s, 0, sizeof(*s));
	s->info.source = SOURCE_SOCK_DIAG;
	s->owners = owners;
	s->n_owners = COUNT(owners);
	s->listeners = &listener;
	s->n_listeners = 1;
	s->conns = conns;
	s->n_conns = COUNT(conns);
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_SYN_SENT - 1].count = 1;
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_CLOSE_WAIT - 1].count = 6;
	s->states[(IP_TOTAL - 1) * STATE_COUNT + STATE_TIME_WAIT - 1].count = 1;
}

static void expect(uint32_t states, size_t width, const char *expected)
{
	struct snapshot s;
	char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fill(&s);
	CHECK_EQ_INT(connections_print(out, &s, states, "Made up", width), 0);
	fclose(out);
	CHECK_EQ_STR(printed, expected);
	free(printed);
}

static void test_table(void)
{
	expect(STATE_MASK_ALL, SIZE_MAX,
	       "STATE       AGE s  PROGRAM  PID  LOCAL        REMOTE           RECV-Q  SEND-Q  "
	       "SERVICE      RETRANS  RTT ms  UID\n"
	       "LISTEN          -  zebra      7  [::]:443     -                     3     128  "
	       "-                  -       -    -\n"
	       "SYN_SENT        -  -          -  192.0.2.1:1  [2001:db8::]:80       0       0  "
	       "-                  0       -    0\n"
	       "CLOSE_WAIT    900  zebra      7  192.0.2.1:4  [2001:db8::]:80       0       0  "
	       "-                  0   1.042    0\n"
	       "CLOSE_WAIT      5  ant?[2J    8  192.0.2.1:5  [2001:db8::]:80       0       0  "
	       "-                  0   1.042    0\n"
	       "CLOSE_WAIT      5  ant?[2J    9  192.0.2.1:3  [2001:db8::]:80       0       0  "
	       "ant.service        0   1.042    0\n"
	       "CLOSE_WAIT      5  zebra      7  192.0.2.1:2  [2001:db8::]:80       0       0  "
	       "-                  0   1.042    0\n"
	       "TIME_WAIT       -  -          -  192.0.2.1:6  [2001:db8::]:80       0       0  "
	       "-                  0       -    -\n"
	       "\n"
	       "7 rows. Made up.\n"
	       "Not shown: 2 with the same two ends as one that is.\n");
	expect(STATE_BIT(STATE_CLOSING), SIZE_MAX, "0 rows. Made up.\n");
}

static void test_narrow(void)
{
	expect(STATE_BIT(STATE_LISTEN), 70,
	       "STATE   AGE s  PROGRAM  PID  LOCAL     REMOTE  RECV-Q  SEND-Q  SERVICE\n"
	       "LISTEN      -  zebra      7  [::]:443  -            3     128  -\n"
	       "\n"
	       "1 row. Made up.\n");
	expect(STATE_BIT(STATE_SYN_SENT), 70,
	       "STATE     AGE s  PROGRAM  PID  LOCAL       REMOTE       RECV-Q  SEND-Q\n"
	       "SYN_SENT      -  -          -  192.0...:1  [2001:...80       0       0\n"
	       "\n"
	       "1 row. Made up.\n");
	/* What is wider all the same is not cut. */
	expect(STATE_BIT(STATE_SYN_SENT), 40,
	       "STATE     AGE s  PROGRAM  PID  LOCAL        REMOTE           RECV-Q  SEND-Q\n"
	       "SYN_SENT      -  -          -  192.0.2.1:1  [2001:db8::]:80       0       0\n"
	       "\n"
	       "1 row. Made up.\n");
}

static void test_omitted(void)
{
	struct snapshot s;

	fill(&s);
	CHECK_EQ_INT(connections_omitted(&s, STATE_MASK_ALL), 2);
	CHECK_EQ_INT(connections_omitted(&s, STATE_BIT(STATE_TIME_WAIT)), 0);
	CHECK_EQ_INT(connections_omitted(&s, STATE_BIT(STATE_LISTEN)), 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"names of states", test_states},
	    {"rows and their order", test_table},
	    {"a narrow window", test_narrow},
	    {"what is not listed", test_omitted},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("connections", tests);
}
