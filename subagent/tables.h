/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_TABLES_H
#define TCPSTATE_SUBAGENT_TABLES_H

/*
 * This module is TCPSTATE-MIB as data: a line for each column. A test holds it against the text of
 * the MIB.
 */

#include "subagent/oidtable.h"

extern const struct oidtree tables_tree;

#endif
