/* SPDX-License-Identifier: MIT */
#include "core/base/textpool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 8192 };

struct block {
	struct block *next;
	size_t size;
	size_t used;
	char bytes[];
};

struct textpool {
	struct block *newest;
};

int textpool_new(struct textpool **ret_pool)
{
	struct textpool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	*ret_pool = pool;
	return 0;
}

void textpool_free(struct textpool *pool)
{
	struct block *next;

	if (!pool)
		return;
	for (struct block *b = pool->newest; b; b = next) {
		next = b->next;
		free(b);
	}
	free(pool);
}

static struct block *add_block(struct textpool *pool, size_t need)
{
	size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
	struct block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->used = 0;
	b->next = pool->newest;
	pool->newest = b;
	return b;
}

char *textpool_add(struct textpool *pool, const char *text, size_t len)
{
	struct block *b = pool->newest;
	char *copy;

	if (!b || b->size - b->used <= len)
		b = add_block(pool, len + 1);
	if (!b)
		return NULL;
	copy = b->bytes + b->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	b->used += len + 1;
	return copy;
}

char *textpool_format(struct textpool *pool, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return textpool_add(pool, text, strlen(text));
}
