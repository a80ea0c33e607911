/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSCTLPATTERN_H
#define TCPSTATE_CORE_SYSCTLPATTERN_H

/*
 * This module matches a parameter's path with a pattern of a sysctl.d file, as the programs that
 * read these files do. For sysctld and sysctldreplay only.
 */

#include <stdbool.h>

/* Whether a name is a pattern. */
bool sysctlpattern_is(const char *text);

/* As glob(3) would find it: "*" and "?" match no slash. braces: "{a,b}" stands for a and b; a
 * pattern with more than 256 alternatives matches nothing. */
bool sysctlpattern_matches(const char *pattern, const char *path, bool braces);

#endif
