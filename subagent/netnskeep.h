/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_NETNSKEEP_H
#define TCPSTATE_SUBAGENT_NETNSKEEP_H

/*
 * This module samples the host's other network namespaces for the daemon, where its configuration
 * says so, and gives their snapshots out.
 */

#include "core/sample/namespaces.h"
#include "subagent/eventkeep.h"
#include "subagent/publish.h"

/* To whom the snapshots go. */
struct netnskeep_outlets {
	struct eventkeep *events;
	struct publish *publish;
	struct handover_back *back;
};

struct netnskeep {
	struct namespaces *namespaces; /* NULL: they are off */
	uint64_t due_ms;               /* when netnskeep_step() is to be called again */
	uint64_t step_ms;
	unsigned agent;    /* handover_back.starts of the agent that has them */
	uint64_t given_us; /* CPU time of giving out in the newest step */
	bool waiting;      /* some have not been given out */
};

/* Those of the thread's own at this moment. 0 or -errno. */
int netnskeep_open(struct netnskeep *keep, const struct config *config);
void netnskeep_close(struct netnskeep *keep);

void netnskeep_configure(struct netnskeep *keep, const struct config *config);

/*
 * A step of namespaces.h, once a second, if it is due; what is new goes to the outlets. allowed: as
 * namespaces_step(). host: the host's newest snapshot; settings: for the agent. *ret_changed: a
 * condition has changed. 0; or -errno: this process is of no use any more.
 */
int netnskeep_step(struct netnskeep *keep, uint32_t allowed, const struct snapshot *host,
		   const struct handover_settings *settings,
		   const struct netnskeep_outlets *outlets, bool *ret_changed);

/* Has a copy of the host's snapshot show them. */
void netnskeep_show(const struct netnskeep *keep, struct snapshot *s);

#endif
