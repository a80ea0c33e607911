/* SPDX-License-Identifier: MIT */
#include "core/model/state.h"

#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

#include "tests/support/suite.h"

static void table_is_ordered_and_whole(void)
{
	for (size_t i = 0; i < STATE_COUNT; i++) {
		const struct state_info *info = &state_table[i];

		CHECK_EQ_INT(info->state, i + 1);
		CHECK_EQ_STR(state_name(info->state), info->name);
		CU_ASSERT(strlen(info->meaning) >= 40 && strlen(info->meaning) <= 400);
		CU_ASSERT(strlen(info->advice) >= 40 && strlen(info->advice) <= 400);
		CHECK_EQ_INT(info->meaning[strlen(info->meaning) - 1], '.');
		CHECK_EQ_INT(info->advice[strlen(info->advice) - 1], '.');
		CU_ASSERT_PTR_NULL(strstr(info->meaning, "  "));
		CU_ASSERT_PTR_NULL(strstr(info->advice, "  "));
	}
	CHECK_EQ_STR(state_name(0), "UNKNOWN");
	CHECK_EQ_STR(state_name(STATE_TIME_WAIT + 1), "UNKNOWN");
}

/* What an operator must find with the state that tells it. */
static void advice_names_the_remedy(void)
{
	static const struct {
		enum tcp_state state;
		const char *words;
	} cases[] = {
	    {STATE_CLOSED, "process"},
	    {STATE_LISTEN, "accept queue"},
	    {STATE_SYN_SENT, "worm"},
	    {STATE_SYN_SENT, "scanner"},
	    {STATE_SYN_SENT, "upstream"},
	    {STATE_SYN_SENT, "tcp_syn_retries"},
	    {STATE_SYN_RECV, "SYN flood"},
	    {STATE_SYN_RECV, "backlog"},
	    {STATE_SYN_RECV, "tcp_syncookies"},
	    {STATE_SYN_RECV, "tcp_max_syn_backlog"},
	    {STATE_SYN_RECV, "tcp_synack_retries"},
	    {STATE_ESTABLISHED, "tcp_keepalive_time"},
	    {STATE_ESTABLISHED, "attack"},
	    {STATE_FIN_WAIT_1, "tcp_orphan_retries"},
	    {STATE_FIN_WAIT_1, "tcp_max_orphans"},
	    {STATE_FIN_WAIT_2, "tcp_fin_timeout"},
	    {STATE_FIN_WAIT_2, "process"},
	    {STATE_CLOSING, "lost"},
	    {STATE_CLOSING, "retransmissions"},
	    {STATE_TIME_WAIT, "tcp_max_tw_buckets"},
	    {STATE_TIME_WAIT, "tcp_tw_reuse"},
	    {STATE_TIME_WAIT, "ip_local_port_range"},
	    {STATE_TIME_WAIT, "SO_LINGER"},
	    {STATE_CLOSE_WAIT, "close()"},
	    {STATE_CLOSE_WAIT, "too many open files"},
	    {STATE_CLOSE_WAIT, "No kernel parameter"},
	    {STATE_LAST_ACK, "tcp_orphan_retries"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(state_table[cases[i].state - 1].advice, cases[i].words));
}

static void names_are_found(void)
{
	static const struct {
		const char *name;
		unsigned state; /* 0: none */
	} cases[] = {
	    {"SYN_RECV", STATE_SYN_RECV},
	    {"syn-recv", STATE_SYN_RECV},
	    {"synRecv", STATE_SYN_RECV},
	    {"Established", STATE_ESTABLISHED},
	    {"FIN_WAIT_1", STATE_FIN_WAIT_1},
	    {"FIN-WAIT-2", STATE_FIN_WAIT_2},
	    {"FIN_WAIT1", STATE_FIN_WAIT_1},
	    {"finWait2", STATE_FIN_WAIT_2},
	    {"time-wait", STATE_TIME_WAIT},
	    {"closed", STATE_CLOSED},
	    {"closing", STATE_CLOSING},
	    {"", 0},
	    {"_", 0},
	    {"CLOSE", 0},
	    {"CLOSE_WAIT_", STATE_CLOSE_WAIT},
	    {"CLOSE_WAITS", 0},
	    {"LISTEN ", 0},
	    {"FIN_WAIT", 0},
	    {"\xc3\x9f", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum tcp_state state = 0;

		CHECK_EQ_INT(state_by_name(cases[i].name, &state), cases[i].state != 0);
		CHECK_EQ_INT(state, cases[i].state);
	}
	for (size_t i = 0; i < STATE_COUNT; i++) {
		enum tcp_state state = 0;

		CU_ASSERT_TRUE(state_by_name(state_table[i].name, &state));
		CHECK_EQ_INT(state, i + 1);
	}
}

static void kernel_numbers_are_translated(void)
{
	static const struct {
		unsigned kernel;
		enum tcp_state state;
	} cases[] = {
	    {TCP_ESTABLISHED, STATE_ESTABLISHED},
	    {TCP_SYN_SENT, STATE_SYN_SENT},
	    {TCP_SYN_RECV, STATE_SYN_RECV},
	    {TCP_FIN_WAIT1, STATE_FIN_WAIT_1},
	    {TCP_FIN_WAIT2, STATE_FIN_WAIT_2},
	    {TCP_TIME_WAIT, STATE_TIME_WAIT},
	    {TCP_CLOSE, STATE_CLOSED},
	    {TCP_CLOSE_WAIT, STATE_CLOSE_WAIT},
	    {TCP_LAST_ACK, STATE_LAST_ACK},
	    {TCP_LISTEN, STATE_LISTEN},
	    {TCP_CLOSING, STATE_CLOSING},
	    {12, STATE_SYN_RECV},
	    {13, STATE_CLOSED},
	};
	static const unsigned unknown[] = {0, 14, 15, 31, 32, 255, 256 + 1, UINT32_MAX};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum tcp_state state = 0;

		CU_ASSERT_TRUE(state_from_kernel(cases[i].kernel, &state));
		CHECK_EQ_INT(state, cases[i].state);
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		enum tcp_state state = STATE_LISTEN;

		CU_ASSERT_FALSE(state_from_kernel(unknown[i], &state));
		CHECK_EQ_INT(state, STATE_LISTEN);
	}
}

static void masks_ask_for_the_states(void)
{
	uint32_t all = 0;

	for (unsigned state = 1; state <= STATE_COUNT; state++) {
		uint32_t mask = state_kernel_masks(STATE_BIT(state));
		unsigned kernel = (unsigned)__builtin_ctz(mask);
		enum tcp_state back = 0;

		CHECK_EQ_INT(mask, UINT32_C(1) << kernel);
		CHECK_EQ_INT(all & mask, 0);
		CU_ASSERT_TRUE(state_from_kernel(kernel, &back));
		CHECK_EQ_INT(back, state);
		all |= mask;
	}
	CHECK_EQ_INT(state_kernel_masks(STATE_MASK_ALL), all);
	CHECK_EQ_INT(state_kernel_masks(0), 0);
	CHECK_EQ_INT(state_kernel_masks(~STATE_MASK_ALL), 0);
	CHECK_EQ_INT(state_kernel_masks(STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_CLOSED)),
		     1u << TCP_LISTEN | 1u << 13);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"the table is ordered and whole", table_is_ordered_and_whole},
	    {"the advice names the remedy", advice_names_the_remedy},
	    {"names are found", names_are_found},
	    {"the kernel's numbers are translated", kernel_numbers_are_translated},
	    {"masks ask for the states", masks_ask_for_the_states},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("state", tests);
}
