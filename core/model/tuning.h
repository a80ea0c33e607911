/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNING_H
#define TCPSTATE_CORE_TUNING_H

/*
 * This module is the tuning table of a snapshot: the kernel's parameters, what is recommended for
 * them, and what the next boot sets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum tuning_status {
	TUNING_AS_RECOMMENDED = 1,
	TUNING_DIFFERS,
	TUNING_HARMFUL,
	TUNING_ABSENT,
	TUNING_UNREADABLE,
	TUNING_NO_RECOMMENDATION,
};

enum tuning_drift {
	DRIFT_NONE = 1,
	DRIFT_DIFFERS_FROM_PERSISTED,
	DRIFT_NOT_PERSISTED,
	DRIFT_NOT_APPLICABLE,
	DRIFT_NOT_KNOWN, /* what the next boot sets cannot be told */
	DRIFT_REFUSED,   /* as DRIFT_NONE, but the kernel refuses the line that would set it */
};

/* One element of one kernel parameter. Texts are owned by the snapshot's tuning, "" where there is
 * nothing to tell; never NULL. */
struct tuning {
	const char *name;  /* "tcp_wmem"; with its prefix outside of net.ipv4 */
	uint32_t element;  /* 1.. */
	int32_t number;    /* the value where is_number */
	bool is_number;    /* numeric, and in the range of an int32_t */
	uint32_t status;   /* enum tuning_status */
	uint32_t drift;    /* enum tuning_drift */
	const char *value; /* as the kernel prints the element */
	const char *default_value;
	const char *recommended;
	const char *persisted;    /* what the next boot sets */
	const char *persisted_in; /* "/etc/sysctl.d/50-web.conf:3", "kernel command line" */
	const char *note;         /* what the kernel refuses of it, or why it is not known */
	const char *meaning;
	const char *reason;  /* why recommended, or why harmful */
	const char *target;  /* value that would bring it to the profile; "": it is there */
	bool refused;        /* the kernel refuses the newest line that sets it */
	bool target_harmful; /* the profile recommends what is known to do harm */
};

struct textpool;

/* The tuning table: made rarely, shared by the snapshots taken until the next reading. Owned by
 * the sampler, which keeps it until no snapshot uses it. */
struct tuning_table {
	struct tuning *rows; /* in the order of the index {length of name, name, element} */
	size_t count;
	unsigned users;                /* sampler thread only */
	struct timespec read_at;       /* CLOCK_MONOTONIC */
	uint32_t harmful;              /* rows with TUNING_HARMFUL */
	uint32_t drifted;              /* rows with DRIFT_DIFFERS_FROM_PERSISTED */
	const char *profile;           /* as it was asked for; "": none */
	const char *persisted_by;      /* whose rules were followed: "systemd", "procps" */
	int persisted_error;           /* -errno: sysctl.d could not be read, nothing is known */
	uint32_t persisted_unreadable; /* sysctl.d files that could not be read */
	uint32_t persisted_bad_lines;  /* lines there that nobody understands */
	uint32_t persisted_refused;    /* parameters whose newest line the kernel refuses */
	uint32_t persisted_unknown;    /* rows with DRIFT_NOT_KNOWN */
	struct textpool *pool;         /* what the rows' texts point into */
};

#endif
