/* SPDX-License-Identifier: MIT */
#include "subagent/page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"

/* Where the text of a cell is, and how many columns it takes. */
struct page_place {
	uint32_t at;
	uint32_t width;
};

enum { GAP = 2, CLIPPED_MIN = 8, TEXT_MAX = 2048 };

static const char ellipsis[] = "...";

/* Of the character that begins with this byte; 0 for the bytes that follow the first. */
static size_t char_width(unsigned char first)
{
	if (first >= 0xe0)
		return 2;
	return (first & 0xc0) != 0x80;
}

size_t page_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += char_width((unsigned char)*text);
	return width;
}

size_t page_fitting(const char *text, size_t len, size_t columns)
{
	size_t width = 0, at = 0;

	while (at < len) {
		if (text[at] == '\033') {
			at += strcspn(text + at, "m") + 1;
			continue;
		}
		width += char_width((unsigned char)text[at]);
		if (width > columns)
			break;
		at++;
	}
	return at < len ? at : len;
}

/* How many bytes of text, whole characters, fit into so many columns. */
static size_t fitting(const char *text, size_t columns)
{
	return page_fitting(text, strlen(text), columns);
}

/* Where the end of the text begins that fits into so many columns. */
static const char *fitting_end(const char *text, size_t columns)
{
	while (page_width(text) > columns || char_width((unsigned char)*text) == 0)
		text++;
	return text;
}

const char *page_number(uint64_t number, char buf[PAGE_NUMBER_MAX])
{
	static const char units[] = "GTPE";
	double scaled = (double)number / 1e9;
	size_t unit = 0;

	if (number >= 1000000000) {
		for (; scaled >= 1000; unit++)
			scaled /= 1000;
		snprintf(buf, PAGE_NUMBER_MAX, "%.1f %c", scaled, units[unit]);
	} else if (number >= 1000000) {
		snprintf(buf, PAGE_NUMBER_MAX, "%" PRIu64 ",%03" PRIu64 ",%03" PRIu64,
			 number / 1000000, number / 1000 % 1000, number % 1000);
	} else if (number >= 1000) {
		snprintf(buf, PAGE_NUMBER_MAX, "%" PRIu64 ",%03" PRIu64, number / 1000,
			 number % 1000);
	} else {
		snprintf(buf, PAGE_NUMBER_MAX, "%" PRIu64, number);
	}
	return buf;
}

static void put_spaces(FILE *out, size_t count)
{
	static const char spaces[] = "                                ";

	for (size_t n; count > 0; count -= n) {
		n = count < sizeof(spaces) - 1 ? count : sizeof(spaces) - 1;
		fwrite(spaces, 1, n, out);
	}
}

static void wrap(FILE *out, size_t at, size_t indent, const char *text)
{
	size_t room = PAGE_WIDTH - at, len;

	/* Any character must fit into a line. */
	assert(at <= PAGE_WIDTH && indent <= PAGE_WIDTH - 2);
	for (;;) {
		len = fitting(text, room);
		if (text[len]) {
			size_t word = len;

			while (word > 0 && text[word] != ' ')
				word--;
			while (word > 0 && text[word - 1] == ' ')
				word--;
			len = word ? word : len;
		}
		fprintf(out, "%.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
		if (!*text)
			break;
		put_spaces(out, indent);
		room = PAGE_WIDTH - indent;
	}
}

void page_text(FILE *out, size_t at, size_t indent, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	text_clean(text);
	wrap(out, at, indent, text);
}

void page_row(struct page_table *table)
{
	size_t begin = table->n_rows * table->n_columns, end = begin + table->n_columns;

	if (table->incomplete || ARRAY_RESERVE(table->cells, &table->cells_capacity, end) < 0 ||
	    ARRAY_RESERVE(table->marks, &table->marks_capacity, table->n_rows + 1) < 0 ||
	    ARRAY_RESERVE(table->texts, &table->texts_capacity, table->used + 1) < 0) {
		table->incomplete = true;
		return;
	}
	/* At 0 is the empty text. */
	if (!table->used)
		table->texts[table->used++] = '\0';
	memset(table->cells + begin, 0, table->n_columns * sizeof(*table->cells));
	table->marks[table->n_rows++] = ' ';
}

void page_mark(struct page_table *table, char mark)
{
	if (!table->incomplete)
		table->marks[table->n_rows - 1] = mark;
}

void page_cell(struct page_table *table, size_t column, const char *format, ...)
{
	struct page_place *place;
	char text[PAGE_CELL];
	va_list ap;
	size_t len;

	if (column >= table->n_columns || table->incomplete)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	text_clean(text);
	len = strlen(text) + 1;
	if (table->used > UINT32_MAX - len ||
	    ARRAY_RESERVE(table->texts, &table->texts_capacity, table->used + len) < 0) {
		table->incomplete = true;
		return;
	}
	memcpy(table->texts + table->used, text, len);
	place = &table->cells[(table->n_rows - 1) * table->n_columns + column];
	*place = (struct page_place){(uint32_t)table->used, (uint32_t)page_width(text)};
	table->used += len;
}

void page_number_cell(struct page_table *table, size_t column, uint64_t number)
{
	char text[PAGE_NUMBER_MAX];

	page_cell(table, column, "%s", page_number(number, text));
}

/* How wide the page, and how many columns it has. */
struct layout {
	size_t width;
	size_t n_columns;
	size_t widths[PAGE_COLUMNS];
};

/* The widest column that can give a column away; n_columns: none. */
static size_t widest(const struct page_table *table, const struct layout *layout)
{
	size_t found = layout->n_columns;

	for (size_t c = 0; c < layout->n_columns; c++) {
		enum page_fit fit = table->columns[c].fit;

		if ((fit == PAGE_CLIP || fit == PAGE_WRAP) && layout->widths[c] > CLIPPED_MIN &&
		    (found == layout->n_columns || layout->widths[c] > layout->widths[found]))
			found = c;
	}
	return found;
}

static struct layout fit_columns(const struct page_table *table)
{
	struct layout layout = {.width = table->width ? table->width : PAGE_WIDTH,
				.n_columns = table->n_columns},
		      whole;
	size_t total = table->marked ? PAGE_MARGIN : 0,
	       needed = table->n_needed ? table->n_needed : table->n_columns, c;

	for (c = 0; c < table->n_columns; c++) {
		size_t *width = &layout.widths[c];

		*width = strlen(table->columns[c].title);
		for (size_t r = 0; r < table->n_rows; r++) {
			size_t own = table->cells[r * table->n_columns + c].width;

			if (own > *width)
				*width = own;
		}
		total += *width + (c > 0 ? GAP : 0);
	}
	while (total > layout.width && layout.n_columns > needed)
		total -= layout.widths[--layout.n_columns] + GAP;
	whole = layout;
	while (total > layout.width && (c = widest(table, &layout)) < layout.n_columns) {
		layout.widths[c]--;
		total--;
	}
	/* What does not fit all the same is better read uncut. */
	return total > layout.width ? whole : layout;
}

/* The middle is what an address or a name can best do without. */
static void put_clipped(FILE *out, const char *text, size_t width)
{
	size_t rest = width - (sizeof(ellipsis) - 1);
	size_t head = fitting(text, rest - rest / 3);
	const char *tail = fitting_end(text + head, rest / 3);

	fprintf(out, "%.*s%s%s", (int)head, text, ellipsis, tail);
}

/* Writes a cell at a column; returns the column after it. */
static size_t put_cell(FILE *out, const char *text, size_t own, size_t at, size_t width)
{
	if (own > width) {
		put_clipped(out, text, width);
		return at + width;
	}
	fputs(text, out);
	return at + own;
}

static void put_row(FILE *out, const struct page_table *table, const struct layout *layout,
		    char mark, const char *texts, const struct page_place *cells)
{
	size_t at = 0, start = 0;

	if (table->marked) {
		fputc(mark, out);
		at = start = PAGE_MARGIN;
		put_spaces(out, PAGE_MARGIN - 1);
	}
	for (size_t c = 0; c < layout->n_columns; start += layout->widths[c++] + GAP) {
		const char *text = texts + cells[c].at;
		size_t own = cells[c].width, column = start;

		if (own == 0)
			continue;
		if (table->columns[c].fit == PAGE_RIGHT)
			column += layout->widths[c] - own;
		put_spaces(out, column - at);
		if (table->columns[c].fit == PAGE_WRAP) {
			wrap(out, start, start, text);
			return;
		}
		at = put_cell(out, text, own, column, layout->widths[c]);
	}
	fputc('\n', out);
}

static void put_titles(FILE *out, const struct page_table *table, const struct layout *layout)
{
	struct page_place places[PAGE_COLUMNS];
	char titles[PAGE_COLUMNS * 16];
	size_t used = 0;

	for (size_t c = 0; c < layout->n_columns; c++) {
		size_t len = strlen(table->columns[c].title);

		assert(used + len < sizeof(titles));
		memcpy(titles + used, table->columns[c].title, len + 1);
		places[c] = (struct page_place){(uint32_t)used, (uint32_t)len};
		used += len + 1;
	}
	put_row(out, table, layout, ' ', titles, places);
}

void page_table(FILE *out, struct page_table *table)
{
	struct layout layout = fit_columns(table);

	put_titles(out, table, &layout);
	for (size_t r = 0; r < table->n_rows; r++)
		put_row(out, table, &layout, table->marks[r], table->texts,
			&table->cells[r * table->n_columns]);
	if (table->incomplete)
		fputs("(out of memory: not all of it)\n", out);
	free(table->cells);
	free(table->marks);
	free(table->texts);
	*table = (struct page_table){.columns = table->columns, .n_columns = table->n_columns};
}
