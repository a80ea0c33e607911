/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SERIES_H
#define TCPSTATE_CORE_SERIES_H

/*
 * This module describes what the collectd plugin sends: the options that only it has. The sampler
 * looks at the ports, nothing else in core does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERIES_PORTS_MAX = 64 };

/* Ports that the user named. */
struct series_ports {
	uint16_t port[SERIES_PORTS_MAX];
	size_t count;
};

enum listening_ports { LISTENING_PORTS_AUTO, LISTENING_PORTS_OFF, LISTENING_PORTS_ON };

struct series {
	bool all;         /* counts of all sockets by state */
	bool ip_versions; /* the same by address family */
	bool listeners;   /* queues and drops of each listener */
	bool spread;      /* different remote addresses and processes of each state */
	bool limits;
	bool counters;
	bool conditions;
	bool tuning; /* each parameter; how many are harmful or drifted is sent anyway */
	bool sampler;
	bool notifications;     /* one a change of severity */
	uint32_t listening;     /* enum listening_ports */
	uint32_t max_listeners; /* listeners with series of their own, at the most */
	uint32_t max_remotes;   /* remote addresses with series of their own, at the most */
	struct series_ports local;
	struct series_ports remote;
};

/* Counts by state for the port of each listener: as with collectd's tcpconns, where no port is
 * named, unless it is asked for by name. Makes the answer final; sampler_new() takes one whose
 * listening is LISTENING_PORTS_AUTO for a wish that nobody has. */
static inline void series_settle(struct series *r)
{
	bool on = r->local.count == 0 && r->remote.count == 0;

	if (r->listening == LISTENING_PORTS_AUTO)
		r->listening = on ? LISTENING_PORTS_ON : LISTENING_PORTS_OFF;
}

#endif
