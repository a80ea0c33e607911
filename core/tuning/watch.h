/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_WATCH_H
#define TCPSTATE_CORE_WATCH_H

/*
 * This module notices that a file has changed that the tuning table is made of: one of
 * sysctl.d(5), or the profile. It asks stat() what is there and keeps nothing open, so that it
 * also sees directories that appear later and links that lead elsewhere. Of the kernel's own
 * parameters /proc/sys tells no change.
 */

#include <stdint.h>

/*
 * Gives a number for the files as they are now: another one if a file has come, gone, been written
 * or replaced. root: "/" for the host's own sysctl.d directories. profile: its path; NULL: none. 0;
 * -ENOMEM; what open() gave for root; -EFBIG: more files than sysctld_read() reads.
 */
int watch_mark(const char *root, const char *profile, uint64_t *ret_mark);

#endif
