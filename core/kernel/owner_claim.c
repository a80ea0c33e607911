/* SPDX-License-Identifier: MIT */
/*
 * Which of the processes that hold a socket is its owner.
 */
#include "core/kernel/owner_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"

/* How far up a process's ancestors are looked for. */
enum { GENERATIONS_MAX = 16 };

int owners_introduce(struct owners *o, int dir_fd, struct candidate *who)
{
	struct owner owner = {.pid = who->pid};
	struct procpid process;
	int err;

	if (who->owner)
		return 0;
	err = procpid_identify(dir_fd, &process);
	if (err)
		return err;
	memcpy(owner.name, process.name, sizeof(owner.name));
	procpid_service(dir_fd, sizeof(owner.service), owner.service);
	procpid_descriptors(dir_fd, 0, &owner.fds, &owner.fds_max);
	who->owner = owners_add(o, &owner, process.start);
	return who->owner ? 0 : -ENOMEM;
}

/* Who the process is that is being read; NULL: it has gone. */
static const struct procpid *identify(struct scan *scan)
{
	if (!scan->identified && procpid_identify(scan->dir_fd, &scan->self) == 0) {
		text_clean(scan->self.name);
		scan->identified = true;
	}
	return scan->identified ? &scan->self : NULL;
}

static bool descends(const struct owners *o, uint32_t pid, uint32_t ancestor)
{
	if (ancestor == 1)
		return pid != 1;
	for (int i = 0; i < GENERATIONS_MAX && pid > 1; i++) {
		int dir_fd = procpid_open(o->proc_fd, pid);
		struct procpid process = {0};

		if (dir_fd < 0)
			return false;
		procpid_identify(dir_fd, &process);
		close(dir_fd);
		if (process.parent == ancestor)
			return true;
		pid = process.parent;
	}
	return false;
}

/*
 * True if the process that is being read is to be named before the one that is. A descendant of
 * the same name is a worker, which shares the master's socket. One of another name that holds a
 * listening socket is what a supervisor has started and given the socket to; one that holds a
 * connection may well be a helper that has inherited it.
 */
static bool is_before(struct owners *o, const struct known *known)
{
	const struct owner *other = &o->list[known->owner];
	uint32_t pid = o->scan.current->pid;
	const struct procpid *self = known->listens ? identify(&o->scan) : NULL;

	if (self && strcmp(self->name, other->name) != 0) {
		if (descends(o, pid, other->pid))
			return true;
		if (descends(o, other->pid, pid))
			return false;
	}
	return pid <= other->pid;
}

int owners_claim(struct owners *o, struct known *known)
{
	struct candidate *who = o->scan.current;
	bool lacked;
	int err;

	if (known->listens && known->doubt)
		owners_share(o, known->inode);
	if (known->owner != 0 && known->owner != who->owner &&
	    (known->polled || !is_before(o, known)))
		return 0;
	err = owners_introduce(o, o->scan.dir_fd, who);
	if (err)
		return err;
	lacked = owners_lacks(known);
	if (known->owner != who->owner)
		known->misses = 0;
	known->owner = who->owner & OWNER_MAX;
	known->seen = true;
	o->wanted -= lacked && !owners_lacks(known);
	return 0;
}
