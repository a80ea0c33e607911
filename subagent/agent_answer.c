/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <string.h>

#include "subagent/agent_varbind.h"

enum { AGENTX_UNSUPPORTED_CONTEXT = 262 };

/* net-snmp takes no longer PDU, on either side. A master that gets one drops it, waits six seconds
 * for another and ends the session. */
enum { AGENTX_PDU_MAX = 65536, AGENTX_LENGTH_AT = 16 };

/* RFC 2741, 7.2.3.2: the end of the range is the variable's value. */
static void answer_range(const struct snapshot *s, netsnmp_variable_list *vb, size_t *near)
{
	struct oidtable_walk walk;

	if (!agent_varbind_walk(s, vb, vb->type == ASN_PRIV_INCL_RANGE, near, &walk) ||
	    !agent_varbind_next(&walk, vb->val.objid, vb->val_len / sizeof(oid), vb))
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
 * asks for the next one. Nothing can be SET. */
static long look_up(struct agent *agent, netsnmp_pdu *request)
{
	const struct snapshot *s = agent->showing ? &agent->shown : NULL;
	const struct agent_context *context;
	bool get = request->command == AGENTX_GET_PDU;

	if (request->flags & UCD_MSG_FLAG_BULK_TOOBIG)
		return SNMP_ERR_TOOBIG;
	if (request->community_len) {
		context = agent_context_find(agent, (const char *)request->community,
					     request->community_len);
		if (!context || !context->snapshot)
			return AGENTX_UNSUPPORTED_CONTEXT;
		s = context->snapshot;
	}
	if (!get && request->command != AGENTX_GETNEXT_PDU &&
	    request->command != AGENTX_GETBULK_PDU)
		return SNMP_ERR_NOTWRITABLE;
	for (netsnmp_variable_list *vb = request->variables; vb; vb = vb->next_variable) {
		if (get)
			agent_varbind_get(s, vb);
		else
			answer_range(s, vb, &agent->near);
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
