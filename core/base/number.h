/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NUMBER_H
#define TCPSTATE_CORE_NUMBER_H

/*
 * This module reads numbers out of the kernel's text files: no sign, no leading space, no locale,
 * and never a value that does not fit.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads the digits that *text begins with and moves *text behind them. base: 10 or 16. False: no
 * digit, or more than max; *text and *ret_number are untouched.
 */
bool number_take(const char **text, unsigned base, uint64_t max, uint64_t *ret_number);

#endif
