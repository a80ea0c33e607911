/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_TREE_H
#define TCPSTATE_TESTS_TREE_H

/*
 * This module makes a directory of files for one test and removes it again. A failure to make it
 * ends the program: there is nothing to test then.
 */

enum { TREE_PATH_MAX = 4096 };

struct tree {
	char path[32];
	int fd; /* directory handle */
};

void tree_make(struct tree *ret_tree);
void tree_remove(struct tree *t);

/* Removes a file, a link, or a directory with what it holds. */
void tree_drop(const struct tree *t, const char *name);

/* Writes a file anew, with the directories it needs; text NULL: there is none. */
void tree_file(const struct tree *t, const char *name, const char *text);

/* Makes a symbolic link below the directory. */
void tree_link(const struct tree *t, const char *name, const char *target);

/* The path of something below the directory; the result is valid until the next call. */
const char *tree_path(const struct tree *t, const char *name);

#endif
