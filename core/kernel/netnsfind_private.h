/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NETNSFIND_PRIVATE_H
#define TCPSTATE_CORE_NETNSFIND_PRIVATE_H

/*
 * What the parts of netnsfind share: netnsfind.c keeps the list, netnsfind_scan.c finds what there
 * is, netnsfind_name.c names it.
 */

#include <errno.h>

#include "core/base/tally.h"
#include "core/base/textpool.h"
#include "core/kernel/netnsfind.h"

/* A namespace that a scan has found. */
struct space {
	uint64_t inode;           /* the key */
	const char *file;         /* the best of its names, a whole path; NULL: it has none */
	struct timespec attached; /* st_ctim of that file: tells when the inode is used again */
	uint32_t pid;             /* the lowest process; 0: none */
	size_t first;             /* of its processes, in struct spaces */
	uint32_t processes;
	bool given; /* a person chose the file's name, not a program */

	/* Set by netnsfind.c. */
	bool listed;
	uint32_t looks; /* searches before this one that have found it */
	uint32_t kind;  /* enum netns_kind */
	uint64_t id;
	char name[NETNS_NAME_MAX]; /* "": none yet */
	bool numbered;             /* ".2" or so makes the name unique */
};

struct spaces {
	struct tally all; /* struct space by inode */
	uint32_t *pids;   /* of one namespace after the other, ascending in each */
	struct textpool *texts;
};

/* Finds all but the one with the inode `own`. 0 or -errno. */
int spaces_scan(int proc_fd, uint64_t own, struct spaces *ret_spaces);
void spaces_done(struct spaces *s);

/* True if a process of one is in the other as well; each is of its own scan. */
bool spaces_share_process(const struct spaces *a, const struct space *in_a, const struct spaces *b,
			  const struct space *in_b);

/* True for an error that ends the search; others concern one process or one file only. */
static inline bool spaces_is_fatal(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/*
 * Sets kind and name, which need not be unique; "": its processes have ended. *ret_sure: false for
 * a name that may get better: while a runtime makes a container, its namespace has a file with a
 * made-up name only, or a process of the runtime. 0, -ENOMEM, -EMFILE or -ENFILE.
 */
int spaces_name(int proc_fd, const struct spaces *spaces, struct space *space, bool *ret_sure);

/* Whether its file, or one of its processes, still tells the name that it has. 0, -ENOMEM, -EMFILE
 * or -ENFILE. */
int spaces_is_named(int proc_fd, const struct spaces *spaces, const struct space *space,
		    bool *ret_is);

/* The names in use; tally_done() ends them. */
void names_init(struct tally *names);
int names_add(struct tally *names, const char *name);

/* Adds the name; where it is in use, appends ".2" or the next number that is free. 0 or -ENOMEM. */
int names_make_unique(struct tally *names, char name[NETNS_NAME_MAX]);

#endif
