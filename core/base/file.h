/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_FILE_H
#define TCPSTATE_CORE_FILE_H

/*
 * This module reads small files whole, into a new, NUL-terminated buffer, which the caller frees,
 * and replaces them. All return 0 or -errno. Where they are read, path is below dir_fd, as for
 * openat(); -EFBIG: more than `max` bytes.
 */

#include <stddef.h>

/* Any file, to its end: the size that stat() tells of those in /proc is 0. */
int file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len);

/* A regular file, or a link to one. -EISDIR: a directory; -EINVAL: a device or the like, which is
 * not read. */
int file_read_regular(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len);

/* A kernel parameter below /proc/sys, in one read(): the kernel prints a list of ports only to a
 * reader that asks for all of it. -ELOOP: a symbolic link, of which /proc/sys has none. */
int file_read_parameter(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Writes all of it to an open file, however many calls it takes. */
int file_write_all(int fd, const void *data, size_t len);

/* Writes the file anew as PATH.new and renames it, so that a reader never sees half of one. mode:
 * its permissions, whatever the umask is. On failure the old file is as it was. */
int file_replace(const char *path, unsigned mode, const void *bytes, size_t len);

#endif
