/* SPDX-License-Identifier: MIT */
#include "core/base/portset.h"

#include <stddef.h>
#include <string.h>

/* Reads a port and moves *text behind it. */
static bool parse_port(const char **text, uint32_t *ret_port)
{
	const char *p = *text;
	uint32_t port = 0;

	while (*p >= '0' && *p <= '9' && port <= 65535)
		port = port * 10 + (uint32_t)(*p++ - '0');
	if (p == *text || port > 65535)
		return false;
	*text = p;
	*ret_port = port;
	return true;
}

bool portset_parse(const char *text, struct portset *ret_set)
{
	static const char between[] = " \t\n,";
	uint32_t first, last;

	memset(ret_set, 0, sizeof(*ret_set));
	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		if (!parse_port(&text, &first))
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!parse_port(&text, &last) || last < first)
				return false;
		}
		if (*text && !strchr(between, *text))
			return false;
		for (uint32_t port = first; port <= last; port++)
			ret_set->bits[port / 64] |= UINT64_C(1) << (port % 64);
	}
	return true;
}
