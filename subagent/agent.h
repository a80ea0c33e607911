/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_AGENT_H
#define TCPSTATE_SUBAGENT_AGENT_H

/*
 * This module is the AgentX subagent (RFC 2741): it registers TCPSTATE-MIB with snmpd and answers
 * from the snapshot it was shown. net-snmp is used here and nowhere else, and only from the thread
 * that called agent_open().
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/diagnosis/notify.h"
#include "core/model/snapshot.h"
#include "subagent/told.h"

struct agent;

struct agent_options {
	const char *address; /* of the master as snmpd writes it; "": net-snmp's default; kept */
	bool notifies_only;  /* registers nothing: the daemon beside it does */
	uint32_t retry_s;    /* pause between attempts to reach the master, and of pings */
	uint32_t lost;       /* notifications lost by those before it, which it counts on from */
	struct told *told;   /* where what was told is noted for those after it; NULL: nowhere */
};

/*
 * Tries to reach the master and to register; that it is not there is no error: it is tried again
 * for ever. One agent a process, because net-snmp keeps its state in the process. SIGALRM is the
 * agent's, and has to be blocked in every thread.
 */
int agent_open(const struct agent_options *options, struct agent **ret_agent);
void agent_close(struct agent *agent);

/* True for the address of a UNIX socket, as snmpd and net-snmp write it; "" is one. Any other one
 * may have a name that is looked up at each attempt. */
bool agent_is_unix(const char *address);

/* How long to wait awake for the next request after one, in microseconds; 0, as it is at first:
 * not at all. */
void agent_busy_poll(struct agent *agent, uint32_t us);

/* Answers from this snapshot from now on; NULL: nothing to answer yet. The caller keeps it until
 * the next call. */
void agent_show(struct agent *agent, const struct snapshot *snapshot);

/* The same for another namespace, in the SNMP context of this name, which is registered as soon as
 * the master is there; NULL: the namespace has gone, and with it the context. -ENOMEM: it is not
 * shown. */
int agent_show_in(struct agent *agent, const char *netns, const struct snapshot *snapshot);

/* Waits for net-snmp's work or one of the caller's descriptors (their revents are set) and does
 * net-snmp's. timeout_ms: as in poll(2). Returns 0 or -errno of poll(2). */
int agent_wait(struct agent *agent, struct pollfd *own, size_t n_own, int timeout_ms);

/* Queues a notification of this change for the master; it is sent as soon as there is one. Of more
 * than a few hundred waiting ones the oldest are lost, and counted. */
void agent_notify(struct agent *agent, const struct transition *transition);

/* Sends what waits, if the master is there. */
void agent_flush(struct agent *agent);

/* How many notifications were lost, ever. */
uint32_t agent_lost(const struct agent *agent);

/* What has become of all notifications so far. */
enum agent_delivery { AGENT_PENDING, AGENT_DELIVERED, AGENT_REFUSED };
enum agent_delivery agent_delivery(const struct agent *agent);

/* The object identifier of tcpStateMIB, for people. */
void agent_base(char *buf, size_t size);

#endif
