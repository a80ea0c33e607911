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

/*
 * The limit of descriptors that a process may run into; 0: not known, or none: who has far more
 * open than it may have has lowered its limit afterwards, so as to open no more (sshd before the
 * login). A few more are open where some were inherited, whose numbers are beyond the limit.
 */
uint32_t offender_fds_max(const struct owner *owner);

/* The share of that limit that it has open, in percent; 0: not known, or no limit. */
uint32_t offender_descriptors(const struct owner *owner);

/* "0.0.0.0:8443 nginx[812] nginx.service"; nothing for an index outside of the listeners. owner:
 * that of all its sockets, or of the one that is meant. */
void offender_listener(struct text *text, const struct snapshot *s, size_t listener,
		       uint32_t owner);

/*
 * Who stands out among suspects has at least half of them; where nobody does, the first three are
 * named: "spread over 12 addresses: 192.0.2.1 (8), 192.0.2.7 (5), 192.0.2.9 (5)". Port, remote
 * address and network are those of the listener or the process that stands out.
 */

/* The listener, its share, and their remote. "0.0.0.0:8443 nginx[812] nginx.service, 120 of 129,
 * most from 198.18.77.0/24". */
void offender_suspect_listener(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects);

/* The same of connections that wait for accept(): with the process whose socket they wait at. */
void offender_suspect_acceptor(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects);

/* The process, the port that most of them have, its share; of connections that it opened itself the
 * remote. "java[4321] app.service, local port 8080, 1198 of 1201", "java[4321] app.service, remote
 * port 5432, 40 of 41, most to 198.51.100.7". */
void offender_suspect_process(struct text *text, const struct snapshot *s,
			      const struct suspects *suspects);

/* The remote address and port with the most, and its process: "198.51.100.7:5432, java[4321]
 * app.service, 40 of 41". */
void offender_suspect_endpoint(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects);

/* "198.51.100.7, 80 of 100": the remote address, or the network if many of its addresses act
 * together. */
void offender_suspect_remote(struct text *text, const struct suspects *suspects);

/* "most from 198.18.77.0/24", "half to 198.51.100.7". */
void offender_suspect_origin(struct text *text, const struct suspects *suspects);

/* The top process of a state, or its top remote if no process is known: "java[4321] app.service,
 * 900 of 1000". */
void offender_state(struct text *text, const struct snapshot *s, uint32_t state);

/* "198.51.100.7, 900 of 1000": the top remote of a state. */
void offender_state_remote(struct text *text, const struct snapshot *s, uint32_t state);

/* "full in 12 min", where it grows steadily. */
void offender_time_left(struct text *text, const struct limit *limit);

#endif
