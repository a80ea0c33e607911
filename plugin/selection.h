/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_PLUGIN_SELECTION_H
#define TCPSTATE_PLUGIN_SELECTION_H

/*
 * This module gives the values of single listeners, ports and remote addresses, of which there is
 * no end on some hosts: no more than the report allows.
 */

#include "core/model/snapshot.h"
#include "plugin/choice.h"
#include "plugin/metric.h"
#include "plugin/series.h"

/* A zeroed one has chosen nothing yet. */
struct selection {
	struct choice listeners;
	struct choice remotes;
};

/* Chooses from the snapshot. -ENOMEM: some are left out. */
int selection_choose(struct selection *p, const struct series *report, const struct snapshot *s);

/* Gives the values of those chosen from this snapshot, and of the ports. */
void selection_emit(const struct selection *p, const struct series *report,
		    const struct snapshot *s, const struct sink *sink);

/* Frees what p holds; it has chosen nothing then. */
void selection_done(struct selection *p);

#endif
