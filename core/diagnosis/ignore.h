/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_IGNORE_H
#define TCPSTATE_CORE_IGNORE_H

/*
 * This module says what the user has a condition leave out: the sockets of a process, of a remote
 * network and so on. How many are left out is counted; they add to nothing else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/inet.h"

struct owner;

enum ignore_kind {
	IGNORE_PROCESS,
	IGNORE_SERVICE,
	IGNORE_PORT,
	IGNORE_LISTENER,
	IGNORE_REMOTE,
	IGNORE_NETWORK,
};

enum {
	IGNORE_KINDS = 6,
	IGNORES_MAX = 32,
	/* Of the names in struct owner, with a NUL. */
	IGNORE_PROCESS_SIZE = 16,
	IGNORE_SERVICE_SIZE = 96,
};

#define IGNORE_BIT(kind) (1u << (kind))

/* Their words, by enum ignore_kind. */
extern const char *const ignore_kind_names[IGNORE_KINDS];

struct ignore {
	uint8_t condition;              /* enum condition_id */
	uint8_t kind;                   /* enum ignore_kind */
	uint8_t prefix;                 /* network: bits */
	uint16_t port;                  /* port, listener */
	struct inet_addr addr;          /* listener, remote, network; without a zone */
	char name[IGNORE_SERVICE_SIZE]; /* process, service */
};

struct ignores {
	struct ignore row[IGNORES_MAX];
	size_t count;
};

/* What a socket, a listener or a process is compared by; what does not apply is NULL or 0. */
struct ignore_subject {
	const struct owner *owner;
	const struct inet_addr *listener; /* that it belongs to */
	const struct inet_addr *remote;
	uint16_t local_port;  /* the listener's own, where there is one */
	uint16_t remote_port; /* where it belongs to no listener */
};

/* True if the condition leaves it out. */
bool ignores_match(const struct ignores *ignores, uint32_t condition,
		   const struct ignore_subject *subject);

#endif
