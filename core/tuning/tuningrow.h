/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGROW_H
#define TCPSTATE_CORE_TUNINGROW_H

/*
 * This module finds the rows of the tuning table while they are made.
 */

#include "core/model/tuning.h"

/* The row of one element; NULL: there is none. */
struct tuning *tuningrow_find(struct tuning *rows, size_t count, const char *name,
			      uint32_t element);

/* True if the running value is known. */
static inline bool tuningrow_has_value(const struct tuning *row)
{
	return row->status != TUNING_ABSENT && row->status != TUNING_UNREADABLE;
}

#endif
