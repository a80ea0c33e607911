/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <string.h>

#include "subagent/oidtable.h"
#include "subagent/tables.h"

/* RFC 2741, 6.1; net-snmp does not install the header that names them. */
enum { AGENTX_GET_PDU = 5, AGENTX_GETNEXT_PDU = 6, AGENTX_RESPONSE_PDU = 18 };

const oid agent_base_oid[AGENT_BASE_LEN] = {TCPSTATE_MIB_BASE};

/* --- one variable ---------------------------------------------------------------------
 */

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

/* The identifier below tcpStateMIB; one before it becomes the empty one. False: behind.
 */
static bool relative(const netsnmp_variable_list *vb, uint32_t ret_oid[OID_MAX],
		     size_t *ret_len)
{
	size_t len = 0;

	if (snmp_oid_compare(vb->name, vb->name_length, agent_base_oid, AGENT_BASE_LEN) >
	    0) {
		if (snmp_oidtree_compare(vb->name, vb->name_length, agent_base_oid,
					 AGENT_BASE_LEN))
			return false;
		for (size_t i = AGENT_BASE_LEN; i < vb->name_length && len < OID_MAX; i++)
			ret_oid[len++] = (uint32_t)vb->name[i];
	}
	*ret_len = len;
	return true;
}

/* Sets the value, or the exception that says why there is none. */
static void answer_get(const struct agent *agent, netsnmp_variable_list *vb)
{
	uint32_t id[OID_MAX];
	struct value value;
	enum oid_result result = OID_NO_OBJECT;
	size_t len;

	if (agent->showing && relative(vb, id, &len))
		result = oidtable_get(&tables_tree, &agent->shown, id, len, &value);
	if (result == OID_FOUND)
		set_value(vb, &value);
	else
		snmp_set_var_typed_value(
		    vb, result == OID_NO_OBJECT ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE,
		    NULL, 0);
}

/* An end that is not before `end`; an end that is null is none. */
static bool is_behind(const oid *name, size_t len, const oid *end, size_t end_len)
{
	static const oid null[] = {0, 0};

	return end_len > 0 && snmp_oid_compare(end, end_len, null, OID_LENGTH(null)) &&
	       snmp_oid_compare(name, len, end, end_len) >= 0;
}

/* Sets the next variable, if there is one before `end`; else leaves vb as it is. */
static bool answer_next(const struct agent *agent, netsnmp_variable_list *vb,
			bool inclusive, const oid *end, size_t end_len)
{
	uint32_t id[OID_MAX], next[OID_MAX];
	oid name[OID_MAX + AGENT_BASE_LEN];
	struct value value;
	size_t len, next_len;

	if (!agent->showing || !relative(vb, id, &len) ||
	    oidtable_next(&tables_tree, &agent->shown, id, len, inclusive, next,
			  &next_len, &value) != OID_FOUND)
		return false;
	memcpy(name, agent_base_oid, sizeof(agent_base_oid));
	for (size_t i = 0; i < next_len; i++)
		name[AGENT_BASE_LEN + i] = next[i];
	if (is_behind(name, AGENT_BASE_LEN + next_len, end, end_len))
		return false;
	snmp_set_var_objid(vb, name, AGENT_BASE_LEN + next_len);
	set_value(vb, &value);
	return true;
}

/* --- requests that net-snmp hands on --------------------------------------------------
 */

/* At the end the variable is left as it is, and net-snmp goes on behind our tree. */
int agent_handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
		 netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	const struct agent *agent = registration->my_reg_void;

	(void)handler;
	for (; requests; requests = requests->next) {
		if (requests->processed)
			continue;
		if (info->mode == MODE_GET)
			answer_get(agent, requests->requestvb);
		else if (info->mode == MODE_GETNEXT)
			answer_next(agent, requests->requestvb, requests->inclusive, NULL,
				    0);
		else
			netsnmp_set_request_error(info, requests, SNMP_ERR_NOTWRITABLE);
	}
	return SNMP_ERR_NOERROR;
}

/* --- requests on the wire -------------------------------------------------------------
 * A walk over AgentX is one GETNEXT for each cell. net-snmp passes each one to its own
 * agent and the answer back, through two pipes and two more turns of the loop: ten system
 * calls, where receiving and sending take four.
 */

/* RFC 2741, 7.2.3.2: the end of the range is the variable's value. */
static void answer_range(const struct agent *agent, netsnmp_variable_list *vb)
{
	if (!answer_next(agent, vb, vb->type == ASN_PRIV_INCL_RANGE, vb->val.objid,
			 vb->val_len / sizeof(oid)))
		snmp_set_var_typed_value(vb, SNMP_ENDOFMIBVIEW, NULL, 0);
}

/* The request's variables go over to the answer. */
static bool answer(struct agent *agent, netsnmp_session *session, netsnmp_pdu *request)
{
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_RESPONSE_PDU);

	if (!pdu)
		return false;
	for (netsnmp_variable_list *vb = request->variables; vb; vb = vb->next_variable) {
		if (request->command == AGENTX_GET_PDU)
			answer_get(agent, vb);
		else
			answer_range(agent, vb);
	}
	pdu->variables = request->variables;
	request->variables = NULL;
	pdu->version = session->version;
	pdu->sessid = request->sessid;
	pdu->transid = request->transid;
	pdu->reqid = request->reqid;
	pdu->errstat = pdu->errindex = 0;
	if (!snmp_send(session, pdu))
		snmp_free_pdu(pdu);
	agent->asked = true;
	return true;
}

/* What is no plain request is net-snmp's, and so is a context: we have none. So is every
 * request that comes while net-snmp waits for an answer of the master (its ping). */
static int on_packet(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu,
		     void *arg)
{
	struct agent *agent = arg;

	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE && !pdu->community_len &&
	    (pdu->command == AGENTX_GET_PDU || pdu->command == AGENTX_GETNEXT_PDU) &&
	    answer(agent, session, pdu))
		return 1;
	return agent->on_packet(operation, session, id, pdu, agent->on_packet_arg);
}

void agent_answer(struct agent *agent)
{
	agent->on_packet = agent->session->callback;
	agent->on_packet_arg = agent->session->callback_magic;
	agent->session->callback = on_packet;
	agent->session->callback_magic = agent;
}
