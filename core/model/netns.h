/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NETNS_H
#define TCPSTATE_CORE_NETNS_H

/*
 * This module is a row of tcpStateNamespaceTable: a network namespace of the host, and what its
 * newest sample has shown.
 */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/model/state.h"

/* With the NUL. No longer than VACM lets the name of an SNMP context be. */
enum { NETNS_NAME_MAX = 33 };

/* TcpStateNamespaceKind of TCPSTATE-MIB: where the name is from. */
enum netns_kind {
	NETNS_NAMED = 1, /* a name below /run/netns or /run/docker/netns */
	NETNS_DOCKER,    /* a container, by the cgroup of the lowest process */
	NETNS_PODMAN,
	NETNS_CONTAINERD,
	NETNS_CRIO,
	NETNS_KUBERNETES, /* a pod, whatever runs its containers */
	NETNS_NSPAWN,     /* a machine of systemd-nspawn */
	NETNS_LXC,
	NETNS_SERVICE, /* a unit of systemd with a network of its own */
	NETNS_PROCESS, /* none of these: the lowest process */
};

enum { NETNS_KIND_COUNT = NETNS_PROCESS };

struct netns {
	/* Printable ASCII without '/' and ' ', unique; the same while the namespace lives and
	 * nobody else comes with a better right to it. */
	char name[NETNS_NAME_MAX];
	uint64_t inode;
	uint32_t kind;      /* enum netns_kind */
	uint32_t pid;       /* the lowest process in it; 0: none */
	uint32_t processes; /* in it */
	/* Of the newest sample. */
	uint32_t sockets;
	uint32_t count[STATE_COUNT]; /* by state - 1 */
	struct timespec counted_at;  /* CLOCK_MONOTONIC; 0: never yet */
	uint32_t worst;              /* enum severity */
	char condition[32];          /* the name of the worst condition; "": none is raised */
	char offender[192];          /* of it */
};

enum { NETNS_PATTERNS_MAX = 8, NETNS_PATTERN_MAX = 64 };

/* Which namespaces are wanted, by name: fnmatch(3) patterns; "" ends a list. */
struct netns_filter {
	char include[NETNS_PATTERNS_MAX][NETNS_PATTERN_MAX]; /* none: all */
	char exclude[NETNS_PATTERNS_MAX][NETNS_PATTERN_MAX]; /* wins */
	uint32_t max;                                        /* no more of them */
};

/* Makes a name of prefix and len bytes of text: each byte of the text that a name must not have
 * becomes '_', what is too long is cut. */
void netns_set_name(const char *prefix, const char *text, size_t len,
		    char ret_name[NETNS_NAME_MAX]);

/* The row of this name; NULL: there is none. */
const struct netns *netns_find(const struct netns *rows, size_t count, const char *name);

#endif
