/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_OWNER_PRIVATE_H
#define TCPSTATE_CORE_OWNER_PRIVATE_H

/*
 * What the parts of owner share: owner.c keeps the table, owner_plan.c says
 * which processes are read, owner_scan.c reads them, owner_claim.c and owner_poll.c say which of
 * several processes is named.
 */

#include <dirent.h>

#include "core/kernel/owner.h"
#include "core/kernel/procpid.h"
#include "core/kernel/service.h"
#include "core/base/tally.h"

enum { OWNER_BITS = 22, OWNER_MAX = (1 << OWNER_BITS) - 1 };

/* What is known of an inode: 8 bytes, because there may be one for each of millions of sockets.
 * All zero: nothing. */
struct known {
	uint32_t inode;
	uint32_t owner : OWNER_BITS; /* 0: not found */
	uint32_t used : 1;           /* looked up in this round */
	uint32_t tried : 1;          /* not to be looked for in this round */
	uint32_t sought : 1;         /* the running scan was begun for it as well */
	uint32_t seen : 1;           /* the running scan met it at its owner */
	uint32_t listens : 1;        /* it is a listening socket */
	uint32_t doubt : 1;          /* a scan is to read all processes: others may hold it, too */
	uint32_t polled : 1;         /* its owner alone waits for its connections */
	uint32_t misses : 3;         /* how many scans in a row have brought nothing new */
};

_Static_assert(sizeof(struct known) == 8, "an inode takes 8 bytes");

/* What is known of an owner besides its row; nothing if it is no process. */
struct holder {
	uint64_t start; /* see struct procpid */
	uint32_t *fds;  /* by descriptor: the inode of the socket that it was; 0: no idea */
	size_t n_fds;
	uint32_t number; /* while numbers change: the new one */
	uint32_t was;    /* its number before the last owners_begin(); 0: none */
	bool read;       /* the running scan has read all of its descriptors */
};

/* A process that a scan reads. */
struct candidate {
	uint32_t pid;
	uint32_t owner; /* its number, 0: it owns nothing yet */
	bool near;      /* read before those that are not */
	bool done;
};

/* A process that holds a listening socket that is in doubt. */
struct sharer {
	uint32_t inode;
	uint32_t candidate; /* index into the scan's processes */
};

enum { SHARERS_MAX = 256 };

/* A scan between two slices of it. All zero: none is running. */
struct scan {
	struct candidate *processes; /* as they were when it began, by pid */
	size_t count;
	uint32_t denied;           /* processes that it may not read */
	bool partial;              /* of those that are near only */
	bool thorough;             /* it relies on nothing that earlier ones have read */
	struct candidate *current; /* half read; NULL: none */
	int dir_fd;                /* /proc/PID of it */
	DIR *fds;                  /* /proc/PID/fd of it, or that of a thread */
	DIR *threads;              /* /proc/PID/task of it, where its main thread shows none */
	uint32_t n_read;           /* descriptors of it */
	bool identified;           /* self is known */
	struct procpid self;       /* who it is; its name is made printable */
	uint64_t end_us;           /* of this slice, CPU time of the thread */
	struct sharer sharers[SHARERS_MAX];
	size_t n_sharers; /* more than SHARERS_MAX: not all of them are kept */
};

struct owners {
	int proc_fd;
	struct services *services;
	struct owner *list;
	struct holder *holders; /* as long as the list */
	size_t count;
	size_t list_capacity, holders_capacity;
	struct tally inodes; /* struct known by inode */
	size_t next;         /* index of the entry after the one last looked up */
	uint32_t round;
	size_t wanted;        /* inodes that a scan is to find */
	bool thorough;        /* a scan that begins relies on nothing read before */
	const uint32_t *near; /* pids, ascending; the caller's */
	size_t n_near;
	struct scan scan;
	uint64_t scan_us; /* CPU time of the last slice */
	uint32_t unreadable;
};

/* True if this inode has no owner, or a doubtful one, and a scan is to find one. */
static inline bool owners_lacks(const struct known *known)
{
	return known->used &&
	       (known->doubt || (known->owner == 0 && (!known->tried || known->sought)));
}

/* Adds an owner and returns its number, 0: out of memory. Its texts are made printable. */
uint32_t owners_add(struct owners *o, const struct owner *owner, uint64_t start);

/* Makes the process an owner, if it is none yet. dir_fd: its directory. 0 or -errno. */
int owners_introduce(struct owners *o, int dir_fd, struct candidate *who);

/* Notes that the process that is being read holds this listening socket. */
void owners_share(struct owners *o, uint32_t inode);

/* Makes those the owners of the sockets noted that alone wait for their connections. */
void owners_ask_pollers(struct owners *o);

/* The process that is being read holds this socket: makes it the owner if it is to be named before
 * the one that is. 0 or -errno. */
int owners_claim(struct owners *o, struct known *known);

/* Plans a scan of the processes, for all inodes that are wanted now. 0 or -errno. */
int owners_begin_scan(struct owners *o);

/* Tells the candidates which of them own something: owners have new numbers in each round, and a
 * slice may have made new ones. */
void owners_number_candidates(struct owners *o);

/* Forgets the running scan, if there is one, and closes what it holds. */
void owners_end_scan(struct owners *o);

/* True if the process is still the same and runs; its name and descriptors are brought up
 * to date. */
bool owners_runs(struct owners *o, uint32_t number);

#endif
