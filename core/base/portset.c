/* SPDX-License-Identifier: MIT */
#include "core/base/portset.h"

#include <string.h>

#include "core/base/number.h"

bool portset_parse(const char *text, struct portset *ret_set)
{
	static const char between[] = " \t\n,";
	uint64_t first, last;

	memset(ret_set, 0, sizeof(*ret_set));
	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		if (!number_take(&text, 10, UINT16_MAX, &first))
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!number_take(&text, 10, UINT16_MAX, &last) || last < first)
				return false;
		}
		if (*text && !strchr(between, *text))
			return false;
		for (uint64_t port = first; port <= last; port++)
			portset_add(ret_set, (uint16_t)port);
	}
	return true;
}
