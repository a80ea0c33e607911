/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_INDEX_H
#define TCPSTATE_SUBAGENT_INDEX_H

/*
 * This module writes what identifies a row: its index as TCPSTATE-MIB defines it for each table,
 * and the line that tells a person about a connection.
 */

#include "subagent/oidtable.h"

/* struct table's index(): each for one kind of row. */
size_t index_state(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_info(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_listener(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_listener_state(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_conn(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_remote(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_spread(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_process(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_limit(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_counter(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_tuning(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_condition(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_arc(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);
size_t index_event(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX]);

/* struct column's format() of tcpStateConnSummary; row: a struct conn. "java[4321] app.service,
 * silent 1987 s, recvq 1, sendq 0, retrans 0, uid 1001", in ASCII. */
size_t index_conn_summary(const struct snapshot *s, const void *row, char *buf, size_t size);

#endif
