/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_PROFILE_H
#define TCPSTATE_CORE_PROFILE_H

/*
 * This module reads profiles: what an operator wants the kernel's TCP parameters to be, and why. A
 * profile is a text file with a line for each recommendation:
 *
 *   # a comment
 *   tcp_fin_timeout         = 30                 why
 *   tcp_rmem[3]            >= 8388608            why
 *   net.ipv4.tcp_retries2  >= 8                  why
 *   tcp_keepalive_time     <= 1200               why
 *   tcp_timestamps         one-of 1,2            why
 *   tcp_max_tw_buckets     >= default            why
 *
 * The parameter is named as in tcpStateTuningName or as sysctl(8) does, with the element in
 * brackets where it has several. "default" is the kernel's own default on this host; where that is
 * not known, nothing is recommended. The rest of the line is the reason; there must be one. A
 * parameter has one line.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/tuning/sysname.h"

enum {
	PROFILE_ERROR_MAX = 320,
	PROFILE_VALUES_MAX = 8, /* of one-of */
};

enum profile_rule_kind { PROFILE_EQUAL, PROFILE_AT_LEAST, PROFILE_AT_MOST, PROFILE_ONE_OF };

struct profile_rule {
	char name[SYSNAME_MAX];
	uint32_t element;
	enum profile_rule_kind kind;
	const char *values[PROFILE_VALUES_MAX]; /* "default" as it stands */
	size_t n_values;                        /* 1 but for PROFILE_ONE_OF */
	const char *reason;
	uint32_t line;
};

struct profile {
	struct profile_rule *rules;
	size_t count;
	char *text; /* what the rules point into */
};

/* Where a profile is: name.conf in the directory (NULL: the one that is installed), or name itself
 * if it holds a slash. The caller frees it. NULL: out of memory. */
char *profile_path(const char *directory, const char *name);

/*
 * Reads a profile; directory and name as for profile_path(). -ENOMEM; -EINVAL for a wrong line;
 * else what open() and read() gave: error says file, line and what is allowed.
 */
int profile_read(const char *directory, const char *name, struct profile *ret_profile,
		 char error[PROFILE_ERROR_MAX]);
void profile_done(struct profile *profile);

/* The rule for an element, or NULL. */
const struct profile_rule *profile_find(const struct profile *profile, const char *name,
					uint32_t element);

#endif
