/* SPDX-License-Identifier: MIT */
#include "core/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

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

bool text_is_same_name(const char *a, const char *b, const char *skipped)
{
	for (;; a++, b++) {
		a += strspn(a, skipped);
		b += strspn(b, skipped);
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

/* What prints nothing and may hide or reorder what stands around it: Unicode's format characters
 * (Cf), its fillers, the separators of lines and the tags. */
static bool is_invisible(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
	    {0x0600, 0x0605},   {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},
	    {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
	    {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164},
	    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
	    {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
	    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < COUNT_OF(ranges); i++) {
		if (code <= ranges[i].last)
			return code >= ranges[i].first;
	}
	return false;
}

/* How many bytes the UTF-8 character at p takes; 0: there is none, or it is not to be shown.
 * RFC 3629: no overlong forms, no surrogates, U+10FFFF at most. */
static size_t printable(const unsigned char *p)
{
	static const struct {
		unsigned char bits, mask; /* of the first byte */
		unsigned char len;
		uint32_t least; /* the code that needs so many bytes */
	} forms[] = {
	    {0x00, 0x80, 1, 0},
	    {0xc0, 0xe0, 2, 0x80},
	    {0xe0, 0xf0, 3, 0x800},
	    {0xf0, 0xf8, 4, 0x10000},
	};

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		uint32_t code = p[0] & (unsigned char)~forms[i].mask;

		if ((p[0] & forms[i].mask) != forms[i].bits)
			continue;
		for (size_t k = 1; k < forms[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (p[k] & 0x3f);
		}
		if (code < forms[i].least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return 0;
		return is_invisible(code) ? 0 : forms[i].len;
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
