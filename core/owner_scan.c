/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/owner_private.h"

/* Sockets of the kernel, of other pid namespaces and of processes that may not be read
 * stay unfound: after so many misses an inode is looked for rarely. */
enum { MISSES_MAX = 3 };

/* A process that a scan is going to read. */
struct candidate {
	uint32_t pid;
	uint32_t owner; /* its number, 0: it owns nothing yet */
};

/* A process while it is being read. */
struct reading {
	struct owners *o;
	uint32_t pid;
	uint32_t owner;  /* its number, 0: it owns nothing yet */
	int dir_fd;      /* /proc/PID */
	int fds_fd;      /* /proc/PID/fd */
	uint32_t n_read; /* descriptors */
};

bool owners_runs(struct owners *o, uint32_t number)
{
	struct owner *owner = &o->list[number];
	struct procpid process;
	int err, dir_fd;

	dir_fd = procpid_open(o->proc_fd, owner->pid);
	if (dir_fd < 0)
		return false;
	err = procpid_identify(dir_fd, &process);
	close(dir_fd);
	if (err || process.start != o->holders[number].start)
		return false;
	memcpy(owner->name, process.name, sizeof(owner->name));
	owner_text_clean(owner->name);
	return true;
}

static int introduce(struct reading *r)
{
	struct owner owner = {.pid = r->pid};
	struct procpid process;
	int err;

	err = procpid_identify(r->dir_fd, &process);
	if (err)
		return err;
	memcpy(owner.name, process.name, sizeof(owner.name));
	procpid_service(r->dir_fd, sizeof(owner.service), owner.service);
	r->owner = owners_add(r->o, &owner, process.start);
	return r->owner ? 0 : -ENOMEM;
}

/* The process that is being read holds this socket. */
static int claim(struct reading *r, struct known *known)
{
	struct owners *o = r->o;
	int err;

	if (known->owner != 0 && known->owner != r->owner &&
	    o->list[known->owner].pid < r->pid)
		return 0;
	if (r->owner == 0) {
		err = introduce(r);
		if (err)
			return err;
	}
	if (known->used && known->owner == 0 && !known->tried)
		o->wanted--;
	known->owner = r->owner & OWNER_MAX;
	known->misses = 0;
	known->seen = true;
	return 0;
}

/*
 * True if the descriptor leads to the socket that it led to when it was last read: that
 * socket lives, for it was looked up, and belongs to this process. Reading the link would
 * cost five times as much. It is wrong where the socket has moved, to another descriptor
 * or process, and this descriptor is in use again: a socket that stays unfound for that
 * makes the next scan for it a thorough one, which recalls nothing, and so is every 8th
 * anyway.
 */
static bool recall(struct reading *r, uint32_t fd)
{
	const struct holder *holder = &r->o->holders[r->owner];
	struct known *known;

	if (r->owner == 0 || r->o->thorough || fd >= holder->n_fds ||
	    holder->fds[fd] == 0)
		return false;
	known = tally_find(&r->o->inodes, &holder->fds[fd]);
	if (!known || !known->used || known->owner != r->owner)
		return false;
	known->seen = true;
	return true;
}

static void remember(struct reading *r, uint32_t fd, uint32_t inode)
{
	struct holder *holder = &r->o->holders[r->owner];
	uint32_t n = holder->n_fds ? holder->n_fds : 32;
	uint32_t *fds;

	if (fd >= holder->n_fds) {
		/* Descriptors that lie far apart would make the array long at little use.
		 */
		if (inode == 0 || fd / 4 > r->n_read + 8)
			return;
		while (n <= fd)
			n *= 2;
		fds = reallocarray(holder->fds, n, sizeof(*fds));
		if (!fds)
			return;
		memset(fds + holder->n_fds, 0, (n - holder->n_fds) * sizeof(*fds));
		holder->fds = fds;
		holder->n_fds = n;
	}
	holder->fds[fd] = inode;
}

static int read_fd(struct reading *r, const char *name)
{
	uint32_t fd, inode;
	struct known *known;
	bool own;
	int err;

	if (!procpid_number(name, &fd))
		return 0;
	r->n_read++;
	if (recall(r, fd))
		return 0;
	err = procpid_socket(r->fds_fd, name, &inode);
	if (err)
		return err == -ENOENT ? 0 : err; /* the descriptor has been closed */
	known = inode ? tally_find(&r->o->inodes, &inode) : NULL;
	err = known ? claim(r, known) : 0;
	own = known && r->owner && known->owner == r->owner;
	if (!err && r->owner)
		remember(r, fd, own ? inode : 0);
	return err;
}

/* The handle of the process's folder is open. */
static int read_fds(struct reading *r)
{
	struct procpid process;
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	r->fds_fd = openat(r->dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = r->fds_fd >= 0 ? fdopendir(r->fds_fd) : NULL;
	if (!dir) {
		err = -errno;
		if (r->fds_fd >= 0)
			close(r->fds_fd);
		return err;
	}
	if (r->owner && (procpid_identify(r->dir_fd, &process) != 0 ||
			 process.start != r->o->holders[r->owner].start))
		r->owner = 0;
	do {
		errno = 0;
		entry = readdir(dir);
		err = entry ? read_fd(r, entry->d_name) : -errno;
	} while (entry && !err && r->o->wanted > 0);
	if (!entry && !err && r->owner)
		r->o->holders[r->owner].read = true;
	closedir(dir);
	return err;
}

/* Returns 1 if the process may not be read, 0, or an error that ends the scan. */
static int read_process(struct owners *o, const struct candidate *who)
{
	struct reading r = {.o = o, .pid = who->pid, .owner = who->owner};
	struct procpid process;
	int err;

	r.dir_fd = procpid_open(o->proc_fd, who->pid);
	err = r.dir_fd < 0 ? r.dir_fd : read_fds(&r);
	/* Links of a process that has gone while it was read fail with EACCES, too. */
	if (err == -EACCES && r.dir_fd >= 0 && procpid_identify(r.dir_fd, &process) != 0)
		err = -ESRCH;
	if (r.dir_fd >= 0)
		close(r.dir_fd);
	switch (-err) {
	case EACCES:
	case EPERM:
		return 1;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return err;
	default: /* it has gone */
		return 0;
	}
}

static int compare(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* All processes in the order of their pids. */
static int plan(const struct owners *o, struct candidate **ret_plan, size_t *ret_count)
{
	struct candidate *all, *found;
	uint32_t *pids;
	size_t count;
	int err;

	err = procpid_list(o->proc_fd, &pids, &count);
	if (err)
		return err;
	all = calloc(count + 1, sizeof(*all));
	for (size_t i = 0; all && i < count; i++)
		all[i].pid = pids[i];
	free(pids);
	if (!all)
		return -ENOMEM;
	for (uint32_t i = 1; i < o->count; i++) {
		struct candidate key = {.pid = o->list[i].pid};

		found = key.pid ? bsearch(&key, all, count, sizeof(*all), compare) : NULL;
		if (found)
			found->owner = i;
	}
	*ret_plan = all;
	*ret_count = count;
	return 0;
}

/* Draws the conclusions from a scan. complete: it has read all the processes it may read.
 */
static void settle(struct owners *o, bool complete)
{
	for (size_t i = 0; i < o->inodes.count; i++) {
		struct known *known = tally_entry(&o->inodes, i);

		if (known->owner == 0 && known->used && !known->tried && complete) {
			known->tried = true;
			known->misses += known->misses < MISSES_MAX;
		}
		/* A process that gave its socket to another one does not own it any more.
		 */
		if (known->owner != 0 && !known->seen && o->holders[known->owner].read) {
			known->owner = 0;
			known->tried = true;
		}
		known->seen = false;
	}
	for (size_t i = 0; i < o->count; i++)
		o->holders[i].read = false;
	if (complete)
		o->wanted = 0;
}

int owners_scan(struct owners *o)
{
	struct candidate *processes;
	uint32_t denied = 0;
	size_t count;
	int r;

	if (o->wanted == 0)
		return 0;
	r = plan(o, &processes, &count);
	if (r)
		return r;
	for (int owning = 1; owning >= 0; owning--) {
		for (size_t i = 0; i < count && r >= 0 && o->wanted > 0; i++) {
			if ((processes[i].owner != 0) != owning)
				continue;
			r = read_process(o, &processes[i]);
			denied += r > 0;
		}
	}
	if (r >= 0 && o->wanted > 0)
		/* A /proc that shows no process 1 hides processes. */
		o->unreadable = denied + (count == 0 || processes[0].pid != 1);
	settle(o, r >= 0 && o->wanted > 0);
	free(processes);
	return r < 0 ? r : 0;
}
