/* SPDX-License-Identifier: MIT */
#include "subagent/eventfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

/* A file beside it, because each writing puts another one in its place. */
int eventfile_lock(struct eventfile_lock *lock, const char *path)
{
	char lock_path[sizeof(lock->path)];
	int ret = 0;

	if (lock->fd >= 0 && strcmp(path, lock->path) == 0)
		return 0;
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
	if ((size_t)snprintf(lock_path, sizeof(lock_path), "%s.lock", path) >= sizeof(lock_path))
		return -ENAMETOOLONG;
	lock->fd = open(lock_path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (lock->fd < 0)
		return -errno;
	if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
		ret = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(lock->fd);
		lock->fd = -1;
		return ret;
	}
	snprintf(lock->path, sizeof(lock->path), "%s", path);
	return 0;
}

int eventfile_read(const char *path, struct events *events)
{
	char *text;
	size_t len;
	int ret = file_read_regular(AT_FDCWD, path, EVENTS_TEXT_MAX, &text, &len);

	if (ret < 0)
		return ret == -EFBIG || ret == -EISDIR ? -EINVAL : ret;
	ret = strlen(text) == len ? events_parse(events, text) : -EINVAL;
	free(text);
	return ret;
}

/* For --once of any user. */
int eventfile_write(const char *path, const struct events *events)
{
	char *text = events_format(events);
	int ret = text ? file_replace(path, 0644, text, strlen(text)) : -ENOMEM;

	free(text);
	return ret;
}
