/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_CONNECTIONS_H
#define TCPSTATE_SUBAGENT_CONNECTIONS_H

/*
 * This module shows the connections of a snapshot one by one: state by state, the longest silent
 * first; of equal age by program, pid and address.
 */

#include <stdio.h>

#include "core/config/config.h"
#include "core/model/snapshot.h"

/*
 * Reads names of states, apart by commas, in any spelling of state_by_name(), ss or the MIB:
 * "close-wait", "TIME_WAIT,synack". STATE_BIT()s, or -EINVAL: *ret_wrong is the name that is none,
 * so many bytes long.
 */
int connections_states(const char *text, uint32_t *ret_states, const char **ret_wrong,
		       int *ret_len);

/* Has a sample list all of them. */
void connections_configure(struct config *config);

/* How many of these states the snapshot does not list. */
uint32_t connections_omitted(const struct snapshot *s, uint32_t states);

/*
 * Prints a table, of listening sockets a row for each address and port, with their accept queue and
 * its limit as queues. origin: whose snapshot it is, a sentence without its full stop. width: of
 * the page, SIZE_MAX: no bound; what is less wanted is left out and long names are cut to fit it,
 * if that is enough. 0 or -errno.
 */
int connections_print(FILE *out, const struct snapshot *s, uint32_t states, const char *origin,
		      size_t width);

/* The same as JSON, with the members of doc/json.md. */
int connections_json(FILE *out, const struct snapshot *s, uint32_t states, const char *origin);

#endif
