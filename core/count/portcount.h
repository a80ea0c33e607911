/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PORTCOUNT_H
#define TCPSTATE_CORE_PORTCOUNT_H

/*
 * This module counts connections by local and by remote port, for the ports that a report names
 * and those that have a listener.
 */

#include "core/model/conn.h"
#include "core/config/ports.h"
#include "core/model/snapshot.h"

struct portcount {
	const struct counted_ports *wanted; /* NULL: nothing is counted */
	struct port *rows;                  /* those named first, then as listeners were found */
	size_t count, capacity;
	uint16_t (*index)[65536]; /* [remote]: of a port's row + 1; NULL before the first use */
};

/* Starts a sample. wanted must live until portcount_finish(); NULL: count nothing. -ENOMEM. */
int portcount_begin(struct portcount *p, const struct counted_ports *wanted);

/* Counts a socket; the listeners must come first. -ENOMEM. */
int portcount_add(struct portcount *p, const struct conn *conn);

/* Fills now->ports. -ENOMEM. */
int portcount_finish(struct portcount *p, struct snapshot *now);

/* Frees what p holds. */
void portcount_done(struct portcount *p);

#endif
