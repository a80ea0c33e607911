/* SPDX-License-Identifier: MIT */
#include "core/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 32 };

int array_reserve(void *rows, size_t *capacity, size_t need, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : FIRST_CAPACITY;
	void *old, *grown;

	if (more < need)
		more = need;
	/* The pointer's type is the caller's: it is copied, not read as a void *. */
	memcpy(&old, rows, sizeof(old));
	grown = reallocarray(old, more, size);
	if (!grown)
		return -ENOMEM;
	memcpy(rows, &grown, sizeof(grown));
	*capacity = more;
	/* cppcheck-suppress memleak ; the caller's pointer has it now */
	return 0;
}

void *array_new(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}
