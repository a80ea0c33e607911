/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NETNSFIND_PRIVATE_H
#define TCPSTATE_CORE_NETNSFIND_PRIVATE_H

/*
 * What netnsfind and its scan share.
 */

#include <errno.h>

#include "core/base/tally.h"
#include "core/base/textpool.h"
#include "core/kernel/netnsfind.h"

/* A namespace that a scan has met. */
struct space {
	uint64_t inode;           /* the key */
	const char *file;         /* the best of its names, a whole path; NULL: it has none */
	struct timespec attached; /* where it has: since when the inode is in use */
	uint32_t pid;             /* the lowest process; 0: none */
	size_t first;             /* of its processes, in struct spaces */
	uint32_t processes;
	bool given; /* somebody gave it the file's name, not a program */

	/* What netnsfind makes of it. */
	bool listed;
	uint32_t looks; /* so many before this one saw it */
	uint32_t kind;  /* enum netns_kind */
	uint64_t id;
	char name[NETNS_NAME_MAX]; /* "": none yet */
	bool numbered;             /* the name has a number behind it that makes it unique */
};

struct spaces {
	struct tally all; /* struct space by inode */
	uint32_t *pids;   /* of one namespace after the other, ascending in each */
	struct textpool *texts;
};

/* All of them but the one with the inode own. 0 or -errno. */
int spaces_scan(int proc_fd, uint64_t own, struct spaces *ret_spaces);
void spaces_done(struct spaces *s);

/* Whether a process of one is in the other as well; each is of its own scan. */
bool spaces_share_process(const struct spaces *a, const struct space *in_a, const struct spaces *b,
			  const struct space *in_b);

/* Whether a look cannot go on: everything else that goes wrong is of one process or one name. */
static inline bool spaces_is_fatal(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/*
 * Gives it a kind and a name, which is not unique yet; "": its processes have ended meanwhile.
 * sure: nothing better is to come: while a container is made, its namespace has but a name that a
 * program has chosen, or a process of the runtime in it. 0, -ENOMEM, -EMFILE or -ENFILE.
 */
int spaces_name(int proc_fd, const struct spaces *spaces, struct space *space, bool *ret_sure);

/* Whether its file, or one of its processes, still tells the name that it has. 0, -ENOMEM, -EMFILE
 * or -ENFILE. */
int spaces_is_named(int proc_fd, const struct spaces *spaces, const struct space *space,
		    bool *ret_is);

/* The names in use; tally_done() ends them. */
void names_init(struct tally *names);
int names_add(struct tally *names, const char *name);

/* Adds the name, with ".2" or so behind it where it is in use. 0 or -ENOMEM. */
int names_make_unique(struct tally *names, char name[NETNS_NAME_MAX]);

#endif
