/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_FUZZ_H
#define TCPSTATE_TESTS_FUZZ_H

/*
 * This module is what the libFuzzer targets share: ways to give bytes to who wants a text, a file
 * or a directory, and what must hold whatever the bytes are.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/model/conn.h"

/* A target defines the first, and the other one where few bytes of an input decide. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Else the input is kept, as one that crashes is. */
#define REQUIRE(holds)                                                                             \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Several files in one input: a byte that no text has stands between them. */
enum { FUZZ_CUT = 0xff };

struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* Takes the bytes in front of the next FUZZ_CUT, or what is left. */
struct fuzz_input fuzz_take(struct fuzz_input *input);

/* A copy with a NUL behind it, for the caller to free: reading on is seen. */
char *fuzz_text(struct fuzz_input input);

/* The path of a file in memory that holds it, until the next call. */
const char *fuzz_file(struct fuzz_input input);

/* An empty directory of the process's own, in $TMPDIR. */
struct fuzz_directory {
	char path[128];
	int fd;
};
struct fuzz_directory fuzz_directory(void);

/* Makes or replaces a file there; its directories have to be there. */
void fuzz_put(const struct fuzz_directory *directory, const char *path, struct fuzz_input input);

/* What text_clean() leaves as it is. */
bool fuzz_is_printable(const char *text);

/* What must hold of a socket, whatever it was read from. */
void fuzz_check_conn(const struct conn *conn);

#endif
