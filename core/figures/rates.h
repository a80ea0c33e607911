/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_RATES_H
#define TCPSTATE_CORE_RATES_H

/*
 * This module remembers the kernel's counters for a minute, and tells what each has gained in it.
 */

#include "core/model/snapshot.h"

struct rates;

int rates_new(struct rates **ret_rates);
void rates_free(struct rates *r);

/*
 * Notes now->counters and fills their last_minute, and info.rated_ms. The minute is one to 65 s
 * long at most; where samples are rarer than that, the gain of the time between them is brought
 * down to a minute. A counter that went back, or that was not there before, is not rated.
 * -ENOMEM: nothing is rated, and the moment is not remembered.
 */
int rates_note(struct rates *r, struct snapshot *now);

#endif
