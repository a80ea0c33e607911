/* SPDX-License-Identifier: MIT */
/*
 * Which of several processes that hold a listening socket waits for its connections: the one that
 * has it in an epoll set. Workers that have inherited the sockets of each other, a manager that has
 * handed its own on, a helper that was started with it open hold it and no more.
 */
#include "core/kernel/owner_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/number.h"

enum {
	/* While the kernel prints a set, its process can neither wait nor change it: no long ones.
	 */
	DESCRIPTORS_MAX = 1024,
	SET_MAX = 256 * 1024,
};

void owners_share(struct owners *o, uint32_t inode)
{
	struct scan *scan = &o->scan;

	if (scan->n_sharers < SHARERS_MAX)
		scan->sharers[scan->n_sharers] =
		    (struct sharer){inode, (uint32_t)(scan->current - scan->processes)};
	scan->n_sharers++;
}

/* A line is "tfd: 5 events: 19 data: 5  pos:0 ino:3a9f sdev:8", the inode since Linux 4.13. */
static int find_target(char *set, uint32_t inode, bool *found)
{
	char *line;

	while ((line = strsep(&set, "\n"))) {
		const char *at = strstr(line, " ino:");
		uint64_t target;

		if (strncmp(line, "tfd:", 4) != 0)
			continue;
		if (!at)
			return -ENODATA;
		at += 5;
		if (!number_take(&at, 16, UINT64_MAX, &target))
			return -EBADMSG;
		*found |= target == inode;
	}
	return 0;
}

static int look_into(int dir_fd, int fds_fd, const char *name, uint32_t inode, bool *found)
{
	static const char EPOLL[] = "anon_inode:[eventpoll]";
	char link[sizeof(EPOLL)], path[32], *set;
	size_t len;
	int err;

	if (readlinkat(fds_fd, name, link, sizeof(link)) != sizeof(EPOLL) - 1 ||
	    memcmp(link, EPOLL, sizeof(EPOLL) - 1) != 0)
		return 0;
	snprintf(path, sizeof(path), "fdinfo/%.16s", name);
	err = file_read(dir_fd, path, SET_MAX, &set, &len);
	if (err)
		return err;
	err = find_target(set, inode, found);
	free(set);
	return err;
}

/* Whether the process has the socket in an epoll set, or an error: that is not known. */
static int polls(int dir_fd, uint32_t inode, bool *ret_polls)
{
	int fds_fd = openat(dir_fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0, err = 0;
	DIR *fds = fds_fd >= 0 ? fdopendir(fds_fd) : NULL;
	struct dirent *entry;
	bool found = false;

	if (!fds) {
		err = -errno;
		if (fds_fd >= 0)
			close(fds_fd);
		return err;
	}
	while (!err && !found && (entry = readdir(fds)))
		err = ++count > DESCRIPTORS_MAX
			  ? -E2BIG
			  : look_into(dir_fd, fds_fd, entry->d_name, inode, &found);
	closedir(fds);
	if (!err)
		*ret_polls = found;
	return err;
}

/* The only one of those that hold the socket that polls it, as an owner; 0: there is none, or that
 * is not known. */
static uint32_t sole_poller(struct owners *o, const struct sharer *first)
{
	const struct sharer *end = o->scan.sharers + o->scan.n_sharers;
	struct candidate *found = NULL;
	uint32_t holders = 0;

	for (const struct sharer *s = first; s < end; s++) {
		struct candidate *who = &o->scan.processes[s->candidate];
		bool is_poller = false;
		int dir_fd, err;

		if (s->inode != first->inode)
			continue;
		dir_fd = procpid_open(o->proc_fd, who->pid);
		if (dir_fd < 0)
			return 0;
		err = polls(dir_fd, s->inode, &is_poller);
		if (!err && is_poller)
			err = found ? -EEXIST : owners_introduce(o, dir_fd, who);
		close(dir_fd);
		if (err)
			return 0;
		holders++;
		found = is_poller ? who : found;
	}
	return holders > 1 && found ? found->owner : 0;
}

void owners_ask_pollers(struct owners *o)
{
	if (o->scan.n_sharers > SHARERS_MAX)
		return;
	for (size_t i = 0; i < o->scan.n_sharers; i++) {
		const struct sharer *sharer = &o->scan.sharers[i];
		struct known *known = tally_find(&o->inodes, &sharer->inode);
		bool is_first = true;
		uint32_t poller;

		for (size_t j = 0; j < i; j++)
			is_first &= o->scan.sharers[j].inode != sharer->inode;
		if (!is_first || !known || !known->doubt)
			continue;
		poller = sole_poller(o, sharer);
		known->polled = poller != 0;
		if (poller)
			known->owner = poller & OWNER_MAX;
	}
}
