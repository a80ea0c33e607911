/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_SAMPLELOG_H
#define TCPSTATE_SUBAGENT_SAMPLELOG_H

/*
 * This module tells the log what hinders sampling, and when it does no longer: each change once.
 */

#include "core/model/snapshot.h"

/* What was told last; zeroed at first. */
struct samplelog {
	uint32_t source;
	bool failing, unreadable;
	char trouble[sizeof(((struct sample_info *)0)->last_error)];
	char tuning_error[sizeof(((struct sample_info *)0)->tuning_error)];
	char others_error[sizeof(((struct sample_info *)0)->others_error)];
	char missing[sizeof(((struct sample_info *)0)->missing)];
};

void samplelog_update(struct samplelog *log, const struct snapshot *s);

/* There is still no first snapshot, and why. */
void samplelog_no_sample(struct samplelog *log, const char *trouble);

#endif
