/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/config/config_private.h"
#include "tests/support/suite.h"

static int set_line(struct config *config, const char *text, char *error)
{
	char line[CONFIG_LINE_MAX];
	const char *argv[CONFIG_ARGS_MAX];
	int argc;

	snprintf(line, sizeof(line), "%s", text);
	argc = config_split(line, argv, error);
	if (argc < 0)
		return argc;
	return config_set(&config_core_options, config, argv[0], argc - 1, argv + 1, error);
}

static void test_defaults(void)
{
	struct config c;

	config_init(&config_core_options, &c);
	CHECK_EQ_INT(c.interval_s, 5);
	CHECK_EQ_INT(c.detail_interval_s, 15);
	CHECK_EQ_INT(c.tuning_interval_s, 60);
	CHECK_EQ_INT(c.cpu_budget, 100);
	CHECK_EQ_INT(c.conn_states,
		     STATE_MASK_ALL & ~(STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_ESTABLISHED) |
					STATE_BIT(STATE_TIME_WAIT)));
	CHECK_EQ_INT(c.conn_rows, 10000);
	CHECK_EQ_INT(c.remotes, 20);
	CU_ASSERT_TRUE(c.processes);
	CHECK_EQ_STR(c.profile, "modern");
	CHECK_EQ_INT(c.sysctl_order, SYSCTL_ORDER_AUTO);
	CHECK_EQ_INT(c.rules.surge_states, STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_CLOSE_WAIT));
	CHECK_EQ_INT(c.counters.count, 0);
	CHECK_EQ_INT(c.rules.of[CONDITION_CLOSE_WAIT_STALE].critical, 200);
	CU_ASSERT_TRUE(c.rules.of[CONDITION_MEMORY].enabled);
	CU_ASSERT_FALSE(c.rules.of_state[STATE_SYN_RECV - 1].enabled);
	CHECK_EQ_INT(c.rules.of_state[STATE_SYN_RECV - 1].hold_s, 30);
}

/* One line and the member that it sets. */
struct good {
	const char *line;
	size_t offset;
	uint32_t value;
};

#define MEMBER(member_) offsetof(struct config, member_)

static void test_good_lines(void)
{
	static const struct good cases[] = {
	    {"interval 1", MEMBER(interval_s), 1},
	    {"INTERVAL 3600", MEMBER(interval_s), 3600},
	    {"Interval \"007\"", MEMBER(interval_s), 7},
	    {"detail-interval 86400", MEMBER(detail_interval_s), 86400},
	    {"DetailInterval 20", MEMBER(detail_interval_s), 20},
	    {"tuning-interval\t10 # seldom", MEMBER(tuning_interval_s), 10},
	    {"cpu-budget 0.1", MEMBER(cpu_budget), 10},
	    {"cpu-budget 0.25", MEMBER(cpu_budget), 25},
	    {"CpuBudget 100", MEMBER(cpu_budget), 10000},
	    {"cpu-budget 100.00", MEMBER(cpu_budget), 10000},
	    {"conn-states none", MEMBER(conn_states), 0},
	    {"conn-states All", MEMBER(conn_states), STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN)},
	    {"conn-states close_wait TIME_WAIT", MEMBER(conn_states),
	     STATE_BIT(STATE_CLOSE_WAIT) | STATE_BIT(STATE_TIME_WAIT)},
	    {"conn-rows 0", MEMBER(conn_rows), 0},
	    {"conn-rows 1000000", MEMBER(conn_rows), 1000000},
	    {"remotes 1000", MEMBER(remotes), 1000},
	    {"sysctl-order procps", MEMBER(sysctl_order), SYSCTL_ORDER_PROCPS},
	    {"SysctlOrder Systemd", MEMBER(sysctl_order), SYSCTL_ORDER_SYSTEMD},
	    {"surge-states TIME_WAIT", MEMBER(rules.surge_states), STATE_BIT(STATE_TIME_WAIT)},
	    {"condition synQueue warning 10", MEMBER(rules.of[CONDITION_SYN_QUEUE].warning), 10},
	    {"condition synQueue warning 90 critical 90",
	     MEMBER(rules.of[CONDITION_SYN_QUEUE].warning), 90},
	    {"condition SYNQUEUE critical off", MEMBER(rules.of[CONDITION_SYN_QUEUE].critical),
	     (uint32_t)-1},
	    {"condition memory hold 0 clear 100", MEMBER(rules.of[CONDITION_MEMORY].hold_s), 0},
	    {"condition memory hold 5 clear 100", MEMBER(rules.of[CONDITION_MEMORY].clear_percent),
	     100},
	    {"condition stateSurge floor 7", MEMBER(rules.of[CONDITION_STATE_SURGE].floor), 7},
	    {"state SYN_RECV warning 200 critical 1000",
	     MEMBER(rules.of_state[STATE_SYN_RECV - 1].critical), 1000},
	    {"state ESTABLISHED critical 2147483647",
	     MEMBER(rules.of_state[STATE_ESTABLISHED - 1].critical), INT32_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[CONFIG_ERROR_MAX] = "";
		struct config c;
		uint32_t value;
		int r;

		config_init(&config_core_options, &c);
		r = set_line(&c, cases[i].line, error);
		memcpy(&value, (char *)&c + cases[i].offset, sizeof(value));
		if (r != 0 || value != cases[i].value)
			fprintf(stderr, "%s: %u, %s\n", cases[i].line, value, error);
		CHECK_EQ_INT(r, 0);
		CHECK_EQ_INT(value, cases[i].value);
	}
}

struct bad {
	const char *line;
	const char *error;
};

#define STATES                                                                                     \
	"CLOSED LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT "            \
	"LAST_ACK CLOSING TIME_WAIT"
#define CONNECTIONS                                                                                \
	"CLOSED SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT "                   \
	"LAST_ACK CLOSING TIME_WAIT"
#define CONDITIONS                                                                                 \
	"synQueue synUnanswered synCookies acceptQueue acceptDrops closeWaitStale "                \
	"closeWaitUnaccepted finWait2Stale closingStuck synSentFanout timeWait "                   \
	"ephemeralPorts orphans memory stateSurge tuningHarmful tuningDrift sampling "             \
	"upstreamSilent peerSilent peerNotReading notReading descriptors"

#define OPTIONS                                                                                    \
	"conn-states conn-rows interval detail-interval tuning-interval cpu-budget remotes "       \
	"processes profile counter sysctl-order namespaces namespaces-max namespace surge-states state ignore condition"

static const struct bad bad_lines[] = {
    {"intervall 5", "unknown option \"intervall\"; known are " OPTIONS},
    {"- 5", "unknown option \"-\"; known are " OPTIONS},
    {"\"\" 5", "unknown option \"\"; known are " OPTIONS},
    {"interval", "interval: 0 arguments, wants 1"},
    {"interval 5 6", "interval: 2 arguments, wants 1"},
    {"interval 0", "interval: \"0\" is no whole number from 1 to 3600"},
    {"interval 3601", "interval: \"3601\" is no whole number from 1 to 3600"},
    {"interval 5s", "interval: \"5s\" is no whole number from 1 to 3600"},
    {"interval -5", "interval: \"-5\" is no whole number from 1 to 3600"},
    {"interval +5", "interval: \"+5\" is no whole number from 1 to 3600"},
    {"interval 5.0", "interval: \"5.0\" is no whole number from 1 to 3600"},
    {"interval \" 5\"", "interval: \" 5\" is no whole number from 1 to 3600"},
    {"interval \"\"", "interval: \"\" is no whole number from 1 to 3600"},
    {"interval 4294967301", "interval: \"4294967301\" is no whole number from 1 to 3600"},
    {"interval 99999999999999999999999999",
     "interval: \"99999999999999999999999999\" is no whole number from 1 to 3600"},
    {"cpu-budget 0.05", "cpu-budget: \"0.05\" is no number from 0.10 to 100.00"},
    {"cpu-budget 0.125", "cpu-budget: \"0.125\" is no number from 0.10 to 100.00"},
    {"cpu-budget .5", "cpu-budget: \".5\" is no number from 0.10 to 100.00"},
    {"cpu-budget 1.", "cpu-budget: \"1.\" is no number from 0.10 to 100.00"},
    {"cpu-budget 1e2", "cpu-budget: \"1e2\" is no number from 0.10 to 100.00"},
    {"cpu-budget 1.-5", "cpu-budget: \"1.-5\" is no number from 0.10 to 100.00"},
    {"cpu-budget 100.01", "cpu-budget: \"100.01\" is no number from 0.10 to 100.00"},
    {"conn-states LISTEN", "conn-states: \"LISTEN\" is none of " CONNECTIONS},
    {"conn-states CLOSE_WAIT none", "conn-states: \"none\" is none of " CONNECTIONS},
    {"surge-states SYNRECEIVED", "surge-states: \"SYNRECEIVED\" is none of " STATES},
    {"processes maybe", "processes: \"maybe\" is neither on nor off"},
    {"sysctl-order runit", "sysctl-order: \"runit\" is none of auto systemd procps"},
    {"counter IpInReceives",
     "counter: \"IpInReceives\" is no Tcp or TcpExt counter as nstat names them"},
    {"counter TcpExtTW TcpCurrEstab",
     "counter: TcpCurrEstab is no counter but a gauge (TCP-MIB has it)"},
    {"counter Tcp", "counter: \"Tcp\" is no Tcp or TcpExt counter as nstat names them"},
    {"counter TcpExtA/B", "counter: \"TcpExtA/B\" is no Tcp or TcpExt counter as nstat names them"},
    {"condition synqueues off", "condition: \"synqueues\" is none of " CONDITIONS},
    {"condition stateCount off", "condition: stateCount is set by the option \"state\""},
    {"condition synQueue", "condition: 1 arguments, wants 2 to 13"},
    {"condition synQueue warning",
     "condition synQueue: wants \"off\" or pairs of a word and its value"},
    {"condition synQueue warn 5",
     "condition synQueue: \"warn\" is none of warning critical hold clear floor"},
    {"condition orphans floor 5",
     "condition orphans: \"floor\" is none of warning critical hold clear"},
    {"condition synQueue share 5",
     "condition synQueue: \"share\" is none of warning critical hold clear floor"},
    {"condition closingStuck floor 5",
     "condition closingStuck: \"floor\" is none of warning critical hold clear share"},
    {"condition stateSurge flor 5",
     "condition stateSurge: \"flor\" is none of warning critical hold clear floor"},
    {"condition synQueue warning 91", "condition synQueue: warning 91 is above critical 90"},
    {"condition synQueue critical 49", "condition synQueue: warning 50 is above critical 49"},
    {"condition synQueue warning 0",
     "condition synQueue: warning: \"0\" is no whole number from 1 to 2147483647"},
    {"condition synQueue warning 2147483648",
     "condition synQueue: warning: \"2147483648\" is no whole number from 1 to "
     "2147483647"},
    {"condition synQueue hold off",
     "condition synQueue: hold: \"off\" is no whole number from 0 to 86400"},
    {"condition synQueue clear 0",
     "condition synQueue: clear: \"0\" is no whole number from 1 to 100"},
    {"state SYN_RECEIVED off", "state: \"SYN_RECEIVED\" is none of " STATES},
    {"state CLOSE_WAIT warning 5 critical 4", "state CLOSE_WAIT: warning 5 is above critical 4"},
    {"profile \"modern", "a quote is not closed"},
    {"profile mod\"ern\"", "a quote inside a word"},
    {"profile \"mod\"ern", "a quote inside a word"},
};

static void test_bad_lines(void)
{
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
		char error[CONFIG_ERROR_MAX] = "";
		struct config c, was;

		config_init(&config_core_options, &c);
		was = c;
		CHECK_EQ_INT(set_line(&c, bad_lines[i].line, error), -EINVAL);
		if (strcmp(error, bad_lines[i].error) != 0)
			fprintf(stderr, "%s: %s\n", bad_lines[i].line, error);
		CHECK_EQ_STR(error, bad_lines[i].error);
		CHECK_EQ_INT(memcmp(&c, &was, sizeof(c)), 0);
	}
}

static void test_arguments(void)
{
	char error[CONFIG_ERROR_MAX] = "", line[CONFIG_LINE_MAX];
	struct config c;

	config_init(&config_core_options, &c);
	CHECK_EQ_INT(set_line(&c, "profile \"/a b#\\\"\\\\c\\d\"", error), 0);
	CHECK_EQ_STR(c.profile, "/a b#\"\\c\\d");
	CHECK_EQ_INT(set_line(&c, "profile /etc/x:705#x", error), 0);
	CHECK_EQ_STR(c.profile, "/etc/x:705#x");
	CHECK_EQ_INT(set_line(&c, "profile \"\"", error), 0);
	CHECK_EQ_STR(c.profile, "");
	CHECK_EQ_INT(set_line(&c, "processes no", error), 0);
	CU_ASSERT_FALSE(c.processes);
	CHECK_EQ_INT(set_line(&c, "processes TRUE", error), 0);
	CU_ASSERT_TRUE(c.processes);

	snprintf(line, sizeof(line), "profile %0127d", 5);
	CHECK_EQ_INT(set_line(&c, line, error), 0);
	CHECK_EQ_INT(strlen(c.profile), 127);
	snprintf(line, sizeof(line), "profile %0128d", 5);
	CHECK_EQ_INT(set_line(&c, line, error), -EINVAL);
	CHECK_EQ_STR(error, "profile: more than 127 bytes");
}

static void test_rules_add_up(void)
{
	char error[CONFIG_ERROR_MAX] = "";
	const struct rule *rule;
	struct config c;

	config_init(&config_core_options, &c);
	rule = &c.rules.of_state[STATE_CLOSE_WAIT - 1];
	CHECK_EQ_INT(set_line(&c, "state close_wait critical 9", error), 0);
	CU_ASSERT_TRUE(rule->enabled);
	CHECK_EQ_INT(rule->warning, -1);
	CHECK_EQ_INT(set_line(&c, "state close_wait warning 5", error), 0);
	CHECK_EQ_INT(rule->warning, 5);
	CHECK_EQ_INT(rule->critical, 9);
	CHECK_EQ_INT(set_line(&c, "state close_wait off", error), 0);
	CU_ASSERT_FALSE(rule->enabled);
	CU_ASSERT_FALSE(c.rules.of_state[STATE_LAST_ACK - 1].enabled);

	rule = &c.rules.of[CONDITION_ORPHANS];
	CHECK_EQ_INT(set_line(&c, "condition orphans off", error), 0);
	CU_ASSERT_FALSE(rule->enabled);
	CHECK_EQ_INT(set_line(&c, "condition orphans warning off critical off hold 1", error), 0);
	CU_ASSERT_TRUE(rule->enabled);
	CHECK_EQ_INT(rule->warning, -1);
	CHECK_EQ_INT(rule->critical, -1);
	CHECK_EQ_INT(rule->hold_s, 1);
}

static void test_counters(void)
{
	char error[CONFIG_ERROR_MAX] = "", line[64];
	struct config c;

	config_init(&config_core_options, &c);
	CHECK_EQ_INT(set_line(&c, "counter TcpOutRsts TcpExtTW TcpOutRsts", error), 0);
	CHECK_EQ_INT(set_line(&c, "counter TcpExtTW", error), 0);
	CHECK_EQ_INT_FATAL(c.counters.count, 2);
	CHECK_EQ_STR(c.counters.name[0], "TcpOutRsts");
	CHECK_EQ_STR(c.counters.name[1], "TcpExtTW");

	snprintf(line, sizeof(line), "counter Tcp%044d", 0);
	CHECK_EQ_INT(set_line(&c, line, error), 0);
	CHECK_EQ_INT(strlen(c.counters.name[2]), 47);
	snprintf(line, sizeof(line), "counter Tcp%045d", 0);
	CHECK_EQ_INT(set_line(&c, line, error), -EINVAL);

	for (int i = 3; i < COUNTER_NAMES_MAX; i++) {
		snprintf(line, sizeof(line), "counter TcpN%d", i);
		CHECK_EQ_INT(set_line(&c, line, error), 0);
	}
	CHECK_EQ_INT(set_line(&c, "counter TcpLast", error), -EINVAL);
	CHECK_EQ_STR(error, "counter: more than 32 counters");
	CHECK_EQ_INT(c.counters.count, COUNTER_NAMES_MAX);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"defaults", test_defaults},
	    {"good lines", test_good_lines},
	    {"bad lines", test_bad_lines},
	    {"arguments", test_arguments},
	    {"rules add up", test_rules_add_up},
	    {"counters", test_counters},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("config", tests);
}
