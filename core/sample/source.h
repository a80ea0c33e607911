/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SOURCE_H
#define TCPSTATE_CORE_SOURCE_H

/*
 * This module gives the sockets to a builder: from sock_diag, or where that is refused from
 * /proc/net.
 */

#include "core/kernel/diag.h"
#include "core/model/snapshot.h"
#include "core/count/builder.h"

/* Fast samples leave out the states that are the bulk, and CLOSED, which costs a walk of its own.
 */
#define STATES_FAST                                                                                \
	(STATE_MASK_ALL &                                                                          \
	 ~(STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_CLOSED)))

/* Zeroed at first. */
struct source {
	bool one_pass;     /* all states are read in one pass, with all attributes */
	struct diag *diag; /* NULL: not opened yet, or refused at the last try */
	uint32_t unknown_states, malformed; /* see struct sample_info */
};

/* Frees what is held. The next source_read() opens it again, in the namespace that its thread is in
 * then. */
void source_close(struct source *s);

/*
 * Begins b and gives it the sockets of options->states; a dump that the kernel calls inconsistent
 * is repeated. options->limits_known is not read: the source decides. net_fd: directory handle of
 * /proc/thread-self/net. 0; -EINTR: no dump was consistent; or see diag_dump(), procnet_dump(),
 * builder_begin().
 */
int source_read(struct source *s, int net_fd, const struct builder_options *options,
		struct builder *b, enum sample_source *ret_source);

#endif
