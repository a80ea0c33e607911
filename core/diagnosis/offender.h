/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_OFFENDER_H
#define TCPSTATE_CORE_OFFENDER_H

/*
 * This module names who causes a condition: a listener, a process, a remote address or network,
 * with its share.
 */

#include "core/model/snapshot.h"
#include "core/base/text.h"

/* "java[4321] app.service"; nothing where nobody is known. */
void offender_owner(struct text *text, const char *sep, const struct snapshot *s, uint32_t owner);

/* "0.0.0.0:8443 nginx[812] nginx.service"; nothing for an index outside of the listeners. */
void offender_listener(struct text *text, const struct snapshot *s, size_t listener);

/*
 * The listener with the most of the suspects, its share, and their remote. "0.0.0.0:8443
 * nginx[812] nginx.service, 120 of 129, most from 198.18.77.0/24".
 */
void offender_suspect_listener(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects);

/*
 * The process with the most of the suspects, the port where most of them are, its share. port:
 * what the port is called. "java[4321] app.service, local port 8080, 1198 of 1201".
 */
void offender_suspect_process(struct text *text, const struct snapshot *s,
			      const struct suspects *suspects, const char *port);

/* "198.51.100.7, 80 of 100": the remote address, or the network if many of its addresses act
 * together. */
void offender_suspect_remote(struct text *text, const struct suspects *suspects);

/* "most from 198.18.77.0/24", "12 of 60 from 198.51.100.7", "from many addresses". word: "from" or
 * "to". */
void offender_suspect_origin(struct text *text, const struct suspects *suspects, const char *word);

/* The top process of a state, or its top remote if no process is known: "java[4321] app.service,
 * 900 of 1000". */
void offender_state(struct text *text, const struct snapshot *s, uint32_t state);

/* "198.51.100.7, 900 of 1000": the top remote of a state. */
void offender_state_remote(struct text *text, const struct snapshot *s, uint32_t state);

#endif
