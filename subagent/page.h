/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_SUBAGENT_PAGE_H
#define TCPSTATE_SUBAGENT_PAGE_H

/*
 * This module lays text out for a terminal: nothing is wider than PAGE_WIDTH columns, if a table
 * does not ask for another width, and nothing but printable characters is written, whatever the
 * text holds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	PAGE_WIDTH = 100,
	PAGE_COLUMNS = 12,   /* of a table, at the most */
	PAGE_CELL = 400,     /* bytes of a cell, with a NUL */
	PAGE_MARGIN = 2,     /* columns of a mark in front of a row */
	PAGE_NUMBER_MAX = 16 /* bytes of page_number(), with a NUL */
};

/* What a column does where the page is too narrow. RIGHT is for numbers. */
enum page_fit { PAGE_LEFT, PAGE_RIGHT, PAGE_CLIP, PAGE_WRAP };

/* Only the last column may be PAGE_WRAP. */
struct page_column {
	const char *title;
	enum page_fit fit;
};

/* columns and n_columns are set by the caller, all else is zeroed at first. */
struct page_table {
	const struct page_column *columns;
	size_t n_columns;
	size_t n_needed; /* columns from here on are left out if there is no room; 0: none are */
	size_t width;    /* of the page; 0: PAGE_WIDTH; without PAGE_WRAP any, SIZE_MAX: no bound */
	bool marked;     /* the rows have a mark in front of them */
	size_t n_rows;
	char *marks; /* n_rows of them */
	size_t marks_capacity;
	/* n_rows * n_columns of them, and their texts, each with a NUL. */
	struct page_place *cells;
	size_t cells_capacity;
	char *texts;
	size_t used, texts_capacity;
	bool incomplete; /* memory has run out */
};

/* Begins a row of empty cells. */
void page_row(struct page_table *table);

/* Sets a cell of the newest row; a column that the table does not have is left out. */
void page_cell(struct page_table *table, size_t column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with page_number(). */
void page_number_cell(struct page_table *table, size_t column, uint64_t number);

/* Puts a mark in front of the newest row, if the table is one that has them. */
void page_mark(struct page_table *table, char mark);

/* Writes the titles and the rows, and frees them: the table has none any more. */
void page_table(FILE *out, struct page_table *table);

/*
 * Writes text and a newline, broken at spaces where it would not fit; further lines are indented.
 * at: the column where the cursor is. Of more than 2047 bytes the rest is left out.
 */
void page_text(FILE *out, size_t at, size_t indent, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "48,211"; from a thousand million on "1.2 G", so that it never takes more than 11 columns.
 * Returns buf. */
const char *page_number(uint64_t number, char buf[PAGE_NUMBER_MAX]);

/* How many columns printable UTF-8 takes, at the most: a character of three or four bytes may be a
 * wide one. */
size_t page_width(const char *text);

/* How many bytes of such a text, whole characters, fit into so many columns. Colours ("\033[...m")
 * take no room. */
size_t page_fitting(const char *text, size_t len, size_t columns);

#endif
