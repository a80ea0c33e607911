/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_begin(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){.buf = buf, .size = size};
}

bool text_add(struct text *text, const char *sep, const char *format, ...)
{
	char *end = text->buf + text->len;
	size_t room = text->size - text->len;
	size_t sep_len = text->len > 0 ? strlen(sep) : 0;
	va_list ap;
	int len = -1;

	if (sep_len < room) {
		va_start(ap, format);
		len = vsnprintf(end + sep_len, room - sep_len, format, ap);
		va_end(ap);
	}
	if (len < 0 || (size_t)len >= room - sep_len) {
		*end = '\0';
		return false;
	}
	memcpy(end, sep, sep_len);
	text->len += sep_len + (size_t)len;
	return true;
}
