/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_SAMPLE_H
#define TCPSTATE_TESTS_SAMPLE_H

/*
 * This module makes up whole snapshots for the tests of what is shown.
 */

#include "core/model/snapshot.h"

/* 2026-11-21 02:12:07 UTC: when all of them were taken. */
enum { SAMPLE_TIME = 1795227127 };

/* No sockets, no listeners, nothing judged. */
struct snapshot *sample_empty(void);

/* A web server with little to do; nothing abnormal. */
struct snapshot *sample_quiet(void);

/* A SYN flood on one listener, an application that forgets close() behind another. */
struct snapshot *sample_trouble(void);

/* The longest names that fit, of characters that do harm on a terminal, and the highest numbers,
 * everywhere; 1000 listeners. */
struct snapshot *sample_hostile(void);

/* For all of them; NULL is allowed. */
void sample_free(struct snapshot *s);

#endif
