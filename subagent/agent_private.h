/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_AGENT_PRIVATE_H
#define TCPSTATE_SUBAGENT_AGENT_PRIVATE_H

/*
 * What agent.c, agent_answer.c, agent_loop.c and agent_notify.c share: the only files
 * that include net-snmp.
 */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include "subagent/agent.h"
#include "subagent/queue.h"

enum { AGENT_BASE_LEN = sizeof((const oid[]){TCPSTATE_MIB_BASE}) / sizeof(oid) };

extern const oid agent_base_oid[AGENT_BASE_LEN];

struct agent {
	/* The snapshot to answer from, and with it what only the agent knows. Its rows
	 * are those of the snapshot that agent_show() was given. */
	struct snapshot shown;
	bool showing;
	bool connected;
	netsnmp_session *session; /* the AgentX session; NULL: none */
	snmp_callback on_packet;  /* net-snmp's own for this session, with its argument */
	void *on_packet_arg;
	bool asked;     /* a request was answered since the last wait */
	time_t lost_at; /* CLOCK_MONOTONIC seconds; 0: not lost */
	uint32_t retry_s, busy_poll_us;
	netsnmp_large_fd_set fds;
	struct pollfd *polled;
	size_t n_polled_max;
	struct queue queue; /* notifications */
};

/* agent_answer.c: answers the requests of the session itself, from when it is open; what
 * it does not, net-snmp hands to agent_handle(). */
void agent_answer(struct agent *agent);
Netsnmp_Node_Handler agent_handle;

#endif
