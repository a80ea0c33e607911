/* SPDX-License-Identifier: MIT */
#include "tests/support/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/suite.h"

static int open_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	return fd;
}

void folder_make(struct folder *f)
{
	strcpy(f->path, "test_folder.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->path));
	f->fd = open_folder(f->path);
}

void folder_put(const struct folder *f, const char *name, const char *text)
{
	int fd;

	unlinkat(f->fd, name, 0);
	if (!text)
		return;
	fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CU_ASSERT_FATAL(fd >= 0);
	CHECK_EQ_INT_FATAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void folder_remove(struct folder *f)
{
	DIR *dir = fdopendir(f->fd);

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] != '.')
			CHECK_EQ_INT(unlinkat(f->fd, entry->d_name, 0), 0);
	}
	closedir(dir);
	CHECK_EQ_INT(rmdir(f->path), 0);
}

int folder_open_fixture(const char *name)
{
	return open_folder(suite_data(name));
}
