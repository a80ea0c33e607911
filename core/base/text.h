/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TEXT_H
#define TCPSTATE_CORE_TEXT_H

/*
 * This module puts a line together from pieces, each of which is there whole or not at all: a
 * number or a UTF-8 character that is cut in two would say something else. And it makes text from
 * elsewhere fit for a terminal.
 */

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *buf;
	size_t size;
	size_t len;
};

/* An empty text in buf; size is at least 1. */
struct text text_begin(char *buf, size_t size);

/* Appends a piece, after sep unless it is the first. False: it does not fit, and the text is as
 * before. */
bool text_add(struct text *text, const char *sep, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends a list whose parts stand between ", ", as much of it as fits whole. */
void text_add_list(struct text *text, const char *sep, const char *list);

/* True for equal names, in any case; the characters of `skipped` do not count. */
bool text_is_same_name(const char *a, const char *b, const char *skipped);

/* Makes text printable UTF-8 in place: each byte of a control character, of one that prints nothing
 * (zero width, direction of writing, line separator) and of what is no UTF-8 becomes '?'. */
void text_clean(char *text);

#endif
