/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_RECORDED_H
#define TCPSTATE_TESTS_RECORDED_H

/*
 * This module makes the kernel parameters of a recorded release (tests/data/tunable) and reads
 * them.
 */

#include "core/model/snapshot.h"
#include "tests/support/tree.h"

/* Makes the files of a release below the tree's sys. */
void recorded_expand(const struct tree *t, const char *release);

/* Reads the tree with a shipped profile or one by path, sysctl.d as systemd does. */
struct tuning_table *recorded_audit(const struct tree *t, const char *profile,
				    const struct listener *listeners, size_t n_listeners);

/* The row of an element, or NULL. */
const struct tuning *recorded_find(const struct tuning_table *table, const char *name,
				   uint32_t element);

#endif
