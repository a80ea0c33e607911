/* SPDX-License-Identifier: MIT */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"

/* Most files fit into the first, and a parameter is read once more if it does not. */
enum { FIRST_READ = 4096 };

struct content {
	char *text;
	size_t len, capacity;
};

/* Reads on until nothing comes any more or `room` bytes have come. 0 or -errno. */
static int read_into(int fd, struct content *c, size_t room)
{
	ssize_t n = 1;

	while (c->len < room && n != 0) {
		n = read(fd, c->text + c->len, room - c->len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			c->len += (size_t)n;
	}
	return 0;
}

/* anew: from the beginning once more where the buffer was too small. */
static int read_content(int fd, size_t max, bool anew, struct content *c)
{
	size_t room = FIRST_READ;

	for (;;) {
		int ret;

		if (room > max)
			room = max + 1; /* one more than there may be */
		ret = ARRAY_RESERVE(c->text, &c->capacity, room + 1);
		if (ret == 0)
			ret = read_into(fd, c, room);
		if (ret < 0 || c->len < room)
			return ret;
		if (c->len > max)
			return -EFBIG;
		room = anew ? max + 1 : 2 * room;
		if (anew && lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
		if (anew)
			c->len = 0;
	}
}

/* Closes fd. */
static int read_all(int fd, size_t max, bool anew, char **ret_text, size_t *ret_len)
{
	struct content c = {.text = NULL};
	int ret = read_content(fd, max, anew, &c);

	close(fd);
	if (ret < 0) {
		free(c.text);
		return ret;
	}
	c.text[c.len] = '\0';
	*ret_text = c.text;
	*ret_len = c.len;
	return 0;
}

int file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_all(fd, max, false, ret_text, ret_len);
}

int file_read_regular(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (ret == 0)
		return read_all(fd, max, false, ret_text, ret_len);
	close(fd);
	return ret;
}

int file_read_parameter(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -errno : read_all(fd, max, true, ret_text, ret_len);
}

int file_write_all(int fd, const void *data, size_t len)
{
	const char *bytes = data;

	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int file_replace(const char *path, unsigned mode, const void *bytes, size_t len)
{
	char new_path[256];
	int fd, ret;

	if ((size_t)snprintf(new_path, sizeof(new_path), "%s.new", path) >= sizeof(new_path))
		return -ENAMETOOLONG;
	/* A writer that was killed may have left one. */
	unlink(new_path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	ret = fchmod(fd, mode) < 0 ? -errno : file_write_all(fd, bytes, len);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && rename(new_path, path) < 0)
		ret = -errno;
	if (ret < 0)
		unlink(new_path);
	return ret;
}
