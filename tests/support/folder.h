/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_FOLDER_H
#define TCPSTATE_TESTS_FOLDER_H

/*
 * This module gives a test a folder of its own, below the working directory, for the files that
 * its cases make.
 */

struct folder {
	char path[32];
	int fd; /* directory handle */
};

void folder_make(struct folder *f);

/* Writes a file anew; text NULL: there is none. */
void folder_put(const struct folder *f, const char *name, const char *text);

/* Removes the folder and what is in it. */
void folder_remove(struct folder *f);

/* A directory handle of a fixture; name: as for suite_data(). */
int folder_open_fixture(const char *name);

#endif
