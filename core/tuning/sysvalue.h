/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSVALUE_H
#define TCPSTATE_CORE_SYSVALUE_H

/*
 * This module reads the value of one kernel parameter and takes values apart.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SYSVALUE_ELEMENTS_MAX = 16,
	/* tcpStateTuningValue is a DisplayString; longer values end in "...". */
	SYSVALUE_TEXT_MAX = 256,
	/* ip_local_reserved_ports with every second port is the longest there is. */
	SYSVALUE_FILE_MAX = 256 * 1024,
};

/*
 * Reads path below proc_sys (a directory handle) into a new, NUL-terminated buffer without its
 * last newline, which the caller frees. Returns 0 or -errno; -EFBIG: longer than
 * SYSVALUE_FILE_MAX; -EBADMSG: it holds a NUL; -ELOOP: a symbolic link, of which /proc/sys has
 * none.
 */
int sysvalue_read(int proc_sys, const char *path, char **ret_value);

/*
 * Takes a value apart, in place: numbers with tabs between them are a vector, all else is one
 * element. Returns the number of elements, at least 1.
 */
size_t sysvalue_split(char *value, char *ret_elements[SYSVALUE_ELEMENTS_MAX]);

/* The whole text as a decimal number in the range of int64_t. */
bool sysvalue_number(const char *text, int64_t *ret_number);

/* Copies text, printable ASCII only ("?" for the rest), cut to SYSVALUE_TEXT_MAX. */
void sysvalue_printable(const char *text, char ret_text[SYSVALUE_TEXT_MAX]);

#endif
