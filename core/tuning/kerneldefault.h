/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_KERNELDEFAULT_H
#define TCPSTATE_CORE_KERNELDEFAULT_H

/*
 * This module knows the kernel's own defaults: constants of a release, and those that the kernel
 * computes from its memory when it starts, where that can be repeated exactly. They are those of
 * the mainline kernel from 3.10 on; a distribution may have changed one.
 */

#include <stdbool.h>
#include <stdint.h>

/* A release as one number that can be compared. */
#define KERNEL_RELEASE(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

struct kernel {
	uint32_t release; /* KERNEL_RELEASE(); 0: not known */
	/* Buckets of the connection table (tcp_ehash_entries), which the kernel sizes by its
	 * memory and sizes others by; 0: not known (Linux before 6.1 does not tell). */
	uint32_t hash_buckets;
	/* The same of the host's own table, which tells of its memory; 0 also in a network
	 * namespace whose table was sized by tcp_child_ehash_entries. */
	uint32_t host_buckets;
	uint32_t page_size; /* bytes */
};

enum { KERNELDEFAULT_MAX = 24 };

/* From "6.1.0-18-amd64". False: no release begins like this. */
bool kerneldefault_release(const char *text, uint32_t *ret_release);

/* The default of one element, as the kernel prints it. False: it is not known. */
bool kerneldefault_find(const struct kernel *kernel, const char *name, uint32_t element,
			char ret_value[KERNELDEFAULT_MAX]);

#endif
