/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSCTLD_PRIVATE_H
#define TCPSTATE_CORE_SYSCTLD_PRIVATE_H

/*
 * This module is what the parts of sysctld share: what was read, and how a line gets there. For
 * sysctld, sysctldreplay and sysctldother only.
 */

#include "core/base/textpool.h"
#include "core/tuning/sysctld.h"

/* Who writes, in the order of a boot. */
enum sysctld_phase {
	PHASE_KERNEL, /* its command line */
	PHASE_FILES,  /* sysctl.d(5) */
	PHASE_UFW,
	PHASE_TUNED,
	PHASE_TUNED_AGAIN, /* /etc/sysctl.conf, where only tuned reads it */
};

struct assignment {
	const char *name;  /* as sysname_parse() gives it, or a pattern with slashes */
	const char *value; /* NULL: a line "-name", or one whose value is not known */
	const char *file;
	uint32_t line;
	uint32_t sequence; /* its place in the order of reading */
	enum sysctld_phase phase;
	bool unknown; /* sets the parameter, to what cannot be told */
};

struct assignments {
	struct assignment *rows;
	size_t count;
	size_t capacity;
	size_t max;
};

struct sysctld {
	struct sysctld_stats stats;
	struct assignments plain;    /* by name, then in the order of reading */
	struct assignments patterns; /* in the order in which they are applied */
	struct assignments unseen;   /* files that may not be read; they have no name */
	struct textpool *pool;
	size_t total; /* bytes read */
	uint32_t sequence;
	enum sysctld_phase phase; /* while reading */
	bool tuned_reapplies;     /* tuned lets the files of /etc and /run have the last word */
};

struct position {
	const char *file;
	uint32_t line;
};

/* Keeps an assignment to what a line names, with dots or slashes. value: NULL: "-name". 0,
 * -ENOMEM or -EFBIG. */
int sysctld_assign(struct sysctld *s, char *key, const char *value, const struct position *at);

/* Keeps that this parameter is set, to what cannot be told. */
int sysctld_assign_unknown(struct sysctld *s, char *key, const struct position *at);

/* Keeps that a file may say anything. */
int sysctld_add_unseen(struct sysctld *s, const char *path);

/* Reads path below root, if it is there, and its lines as those of a sysctl.d file. */
int sysctld_read_file(struct sysctld *s, int root, const char *path);

/*
 * The text of a file below root, which the caller frees. 0 and NULL: it is not there, or it is no
 * file; -ENOMEM; else what open() and read() gave; -EFBIG: larger than 1 MiB, or a directory.
 */
int sysctld_load(int root, const char *path, char **ret_text, size_t *ret_len);

/* Takes the blanks around a text away, in place. */
char *sysctld_strip(char *text);

/* What the kernel's command line, ufw and tuned set. */
int sysctldother_kernel(struct sysctld *s, int root);
int sysctldother_later(struct sysctld *s, int root);

#endif
