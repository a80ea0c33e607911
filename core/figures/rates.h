/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_RATES_H
#define TCPSTATE_CORE_RATES_H

/*
 * This module tells what each of the kernel's counters has gained in the last minute.
 */

#include "core/model/snapshot.h"

struct rates;

int rates_new(struct rates **ret_rates);
void rates_free(struct rates *r);

/*
 * Notes now->counters and fills their last_minute, and info.rated_ms: 60 to 65 s; less in the first
 * minute; more where samples are rarer than that, and then the gain of that time is brought down to
 * a minute. A counter that went back, or that was not there before, is not rated.
 * -ENOMEM: nothing is rated, and the moment is not remembered.
 */
int rates_note(struct rates *r, struct snapshot *now);

#endif
