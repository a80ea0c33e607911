/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_ROWNAME_H
#define TCPSTATE_SUBAGENT_ROWNAME_H

/*
 * This module names the rows of tables whose index is numbers only, for columns and labels: ASCII,
 * ROWNAME_MAX bytes with the NUL at the most, cut where it would be longer.
 *
 * Each function writes to buf and returns the length, without the NUL; row is one of the table's.
 * They are format() of struct column.
 */

#include "core/model/snapshot.h"

enum { ROWNAME_MAX = 65 };

size_t rowname_ip_version(const struct snapshot *s, const void *row, char *buf, size_t size);
/* "[::]:443", "10.0.0.1%eth1:80" */
size_t rowname_listener(const struct snapshot *s, const void *row, char *buf, size_t size);
size_t rowname_limit(const struct snapshot *s, const void *row, char *buf, size_t size);
/* "tcp_sack", "tcp_wmem[3]" */
size_t rowname_tuning(const struct snapshot *s, const void *row, char *buf, size_t size);
/* The condition's name: "closeWaitStale", "stateCount.SYN_RECV". */
size_t rowname_event(const struct snapshot *s, const void *row, char *buf, size_t size);

/* True if the parameter of rows[i] has several elements. */
bool rowname_is_vector(const struct tuning_table *table, size_t i);

#endif
