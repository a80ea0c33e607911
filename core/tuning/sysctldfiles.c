/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysctldfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"

/* With room for the files that others hide. */
enum { FILES_MAX = 16384, FOUND_MAX = 4 * FILES_MAX };

/* The first hides the others' files. */
static const char *const directories[] = {"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d",
					  "usr/lib/sysctl.d", "lib/sysctl.d"};

struct found {
	char *path;
	const char *name; /* its last part */
	size_t directory;
};

struct search {
	struct found *rows;
	size_t count;
	size_t capacity;
	const char *unseen;
};

static bool is_wanted(const char *name, enum sysctld_order order)
{
	size_t len = strlen(name);

	if (len < 5 || strcmp(name + len - 5, ".conf") != 0)
		return false;
	return order == SYSCTLD_PROCPS || name[0] != '.';
}

static int add(struct search *s, size_t directory, const char *name)
{
	struct found *row;

	if (s->count == FOUND_MAX)
		return -EFBIG;
	if (ARRAY_RESERVE(s->rows, &s->capacity, s->count + 1) < 0)
		return -ENOMEM;
	row = &s->rows[s->count];
	if (asprintf(&row->path, "%s/%s", directories[directory], name) < 0)
		return -ENOMEM;
	row->name = row->path + strlen(directories[directory]) + 1;
	row->directory = directory;
	s->count++;
	return 0;
}

/* A directory that is not there has no files; of one that may not be read nobody knows. */
static int search_directory(struct search *s, int root, size_t directory, enum sysctld_order order)
{
	struct dirent *entry;
	int fd, r = 0;
	DIR *dir;

	fd = openat(root, directories[directory], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			s->unseen = directories[directory];
		return 0;
	}
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	while (r == 0 && (entry = readdir(dir)))
		if (is_wanted(entry->d_name, order))
			r = add(s, directory, entry->d_name);
	closedir(dir);
	return r;
}

static int found_cmp(const void *va, const void *vb)
{
	const struct found *a = va, *b = vb;
	int cmp = strcmp(a->name, b->name);

	if (cmp != 0)
		return cmp;
	return (a->directory > b->directory) - (a->directory < b->directory);
}

/* Moves the paths that are not hidden to files->paths, which has room for all. */
static void take_visible(struct search *s, struct sysctldfiles *files)
{
	const char *last = NULL;

	/* qsort() wants an array even for no elements. */
	if (s->count > 0)
		qsort(s->rows, s->count, sizeof(s->rows[0]), found_cmp);
	for (size_t i = 0; i < s->count; i++) {
		if (last && strcmp(last, s->rows[i].name) == 0)
			continue;
		last = s->rows[i].name;
		files->paths[files->count++] = s->rows[i].path;
		s->rows[i].path = NULL;
	}
}

int sysctldfiles_list(int root, enum sysctld_order order, struct sysctldfiles *ret_files)
{
	struct sysctldfiles files = {0};
	struct search s = {0};
	int r = 0;

	for (size_t i = 0; i < COUNT_OF(directories) && r == 0; i++)
		r = search_directory(&s, root, i, order);
	if (r < 0)
		goto out;
	r = -ENOMEM;
	files.unseen = s.unseen;
	files.paths = calloc(s.count + 1, sizeof(files.paths[0]));
	if (!files.paths)
		goto out;
	take_visible(&s, &files);
	if (order == SYSCTLD_PROCPS) {
		files.paths[files.count] = strdup("etc/sysctl.conf");
		if (!files.paths[files.count])
			goto out;
		files.count++;
	}
	r = files.count > FILES_MAX ? -EFBIG : 0;
out:
	for (size_t i = 0; i < s.count; i++)
		free(s.rows[i].path);
	free(s.rows);
	if (r < 0)
		sysctldfiles_done(&files);
	else
		*ret_files = files;
	return r;
}

void sysctldfiles_done(struct sysctldfiles *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
	*files = (struct sysctldfiles){0};
}
