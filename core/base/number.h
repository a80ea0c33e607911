/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NUMBER_H
#define TCPSTATE_CORE_NUMBER_H

/*
 * This module reads numbers out of the kernel's text files: no sign, no leading space, no locale,
 * and never a value that does not fit. And it adds and subtracts without wrapping.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads the digits that *text begins with and moves *text past them. base: 10 or 16. False: no
 * digit, or more than max; *text and *ret_number are untouched.
 */
bool number_take(const char **text, unsigned base, uint64_t max, uint64_t *ret_number);

/* The sum, or as much of it as fits. */
static inline uint32_t add_sat(uint32_t a, uint32_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

/* The difference; 0 where it would be less. */
static inline uint64_t sub_sat(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#endif
