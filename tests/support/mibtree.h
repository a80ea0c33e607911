/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_MIBTREE_H
#define TCPSTATE_TESTS_MIBTREE_H

/*
 * This module has net-snmp's parser read TCPSTATE-MIB, as a manager would with no other modules
 * than the project's own and net-snmp's, and looks things up in it.
 */

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/suite.h"

/* Reads the MIB that MIBFILE names with the modules of MIBBASE, and runs the tests; the program's
 * exit code. */
int mibtree_run(const char *name, CU_TestInfo *tests);

/* Asserts; if it does not hold, says what is wrong with which name. */
void mibtree_expect(bool good, const char *name, const char *what);

/* The identifier of arcs below tcpStateMIB; returns its length. */
size_t mibtree_oid(oid name[MAX_OID_LEN], const uint32_t *arcs, size_t n_arcs);

/* The node with exactly this identifier, or with this name; NULL if there is none. */
struct tree *mibtree_at(const uint32_t *arcs, size_t n_arcs);
struct tree *mibtree_named(const char *name);

#endif
