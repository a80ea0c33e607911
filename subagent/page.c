/* SPDX-License-Identifier: MIT */
#include "subagent/page.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"

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

/* How many bytes of text, whole characters, fit into so many columns. */
static size_t fitting(const char *text, size_t columns)
{
	size_t width = 0, len;

	for (len = 0; text[len]; len++) {
		width += char_width((unsigned char)text[len]);
		if (width > columns)
			break;
	}
	return len;
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
	fprintf(out, "%*s", (int)count, "");
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
	assert(table->n_rows < PAGE_ROWS);
	for (size_t i = 0; i < PAGE_COLUMNS; i++)
		table->cells[table->n_rows][i][0] = '\0';
	table->n_rows++;
}

void page_cell(struct page_table *table, size_t column, const char *format, ...)
{
	char *cell = table->cells[table->n_rows - 1][column];
	va_list ap;

	va_start(ap, format);
	vsnprintf(cell, PAGE_CELL, format, ap);
	va_end(ap);
	text_clean(cell);
}

/* The widest column that can give a column away; n_columns: none. */
static size_t widest(const struct page_table *table, const size_t *widths)
{
	size_t found = table->n_columns;

	for (size_t c = 0; c < table->n_columns; c++) {
		enum page_fit fit = table->columns[c].fit;

		if ((fit == PAGE_CLIP || fit == PAGE_WRAP) && widths[c] > CLIPPED_MIN &&
		    (found == table->n_columns || widths[c] > widths[found]))
			found = c;
	}
	return found;
}

static void fit_columns(const struct page_table *table, size_t widths[PAGE_COLUMNS])
{
	size_t total = GAP * (table->n_columns - 1), c;

	for (c = 0; c < table->n_columns; c++) {
		widths[c] = strlen(table->columns[c].title);
		for (size_t r = 0; r < table->n_rows; r++) {
			size_t width = page_width(table->cells[r][c]);

			if (width > widths[c])
				widths[c] = width;
		}
		total += widths[c];
	}
	while (total > PAGE_WIDTH && (c = widest(table, widths)) < table->n_columns) {
		widths[c]--;
		total--;
	}
}

/* The middle is what an address or a name can best do without. */
static void put_clipped(FILE *out, const char *text, size_t width)
{
	size_t rest = width - (sizeof(ellipsis) - 1);
	size_t head = fitting(text, rest - rest / 3);
	const char *tail = fitting_end(text + head, rest / 3);

	fprintf(out, "%.*s%s%s", (int)head, text, ellipsis, tail);
}

static void put_row(FILE *out, const struct page_table *table, const size_t *widths,
		    const char *const cells[PAGE_COLUMNS])
{
	size_t at = 0, start = 0;

	for (size_t c = 0; c < table->n_columns; start += widths[c++] + GAP) {
		enum page_fit fit = table->columns[c].fit;
		size_t width = page_width(cells[c]);
		size_t column = start;

		if (width == 0)
			continue;
		if (fit == PAGE_RIGHT)
			column += widths[c] - width;
		put_spaces(out, column - at);
		if (fit == PAGE_WRAP) {
			wrap(out, start, start, cells[c]);
			return;
		}
		if (width > widths[c]) {
			put_clipped(out, cells[c], widths[c]);
			width = widths[c];
		} else {
			fputs(cells[c], out);
		}
		at = column + width;
	}
	fputc('\n', out);
}

void page_table(FILE *out, const struct page_table *table)
{
	const char *cells[PAGE_COLUMNS];
	size_t widths[PAGE_COLUMNS];

	fit_columns(table, widths);
	for (size_t c = 0; c < table->n_columns; c++)
		cells[c] = table->columns[c].title;
	put_row(out, table, widths, cells);
	for (size_t r = 0; r < table->n_rows; r++) {
		for (size_t c = 0; c < table->n_columns; c++)
			cells[c] = table->cells[r][c];
		put_row(out, table, widths, cells);
	}
}
