/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_WINDOW_H
#define TCPSTATE_SUBAGENT_WINDOW_H

/*
 * This module knows how large the window of a terminal is.
 */

#include <stddef.h>

/* How many columns fit; SIZE_MAX: fd is no terminal, or does not tell. */
size_t window_width(int fd);

#endif
