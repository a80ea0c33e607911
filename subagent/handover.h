/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_HANDOVER_H
#define TCPSTATE_SUBAGENT_HANDOVER_H

/*
 * This module passes snapshots from the process that samples to the one that answers. The way is
 * one way: nothing can be asked; what comes back is two numbers. The snapshots are those of the
 * host, and of its other namespaces, which say so themselves. Each snapshot is a block of flat.h in
 * a file in memory, whose descriptor is sent; the receiver copies it, and checks the copy.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "subagent/told.h"

/* What the agent needs of the configuration goes with each snapshot. Without padding: it is sent as
 * it lies in memory. */
struct handover_settings {
	int32_t warning, critical; /* the rule of `sampling`, to judge the age of what it shows */
	uint32_t hold_s;
	uint32_t interval_s;
	uint32_t busy_poll_us;
	uint32_t traps; /* 1: send notifications */
};

/* What the agent tells, in memory that both share. */
struct handover_back {
	atomic_uint lost;   /* notifications that the master never got */
	atomic_uint starts; /* of agents: a new one has no snapshot yet */
	struct told told;   /* for the next agent; the sampler does not read it */
};

struct handover {
	int in_fd, out_fd; /* the sampler's end and the agent's; readable when there is one */
	struct handover_back *back;
};

/* Before the processes are forked. 0 or -errno. */
int handover_open(struct handover *ret_handover);

/* 0; -EAGAIN: the agent is behind, and will get a later one; or -errno. */
int handover_send(int in_fd, const struct handover_settings *settings, const void *block,
		  size_t size);

/* Takes the next one that waits; the caller frees the block. 0; -EAGAIN: there is none; -EINVAL: no
 * snapshot; or -errno. */
int handover_receive(int out_fd, struct handover_settings *ret_settings, void **ret_block,
		     size_t *ret_size);

#endif
