/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_CHOICE_H
#define TCPSTATE_PLUGIN_CHOICE_H

/*
 * This module chooses which addresses get series of their own when there are more than allowed.
 * One that was chosen stays chosen as long as it is among the candidates: a series that comes and
 * goes makes gaps in graphs and alarms about missing values.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/inet.h"

struct candidate {
	struct inet_addr addr;
	uint16_t port;
	bool kept; /* set by choice_make() */
	uint32_t row;
	uint64_t weight; /* the heaviest are chosen first */
};

/* A zeroed one is an empty choice. */
struct choice {
	struct candidate *chosen; /* sorted by address and port */
	size_t count;
};

/* Makes one candidate of those with the same address and port, whose weights are added. Returns
 * how many are left. They are sorted by address and port then. */
size_t choice_merge(struct candidate *candidates, size_t n);

/* Chooses at most `max` of the candidates, which are reordered. -ENOMEM: the choice is empty. */
int choice_make(struct choice *choice, struct candidate *candidates, size_t n, size_t max);

/* True if one with this port is chosen. */
bool choice_has_port(const struct choice *choice, uint16_t port);

/* Frees what the choice holds; it is empty then. */
void choice_done(struct choice *choice);

#endif
