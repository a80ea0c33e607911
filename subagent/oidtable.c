/* SPDX-License-Identifier: MIT */
#include "core/base/timing.h"
#include "subagent/oidtable.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int oid_cmp(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return (a_len > b_len) - (a_len < b_len);
}

static const void *row_at(const struct table *table, const void *rows, size_t i)
{
	return (const unsigned char *)rows + i * table->row_size;
}

static size_t row_index(const struct table *table, const struct snapshot *s, const void *row,
			uint32_t oid[OID_INDEX_MAX])
{
	if (table->index)
		return index_write(s, table->index, row, oid);
	oid[0] = 0;
	return 1;
}

/* How the index of a row stands to oid. */
static int row_cmp(const struct table *table, const struct snapshot *s, const void *row,
		   const uint32_t *oid, size_t len)
{
	uint32_t index[OID_INDEX_MAX];
	size_t n = row_index(table, s, row, index);

	return oid_cmp(index, n, oid, len);
}

/* The first row whose index is after oid, or at it if inclusive; count if there is none. */
static size_t find_row(const struct table *table, const struct snapshot *s, const void *rows,
		       size_t count, const uint32_t *oid, size_t len, bool inclusive)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = row_cmp(table, s, row_at(table, rows, middle), oid, len);

		if (order < 0 || (order == 0 && !inclusive))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t latch(uint64_t number)
{
	return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static uint32_t age_ms(const struct timespec *then)
{
	int64_t ms = (int64_t)timing_now_ms() - timing_ms(then);

	return ms > 0 ? latch((uint64_t)ms) : 0;
}

size_t oidtable_date(const struct timespec *time, char buf[DATE_OCTETS])
{
	struct tm tm = {0};
	unsigned year;
	long offset;

	localtime_r(&time->tv_sec, &tm);
	year = (unsigned)tm.tm_year + 1900;
	offset = labs(tm.tm_gmtoff) / 60;
	buf[0] = (char)(year >> 8);
	buf[1] = (char)year;
	buf[2] = (char)(tm.tm_mon + 1);
	buf[3] = (char)tm.tm_mday;
	buf[4] = (char)tm.tm_hour;
	buf[5] = (char)tm.tm_min;
	buf[6] = (char)tm.tm_sec;
	buf[7] = (char)(time->tv_nsec / 100000000);
	buf[8] = tm.tm_gmtoff < 0 ? '-' : '+';
	buf[9] = (char)(offset / 60);
	buf[10] = (char)(offset % 60);
	return DATE_OCTETS;
}

bool oidtable_value(const struct snapshot *s, const struct column *column, const void *row,
		    struct value *ret_value)
{
	const unsigned char *base = row;
	const void *member;

	if (column->flag && !*(const bool *)(base + column->flag))
		return false;
	if (column->present && !column->present(row))
		return false;
	if (column->owner != SIZE_MAX)
		base = (const void *)snapshot_owner(s, *(const uint32_t *)(base + column->owner));
	member = base + column->offset;

	ret_value->syntax = column->syntax;
	switch (column->syntax) {
	case SYNTAX_INTEGER:
		ret_value->integer = *(const int32_t *)member;
		break;
	case SYNTAX_GAUGE32:
	case SYNTAX_COUNTER32:
		ret_value->unsigned32 =
		    column->size == 1 ? *(const uint8_t *)member : *(const uint32_t *)member;
		break;
	case SYNTAX_GAUGE32_64:
		ret_value->unsigned32 = latch(*(const uint64_t *)member);
		break;
	case SYNTAX_AGE:
		ret_value->unsigned32 = age_ms(member);
		break;
	case SYNTAX_COUNTER64:
		ret_value->counter64 = *(const uint64_t *)member;
		break;
	case SYNTAX_CHARS:
		ret_value->text = member;
		ret_value->text_len = strnlen(ret_value->text, column->size);
		break;
	case SYNTAX_TEXT:
		ret_value->text = *(const char *const *)member;
		ret_value->text_len = strnlen(ret_value->text, VALUE_TEXT_MAX);
		break;
	case SYNTAX_DATE:
		ret_value->text = ret_value->buffer;
		ret_value->text_len = oidtable_date(member, ret_value->buffer);
		break;
	case SYNTAX_FORMAT:
		ret_value->text = ret_value->buffer;
		ret_value->text_len =
		    column->format(s, row, ret_value->buffer, sizeof(ret_value->buffer));
		break;
	}
	return true;
}

/* -1, 0, 1: oid lies before the table's prefix, in its subtree, after it. */
static int place(const struct table *table, const uint32_t *oid, size_t len)
{
	size_t n = len < table->prefix_len ? len : table->prefix_len;

	return oid_cmp(oid, n, table->prefix, table->prefix_len);
}

static enum oid_result cell_get(const struct table *table, const struct column *column,
				const struct snapshot *s, const uint32_t *index, size_t len,
				struct value *ret_value)
{
	uint32_t found[OID_INDEX_MAX];
	size_t count, i;
	const void *rows = table->rows(s, &count), *row;

	i = find_row(table, s, rows, count, index, len, true);
	if (i == count)
		return OID_NO_INSTANCE;
	row = row_at(table, rows, i);
	if (oid_cmp(found, row_index(table, s, row, found), index, len) != 0)
		return OID_NO_INSTANCE;
	return oidtable_value(s, column, row, ret_value) ? OID_FOUND : OID_NO_INSTANCE;
}

enum oid_result oidtable_get(const struct oidtree *tree, const struct snapshot *s,
			     const uint32_t *oid, size_t len, struct value *ret_value)
{
	for (size_t t = 0; t < tree->n_tables; t++) {
		const struct table *table = &tree->tables[t];
		size_t at = table->prefix_len;

		if (place(table, oid, len) != 0 || len == at)
			continue;
		for (size_t c = 0; c < table->n_columns; c++) {
			if (table->columns[c].arc == oid[at])
				return cell_get(table, &table->columns[c], s, oid + at + 1,
						len - at - 1, ret_value);
		}
	}
	return OID_NO_OBJECT;
}

/* A walk asks for the row behind the one before, and for the same one in each of its columns. */
static size_t find_near(const struct table *table, const struct snapshot *s, const void *rows,
			size_t count, const uint32_t *oid, size_t len, bool inclusive, size_t *near)
{
	size_t row;

	for (row = *near; !inclusive && row < count && row - *near < 2; row++) {
		if (row_cmp(table, s, row_at(table, rows, row), oid, len) == 0) {
			*near = row;
			return row + 1;
		}
	}
	row = find_row(table, s, rows, count, oid, len, inclusive);
	*near = row > 0 ? row - 1 : 0;
	return row;
}

/* Where the answers to what follows oid, which is in the table's subtree, may begin. */
static void enter(struct oidtable_walk *walk, const struct table *table, const uint32_t *oid,
		  size_t len, size_t *near)
{
	size_t count;
	const void *rows = table->rows(walk->s, &count);

	while (walk->column < table->n_columns && table->columns[walk->column].arc < oid[0])
		walk->column++;
	if (walk->column < table->n_columns && table->columns[walk->column].arc == oid[0])
		walk->row =
		    find_near(table, walk->s, rows, count, oid + 1, len - 1, walk->inclusive, near);
}

void oidtable_walk(const struct oidtree *tree, const struct snapshot *s, const uint32_t *oid,
		   size_t len, bool inclusive, size_t *near, struct oidtable_walk *ret_walk)
{
	const struct table *table = tree->tables;
	int order = 1;

	ret_walk->tree = tree;
	ret_walk->s = s;
	ret_walk->column = ret_walk->row = 0;
	ret_walk->inclusive = inclusive;
	memcpy(ret_walk->oid, oid, len * sizeof(*oid));
	ret_walk->len = len;
	while (table < tree->tables + tree->n_tables && (order = place(table, oid, len)) > 0)
		table++;
	ret_walk->table = (size_t)(table - tree->tables);
	if (order == 0 && len > table->prefix_len)
		enter(ret_walk, table, oid + table->prefix_len, len - table->prefix_len, near);
}

/* False: the row has no such cell, or it is not behind the answer before: two rows may have one
 * index, and those of a damaged file need not be sorted. */
static bool take_cell(struct oidtable_walk *walk, const struct table *table, const void *row,
		      struct value *ret_value)
{
	const struct column *column = &table->columns[walk->column];
	uint32_t oid[OID_MAX];
	size_t at = table->prefix_len, len;

	if (!oidtable_value(walk->s, column, row, ret_value))
		return false;
	memcpy(oid, table->prefix, at * sizeof(*oid));
	oid[at] = column->arc;
	len = at + 1 + row_index(table, walk->s, row, oid + at + 1);
	if (oid_cmp(oid, len, walk->oid, walk->len) < !walk->inclusive)
		return false;
	memcpy(walk->oid, oid, len * sizeof(*oid));
	walk->len = len;
	walk->inclusive = false;
	return true;
}

bool oidtable_next(struct oidtable_walk *walk, struct value *ret_value)
{
	for (; walk->table < walk->tree->n_tables; walk->table++, walk->column = 0) {
		const struct table *table = &walk->tree->tables[walk->table];
		size_t count;
		const void *rows = table->rows(walk->s, &count);

		for (; walk->column < table->n_columns; walk->column++, walk->row = 0) {
			while (walk->row < count) {
				if (take_cell(walk, table, row_at(table, rows, walk->row++),
					      ret_value))
					return true;
			}
		}
	}
	return false;
}
