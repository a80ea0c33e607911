/* SPDX-License-Identifier: MIT */
#include "core/kernel/procpid.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/file.h"
#include "core/base/number.h"
#include "core/kernel/service.h"

enum { STAT_MAX = 4096, CGROUP_MAX = 64 * 1024, LIMITS_MAX = 16 * 1024 };

/* Which fields of stat are the parent and the start time; comm is the second. */
enum { STAT_PARENT = 4, STAT_START = 22 };

bool procpid_number(const char *text, uint32_t *ret_number)
{
	uint64_t number;

	if (!number_take(&text, 10, UINT32_MAX, &number) || *text != '\0')
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
	size_t count = 0, capacity = 0;
	uint32_t *pids = NULL, pid;
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
		if (ARRAY_RESERVE(pids, &capacity, count + 1) < 0)
			break; /* errno is ENOMEM */
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

/* Finds comm, the parent and the start time in stat. */
static bool parse_stat(const char *stat, struct procpid *ret_process)
{
	struct procpid process = {0};
	const char *name, *end, *field;
	uint64_t parent = 0;
	size_t len;

	/* "PID (comm) state ...": comm may hold any byte but NUL, parentheses and blanks as well;
	 * the fields after it hold numbers and one letter. */
	name = strchr(stat, '(');
	end = name ? strrchr(name, ')') : NULL;
	if (!end)
		return false;
	field = end;
	for (int i = 3; field && i <= STAT_START; i++) {
		field = strchr(field + 1, ' ');
		if (field && i == STAT_PARENT) {
			const char *number = field + 1;

			if (!number_take(&number, 10, UINT32_MAX, &parent))
				return false;
		}
	}
	if (!field)
		return false;
	field++;
	if (!number_take(&field, 10, UINT64_MAX, &process.start) ||
	    (*field != ' ' && *field != '\n'))
		return false;
	process.parent = (uint32_t)parent;
	len = (size_t)(end - ++name);
	if (len >= sizeof(process.name))
		len = sizeof(process.name) - 1;
	memcpy(process.name, name, len);
	*ret_process = process;
	return true;
}

int procpid_identify(int dir_fd, struct procpid *ret_process)
{
	char *stat;
	size_t len;
	int err;

	err = file_read(dir_fd, "stat", STAT_MAX, &stat, &len);
	if (err)
		return err;
	err = parse_stat(stat, ret_process) ? 0 : -EBADMSG;
	free(stat);
	return err;
}

void procpid_service(int dir_fd, size_t size, char *ret_name)
{
	char *text, *line, *rest;
	size_t len;

	ret_name[0] = '\0';
	if (file_read(dir_fd, "cgroup", CGROUP_MAX, &text, &len) != 0)
		return;
	/* "ID:controllers:path": the cgroup2 line, the last one, names no controllers. Where
	 * systemd does not use cgroup2, the line of its own hierarchy tells. */
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(++controllers, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		if (strcmp(path, "/") != 0 &&
		    (controllers[0] == '\0' || strcmp(controllers, "name=systemd") == 0))
			service_name(path, size, ret_name);
	}
	free(text);
}

/* "Max open files            1024                 524288               files": soft, hard. */
static int parse_limit(const char *limits, uint32_t *ret_limit)
{
	static const char LINE[] = "\nMax open files";
	const char *at = strstr(limits, LINE);
	uint64_t limit;

	if (!at)
		return -EBADMSG;
	at += sizeof(LINE) - 1;
	at += strspn(at, " ");
	if (strncmp(at, "unlimited", 9) == 0)
		return -ENODATA;
	if (!number_take(&at, 10, UINT32_MAX, &limit) || *at != ' ')
		return -EBADMSG;
	*ret_limit = (uint32_t)limit;
	return 0;
}

int procpid_descriptors(int dir_fd, uint32_t counted, uint32_t *ret_open, uint32_t *ret_limit)
{
	struct stat fds;
	uint32_t limit;
	char *limits;
	size_t len;
	int err;

	if (fstatat(dir_fd, "fd", &fds, 0) < 0)
		return -errno;
	if (fds.st_size > 0)
		counted = fds.st_size <= UINT32_MAX ? (uint32_t)fds.st_size : 0;
	if (counted == 0)
		return -ENODATA;
	err = file_read(dir_fd, "limits", LIMITS_MAX, &limits, &len);
	if (err)
		return err;
	err = parse_limit(limits, &limit);
	free(limits);
	if (err)
		return err;
	*ret_open = counted;
	*ret_limit = limit;
	return 0;
}

int procpid_socket(int fd_dir, const char *name, uint32_t *ret_inode)
{
	static const char PREFIX[] = "socket:[";
	char link[32];
	uint32_t inode;
	ssize_t len;

	/* Not fstatat(): that asks the target's file system, which may hang (NFS, FUSE). */
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
