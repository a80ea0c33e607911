/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_PUBLISH_H
#define TCPSTATE_SUBAGENT_PUBLISH_H

/*
 * This module gives out what the daemon has seen last: to the agent, and in files, that of the
 * snapshot and that for Prometheus; it tells the log what hinders it.
 */

#include "subagent/handover.h"
#include "subagent/snapshotfile.h"

struct publish {
	int agent_fd;               /* the sampler's end of the handover */
	char path[128];             /* "": nothing is written */
	const char *config_path;    /* as for struct snapshotfile */
	int error;                  /* of the newest writing; 0 or -errno */
	struct timespec counted_at; /* of the snapshot in the file; 0: none */
	char prometheus[128];       /* path; "": nothing is written */
	int prometheus_error;       /* of the newest writing; 0 or -errno */
	uint64_t *netns;            /* inodes of the other namespaces that have a file */
	size_t n_netns, netns_capacity;
};

/* Writes from now on to this file, "": to none; one at another path is removed. */
void publish_to(struct publish *p, const char *path);

/* Sends the snapshot to the agent, and writes it if its states have been counted anew since the
 * last one, or a condition has changed: not with each look at the listeners, for a large host's
 * rows are a megabyte. 0 or -ENOMEM: it went nowhere. */
int publish_snapshot(struct publish *p, const struct snapshot *s,
		     const struct handover_settings *settings, bool changed);

/* The same of another namespace; inode: of it. -EAGAIN: the agent has not got it, for it is behind.
 */
int publish_netns(struct publish *p, const struct snapshot *s, uint64_t inode,
		  const struct handover_settings *settings);

/* Removes the files of namespaces that are none of these. */
void publish_keep(struct publish *p, const struct netns *rows, size_t n);

/* The same two for the file of Prometheus, which is written with each snapshot. */
void publish_prometheus_to(struct publish *p, const char *path);
void publish_prometheus(struct publish *p, const struct snapshot *s);

#endif
