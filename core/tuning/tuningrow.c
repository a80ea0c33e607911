/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningrow.h"

#include <string.h>

struct tuning *tuningrow_find(struct tuning *rows, size_t count, const char *name, uint32_t element)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].element == element && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}
