/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TEXTPOOL_H
#define TCPSTATE_CORE_TEXTPOOL_H

/*
 * This module keeps many short strings that live and die together. A string stays where it is
 * until the pool is freed, so that rows can point to it while the pool grows.
 */

#include <stddef.h>

struct textpool;

/* A new pool. 0 or -ENOMEM. */
int textpool_new(struct textpool **ret_pool);

/* Frees the pool and all of its strings; NULL is allowed. */
void textpool_free(struct textpool *pool);

/* Keeps a copy of len bytes and a NUL after them. NULL: out of memory. */
char *textpool_add(struct textpool *pool, const char *text, size_t len);

/* Keeps what the format gives, cut at 1023 bytes. NULL: out of memory. */
char *textpool_format(struct textpool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
