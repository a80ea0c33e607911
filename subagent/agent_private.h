/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_AGENT_PRIVATE_H
#define TCPSTATE_SUBAGENT_AGENT_PRIVATE_H

/*
 * What agent.c, agent_session.c, agent_answer.c, agent_loop.c and agent_notify.c share: the only
 * files that include net-snmp.
 */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include "subagent/agent.h"
#include "subagent/queue.h"

/* net-snmp's coding of AgentX, of libnetsnmpagent. The header that declares these functions is not
 * installed: configure looks for them, and tests/unit/test_agentx.c uses them.
 *
 * agentx_realloc_build() writes a PDU into *buf, of *buf_len octets on the heap, from *out_len on;
 * 0, or an error of net-snmp. agentx_check_packet(): the length that a PDU's header tells, its
 * header included; 0: the header is not whole. agentx_parse(): as well 0 or an error. */
int agentx_realloc_build(netsnmp_session *session, netsnmp_pdu *pdu, u_char **buf, size_t *buf_len,
			 size_t *out_len);
int agentx_check_packet(u_char *packet, size_t packet_len);
int agentx_parse(netsnmp_session *session, netsnmp_pdu *pdu, u_char *data, size_t len);

enum {
	AGENTX_VERSION_1 = 0xc1, /* net-snmp's own number */
	AGENTX_HEADER_LEN = 20,
	AGENTX_FLAG_CONTEXT = 0x08, /* the PDU has a context, which net-snmp calls community */
};

/* RFC 2741, 6.1; net-snmp does not install the header that names them. */
enum {
	AGENTX_OPEN_PDU = 1,
	AGENTX_CLOSE_PDU = 2,
	AGENTX_REGISTER_PDU = 3,
	AGENTX_UNREGISTER_PDU = 4,
	AGENTX_GET_PDU = 5,
	AGENTX_GETNEXT_PDU = 6,
	AGENTX_GETBULK_PDU = 7,
	AGENTX_CLEANUPSET_PDU = 11,
	AGENTX_NOTIFY_PDU = 12,
	AGENTX_PING_PDU = 13,
	AGENTX_ADDAGENTCAPS_PDU = 16,
	AGENTX_RESPONSE_PDU = 18,
};

/* Why the MIB is not served, from bad to worse: what the log tells once an outage. */
enum outage { OUTAGE_NONE, OUTAGE_AWAY, OUTAGE_REFUSED };

/* A namespace with an SNMP context of its own. */
struct agent_context {
	char name[NETNS_NAME_MAX];
	const struct snapshot *snapshot; /* the caller's; NULL: it has gone */
	bool registered, refused;        /* in this session */
};

struct agent {
	/* The snapshot to answer from, and with it what only the agent knows. Its rows are those
	 * of the snapshot that agent_show() was given. */
	struct snapshot shown;
	bool showing;
	size_t near; /* for agent_varbind_walk() */
	bool notifies_only;
	const char *address;      /* of the master */
	netsnmp_session *session; /* the AgentX session; NULL: none */
	u_char awaited;           /* what the master has to answer, a PDU of AgentX; 0: nothing */
	bool connected;           /* the MIB is registered */
	struct agent_context *contexts;
	size_t n_contexts, contexts_capacity;
	bool contexts_changed;        /* some may have to be registered or given back */
	char context[NETNS_NAME_MAX]; /* that the master is asked to register or to forget */
	bool over;                    /* the session is, and net-snmp still at work on it */
	long refusal;                 /* the error that ended it; 0: silence */
	enum outage outage;
	time_t lost_at; /* CLOCK_MONOTONIC seconds; 0: not lost */
	bool asked;     /* a request was answered since the last wait */
	uint32_t retry_s, busy_poll_us;
	netsnmp_large_fd_set fds;
	struct pollfd *polled;
	size_t n_polled_max;
	struct queue queue; /* notifications */
	char logged[256];   /* net-snmp's last line */
};

/* agent_session.c: reaches the master or asks it whether it lives, now and once a retry. */
SNMPAlarmCallback agent_session_keep;

/* Ends a session that is over, or has the master know the contexts. Not from within net-snmp, which
 * may be at work on it. */
void agent_session_settle(struct agent *agent);

/* Says goodbye. */
void agent_session_close(struct agent *agent);

/* agent_context.c: the one whose registration has to change; NULL: none. */
struct agent_context *agent_context_due(struct agent *agent);

/* The context of this name; NULL: there is none. */
struct agent_context *agent_context_find(struct agent *agent, const char *name, size_t len);

/* The master has done, or refused, what it was asked to. */
void agent_context_answered(struct agent *agent, u_char type, bool done);

/* The session is over, and with it what was registered. */
void agent_context_reset(struct agent *agent);

/* agent_answer.c: how net-snmp reads a PDU of the session, and to whom it gives it. */
int agent_parse(netsnmp_session *session, netsnmp_pdu *pdu, u_char *data, size_t len);
int agent_on_packet(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg);

#endif
