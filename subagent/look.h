/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_LOOK_H
#define TCPSTATE_SUBAGENT_LOOK_H

/*
 * This module gets a snapshot for the command line to show: the running daemon's newest one, or
 * one of its own sampling.
 */

#include "core/diagnosis/events.h"
#include "core/sample/namespaces.h"
#include "core/sample/sampler.h"
#include "subagent/daemonconfig.h"
#include "core/sample/onenetns.h"

/* The exit code of a command that has nothing to show, as of a check for Nagios. */
enum { EXIT_UNKNOWN = 3 };

struct look {
	const struct daemon_config *config;
	const char *config_path;
	/* For samples of its own: as configured, but nothing has to hold. To be changed before the
	 * first one. */
	struct config own;
	struct sampler *sampler;
	struct onenetns netns; /* its name: to be set before the first look */
	struct namespaces *others;
	struct events events;
	int error;
};

/* A snapshot, and what it lies in. */
struct seen {
	const struct snapshot *snapshot; /* NULL: none */
	void *block;                     /* of the running daemon's; NULL: a sample of its own */
	struct snapshot *own;
	struct snapshot *shown; /* a copy of own with the other namespaces; NULL: they are off */
};

/* config and config_path must live as long; both are those that the daemon runs with. */
void look_begin(struct look *l, const struct daemon_config *config, const char *config_path);
void look_end(struct look *l);

/* The running daemon's. 0; -ENOENT: none is looked for; -ENXIO: the daemon knows no namespace of
 * this name, and look_error() which it does; or what snapshotfile_read() says. */
int look_running(struct look *l, struct seen *ret_seen);

/* A full sample; of the host with the changes that a daemon has kept. last: the one before, of the
 * same look; NULL: none. 0 or -errno: look_error() says why. */
int look_own(struct look *l, const struct snapshot *last, struct seen *ret_seen);
const char *look_error(const struct look *l);

/* Has what look_own() saw of the host show its other namespaces as well, if they are on: each is
 * sampled when it is due. 0 or -errno, with what was seen as before. */
int look_others(struct look *l, struct seen *seen);

/* Frees what was seen; one without a snapshot is allowed. */
void look_drop(struct seen *seen);

/* How old it is, in ms. */
int64_t look_age_ms(const struct snapshot *s);

enum { LOOK_ORIGIN_MAX = 80 };

/* "From the running tcpstated, 1.2 s ago" */
void look_origin(const struct snapshot *s, char buf[LOOK_ORIGIN_MAX]);

#endif
