/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_PROMETHEUS_H
#define TCPSTATE_SUBAGENT_PROMETHEUS_H

/*
 * This module writes a snapshot in Prometheus' text format, from the same descriptors that answer
 * SNMP. Which columns, under which names and with which labels is a table; doc/integrations.md
 * lists them. Connections, processes and remote addresses are not there: their number has no bound.
 */

#include <stdio.h>

#include "core/model/snapshot.h"

enum { PROMETHEUS_LISTENERS_MAX = 256 };

/* All of it but what is absent; of the listeners the first PROMETHEUS_LISTENERS_MAX. */
void prometheus_print(FILE *out, const struct snapshot *s);

/* Writes that to a new file and gives it the name path, readable by everybody. 0 or -errno. */
int prometheus_write(const char *path, const struct snapshot *s);

#endif
