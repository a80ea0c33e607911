/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "subagent/agent_varbind.h"
#include "subagent/log.h"

/*
 * net-snmp has a subagent of its own, which waits: for connect(), and for the answer to each PDU
 * that it sends. A master that hangs or dies meanwhile stops the daemon or makes it try twice as
 * often for ever. So only net-snmp's coding of AgentX is used here.
 */

enum {
	AGENTX_DUPLICATE_REGISTRATION = 263,
	AGENTX_REASON_SHUTDOWN = 5,
	AGENTX_DEFAULT_PRIORITY = 127,
};

/* A master that lives takes a connection at once; the main thread waits for it. Its answers may
 * take longer: only the session waits for them. */
enum { CONNECT_S = 1, ANSWER_S = 3 };

static time_t monotonic_seconds(void)
{
	return timing_now(CLOCK_MONOTONIC).tv_sec;
}

/* --- what the log tells ---------------------------------------------------------------
 */

static const char *path_of(const char *address)
{
	return strncmp(address, "unix:", 5) == 0 ? address + 5 : address;
}

bool agent_is_unix(const char *address)
{
	return address[0] == '\0' || path_of(address)[0] == '/';
}

/* Why a UNIX socket cannot be reached, with the remedy. */
static const char *reason_of(const char *address)
{
	const char *path = path_of(address);
	struct stat st;

	if (path[0] != '/')
		return "nothing answers there";
	if (stat(path, &st) < 0 && errno == ENOENT)
		return "no such socket: snmpd is not running, or has no \"master "
		       "agentx\" line";
	if (access(path, R_OK | W_OK) < 0)
		return "not permitted: see agentXPerms in snmpd.conf(5)";
	return "nothing answers there";
}

/* Once an outage, and once more if it turns out to be a refusal. */
static void tell_outage(struct agent *agent, enum outage outage, const char *reason)
{
	if (!agent->lost_at)
		agent->lost_at = monotonic_seconds();
	if (outage <= agent->outage)
		return;
	agent->outage = outage;
	log_line(LOG_WARNING, "%s snmpd at %s (%s); trying again every %u s",
		 outage == OUTAGE_REFUSED ? "TCPSTATE-MIB is refused by" : "cannot reach",
		 agent->address, reason, agent->retry_s);
}

static void tell_refusal(struct agent *agent, long refusal)
{
	char reason[64] = "another subagent serves it";

	if (refusal != AGENTX_DUPLICATE_REGISTRATION)
		snprintf(reason, sizeof(reason), "AgentX error %ld", refusal);
	tell_outage(agent, OUTAGE_REFUSED, reason);
}

static void tell_loss(struct agent *agent)
{
	log_line(LOG_WARNING, "snmpd at %s went away; trying again every %u s", agent->address,
		 agent->retry_s);
	agent->lost_at = monotonic_seconds();
	agent->outage = OUTAGE_AWAY;
}

static void tell_return(struct agent *agent)
{
	if (agent->lost_at)
		log_line(LOG_NOTICE, "%s after %ld s",
			 agent->outage == OUTAGE_REFUSED ? "snmpd takes TCPSTATE-MIB"
							 : "snmpd is back",
			 (long)(monotonic_seconds() - agent->lost_at));
	agent->lost_at = 0;
	agent->outage = OUTAGE_NONE;
}

/* --- the master -----------------------------------------------------------------------
 */

static void on_alarm(int signal)
{
	(void)signal;
}

/* connect() waits as long as a master that hangs has no room for one more connection, and net-snmp
 * connects no other way: so SIGALRM interrupts it. Repeated, for the one that comes just
 * before. */
static netsnmp_transport *connect_master(const char *address)
{
	static const struct itimerval limit = {{.tv_sec = CONNECT_S}, {.tv_sec = CONNECT_S}}, none;
	netsnmp_transport *transport;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	transport = netsnmp_transport_open_client("agentx", address);
	setitimer(ITIMER_REAL, &none, NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return transport;
}

/* Instead of net-snmp's own, which waits until a master that hangs has room. What is cut off ends
 * the connection: the master would take the next PDU for the rest of it. */
static int send_all(netsnmp_transport *transport, const void *buf, int size, void **opaque,
		    int *opaque_len)
{
	(void)opaque, (void)opaque_len;
	if (send(transport->sock, buf, (size_t)size, MSG_NOSIGNAL) == size)
		return size;
	shutdown(transport->sock, SHUT_RDWR);
	return -1;
}

static netsnmp_session *open_session(struct agent *agent)
{
	static const struct timeval wait = {.tv_sec = ANSWER_S};
	netsnmp_transport *transport = connect_master(agent->address);
	netsnmp_session session;

	if (!transport)
		return NULL;
	setsockopt(transport->sock, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	transport->f_send = send_all;
	snmp_sess_init(&session);
	session.version = AGENTX_VERSION_1;
	session.retries = 0;
	session.timeout = ANSWER_S * 1000000L;
	session.flags |= SNMP_FLAGS_STREAM_SOCKET;
	session.callback = agent_on_packet;
	session.callback_magic = agent;
	return snmp_add_full(&session, transport, NULL, agent_parse, NULL, NULL,
			     agentx_realloc_build, agentx_check_packet, NULL);
}

/* Freed with the PDU. */
static void put_context(netsnmp_pdu *pdu, const char *context)
{
	if (!context[0])
		return;
	pdu->community = (u_char *)strdup(context);
	pdu->community_len = pdu->community ? strlen(context) : 0;
	pdu->flags |= AGENTX_FLAG_CONTEXT;
}

static netsnmp_pdu *make_pdu(const struct agent *agent, u_char type)
{
	static const char description[] =
	    "TCPSTATE-MIB: TCP connection states, queues, limits and tuning";
	netsnmp_pdu *pdu = snmp_pdu_create(type);

	if (!pdu)
		return NULL;
	pdu->version = agent->session->version;
	pdu->sessid = agent->session->sessid;
	pdu->time = 0;
	if (type == AGENTX_OPEN_PDU || type == AGENTX_ADDAGENTCAPS_PDU)
		snmp_pdu_add_variable(pdu, agent_base_oid, AGENT_BASE_LEN, ASN_OCTET_STR,
				      description, strlen(description));
	if (type == AGENTX_REGISTER_PDU || type == AGENTX_UNREGISTER_PDU) {
		snmp_add_null_var(pdu, agent_base_oid, AGENT_BASE_LEN);
		pdu->priority = AGENTX_DEFAULT_PRIORITY;
		put_context(pdu, agent->context);
	}
	if (type == AGENTX_CLOSE_PDU)
		pdu->errstat = AGENTX_REASON_SHUTDOWN;
	return pdu;
}

static int on_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
		     void *arg);

static void ask(struct agent *agent, u_char type)
{
	netsnmp_pdu *pdu = make_pdu(agent, type);

	agent->awaited = type;
	if (!pdu || !snmp_async_send(agent->session, pdu, on_answer, agent)) {
		snmp_free_pdu(pdu);
		agent->over = true;
	}
}

/* One at a time: each is awaited. */
static void ask_for_context(struct agent *agent)
{
	const struct agent_context *context = agent_context_due(agent);

	if (!context || agent->awaited || agent->over || !agent->connected || agent->notifies_only)
		return;
	memcpy(agent->context, context->name, sizeof(agent->context));
	ask(agent, context->snapshot ? AGENTX_REGISTER_PDU : AGENTX_UNREGISTER_PDU);
}

/* A session is opened in this order. The ping comes before the registration, so that a master that
 * answers none is not back each time. */
static void go_on(struct agent *agent, const netsnmp_pdu *answer)
{
	u_char answered = agent->awaited;

	agent->awaited = 0;
	if (agent->context[0]) {
		agent_context_answered(agent, answered, answer->errstat == 0);
	} else if (answered == AGENTX_OPEN_PDU) {
		agent->session->sessid = answer->sessid;
		ask(agent, AGENTX_PING_PDU);
	} else if (answered == AGENTX_PING_PDU && agent->notifies_only) {
		agent->connected = true;
	} else if (answered == AGENTX_PING_PDU && !agent->connected) {
		ask(agent, AGENTX_REGISTER_PDU);
	} else if (answered == AGENTX_REGISTER_PDU) {
		agent->connected = true;
		tell_return(agent);
		ask(agent, AGENTX_ADDAGENTCAPS_PDU);
	}
	ask_for_context(agent);
}

/* A master that does not want a line in its sysORTable, or one of the contexts, is as good. */
static int on_answer(int operation, netsnmp_session *session, int request, netsnmp_pdu *pdu,
		     void *arg)
{
	struct agent *agent = arg;
	bool answered = operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE;

	(void)session, (void)request;
	if (answered &&
	    (pdu->errstat == 0 || agent->awaited == AGENTX_ADDAGENTCAPS_PDU || agent->context[0])) {
		go_on(agent, pdu);
	} else {
		agent->over = true;
		agent->refusal = answered ? pdu->errstat : 0;
	}
	return 1;
}

void agent_session_keep(unsigned int alarm, void *arg)
{
	struct agent *agent = arg;

	(void)alarm;
	if (agent->session) {
		if (!agent->awaited)
			ask(agent, AGENTX_PING_PDU);
	} else if ((agent->session = open_session(agent))) {
		ask(agent, AGENTX_OPEN_PDU);
	} else {
		tell_outage(agent, OUTAGE_AWAY, reason_of(agent->address));
	}
	/* Not a repeated alarm: net-snmp runs one that takes longer than its interval again and
	 * again. */
	snmp_alarm_register(agent->retry_s, 0, agent_session_keep, agent);
}

void agent_session_settle(struct agent *agent)
{
	long refusal = agent->refusal;
	bool connected = agent->connected;

	ask_for_context(agent);
	if (!agent->over)
		return;
	snmp_close(agent->session);
	agent->session = NULL;
	agent->awaited = 0;
	agent->connected = agent->over = false;
	agent->refusal = 0;
	agent_context_reset(agent);
	queue_again(&agent->queue);
	if (connected)
		tell_loss(agent);
	else if (refusal)
		tell_refusal(agent, refusal);
	else
		tell_outage(agent, OUTAGE_AWAY, "it does not answer");
}

void agent_session_close(struct agent *agent)
{
	if (!agent->session)
		return;
	ask(agent, AGENTX_CLOSE_PDU);
	snmp_close(agent->session);
}
