/* SPDX-License-Identifier: MIT */
#include "subagent/flat_private.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "TCPSTATE";

/* A later time overflows where it is reckoned with in microseconds. */
enum { ALIGN = 16 };
#define TIME_MAX_S (INT64_C(1) << 40)

static size_t count_at(const struct flat *f, size_t offset)
{
	return *(const size_t *)((const char *)f + offset);
}

static void **pointer_at(struct flat *f, size_t offset)
{
	return (void **)((char *)f + offset);
}

static size_t aligned(size_t size)
{
	return (size + ALIGN - 1) / ALIGN * ALIGN;
}

/* The bytes of an array. */
static size_t bytes_of(const struct flat *f, const struct flat_rows *r)
{
	return count_at(f, r->count) * r->times * r->size;
}

/* Where the arrays begin, 0 for rows that are in struct flat, and after them the texts. False: they
 * cannot lie in `size` bytes. */
static bool lay_out(const struct flat *f, size_t size, size_t ret_at[FLAT_ROWS + 1])
{
	size_t at = aligned(sizeof(*f));

	for (size_t i = 0; i < FLAT_ROWS; i++) {
		const struct flat_rows *r = &flat_rows[i];

		ret_at[i] = 0;
		if (r->inside)
			continue;
		if (at > size || count_at(f, r->count) > (size - at) / (r->times * r->size))
			return false;
		ret_at[i] = at;
		at = aligned(at + bytes_of(f, r));
	}
	ret_at[FLAT_ROWS] = at;
	return at <= size;
}

/* Calls each() for every member of flat_rows, until it fails. The arrays have their pointers. */
typedef bool each_member(struct flat *f, const struct flat_member *m, void *member, void *arg);

static bool for_rows(struct flat *f, const struct flat_rows *r, each_member *each, void *arg)
{
	unsigned char *row = r->inside ? (unsigned char *)f + r->at : *pointer_at(f, r->at);
	size_t n = r->times;

	if (r->count)
		n = count_at(f, r->count) * (r->inside ? 1 : r->times);
	for (size_t i = 0; i < n; i++, row += r->size)
		for (size_t j = 0; j < r->n_members; j++)
			if (!each(f, &r->members[j], row + r->members[j].offset, arg))
				return false;
	return true;
}

static bool for_members(struct flat *f, each_member *each, void *arg)
{
	for (size_t i = 0; i < FLAT_ROWS; i++)
		if (!for_rows(f, &flat_rows[i], each, arg))
			return false;
	return true;
}

/* --- making one --- */

struct texts {
	char *pool;  /* NULL: only the length is wanted */
	size_t used; /* bytes */
	size_t at;   /* offset of the pool in the block */
};

/* What lay in memory after a text's end is not given away. */
static void clear_rest(char *text, size_t size)
{
	size_t len = strnlen(text, size);

	memset(text + len, 0, size - len);
}

/* A text goes into the pool, and its place into the pointer. */
static bool pack_member(struct flat *f, const struct flat_member *m, void *member, void *arg)
{
	struct texts *texts = arg;
	const char *text;
	size_t len;

	(void)f;
	if (m->kind == FLAT_CHARS && texts->pool)
		clear_rest(member, m->size);
	if (m->kind != FLAT_TEXT)
		return true;
	memcpy(&text, member, sizeof(text));
	if (!text)
		text = "";
	len = strlen(text) + 1;
	if (texts->pool) {
		uintptr_t offset = texts->at + texts->used;

		memcpy(texts->pool + texts->used, text, len);
		memcpy(member, &offset, sizeof(offset));
	}
	texts->used += len;
	return true;
}

/* The arrays are still where they were. */
static void head_fill(const struct snapshot *s, const struct flat_origin *origin, struct flat *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->magic, magic, sizeof(magic));
	f->layout = flat_layout();
	strncpy(f->version, TCPSTATE_VERSION, sizeof(f->version) - 1);
	f->origin = *origin;
	f->snapshot = *s;
	f->snapshot.next = NULL;
	if (s->tuning) {
		f->tuned = 1;
		f->tuning = *s->tuning;
		f->tuning.users = 0;
		f->tuning.pool = NULL;
	}
	f->snapshot.tuning = NULL;
}

static void copy_arrays(struct flat *f, const struct flat *head, const size_t at[FLAT_ROWS + 1])
{
	memcpy(f, head, sizeof(*f));
	for (size_t i = 0; i < FLAT_ROWS; i++) {
		size_t bytes = at[i] ? bytes_of(head, &flat_rows[i]) : 0;

		if (bytes)
			memcpy((char *)f + at[i], *pointer_at(f, flat_rows[i].at), bytes);
	}
}

/* The pointers to the arrays: into the block, or NULL (at: NULL). */
static void point_to_arrays(struct flat *f, const size_t *at)
{
	for (size_t i = 0; i < FLAT_ROWS; i++)
		if (!flat_rows[i].inside)
			*pointer_at(f, flat_rows[i].at) = at ? (char *)f + at[i] : NULL;
}

int flat_pack(const struct snapshot *s, const struct flat_origin *origin, void **ret_block,
	      size_t *ret_size)
{
	struct texts texts = {.pool = NULL};
	struct flat head, *f;
	size_t at[FLAT_ROWS + 1];

	head_fill(s, origin, &head);
	for_members(&head, pack_member, &texts);
	if (!lay_out(&head, SIZE_MAX / 2, at))
		return -ENOMEM;
	/* The pool ends with a NUL of its own, even if there are no texts. */
	head.size = at[FLAT_ROWS] + texts.used + 1;
	/* Zeroes: what is between two arrays goes into a file as well. */
	f = calloc(1, head.size);
	if (!f)
		return -ENOMEM;
	copy_arrays(f, &head, at);
	point_to_arrays(f, at);
	texts = (struct texts){.pool = (char *)f + at[FLAT_ROWS], .at = at[FLAT_ROWS]};
	for_members(f, pack_member, &texts);
	texts.pool[texts.used] = '\0';
	point_to_arrays(f, NULL);
	*ret_block = f;
	*ret_size = head.size;
	return 0;
}

/* --- reading one --- */

/* What all texts of a snapshot are: made printable. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_time(const struct timespec *t)
{
	return t->tv_sec >= 0 && t->tv_sec <= TIME_MAX_S && t->tv_nsec >= 0 &&
	       t->tv_nsec < 1000000000;
}

static bool is_within(const struct flat_member *m, uint32_t number)
{
	return number >= m->min && number <= m->max;
}

static bool is_top(const struct flat *f, const struct suspect_top *top)
{
	return top->count == 0 || top->index == UINT32_MAX || top->index < f->snapshot.n_listeners;
}

/* The texts have a NUL after the last one. */
static bool unpack_text(const struct flat *f, void *member, size_t pool)
{
	uintptr_t offset;
	const char *text;

	memcpy(&offset, member, sizeof(offset));
	if (offset < pool || offset >= f->size)
		return false;
	text = (const char *)f + offset;
	memcpy(member, &text, sizeof(text));
	return is_printable(text);
}

static bool check_member(struct flat *f, const struct flat_member *m, void *member, void *arg)
{
	const size_t *pool = arg;

	switch (m->kind) {
	case FLAT_TEXT:
		return unpack_text(f, member, *pool);
	case FLAT_CHARS:
		return memchr(member, '\0', m->size) && is_printable(member);
	case FLAT_BOOL:
		return *(unsigned char *)member <= 1;
	case FLAT_NUMBER8:
		return is_within(m, *(uint8_t *)member);
	case FLAT_NUMBER32:
		return is_within(m, *(uint32_t *)member);
	case FLAT_TIME:
		return is_time(member);
	case FLAT_OWNER:
		return *(uint32_t *)member < f->snapshot.n_owners;
	case FLAT_LISTENER:
		return *(uint32_t *)member < f->snapshot.n_listeners;
	case FLAT_TOP:
		return is_top(f, member);
	}
	return false;
}

static int check_head(const struct flat *f, size_t size)
{
	if (size < sizeof(f->magic) || memcmp(f->magic, magic, sizeof(magic)) != 0)
		return -EINVAL;
	if (size < offsetof(struct flat, origin))
		return -EINVAL;
	if (f->layout != flat_layout() ||
	    strncmp(f->version, TCPSTATE_VERSION, sizeof(f->version)) != 0)
		return -ESTALE;
	return size > sizeof(*f) && f->size == size && ((const char *)f)[size - 1] == '\0' &&
		       f->tuned <= 1
		   ? 0
		   : -EINVAL;
}

int flat_unpack(void *block, size_t size, const struct snapshot **ret_snapshot,
		struct flat_origin *ret_origin)
{
	struct flat *f = block;
	size_t at[FLAT_ROWS + 1];
	int ret = check_head(f, size);

	if (ret < 0)
		return ret;
	/* Somebody is always there: nobody. */
	if (f->snapshot.n_limits > LIMIT_COUNT || f->snapshot.n_arcs > ARC_COUNT ||
	    f->snapshot.n_owners == 0 || !lay_out(f, size - 1, at))
		return -EINVAL;
	point_to_arrays(f, at);
	if (!for_members(f, check_member, &at[FLAT_ROWS]))
		return -EINVAL;
	f->snapshot.next = NULL;
	f->tuning.pool = NULL;
	f->snapshot.tuning = f->tuned ? &f->tuning : NULL;
	*ret_snapshot = &f->snapshot;
	*ret_origin = f->origin;
	return 0;
}
