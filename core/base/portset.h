/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PORTSET_H
#define TCPSTATE_CORE_PORTSET_H

/*
 * This module holds a set of ports, as ip_local_reserved_ports lists them.
 */

#include <stdbool.h>
#include <stdint.h>

struct portset {
	uint64_t bits[65536 / 64];
};

/* From "8080,9000-9010", blanks and a trailing comma allowed. False: no such list; *ret_set holds
 * what came before the fault. */
bool portset_parse(const char *text, struct portset *ret_set);

static inline void portset_add(struct portset *set, uint16_t port)
{
	set->bits[port / 64] |= UINT64_C(1) << (port % 64);
}

static inline bool portset_has(const struct portset *set, uint16_t port)
{
	return set->bits[port / 64] >> (port % 64) & 1;
}

#endif
