/* SPDX-License-Identifier: MIT */
#include "subagent/member.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/model/label.h"
#include "core/model/state.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *label_state(uint32_t number)
{
	return number >= 1 && number <= STATE_COUNT ? state_name(number) : NULL;
}

static const char *label_condition(uint32_t number)
{
	return number >= 1 && number <= CONDITION_COUNT ? condition_table[number - 1].name : NULL;
}

#define STATE                                                                                      \
	{                                                                                          \
		"tcpStateState", INDEX_NUMBER, label_state                                         \
	}
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		(n), INDEX_NUMBER, NULL                                                            \
	}

static const struct member_table tables[] = {
    {"tcpStateSampler", "sampler", {{0}}},
    {"tcpStateTable", "states", {{"tcpStateIpVersion", INDEX_NUMBER, label_ip_version}, STATE}},
    {"tcpStateInfoTable", "stateInfo", {STATE}},
    {"tcpStateListenerTable",
     "listeners",
     {{"tcpStateListenerAddress", INDEX_ADDRESS, NULL}, NUMBER("tcpStateListenerPort")}},
    {"tcpStateListenerStateTable",
     "listenerStates",
     {{"tcpStateListenerAddress", INDEX_ADDRESS, NULL}, NUMBER("tcpStateListenerPort"), STATE}},
    {"tcpStateConnTable",
     "connections",
     {{"tcpStateConnState", INDEX_NUMBER, label_state},
      {"tcpStateConnLocalAddress", INDEX_ADDRESS, NULL},
      NUMBER("tcpStateConnLocalPort"),
      {"tcpStateConnRemoteAddress", INDEX_ADDRESS, NULL},
      NUMBER("tcpStateConnRemotePort")}},
    {"tcpStateRemoteTable", "remotes", {STATE, {"tcpStateRemoteAddress", INDEX_ADDRESS, NULL}}},
    {"tcpStateSpreadTable", "spreads", {STATE}},
    {"tcpStateProcessTable", "processes", {NUMBER("tcpStateProcessId"), STATE}},
    {"tcpStateLimitTable", "limits", {{"tcpStateLimit", INDEX_NUMBER, label_limit}}},
    {"tcpStateCounterTable", "counters", {{"tcpStateCounterName", INDEX_IMPLIED, NULL}}},
    {"tcpStateTuningTable",
     "tuning",
     {{"tcpStateTuningName", INDEX_TEXT, NULL}, NUMBER("tcpStateTuningElement")}},
    {"tcpStateConditionTable",
     "conditions",
     {{"tcpStateCondition", INDEX_NUMBER, label_condition}, NUMBER("tcpStateConditionElement")}},
    {"tcpStateDiagnosis", "diagnosis", {{0}}},
    {"tcpStateEventTable", "events", {NUMBER("tcpStateEventIndex")}},
    {"tcpStateTransitionTable", "transitions", {NUMBER("tcpStateTransitionIndex")}},
};

static const struct {
	const char *column;
	const char *(*label)(uint32_t number);
} enumerated[] = {
    {"tcpStateSampleSource", label_source},      {"tcpStateTuningStatus", label_tuning_status},
    {"tcpStateTuningDrift", label_tuning_drift}, {"tcpStateConditionSeverity", label_severity},
    {"tcpStateWorstSeverity", label_severity},   {"tcpStateEventCondition", label_condition},
    {"tcpStateEventSeverity", label_severity},   {"tcpStateEventWas", label_severity},
};

const struct member_table *member_table(const struct table *table)
{
	for (size_t i = 0; i < COUNT_OF(tables); i++)
		if (strcmp(tables[i].table, table->name) == 0)
			return &tables[i];
	return NULL;
}

const char *(*member_label(const struct column *column))(uint32_t)
{
	for (size_t i = 0; i < COUNT_OF(enumerated); i++)
		if (strcmp(enumerated[i].column, column->name) == 0)
			return enumerated[i].label;
	return NULL;
}

const char *member_name(const struct table *table, const char *mib_name, char buf[MEMBER_NAME_MAX])
{
	static const char root[] = "tcpState", suffix[] = "Table";
	size_t own = strlen(table->name), skip = sizeof(root) - 1;

	if (own > sizeof(suffix) && strcmp(table->name + own - 5, suffix) == 0)
		own -= sizeof(suffix) - 1;
	/* A whole word: "tcpStateSample" is none of "tcpStateSamples". */
	if (strncmp(mib_name, table->name, own) == 0 && isupper((unsigned char)mib_name[own]))
		skip = own;
	snprintf(buf, MEMBER_NAME_MAX, "%s", mib_name + skip);
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}
