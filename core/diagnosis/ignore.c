/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/ignore.h"

#include <string.h>

#include "core/model/snapshot.h"

_Static_assert(sizeof(((struct owner *)NULL)->name) == IGNORE_PROCESS_SIZE, "a name that fits");
_Static_assert(sizeof(((struct owner *)NULL)->service) == IGNORE_SERVICE_SIZE, "a name that fits");

const char *const ignore_kind_names[IGNORE_KINDS] = {
    [IGNORE_PROCESS] = "process",   [IGNORE_SERVICE] = "service", [IGNORE_PORT] = "port",
    [IGNORE_LISTENER] = "listener", [IGNORE_REMOTE] = "remote",   [IGNORE_NETWORK] = "network",
};

/* The same first bits, whatever the zone. */
static bool in_network(const struct inet_addr *addr, const struct inet_addr *network,
		       unsigned prefix)
{
	unsigned whole = prefix / 8, rest = prefix % 8;

	return addr && inet_addr_is_v4(addr) == inet_addr_is_v4(network) &&
	       memcmp(addr->bytes, network->bytes, whole) == 0 &&
	       (rest == 0 || (addr->bytes[whole] ^ network->bytes[whole]) >> (8 - rest) == 0);
}

static bool is_meant(const struct ignore *row, const struct ignore_subject *subject)
{
	switch ((enum ignore_kind)row->kind) {
	case IGNORE_PROCESS:
		return strcmp(subject->owner->name, row->name) == 0;
	case IGNORE_SERVICE:
		return strcmp(subject->owner->service, row->name) == 0;
	case IGNORE_PORT:
		return subject->local_port == row->port || subject->remote_port == row->port;
	case IGNORE_LISTENER:
		return subject->local_port == row->port &&
		       in_network(subject->listener, &row->addr, row->prefix);
	case IGNORE_REMOTE:
	case IGNORE_NETWORK:
		return in_network(subject->remote, &row->addr, row->prefix);
	}
	return false;
}

bool ignores_match(const struct ignores *ignores, uint32_t condition,
		   const struct ignore_subject *subject)
{
	for (size_t i = 0; i < ignores->count; i++)
		if (ignores->row[i].condition == condition && is_meant(&ignores->row[i], subject))
			return true;
	return false;
}
