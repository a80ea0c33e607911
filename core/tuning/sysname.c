/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysname.h"

#include <stdio.h>
#include <string.h>

static const char ipv4_prefix[] = "net.ipv4.";

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* tcp_fastopen_key and, for IPv6, stable_secret. */
static bool is_secret(const char *name)
{
	return ends_with(name, "_key") || ends_with(name, "_secret");
}

/* Letters, digits, "_" and "-", in parts between single separators. */
static bool is_well_formed(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t part;

	for (;;) {
		part = strspn(text, allowed);
		if (part == 0)
			return false;
		text += part;
		if (*text == '\0')
			return true;
		if (*text != '.')
			return false;
		text++;
	}
}

bool sysname_parse(const char *text, char ret_name[SYSNAME_MAX])
{
	char name[SYSNAME_KEY_MAX];
	const char *start = name;
	size_t len = strlen(text);

	if (len >= sizeof(name))
		return false;
	for (size_t i = 0; i <= len; i++)
		name[i] = text[i] == '/' ? '.' : text[i];
	if (!is_well_formed(name) || is_secret(name))
		return false;
	if (strncmp(name, ipv4_prefix, strlen(ipv4_prefix)) == 0) {
		const char *rest = name + strlen(ipv4_prefix);

		/* Parameters in directories below net.ipv4 keep the whole of their name. */
		if (!strchr(rest, '.'))
			start = rest;
	} else if (strchr(name, '.') && strncmp(name, "net.", 4) != 0) {
		return false;
	}
	len = strlen(start);
	if (len >= SYSNAME_MAX)
		return false;
	memcpy(ret_name, start, len + 1);
	return true;
}

void sysname_key(const char *name, char ret_key[SYSNAME_KEY_MAX])
{
	snprintf(ret_key, SYSNAME_KEY_MAX, "%s%.*s", strchr(name, '.') ? "" : ipv4_prefix,
		 SYSNAME_MAX - 1, name);
}

void sysname_path(const char *name, char ret_path[SYSNAME_KEY_MAX])
{
	sysname_key(name, ret_path);
	for (char *p = ret_path; *p; p++)
		if (*p == '.')
			*p = '/';
}

int sysname_cmp(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}
