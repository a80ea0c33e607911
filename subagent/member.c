/* SPDX-License-Identifier: MIT */
#include "subagent/member.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

static const struct {
	const char *table, *name;
} tables[] = {
    {"tcpStateSampler", "sampler"},
    {"tcpStateTable", "states"},
    {"tcpStateInfoTable", "stateInfo"},
    {"tcpStateListenerTable", "listeners"},
    {"tcpStateListenerStateTable", "listenerStates"},
    {"tcpStateConnTable", "connections"},
    {"tcpStateRemoteTable", "remotes"},
    {"tcpStateSpreadTable", "spreads"},
    {"tcpStateProcessTable", "processes"},
    {"tcpStateLimitTable", "limits"},
    {"tcpStateCounterTable", "counters"},
    {"tcpStateTuningTable", "tuning"},
    {"tcpStateConditionTable", "conditions"},
    {"tcpStateDiagnosis", "diagnosis"},
    {"tcpStateEventTable", "events"},
    {"tcpStateTransitionTable", "transitions"},
    {"tcpStateNamespaceTable", "namespaces"},
    {"tcpStateNamespaces", "namespaceTotals"},
};

const char *member_table(const struct table *table)
{
	for (size_t i = 0; i < COUNT_OF(tables); i++)
		if (strcmp(tables[i].table, table->name) == 0)
			return tables[i].name;
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
