/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/base/timing.h"
#include "core/kernel/owner_private.h"

/* Sockets of the kernel, of other pid namespaces and of processes that may not be read stay
 * unfound: after so many misses an inode is looked for rarely. */
enum { MISSES_MAX = 3 };

/* A service may come to hold the socket of its manager at any time: doubts stay more frequent. */
enum { DOUBTS_MAX = 2 };

/* How many descriptors are read between two looks at the clock, which cost as much as one of
 * them. */
enum { CLOCK_EVERY = 64 };

bool owners_runs(struct owners *o, uint32_t number)
{
	struct owner *owner = &o->list[number];
	struct procpid process;
	int err, dir_fd;

	dir_fd = procpid_open(o->proc_fd, owner->pid);
	if (dir_fd < 0)
		return false;
	err = procpid_identify(dir_fd, &process);
	owner->fds = owner->fds_max = 0;
	if (!err)
		procpid_descriptors(dir_fd, 0, &owner->fds, &owner->fds_max);
	close(dir_fd);
	if (err || process.start != o->holders[number].start)
		return false;
	memcpy(owner->name, process.name, sizeof(owner->name));
	text_clean(owner->name);
	return true;
}

/*
 * True if the descriptor leads to the socket that it led to when it was last read: that socket
 * lives, for it was looked up, and belongs to this process. Reading the link would cost five times
 * as much. It is wrong where the socket has moved, to another descriptor or process, and this
 * descriptor is in use again: a socket that stays unfound for that makes the next scan for it a
 * thorough one, which recalls nothing, and so is every 8th anyway.
 */
static bool recall(struct owners *o, uint32_t fd)
{
	uint32_t owner = o->scan.current->owner;
	const struct holder *holder = &o->holders[owner];
	struct known *known;

	if (owner == 0 || o->scan.thorough || fd >= holder->n_fds || holder->fds[fd] == 0)
		return false;
	known = tally_find(&o->inodes, &holder->fds[fd]);
	if (!known || !known->used || known->doubt || known->owner != owner)
		return false;
	known->seen = true;
	return true;
}

static void remember(struct owners *o, uint32_t fd, uint32_t inode)
{
	struct holder *holder = &o->holders[o->scan.current->owner];
	size_t known = holder->n_fds;

	if (fd >= known) {
		/* Descriptors that lie far apart would make the array long at little use. */
		if (inode == 0 || fd / 4 > o->scan.n_read + 8)
			return;
		if (ARRAY_RESERVE(holder->fds, &holder->n_fds, (size_t)fd + 1) < 0)
			return;
		memset(holder->fds + known, 0, (holder->n_fds - known) * sizeof(*holder->fds));
	}
	holder->fds[fd] = inode;
}

static int read_fd(struct owners *o, const char *name)
{
	const struct candidate *who = o->scan.current;
	uint32_t fd, inode;
	struct known *known;
	bool own;
	int err;

	if (!procpid_number(name, &fd))
		return 0;
	o->scan.n_read++;
	if (recall(o, fd))
		return 0;
	err = procpid_socket(dirfd(o->scan.fds), name, &inode);
	if (err)
		return err == -ENOENT ? 0 : err; /* the descriptor has been closed */
	known = inode ? tally_find(&o->inodes, &inode) : NULL;
	err = known ? owners_claim(o, known) : 0;
	own = known && who->owner && known->owner == who->owner;
	if (!err && who->owner)
		remember(o, fd, own ? inode : 0);
	return err;
}

/* Opens a directory below /proc/PID in place of the one in *dir. */
static int open_dir(int dir_fd, const char *path, DIR **dir)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *opened = fd >= 0 ? fdopendir(fd) : NULL;
	int err = opened ? 0 : -errno;

	if (!opened && fd >= 0)
		close(fd);
	if (opened && *dir)
		closedir(*dir);
	if (opened)
		*dir = opened;
	return err;
}

/*
 * Once the main thread has ended, /proc/PID/fd shows nothing, or root's alone; the other threads
 * go on, and each shows the descriptors that all of them share. -ESRCH: there is no other one.
 */
static int open_thread(struct scan *scan)
{
	struct dirent *entry;
	char path[32];
	uint32_t tid;
	int err = scan->threads ? 0 : open_dir(scan->dir_fd, "task", &scan->threads);

	while (!err) {
		errno = 0;
		entry = readdir(scan->threads);
		if (!entry)
			return errno ? -errno : -ESRCH;
		if (!procpid_number(entry->d_name, &tid) || tid == scan->current->pid)
			continue;
		snprintf(path, sizeof(path), "task/%u/fd", tid);
		err = open_dir(scan->dir_fd, path, &scan->fds);
		if (err != -ENOENT)
			return err;
		err = 0;
	}
	return err;
}

static int open_process(struct owners *o, struct candidate *who)
{
	struct scan *scan = &o->scan;
	int err;

	scan->n_read = 0;
	scan->identified = false;
	scan->dir_fd = procpid_open(o->proc_fd, who->pid);
	if (scan->dir_fd < 0)
		return scan->dir_fd;
	err = open_dir(scan->dir_fd, "fd", &scan->fds);
	if (err == -EACCES && open_thread(scan) == 0)
		err = 0;
	return err;
}

static void close_process(struct owners *o)
{
	struct scan *scan = &o->scan;

	if (scan->fds)
		closedir(scan->fds);
	if (scan->threads)
		closedir(scan->threads);
	if (scan->dir_fd >= 0)
		close(scan->dir_fd);
	scan->fds = scan->threads = NULL;
	scan->dir_fd = -1;
	scan->current = NULL;
}

/* Reads on in the process that is open. -EAGAIN: the slice ends before its descriptors. */
static int read_fds(struct owners *o)
{
	struct candidate *who = o->scan.current;
	struct procpid process;
	struct dirent *entry;
	bool more;
	int err;

	if (who->owner && (procpid_identify(o->scan.dir_fd, &process) != 0 ||
			   process.start != o->holders[who->owner].start))
		who->owner = 0;
	do {
		errno = 0;
		entry = readdir(o->scan.fds);
		err = entry ? read_fd(o, entry->d_name) : -errno;
		more = entry || (!err && o->scan.n_read == 0 && open_thread(&o->scan) == 0);
		if (entry && !err && o->scan.n_read % CLOCK_EVERY == CLOCK_EVERY - 1 &&
		    timing_cpu_us() >= o->scan.end_us)
			return -EAGAIN;
	} while (more && !err && o->wanted > 0);
	if (!more && !err && who->owner) {
		struct owner *owner = &o->list[who->owner];

		o->holders[who->owner].read = true;
		/* A kernel before 6.2 does not tell how many there are: they have been counted. */
		if (owner->fds_max == 0)
			procpid_descriptors(o->scan.dir_fd, o->scan.n_read, &owner->fds,
					    &owner->fds_max);
	}
	return err;
}

/* Begins with a process or goes on. 0 when it has been read, whatever came of it, or an error that
 * ends the scan, or -EAGAIN: the slice has ended. */
static int read_process(struct owners *o, struct candidate *who)
{
	struct scan *scan = &o->scan;
	struct procpid process;
	int err = 0;

	if (!scan->current) {
		scan->current = who;
		err = open_process(o, who);
	}
	if (!err)
		err = read_fds(o);
	if (err == -EAGAIN)
		return err;
	/* Links of a process that has gone while it was read fail with EACCES, too. */
	if (err == -EACCES && scan->dir_fd >= 0 && procpid_identify(scan->dir_fd, &process) != 0)
		err = -ESRCH;
	close_process(o);
	who->done = true;
	switch (-err) {
	case EACCES:
	case EPERM:
		scan->denied++;
		return 0;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return err;
	default: /* it has gone */
		return 0;
	}
}

void owners_end_scan(struct owners *o)
{
	if (!o->scan.processes)
		return;
	close_process(o);
	free(o->scan.processes);
	o->scan = (struct scan){0};
}

/* Ends the scan and draws the conclusions. complete: it has read all the processes it may read. */
static void settle(struct owners *o, bool complete)
{
	if (complete)
		owners_ask_pollers(o);
	o->wanted = 0;
	for (size_t i = 0; i < o->inodes.count; i++) {
		struct known *known = tally_entry(&o->inodes, i);

		if ((known->owner == 0 || known->doubt) && known->sought && complete) {
			known->tried = true;
			known->misses += known->misses < (known->owner ? DOUBTS_MAX : MISSES_MAX);
			known->doubt = false;
		}
		/* A process that gave its socket to another one does not own it any more. */
		if (known->owner != 0 && !known->seen && o->holders[known->owner].read) {
			known->owner = 0;
			known->tried = true;
			known->polled = false;
		}
		known->seen = known->sought = false;
		o->wanted += owners_lacks(known);
	}
	for (size_t i = 0; i < o->count; i++)
		o->holders[i].read = false;
	if (complete && !o->scan.partial)
		/* A /proc that shows no process 1 hides processes. */
		o->unreadable =
		    o->scan.denied + (o->scan.count == 0 || o->scan.processes[0].pid != 1);
	owners_end_scan(o);
}

/* Owners, those that are near, the others. */
enum { RANKS = 3 };

static int rank_of(const struct candidate *who)
{
	return who->owner ? 0 : who->near ? 1 : 2;
}

/* Reads processes until all is found, none is left or the slice ends (-EAGAIN); however short it
 * is, it gets on. */
static int read_processes(struct owners *o)
{
	struct scan *scan = &o->scan;
	int err = 0;

	if (scan->current)
		err = read_process(o, scan->current);
	for (int rank = 0; rank < RANKS; rank++) {
		for (size_t i = 0; i < scan->count && !err && o->wanted > 0; i++) {
			struct candidate *who = &scan->processes[i];

			if (who->done || rank_of(who) != rank)
				continue;
			err = read_process(o, who);
			if (!err && timing_cpu_us() >= scan->end_us)
				err = -EAGAIN;
		}
	}
	return err;
}

static int scan(struct owners *o, uint64_t end_us)
{
	int err = 0;

	if (o->wanted > 0 && !o->scan.processes)
		err = owners_begin_scan(o);
	if (err || !o->scan.processes)
		return err;
	o->scan.end_us = end_us;
	owners_number_candidates(o);
	err = o->wanted > 0 ? read_processes(o) : 0;
	if (err == -EAGAIN)
		return 0;
	settle(o, !err && o->wanted > 0);
	return err;
}

int owners_scan(struct owners *o, uint32_t allowed_us)
{
	uint64_t begun_us = timing_cpu_us();
	int err = 0;

	if (allowed_us > 0)
		err = scan(o, begun_us + allowed_us);
	o->scan_us = timing_cpu_us() - begun_us;
	return err;
}
