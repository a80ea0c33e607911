/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SUSPECT_H
#define TCPSTATE_CORE_SUSPECT_H

/*
 * This module tells which sockets the conditions look at (enum suspect). Pure.
 */

#include "core/model/conn.h"
#include "core/model/snapshot.h"

/* A socket is of so many kinds at the most. */
enum { SUSPECT_KINDS_MAX = 2 };

/* The kinds that this socket belongs to, as bits 1 << enum suspect. fin_wait_stale_s: the age from
 * which an owned FIN_WAIT_2 is stale. */
unsigned suspect_kinds(const struct conn *conn, uint32_t fin_wait_stale_s);

#endif
