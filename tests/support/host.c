/* SPDX-License-Identifier: MIT */
#include "tests/support/host.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/suite.h"

struct host host_new(void)
{
	struct host h;

	tree_make(&h.proc);
	tree_file(&h.proc, "uptime", "1.0 2.0\n");
	h.proc_fd = open(h.proc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(h.proc_fd >= 0);
	CHECK_EQ_INT_FATAL(owners_new(h.proc_fd, -1, &h.owners), 0);
	return h;
}

void host_free(struct host *h)
{
	owners_free(h->owners);
	close(h->proc_fd);
	tree_remove(&h->proc);
}

const char *host_path(const char *format, ...)
{
	static char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}

void host_stat(const struct host *h, unsigned pid, const char *comm, unsigned start)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%u (%s) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 %u 23 24 25\n", pid,
		 comm, start);
	tree_file(&h->proc, host_path("%u/stat", pid), text);
}

void host_process(const struct host *h, unsigned pid, const char *comm)
{
	host_stat(h, pid, comm, 1000 + pid);
	tree_link(&h->proc, host_path("%u/fd/0", pid), "/dev/null");
}

void host_socket(const struct host *h, unsigned pid, unsigned fd, unsigned inode)
{
	char target[32];

	snprintf(target, sizeof(target), "socket:[%u]", inode);
	tree_link(&h->proc, host_path("%u/fd/%u", pid, fd), target);
}

void host_drop(const struct host *h, unsigned pid, unsigned fd)
{
	tree_drop(&h->proc, host_path("%u/fd/%u", pid, fd));
}

const struct owner *host_owner(const struct host *h, uint32_t inode)
{
	uint32_t number = owners_find(h->owners, inode, 0);
	const struct owner *list;
	size_t count;

	list = owners_list(h->owners, &count);
	CU_ASSERT_TRUE_FATAL(number < count);
	return &list[number];
}

uint32_t host_pid(const struct host *h, uint32_t inode)
{
	return host_owner(h, inode)->pid;
}

bool host_look_up(const struct host *h, const uint32_t *inodes, size_t count)
{
	bool wanted = false;

	for (size_t i = 0; i < count; i++) {
		owners_find(h->owners, inodes[i], 0);
		wanted |= owners_wants(h->owners, inodes[i]);
	}
	CHECK_EQ_INT(owners_scan(h->owners, UINT32_MAX), 0);
	return wanted;
}

bool host_next_round(const struct host *h, const uint32_t *inodes, size_t count)
{
	owners_begin(h->owners);
	return host_look_up(h, inodes, count);
}
