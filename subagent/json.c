/* SPDX-License-Identifier: MIT */
#include "subagent/json.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "subagent/member.h"
#include "subagent/tables.h"

static json_t *make_number(uint64_t number)
{
	return json_integer(number < INT64_MAX ? (json_int_t)number : INT64_MAX);
}

static json_t *make_label(const char *(*label)(uint32_t), uint32_t number)
{
	const char *text = label ? label(number) : NULL;

	return text ? json_string(text) : json_integer(number);
}

static json_t *make_text(const char *text, size_t len)
{
	char clean[VALUE_TEXT_MAX + 1];

	memcpy(clean, text, len);
	clean[len] = '\0';
	text_clean(clean);
	return json_string(clean);
}

/* RFC 3339, in UTC; null for a moment that has not been yet. */
static json_t *make_date(const struct timespec *time)
{
	char text[40];
	struct tm tm;

	if (time->tv_sec == 0 || !gmtime_r(&time->tv_sec, &tm))
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *make_integer(const struct column *column, int32_t number)
{
	return column->label ? make_label(column->label, (uint32_t)number) : json_integer(number);
}

/* As a GET would give it, but not squeezed into what SNMP has for numbers and dates. */
static json_t *make_cell(const struct snapshot *s, const struct column *column, const void *row)
{
	const void *member = (const unsigned char *)row + column->offset;
	struct value value;

	if (!oidtable_value(s, column, row, &value))
		return json_null();
	switch (column->syntax) {
	case SYNTAX_INTEGER:
		return make_integer(column, value.integer);
	case SYNTAX_GAUGE32:
	case SYNTAX_COUNTER32:
	case SYNTAX_AGE:
		return make_number(value.unsigned32);
	case SYNTAX_COUNTER64:
		return make_number(value.counter64);
	case SYNTAX_GAUGE32_64:
		return make_number(*(const uint64_t *)member);
	case SYNTAX_DATE:
		return make_date(member);
	case SYNTAX_CHARS:
	case SYNTAX_TEXT:
	case SYNTAX_FORMAT:
		return make_text(value.text, value.text_len);
	}
	return NULL;
}

static json_t *make_part(const struct snapshot *s, const struct index_part *part, const void *row)
{
	const void *member = index_member(s, part, row);
	char addr[INET_TEXT_MAX];
	const char *text;

	switch (part->syntax) {
	case INDEX_NUMBER:
		return make_label(part->label, index_number(part, member));
	case INDEX_ADDRESS:
		return json_string(snapshot_addr_format(s, member, addr));
	case INDEX_TEXT:
		text = *(const char *const *)member;
		return make_text(text, strnlen(text, VALUE_TEXT_MAX));
	case INDEX_IMPLIED:
		return make_text(member, strnlen(member, part->size));
	}
	return NULL;
}

/* Takes the value over. False: out of memory. */
static bool put(json_t *object, const struct table *table, const char *mib_name, json_t *value)
{
	char name[MEMBER_NAME_MAX];

	return json_object_set_new(object, member_name(table, mib_name, name), value) == 0;
}

static bool put_index(json_t *object, const struct snapshot *s, const struct table *table,
		      const void *row)
{
	for (const struct index_part *part = table->index; part && part->name; part++)
		if (!put(object, table, part->name, make_part(s, part, row)))
			return false;
	return true;
}

static json_t *make_row(const struct snapshot *s, const struct table *table, const void *row)
{
	json_t *object = json_object();
	bool made = object && put_index(object, s, table, row);

	for (size_t i = 0; made && i < table->n_columns; i++)
		made = put(object, table, table->columns[i].name,
			   make_cell(s, &table->columns[i], row));
	if (made)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *make_table(const struct snapshot *s, const struct table *table)
{
	size_t count;
	const unsigned char *rows = table->rows(s, &count);
	json_t *array;

	if (!table->index)
		return make_row(s, table, rows);
	array = json_array();
	for (size_t i = 0; array && i < count; i++) {
		json_t *row = make_row(s, table, rows + i * table->row_size);

		if (json_array_append_new(array, row) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

json_t *json_snapshot(const struct snapshot *s)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < tables_tree.n_tables; i++) {
		const struct table *table = &tables_tree.tables[i];
		const char *name = member_table(table);

		if (name && json_object_set_new(object, name, make_table(s, table)) < 0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

json_t *json_row(const struct snapshot *s, const char *name, const void *row)
{
	for (size_t i = 0; i < tables_tree.n_tables; i++) {
		const struct table *table = &tables_tree.tables[i];

		if (strcmp(table->name, name) == 0)
			return make_row(s, table, row);
	}
	return NULL;
}
