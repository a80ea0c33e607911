/* SPDX-License-Identifier: MIT */
#include "tests/support/mibtree.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/model/label.h"
#include "core/model/state.h"
#include "tests/support/walk.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* word: of a number, NULL where the enumeration ends. */
static void check_enum(const char *object, const char *(*word)(uint32_t number), size_t count)
{
	struct tree *node = mibtree_named(object);
	size_t labels = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	for (const struct enum_list *e = node->enums; e; e = e->next) {
		const char *own = word((uint32_t)e->value);

		mibtree_expect(own && strcmp(own, e->label) == 0, e->label, object);
		labels++;
	}
	CHECK_EQ_INT(labels, count);
	CU_ASSERT_PTR_NULL(word(0));
	CU_ASSERT_PTR_NULL(word((uint32_t)count + 1));
	CU_ASSERT_PTR_NULL(word(UINT32_MAX));
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

static const char *state_word(uint32_t number)
{
	static char word[32];

	if (number == STATE_SYN_RECV)
		return "synReceived";
	if (number < 1 || number > STATE_COUNT)
		return NULL;
	camel(state_table[number - 1].name, word);
	return word;
}

static const char *condition_word(uint32_t number)
{
	return number >= 1 && number <= CONDITION_COUNT ? condition_table[number - 1].name : NULL;
}

static void test_enums(void)
{
	static const struct {
		const char *object;
		const char *(*word)(uint32_t number);
		size_t count;
	} enums[] = {
	    {"tcpStateState", state_word, STATE_COUNT},
	    {"tcpStateConnState", state_word, STATE_COUNT},
	    {"tcpStateCondition", condition_word, CONDITION_COUNT},
	    {"tcpStateIpVersion", label_ip_version, IP_TOTAL},
	    {"tcpStateWorstSeverity", label_severity, SEVERITY_UNKNOWN},
	    {"tcpStateConditionSeverity", label_severity, SEVERITY_UNKNOWN},
	    {"tcpStateLimit", label_limit, LIMIT_COUNT},
	    {"tcpStateTuningStatus", label_tuning_status, TUNING_NO_RECOMMENDATION},
	    {"tcpStateTuningDrift", label_tuning_drift, DRIFT_REFUSED},
	    {"tcpStateSampleSource", label_source, SOURCE_PROC_NET},
	};

	for (size_t i = 0; i < COUNT_OF(enums); i++)
		check_enum(enums[i].object, enums[i].word, enums[i].count);
	for (uint32_t i = 1; i <= CONDITION_COUNT; i++)
		CHECK_EQ_INT(condition_table[i - 1].id, i);
}

static void test_notifications(void)
{
	static const char *const objects[] = {
	    "tcpStateConditionName",         "tcpStateNotificationElement",
	    "tcpStateConditionSeverity",     "tcpStateConditionValue",
	    "tcpStateNotificationThreshold", "tcpStateConditionUnit",
	    "tcpStateConditionOffender",     "tcpStateConditionAdvice",
	    "tcpStateConditionSince",        "tcpStateNotificationTold",
	    "tcpStateNotificationNamespace",
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
	    {"enumerations", test_enums},
	    {"notifications", test_notifications},
	    {"what tools print", test_print},
	    CU_TEST_INFO_NULL,
	};

	return mibtree_run("mibwords", tests);
}
