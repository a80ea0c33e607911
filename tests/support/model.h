/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_MODEL_H
#define TCPSTATE_TESTS_MODEL_H

/*
 * This module is a made-up host: a snapshot with several rows in each table, one of every kind
 * that an index or a column can meet.
 */

#include "core/model/snapshot.h"

/* Fills *ret_snapshot, whose rows are constants of the model's: nothing is to be freed. */
void model_fill(struct snapshot *ret_snapshot);

#endif
