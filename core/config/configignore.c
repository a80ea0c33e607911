/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"
#include "core/config/config_private.h"

/* With the prefix of all its bits; a v4-mapped address is the IPv4 address that its connections are
 * shown with. False: no address, or one with a zone. */
static bool parse_addr(const char *text, struct ignore *row)
{
	uint32_t words[4];

	if (inet_pton(AF_INET, text, words) == 1)
		inet_addr_from_v4(words, &row->addr);
	else if (inet_pton(AF_INET6, text, words) == 1)
		inet_addr_from_v6(words, 0, &row->addr);
	else
		return false;
	row->prefix = row->addr.type == INET_IPV4 ? 32 : 128;
	return true;
}

static int set_name(struct ignore *row, const char *label, const char *value, size_t size,
		    char *error)
{
	if (value[0] == '\0' || strlen(value) >= size)
		return option_refuse(error, "%s: a name of 1 to %zu bytes is wanted", label,
				     size - 1);
	strcpy(row->name, value);
	return 0;
}

static int set_port(struct ignore *row, const char *label, const char *value, char *error)
{
	uint32_t port;
	int r = option_number(label, value, 1, 65535, &port, error);

	if (r == 0)
		row->port = (uint16_t)port;
	return r;
}

/* "0.0.0.0:443", "[::]:443" */
static int set_listener(struct ignore *row, const char *label, const char *value, char *error)
{
	const char *colon = strrchr(value, ':');
	bool bracket = value[0] == '[';
	char addr[64] = "";

	if (colon)
		snprintf(addr, sizeof(addr), "%.*s", (int)(colon - value - 2 * bracket),
			 value + bracket);
	if (!colon || (bracket && colon[-1] != ']') || !parse_addr(addr, row) ||
	    bracket != (strchr(addr, ':') != NULL))
		return option_refuse(error,
				     "%s: \"%s\" is no listener as ADDRESS:PORT or [ADDRESS]:PORT",
				     label, value);
	return set_port(row, label, colon + 1, error);
}

static int set_remote(struct ignore *row, const char *label, const char *value, char *error)
{
	return parse_addr(value, row)
		   ? 0
		   : option_refuse(error, "%s: \"%s\" is no address", label, value);
}

/* "198.51.100.0/24", "2001:db8::/32" */
static int set_network(struct ignore *row, const char *label, const char *value, char *error)
{
	size_t len = strcspn(value, "/");
	uint32_t prefix;
	char addr[64];

	snprintf(addr, sizeof(addr), "%.*s", (int)len, value);
	if (value[len] != '/' || !parse_addr(addr, row))
		return option_refuse(error, "%s: \"%s\" is no network as ADDRESS/BITS", label,
				     value);
	if (option_number(label, value + len + 1, 0, row->prefix, &prefix, error) < 0)
		return -EINVAL;
	row->prefix = (uint8_t)prefix;
	return 0;
}

static int set_value(struct ignore *row, const char *label, const char *value, char *error)
{
	switch ((enum ignore_kind)row->kind) {
	case IGNORE_PROCESS:
		return set_name(row, label, value, IGNORE_PROCESS_SIZE, error);
	case IGNORE_SERVICE:
		return set_name(row, label, value, IGNORE_SERVICE_SIZE, error);
	case IGNORE_PORT:
		return set_port(row, label, value, error);
	case IGNORE_LISTENER:
		return set_listener(row, label, value, error);
	case IGNORE_REMOTE:
		return set_remote(row, label, value, error);
	case IGNORE_NETWORK:
		return set_network(row, label, value, error);
	}
	return -EINVAL;
}

/* One of the words that the condition has. */
static int find_kind(const struct condition_info *info, const char *word, uint8_t *ret_kind,
		     char *error)
{
	char buf[64];
	struct text known = text_begin(buf, sizeof(buf));

	if (info->ignores == 0)
		return option_refuse(error, "ignore: %s looks at no sockets that could be left out",
				     info->name);
	for (uint8_t kind = 0; kind < IGNORE_KINDS; kind++) {
		if (!(info->ignores & IGNORE_BIT(kind)))
			continue;
		text_add(&known, " ", "%s", ignore_kind_names[kind]);
		if (strcasecmp(word, ignore_kind_names[kind]) == 0) {
			*ret_kind = kind;
			return 0;
		}
	}
	return option_refuse(error, "ignore %s: \"%s\" is none of %s", info->name, word, buf);
}

int config_set_ignore(void *member, const struct config_option *option, int argc,
		      const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	const struct condition_info *info = condition_by_name(argv[0]);
	struct ignores *ignores = member;
	struct ignore row = {0};
	char label[64];
	int r;

	(void)argc;
	if (!info)
		return config_refuse_condition(option->name, argv[0], error);
	r = find_kind(info, argv[1], &row.kind, error);
	if (r < 0)
		return r;
	row.condition = (uint8_t)info->id;
	snprintf(label, sizeof(label), "ignore %s %s", info->name, ignore_kind_names[row.kind]);
	r = set_value(&row, label, argv[2], error);
	if (r < 0)
		return r;
	if (ignores->count == IGNORES_MAX)
		return option_refuse(error, "ignore: more than %d of them", IGNORES_MAX);
	ignores->row[ignores->count++] = row;
	return 0;
}
