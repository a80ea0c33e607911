/* SPDX-License-Identifier: MIT */
#include "tests/support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void give_up(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

void tree_make(struct tree *ret_tree)
{
	snprintf(ret_tree->path, sizeof(ret_tree->path), "/tmp/tcpstate-test-XXXXXX");
	if (!mkdtemp(ret_tree->path))
		give_up(ret_tree->path);
	ret_tree->fd = open(ret_tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret_tree->fd < 0)
		give_up(ret_tree->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void tree_remove(struct tree *t)
{
	close(t->fd);
	nftw(t->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *tree_path(const struct tree *t, const char *name)
{
	static char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", t->path, name);
	return path;
}

void tree_drop(const struct tree *t, const char *name)
{
	if (nftw(tree_path(t, name), remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		give_up(name);
}

static void make_parents(const struct tree *t, const char *name)
{
	char path[TREE_PATH_MAX];
	size_t start = strlen(t->path) + 1;

	snprintf(path, sizeof(path), "%s/%s", t->path, name);
	for (char *p = strchr(path + start, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			give_up(path);
		*p = '/';
	}
}

void tree_file(const struct tree *t, const char *name, const char *text)
{
	FILE *file;

	if (!text) {
		unlink(tree_path(t, name));
		return;
	}
	make_parents(t, name);
	file = fopen(tree_path(t, name), "we");
	if (!file || fputs(text, file) == EOF || fclose(file) == EOF)
		give_up(name);
}

void tree_link(const struct tree *t, const char *name, const char *target)
{
	make_parents(t, name);
	if (symlink(target, tree_path(t, name)) < 0)
		give_up(name);
}
