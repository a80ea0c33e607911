/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <string.h>

#include "subagent/oidtable.h"
#include "subagent/tables.h"

enum { AGENTX_UNSUPPORTED_CONTEXT = 262 };

/* net-snmp takes no longer PDU, on either side. A master that gets one drops it, waits six seconds
 * for another and ends the session. */
enum { AGENTX_PDU_MAX = 65536, AGENTX_LENGTH_AT = 16 };

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

/* The identifier below tcpStateMIB; one before it becomes the empty one. False: behind. */
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
		    vb, result == OID_NO_OBJECT ? SNMP_NOSUCHOBJECT : SNMP_NOSUCHINSTANCE, NULL, 0);
}

/* An end that is not before `end`; an end that is null is none. */
static bool is_behind(const oid *name, size_t len, const oid *end, size_t end_len)
{
	static const oid null[] = {0, 0};

	return end_len > 0 && snmp_oid_compare(end, end_len, null, OID_LENGTH(null)) &&
	       snmp_oid_compare(name, len, end, end_len) >= 0;
}

/* Sets the next variable, if there is one before `end`; else leaves vb as it is. */
static bool answer_next(const struct agent *agent, netsnmp_variable_list *vb, bool inclusive,
			const oid *end, size_t end_len)
{
	uint32_t id[OID_MAX], next[OID_MAX];
	oid name[OID_MAX + AGENT_BASE_LEN];
	struct value value;
	size_t len, next_len;

	if (!agent->showing || !relative(vb, id, &len) ||
	    oidtable_next(&tables_tree, &agent->shown, id, len, inclusive, next, &next_len,
			  &value) != OID_FOUND)
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

/* --- requests on the wire -------------------------------------------------------------
 */

/* RFC 2741, 7.2.3.2: the end of the range is the variable's value. */
static void answer_range(const struct agent *agent, netsnmp_variable_list *vb)
{
	if (!answer_next(agent, vb, vb->type == ASN_PRIV_INCL_RANGE, vb->val.objid,
			 vb->val_len / sizeof(oid)))
		snmp_set_var_typed_value(vb, SNMP_ENDOFMIBVIEW, NULL, 0);
}

/* Of a request that is too long only the header is read: enough to answer that it is. */
int agent_parse(netsnmp_session *session, netsnmp_pdu *pdu, u_char *data, size_t len)
{
	u_char header[AGENTX_HEADER_LEN] = {0};
	int ret;

	if (len <= AGENTX_PDU_MAX)
		return agentx_parse(session, pdu, data, len);
	memcpy(header, data, AGENTX_LENGTH_AT);
	ret = agentx_parse(session, pdu, header, sizeof(header));
	pdu->flags |= UCD_MSG_FLAG_BULK_TOOBIG;
	return ret;
}

/* Sets the values, or returns why there are none. A repetition of GETBULK is enough: the master
 * asks for the next one. Nothing can be SET, and we have no context. */
static long look_up(const struct agent *agent, netsnmp_pdu *request)
{
	bool get = request->command == AGENTX_GET_PDU;

	if (request->flags & UCD_MSG_FLAG_BULK_TOOBIG)
		return SNMP_ERR_TOOBIG;
	if (request->community_len)
		return AGENTX_UNSUPPORTED_CONTEXT;
	if (!get && request->command != AGENTX_GETNEXT_PDU &&
	    request->command != AGENTX_GETBULK_PDU)
		return SNMP_ERR_NOTWRITABLE;
	for (netsnmp_variable_list *vb = request->variables; vb; vb = vb->next_variable) {
		if (get)
			answer_get(agent, vb);
		else
			answer_range(agent, vb);
	}
	return SNMP_ERR_NOERROR;
}

/* 0: it cannot be sent, or is too long; session->s_snmp_errno says it. */
static int respond(netsnmp_session *session, const netsnmp_pdu *request, long error,
		   netsnmp_variable_list *variables)
{
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_RESPONSE_PDU);
	int sent;

	if (!pdu) {
		snmp_free_varbind(variables);
		return 0;
	}
	pdu->variables = variables;
	pdu->version = session->version;
	pdu->sessid = request->sessid;
	pdu->transid = request->transid;
	pdu->reqid = request->reqid;
	pdu->time = 0;
	pdu->errstat = error;
	pdu->errindex = error != 0;
	pdu->msgMaxSize = AGENTX_PDU_MAX;
	sent = snmp_send(session, pdu);
	if (!sent)
		snmp_free_pdu(pdu);
	return sent;
}

/* The request's variables go over to the answer. */
static void answer(struct agent *agent, netsnmp_session *session, netsnmp_pdu *request)
{
	long error = look_up(agent, request);
	netsnmp_variable_list *variables = request->variables;

	request->variables = NULL;
	if (error) {
		snmp_free_varbind(variables);
		variables = NULL;
	}
	if (!respond(session, request, error, variables) &&
	    session->s_snmp_errno == SNMPERR_TOO_LONG)
		respond(session, request, SNMP_ERR_TOOBIG, NULL);
	agent->asked = true;
}

/* A late answer is a response, too. */
int agent_on_packet(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct agent *agent = arg;

	(void)id;
	if (operation == NETSNMP_CALLBACK_OP_DISCONNECT)
		agent->over = true;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
		return 1;
	if (pdu->command == AGENTX_CLOSE_PDU)
		agent->over = true;
	else if (pdu->command != AGENTX_RESPONSE_PDU && pdu->command != AGENTX_CLEANUPSET_PDU)
		answer(agent, session, pdu);
	return 1;
}
