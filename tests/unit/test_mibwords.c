/* SPDX-License-Identifier: MIT */
#include "tests/support/mibtree.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/model/state.h"
#include "tests/support/walk.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void check_enum(const char *object, const char *const *names, size_t count)
{
	struct tree *node = mibtree_named(object);
	size_t labels = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	for (const struct enum_list *e = node->enums; e; e = e->next) {
		size_t value = (size_t)e->value;

		mibtree_expect(value >= 1 && value <= count &&
				   strcmp(names[value - 1], e->label) == 0,
			       e->label, object);
		labels++;
	}
	CHECK_EQ_INT(labels, count);
}

/* SYN_SENT: synSent. */
static void camel(const char *name, char *buf)
{
	bool upper = false;

	for (; *name; name++) {
		if (*name == '_')
			upper = true;
		else
			*buf++ = (char)(upper ? toupper(*name) : tolower(*name)), upper = false;
	}
	*buf = '\0';
}

static void test_states(void)
{
	char buf[STATE_COUNT][32];
	const char *names[STATE_COUNT];

	for (size_t i = 0; i < STATE_COUNT; i++) {
		camel(state_table[i].name, buf[i]);
		names[i] = buf[i];
	}
	names[STATE_SYN_RECV - 1] = "synReceived";
	check_enum("tcpStateState", names, STATE_COUNT);
	check_enum("tcpStateConnState", names, STATE_COUNT);
}

static void test_conditions(void)
{
	const char *names[CONDITION_COUNT];

	for (size_t i = 0; i < CONDITION_COUNT; i++) {
		CHECK_EQ_INT(condition_table[i].id, i + 1);
		names[i] = condition_table[i].name;
	}
	check_enum("tcpStateCondition", names, CONDITION_COUNT);
}

static void test_enums(void)
{
	static const char *const versions[] = {
	    [IP_V4 - 1] = "ipv4",
	    [IP_V6 - 1] = "ipv6",
	    [IP_TOTAL - 1] = "total",
	};
	static const char *const severities[] = {
	    [SEVERITY_NORMAL - 1] = "normal",
	    [SEVERITY_WARNING - 1] = "warning",
	    [SEVERITY_CRITICAL - 1] = "critical",
	    [SEVERITY_UNKNOWN - 1] = "unknown",
	};
	static const char *const limits[LIMIT_COUNT] = {
	    [LIMIT_TIME_WAIT_BUCKETS - 1] = "timeWaitBuckets",
	    [LIMIT_ORPHANS - 1] = "orphans",
	    [LIMIT_MEMORY - 1] = "memory",
	    [LIMIT_EPHEMERAL_PORTS - 1] = "ephemeralPorts",
	    [LIMIT_SYN_BACKLOG - 1] = "synBacklog",
	    [LIMIT_ACCEPT_BACKLOG - 1] = "acceptBacklog",
	    [LIMIT_FILES - 1] = "socketsPerUserOrFiles",
	};
	static const char *const statuses[] = {
	    [TUNING_AS_RECOMMENDED - 1] = "asRecommended",
	    [TUNING_DIFFERS - 1] = "differs",
	    [TUNING_HARMFUL - 1] = "harmful",
	    [TUNING_ABSENT - 1] = "absent",
	    [TUNING_UNREADABLE - 1] = "unreadable",
	    [TUNING_NO_RECOMMENDATION - 1] = "noRecommendation",
	};
	static const char *const drifts[] = {
	    [DRIFT_NONE - 1] = "none",
	    [DRIFT_DIFFERS_FROM_PERSISTED - 1] = "differsFromPersisted",
	    [DRIFT_NOT_PERSISTED - 1] = "notPersisted",
	    [DRIFT_NOT_APPLICABLE - 1] = "notApplicable",
	    [DRIFT_NOT_KNOWN - 1] = "notKnown",
	    [DRIFT_REFUSED - 1] = "refused",
	};
	static const char *const sources[] = {
	    [SOURCE_SOCK_DIAG - 1] = "sockDiag",
	    [SOURCE_PROC_NET - 1] = "procNet",
	};

	check_enum("tcpStateIpVersion", versions, COUNT_OF(versions));
	check_enum("tcpStateWorstSeverity", severities, COUNT_OF(severities));
	check_enum("tcpStateConditionSeverity", severities, COUNT_OF(severities));
	check_enum("tcpStateLimit", limits, COUNT_OF(limits));
	check_enum("tcpStateTuningStatus", statuses, COUNT_OF(statuses));
	check_enum("tcpStateTuningDrift", drifts, COUNT_OF(drifts));
	check_enum("tcpStateSampleSource", sources, COUNT_OF(sources));
}

static void test_notifications(void)
{
	static const char *const objects[] = {
	    "tcpStateConditionName",         "tcpStateNotificationElement",
	    "tcpStateConditionSeverity",     "tcpStateConditionValue",
	    "tcpStateNotificationThreshold", "tcpStateConditionUnit",
	    "tcpStateConditionOffender",     "tcpStateConditionAdvice",
	    "tcpStateConditionSince",        "tcpStateNotificationTold",
	};
	static const struct {
		const char *name;
		size_t objects;
	} notifications[] = {{"tcpStateConditionRaised", COUNT_OF(objects)},
			     {"tcpStateConditionCleared", COUNT_OF(objects)},
			     {"tcpStateConditionEased", COUNT_OF(objects)}};

	for (uint32_t i = 0; i < COUNT_OF(notifications); i++) {
		struct tree *node = mibtree_at((const uint32_t[]){0, i + 1}, 2);
		size_t count = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(node);
		CHECK_EQ_STR(node->label, notifications[i].name);
		for (struct varbind_list *vb = node->varbinds; vb; vb = vb->next, count++)
			mibtree_expect(count < COUNT_OF(objects) &&
					   strcmp(vb->vblabel, objects[count]) == 0,
				       vb->vblabel, notifications[i].name);
		CHECK_EQ_INT(count, notifications[i].objects);
	}
}

/* What net-snmp's tools show to a person. */
static void test_print(void)
{
	static const struct {
		const char *oid;
		u_char type;
		long number;
		const char *octets; /* NULL: the number */
		const char *shown;
	} cases[] = {
	    {"1.2.1.3.3.8", ASN_GAUGE, 1204, NULL,
	     "tcpStateCount.total.closeWait = Gauge32: 1204 connections"},
	    {"1.14.1.0", ASN_INTEGER, 3, NULL, "tcpStateWorstSeverity.0 = INTEGER: critical(3)"},
	    {"1.1.2.0", ASN_OCTET_STR, 0, "\x07\xea\x0b\x15\x03\x0c\x07\x05+\x01\x1e",
	     "tcpStateSampleTime.0 = STRING: 2026-11-21,3:12:7.5,+1:30"},
	    {"1.4.1.14.1.4.10.0.3.7.53", ASN_OCTET_STR, 0, "caf\xc3\xa9",
	     "tcpStateListenerProcessName.ipv4.\"10.0.3.7\".53 = STRING: caf\xc3\xa9"},
	    {"1.6.1.8.8.1.4.10.0.3.7.8080.1.4.10.0.9.1.51022", ASN_OCTET_STR, 0, "java[4321]",
	     "tcpStateConnSummary.closeWait.ipv4.\"10.0.3.7\".8080.ipv4.\"10.0.9.1\"."
	     "51022 = "
	     "STRING: java[4321]"},
	    {"1.12.1.3.7.116.99.112.95.109.101.109.2", ASN_OCTET_STR, 0, "249000",
	     "tcpStateTuningValue.\"tcp_mem\".2 = STRING: 249000"},
	    {"1.11.1.2.84.99.112", ASN_GAUGE, 1, NULL,
	     "tcpStateCounterValue.'Tcp' = Wrong Type (should be Counter64): Gauge32: 1"},
	    {"1.13.1.8.15.8", ASN_INTEGER, 2, NULL,
	     "tcpStateConditionSeverity.stateCount.8 = INTEGER: warning(2)"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		netsnmp_variable_list vb = {0};
		uint32_t arcs[OID_MAX];
		size_t n_arcs = walk_parse(cases[i].oid, arcs);
		oid name[MAX_OID_LEN];
		size_t len = mibtree_oid(name, arcs, n_arcs);
		char shown[512];

		if (cases[i].octets)
			snmp_set_var_typed_value(&vb, cases[i].type, cases[i].octets,
						 strlen(cases[i].octets));
		else
			snmp_set_var_typed_integer(&vb, cases[i].type, cases[i].number);
		snprint_variable(shown, sizeof(shown), name, len, &vb);
		snmp_set_var_value(&vb, NULL, 0);
		mibtree_expect(strncmp(shown, "TCPSTATE-MIB::", 14) == 0 &&
				   strcmp(shown + 14, cases[i].shown) == 0,
			       shown, "printed in another way");
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"states", test_states},
	    {"conditions", test_conditions},
	    {"other enumerations", test_enums},
	    {"notifications", test_notifications},
	    {"what tools print", test_print},
	    CU_TEST_INFO_NULL,
	};

	return mibtree_run("mibwords", tests);
}
