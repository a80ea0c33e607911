/* SPDX-License-Identifier: MIT */
#include "core/procpid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/service.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool procpid_number(const char *text, uint32_t *ret_number)
{
	uint64_t number = 0;
	const char *p = text;

	for (; digit(*p) && number <= UINT32_MAX; p++)
		number = 10 * number + (uint64_t)(*p - '0');
	if (p == text || *p != '\0' || number > UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

int procpid_list(int proc_fd, uint32_t **ret_pids, size_t *ret_count)
{
	size_t count = 0, room = 0;
	uint32_t *pids = NULL, *more, pid;
	struct dirent *entry;
	int err = 0, fd;
	DIR *dir;

	fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while ((errno = 0, entry = readdir(dir))) {
		if (!procpid_number(entry->d_name, &pid))
			continue;
		if (count == room) {
			room = room ? 2 * room : 256;
			more = reallocarray(pids, room, sizeof(*pids));
			if (!more)
				break;
			pids = more;
		}
		pids[count++] = pid;
	}
	err = -errno;
	closedir(dir);
	if (err) {
		free(pids);
		return err;
	}
	if (count > 0)
		qsort(pids, count, sizeof(*pids), compare);
	*ret_pids = pids;
	*ret_count = count;
	return 0;
}

int procpid_open(int proc_fd, uint32_t pid)
{
	char path[16];
	int fd;

	snprintf(path, sizeof(path), "%u", pid);
	fd = openat(proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Reads a file's beginning and terminates it; how many bytes, or -errno. */
static ssize_t read_text(int dir_fd, const char *path, char *buffer, size_t size)
{
	ssize_t len, sum = 0;
	int err, fd;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((len = read(fd, buffer + sum, size - 1 - (size_t)sum)) > 0)
		sum += len;
	err = -errno;
	close(fd);
	if (len < 0)
		return err;
	buffer[sum] = '\0';
	return sum;
}

int procpid_identify(int dir_fd, struct procpid *ret_process)
{
	struct procpid process = {0};
	char stat[1024], *name, *end, *p;
	size_t len;
	ssize_t r;

	r = read_text(dir_fd, "stat", stat, sizeof(stat));
	if (r < 0)
		return (int)r;
	/* "PID (comm) state ...": comm may hold any byte but NUL, ')' and spaces as well;
	 * none of the fields behind it holds a ')'. */
	name = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (!name || !end || end < name)
		return -EBADMSG;
	/* The start time is field 22, and comm is the second. */
	p = end;
	for (int field = 3; p && field <= 22; field++)
		p = strchr(p + 1, ' ');
	if (!p || !digit(p[1]))
		return -EBADMSG;
	errno = 0;
	process.start = strtoull(p + 1, &p, 10);
	if (errno || (*p != ' ' && *p != '\n'))
		return -EBADMSG;
	len = (size_t)(end - ++name);
	memcpy(process.name, name,
	       len < sizeof(process.name) ? len : sizeof(process.name) - 1);
	*ret_process = process;
	return 0;
}

void procpid_service(int dir_fd, char *ret_name, size_t size)
{
	char text[8192], *line, *rest = text;

	ret_name[0] = '\0';
	if (read_text(dir_fd, "cgroup", text, sizeof(text)) < 0)
		return;
	/* "ID:controllers:path": the cgroup2 line has no controllers. Where systemd does
	 * not use cgroup2 its own hierarchy tells; its line comes before that of cgroup2.
	 */
	while ((line = strsep(&rest, "\n")) && rest) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(++controllers, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (controllers[0] != '\0' && strcmp(controllers, "name=systemd") != 0)
			continue;
		if (strcmp(path, "/") != 0)
			service_name(path, ret_name, size);
	}
}

int procpid_socket(int fd_dir, const char *name, uint32_t *ret_inode)
{
	static const char PREFIX[] = "socket:[";
	char link[32];
	uint32_t inode;
	ssize_t len;

	/* Not fstatat(): that asks the target's file system, which may hang (NFS, FUSE).
	 */
	len = readlinkat(fd_dir, name, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = '\0';
	*ret_inode = 0;
	if (strncmp(link, PREFIX, sizeof(PREFIX) - 1) != 0 || link[len - 1] != ']')
		return 0;
	link[len - 1] = '\0';
	if (procpid_number(link + sizeof(PREFIX) - 1, &inode))
		*ret_inode = inode;
	return 0;
}
