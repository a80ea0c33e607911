/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_ARRAY_H
#define TCPSTATE_CORE_ARRAY_H

/*
 * This module grows arrays, and counts those of a fixed length.
 */

#include <stddef.h>

/* The elements of an array that is declared as one. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* See ARRAY_RESERVE(). rows: the address of the pointer to the elements; size: of one. */
int array_reserve(void *rows, size_t *capacity, size_t need, size_t size);

/*
 * Makes room for `need` elements in an array that malloc() made, or NULL with a capacity of 0. At
 * least doubles it, so that elements may be added one by one; new ones are not initialised. 0;
 * -ENOMEM: the array is as before.
 */
#define ARRAY_RESERVE(rows, capacity, need)                                                        \
	((need) <= *(capacity) ? 0 : array_reserve(&(rows), (capacity), (need), sizeof(*(rows))))

/* Zeroed memory for an array; a pointer even for no element at all. NULL: out of memory. */
void *array_new(size_t count, size_t size);

#endif
