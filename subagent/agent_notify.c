/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <string.h>

#include "core/base/array.h"
#include "subagent/agent_varbind.h"
#include "subagent/oidtable.h"

/* Longer than a session lives whose master does not answer its pings; net-snmp counts microseconds
 * in a long. */
enum { ANSWER_TIMEOUT_S = 1800 };

/* Arcs of TCPSTATE-MIB below tcpStateMIB. */
enum {
	ARC_NOTIFICATIONS = 0,
	ARC_RAISED = 1,
	ARC_CLEARED = 2,
	ARC_EASED = 3,
	ARC_TEST = 4,
	ARC_OBJECTS = 1,
	ARC_SAMPLER = 1,
	ARC_VERSION = 1,
	ARC_CONDITION_TABLE = 13,
	ARC_CONDITION_NAME = 3,
	ARC_CONDITION_VALUE = 4,
	ARC_CONDITION_UNIT = 5,
	ARC_CONDITION_SEVERITY = 8,
	ARC_CONDITION_SINCE = 9,
	ARC_CONDITION_OFFENDER = 10,
	ARC_CONDITION_ADVICE = 11,
	ARC_NOTIFICATION_INFO = 15,
	ARC_ELEMENT = 1,
	ARC_THRESHOLD = 2,
	ARC_TOLD = 3,
	ARC_NAMESPACE = 4,
};

void agent_notify(struct agent *agent, const struct transition *transition)
{
	queue_add(&agent->queue, transition);
	agent->shown.diagnosis.notifications_lost = agent->queue.lost;
}

/* Without an answer the session is over, and agent_session_settle() has it sent again. */
static int on_response(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
		       void *arg)
{
	struct agent *agent = arg;

	(void)session;
	if (operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE)
		queue_answered(&agent->queue, request, pdu->errstat != 0);
	agent->shown.diagnosis.notifications_lost = agent->queue.lost;
	return 1;
}

static size_t object_oid(oid name[MAX_OID_LEN], const uint32_t *arcs, size_t n_arcs)
{
	size_t len = AGENT_BASE_LEN;

	memcpy(name, agent_base_oid, sizeof(agent_base_oid));
	for (size_t i = 0; i < n_arcs; i++)
		name[len++] = arcs[i];
	return len;
}

static void add(netsnmp_pdu *pdu, const uint32_t *arcs, size_t n_arcs, u_char type,
		const void *value, size_t len)
{
	oid name[MAX_OID_LEN];
	size_t name_len = object_oid(name, arcs, n_arcs);

	snmp_pdu_add_variable(pdu, name, name_len, type, value, len);
}

/* A varbind of a column of tcpStateConditionTable. */
static void add_column(netsnmp_pdu *pdu, const struct condition *c, uint32_t arc, u_char type,
		       const void *value, size_t len)
{
	const uint32_t arcs[] = {ARC_OBJECTS, ARC_CONDITION_TABLE, 1, arc, c->id, c->element};

	add(pdu, arcs, COUNT_OF(arcs), type, value, len);
}

static void add_text(netsnmp_pdu *pdu, const struct condition *c, uint32_t arc, const char *text)
{
	add_column(pdu, c, arc, ASN_OCTET_STR, text, strlen(text));
}

/* A varbind of an object that is only there to be told. */
static void add_info(netsnmp_pdu *pdu, uint32_t arc, u_char type, const void *value, size_t len)
{
	const uint32_t arcs[] = {ARC_OBJECTS, ARC_NOTIFICATION_INFO, arc, 0};

	add(pdu, arcs, COUNT_OF(arcs), type, value, len);
}

static void add_number(netsnmp_pdu *pdu, uint32_t arc, u_char type, long value)
{
	add_info(pdu, arc, type, &value, sizeof(value));
}

/* What the value is held against: the severity's threshold, or the lowest one. */
static long threshold(const struct condition *c)
{
	if (c->severity == SEVERITY_CRITICAL || c->warning < 0)
		return c->critical;
	return c->warning;
}

static uint32_t kind_of(const struct transition *t)
{
	if (t->test)
		return ARC_TEST;
	if (t->condition.severity == SEVERITY_NORMAL)
		return ARC_CLEARED;
	return t->condition.severity < t->was ? ARC_EASED : ARC_RAISED;
}

static void add_condition(netsnmp_pdu *pdu, const struct transition *t)
{
	const struct condition *c = &t->condition;
	long severity = c->severity, value = c->value;
	char since[DATE_OCTETS];

	add_text(pdu, c, ARC_CONDITION_NAME, c->name);
	add_number(pdu, ARC_ELEMENT, ASN_UNSIGNED, c->element);
	add_column(pdu, c, ARC_CONDITION_SEVERITY, ASN_INTEGER, &severity, sizeof(severity));
	add_column(pdu, c, ARC_CONDITION_VALUE, ASN_INTEGER, &value, sizeof(value));
	add_number(pdu, ARC_THRESHOLD, ASN_INTEGER, threshold(c));
	add_text(pdu, c, ARC_CONDITION_UNIT, c->unit);
	add_text(pdu, c, ARC_CONDITION_OFFENDER, c->offender);
	add_text(pdu, c, ARC_CONDITION_ADVICE, c->advice);
	add_column(pdu, c, ARC_CONDITION_SINCE, ASN_OCTET_STR, since,
		   oidtable_date(&c->since, since));
	add_number(pdu, ARC_TOLD, ASN_UNSIGNED, t->told);
	add_info(pdu, ARC_NAMESPACE, ASN_OCTET_STR, t->netns, strlen(t->netns));
}

static void add_version(netsnmp_pdu *pdu)
{
	static const char version[] = TCPSTATE_VERSION;
	const uint32_t arcs[] = {ARC_OBJECTS, ARC_SAMPLER, ARC_VERSION, 0};

	add(pdu, arcs, COUNT_OF(arcs), ASN_OCTET_STR, version, sizeof(version) - 1);
}

static netsnmp_pdu *make_pdu(const struct transition *t)
{
	static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
	const uint32_t arcs[] = {ARC_NOTIFICATIONS, kind_of(t)};
	netsnmp_pdu *pdu = snmp_pdu_create(AGENTX_NOTIFY_PDU);
	oid name[MAX_OID_LEN];
	size_t len = object_oid(name, arcs, COUNT_OF(arcs));

	if (!pdu)
		return NULL;
	snmp_pdu_add_variable(pdu, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
			      len * sizeof(oid));
	if (t->test)
		add_version(pdu);
	else
		add_condition(pdu, t);
	return pdu;
}

enum agent_delivery agent_delivery(const struct agent *agent)
{
	if (agent->queue.count > 0)
		return AGENT_PENDING;
	return agent->queue.lost > 0 ? AGENT_REFUSED : AGENT_DELIVERED;
}

void agent_flush(struct agent *agent)
{
	struct queued *queued;

	while (agent->connected && (queued = queue_unsent(&agent->queue))) {
		netsnmp_pdu *pdu = make_pdu(&queued->transition);

		if (!pdu)
			return;
		pdu->version = agent->session->version;
		pdu->sessid = agent->session->sessid;
		/* A master that is slow still has it: sent once more it would be told twice. */
		pdu->flags |= UCD_MSG_FLAG_PDU_TIMEOUT;
		pdu->time = ANSWER_TIMEOUT_S;
		queued->request = snmp_async_send(agent->session, pdu, on_response, agent);
		if (!queued->request) {
			snmp_free_pdu(pdu);
			return;
		}
	}
}
