/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_AGENT_VARBIND_H
#define TCPSTATE_SUBAGENT_AGENT_VARBIND_H

/*
 * This module answers one variable of net-snmp's from a snapshot: for the agent, whose variables
 * come over AgentX, and for the module that snmpd loads.
 */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>

#include "core/model/snapshot.h"
#include "subagent/oidtable.h"

enum { AGENT_BASE_LEN = sizeof((const oid[]){TCPSTATE_MIB_BASE}) / sizeof(oid) };

extern const oid agent_base_oid[AGENT_BASE_LEN];

/* Sets the value, or the exception that says why there is none. s: NULL: nothing to answer yet. */
void agent_varbind_get(const struct snapshot *s, netsnmp_variable_list *vb);

/* Begins a walk after this variable, or at it if inclusive. False: nothing of ours is there.
 * near: as for oidtable_walk(). */
bool agent_varbind_walk(const struct snapshot *s, const netsnmp_variable_list *vb, bool inclusive,
			size_t *near, struct oidtable_walk *ret_walk);

/* Sets the next variable of the walk, if there is one before `end`, and returns true; else leaves
 * vb as it is, and the walk is over. end: {0, 0} or of length 0: there is none. */
bool agent_varbind_next(struct oidtable_walk *walk, const oid *end, size_t end_len,
			netsnmp_variable_list *vb);

#endif
