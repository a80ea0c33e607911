/* SPDX-License-Identifier: MIT */
#include "core/model/netns.h"

#include <string.h>

void netns_set_name(const char *prefix, const char *text, size_t len, char ret_name[NETNS_NAME_MAX])
{
	size_t at = strnlen(prefix, NETNS_NAME_MAX - 1);

	memcpy(ret_name, prefix, at);
	for (size_t i = 0; i < len && at < NETNS_NAME_MAX - 1; i++) {
		char c = text[i];

		ret_name[at++] = (char)(c > ' ' && c <= '~' && c != '/' ? c : '_');
	}
	ret_name[at] = '\0';
}

const struct netns *netns_find(const struct netns *rows, size_t count, const char *name)
{
	for (const struct netns *row = rows; row < rows + count; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}
