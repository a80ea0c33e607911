/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_VOTE_H
#define TCPSTATE_CORE_VOTE_H

/*
 * This module finds who has the most of very many things that are seen once and not kept, with room
 * for two (the algorithm of Misra and Gries). Of two owners it is exact; of more, an owner of over
 * a third is not lost.
 */

#include <stdint.h>

struct vote {
	uint32_t owner[2]; /* 0: nobody */
	uint32_t count[2]; /* at the most that many are its */
};

/* Adds `count` of an owner; those of nobody (0) are not counted. */
void vote_add(struct vote *v, uint32_t owner, uint32_t count);

/* The one with the most, of equal ones the lower index; 0: nobody has any. */
uint32_t vote_top(const struct vote *v);

#endif
