/* SPDX-License-Identifier: MIT */
#include "subagent/agent_varbind.h"

#include <string.h>

#include "subagent/tables.h"

const oid agent_base_oid[AGENT_BASE_LEN] = {TCPSTATE_MIB_BASE};

static void set_value(netsnmp_variable_list *vb, const struct value *value)
{
	struct counter64 c64 = {
	    .high = (u_long)(value->counter64 >> 32),
	    .low = (u_long)(value->counter64 & UINT32_MAX),
	};

	switch (value->syntax) {
	case SYNTAX_INTEGER:
		snmp_set_var_typed_integer(vb, ASN_INTEGER, value->integer);
		break;
	case SYNTAX_GAUGE32:
	case SYNTAX_GAUGE32_64:
	case SYNTAX_AGE:
		snmp_set_var_typed_integer(vb, ASN_GAUGE, (long)value->unsigned32);
		break;
	case SYNTAX_COUNTER32:
		snmp_set_var_typed_integer(vb, ASN_COUNTER, (long)value->unsigned32);
		break;
	case SYNTAX_COUNTER64:
		snmp_set_var_typed_value(vb, ASN_COUNTER64, &c64, sizeof(c64));
		break;
	case SYNTAX_CHARS:
	case SYNTAX_TEXT:
	case SYNTAX_DATE:
	case SYNTAX_FORMAT:
		snmp_set_var_typed_value(vb, ASN_OCTET_STR, value->text, value->text_len);
		break;
	}
}

/* The identifier below tcpStateMIB; one before it becomes the empty one. False: after it. */
static bool relative(const netsnmp_variable_list *vb, uint32_t ret_oid[OID_MAX], size_t *ret_len)
{
	size_t len = 0;

	if (snmp_oid_compare(vb->name, vb->name_length, agent_base_oid, AGENT_BASE_LEN) > 0) {
		if (snmp_oidtree_compare(vb->name, vb->name_length, agent_base_oid, AGENT_BASE_LEN))
			return false;
		for (size_t i = AGENT_BASE_LEN; i < vb->name_length && len < OID_MAX; i++)
			ret_oid[len++] = (uint32_t)vb->name[i];
	}
	*ret_len = len;
	return true;
}

void agent_varbind_get(const struct snapshot *s, netsnmp_variable_list *vb)
{
	uint32_t id[OID_MAX];
	struct value value;
	enum oid_result result = OID_NO_OBJECT;
	size_t len;

	if (s && relative(vb, id, &len))
		result = oidtable_get(&tables_tree, s, id, len, &value);
	if (result == OID_FOUND)
		set_value(vb, &value);
	else
		snmp_set_var_typed_value(
		    vb, result == OID_NO_OBJECT ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE, NULL, 0);
}

/* An end that is null is none. */
static bool is_behind(const oid *name, size_t len, const oid *end, size_t end_len)
{
	static const oid null[] = {0, 0};

	return end_len > 0 && snmp_oid_compare(name, len, end, end_len) >= 0 &&
	       snmp_oid_compare(end, end_len, null, OID_LENGTH(null));
}

bool agent_varbind_walk(const struct snapshot *s, const netsnmp_variable_list *vb, bool inclusive,
			size_t *near, struct oidtable_walk *ret_walk)
{
	uint32_t id[OID_MAX];
	size_t len;

	if (!s || !relative(vb, id, &len))
		return false;
	oidtable_walk(&tables_tree, s, id, len, inclusive, near, ret_walk);
	return true;
}

bool agent_varbind_next(struct oidtable_walk *walk, const oid *end, size_t end_len,
			netsnmp_variable_list *vb)
{
	oid name[AGENT_BASE_LEN + OID_MAX];
	struct value value;

	if (!oidtable_next(walk, &value))
		return false;
	memcpy(name, agent_base_oid, sizeof(agent_base_oid));
	for (size_t i = 0; i < walk->len; i++)
		name[AGENT_BASE_LEN + i] = walk->oid[i];
	if (is_behind(name, AGENT_BASE_LEN + walk->len, end, end_len))
		return false;
	snmp_set_var_objid(vb, name, AGENT_BASE_LEN + walk->len);
	set_value(vb, &value);
	return true;
}
