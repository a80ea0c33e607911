/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_FLAT_PRIVATE_H
#define TCPSTATE_SUBAGENT_FLAT_PRIVATE_H

/*
 * This module is the inner side of flat: what stands at the beginning of a block, and the members
 * of the rows that have to be moved or checked, as data.
 */

#include "subagent/flat.h"

/* The beginning of a block. The members up to `tuned` have a place of their own in any version. */
struct flat {
	char magic[8];
	uint64_t layout; /* flat_layout() of who wrote it */
	uint64_t size;   /* of the whole block */
	char version[24];
	struct flat_origin origin;
	size_t tuned; /* 1: the snapshot has a tuning table */
	struct snapshot snapshot;
	struct tuning_table tuning; /* zeroes if it has none */
};

enum flat_kind {
	FLAT_TEXT,     /* const char *, never NULL */
	FLAT_CHARS,    /* an array of char, with a NUL */
	FLAT_BOOL,     /* bool */
	FLAT_NUMBER8,  /* uint8_t from min to max */
	FLAT_NUMBER32, /* uint32_t from min to max */
	FLAT_TIME,     /* struct timespec */
	FLAT_OWNER,    /* uint32_t, an index into owners */
	FLAT_LISTENER, /* uint32_t, an index into listeners */
	FLAT_TOP,      /* struct suspect_top of a listener */
};

/* A member that is more than a number which may have any value. */
struct flat_member {
	enum flat_kind kind;
	size_t offset; /* in the row */
	size_t size;   /* FLAT_CHARS: of the array */
	uint32_t min, max;
};

/* Rows of a snapshot: an array of the block, or inside its struct flat. */
struct flat_rows {
	bool inside;  /* they lie in struct flat; else `at` is the place of a pointer to them */
	size_t at;    /* offset in struct flat */
	size_t count; /* offset in struct flat of how many are used; 0: `times` */
	size_t times; /* inside: how many there are; else rows for each one counted */
	size_t size;  /* of one */
	const struct flat_member *members;
	size_t n_members;
};

/* In the order in which their arrays lie in a block. */
enum { FLAT_ROWS = 22 };

extern const struct flat_rows flat_rows[FLAT_ROWS];

/* Two programs whose rows lie differently in memory have different ones. */
uint64_t flat_layout(void);

#endif
