/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

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

void text_add_list(struct text *text, const char *sep, const char *list)
{
	size_t len = strlen(list);

	while (len > 0 && !text_add(text, sep, "%.*s", (int)len, list))
		do
			len--;
		while (len > 0 && (list[len] != ',' || list[len + 1] != ' '));
}

/* How many bytes the UTF-8 character at p takes; 0: there is none, or it is a control character
 * (C0, DEL, C1). RFC 3629: no overlong forms, no surrogates, U+10FFFF at most. */
static size_t printable(const unsigned char *p)
{
	static const struct {
		unsigned char first, last; /* of the first byte */
		unsigned char low, high;   /* of the second byte */
		unsigned char len;
	} forms[] = {
	    {0x20, 0x7e, 0, 0xff, 1},    {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].len > 1 && (p[1] < forms[i].low || p[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++) {
			if (p[k] < 0x80 || p[k] > 0xbf)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

void text_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;
	size_t len;

	while (*p != '\0') {
		len = printable(p);
		if (len == 0)
			*p = '?';
		p += len ? len : 1;
	}
}
