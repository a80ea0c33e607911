/* SPDX-License-Identifier: MIT */
#include "subagent/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "subagent/index.h"
#include "tests/support/model.h"
#include "tests/support/suite.h"
#include "tests/support/walk.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { LINES_MAX = 1000, LINE_MAX_LEN = 512 };

/* tests/data/tables/walk: "OID VALUE" a line, "#" starts a comment. */
static size_t read_walk(char (*buf)[LINE_MAX_LEN], struct walk_line *lines)
{
	FILE *file = fopen(suite_data("tables/walk"), "re");
	size_t count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (count < LINES_MAX && fgets(buf[count], LINE_MAX_LEN, file)) {
		char *space = strchr(buf[count], ' ');

		buf[count][strcspn(buf[count], "\n")] = '\0';
		if (buf[count][0] == '#')
			continue;
		CU_ASSERT_PTR_NOT_NULL_FATAL(space);
		*space = '\0';
		lines[count] = (struct walk_line){buf[count], space + 1};
		count++;
	}
	fclose(file);
	return count;
}

/* Object identifiers are never reused: a line of this file changes only by mistake. */
static void test_walk(void)
{
	static char buf[LINES_MAX][LINE_MAX_LEN];
	static struct walk_line lines[LINES_MAX];
	struct snapshot s;
	size_t count = read_walk(buf, lines);

	model_fill(&s);
	walk_check(&tables_tree, &s, lines, count);
}

/* A host without anything: the scalars, the states, what they mean and how they spread. */
static void test_empty(void)
{
	struct owner nobody = {0};
	struct snapshot model, s;
	const uint32_t root[] = {0};
	struct oidtable_walk walk;
	struct value value;
	size_t cells = 0, near = 0;

	model_fill(&model);
	s = (struct snapshot){.owners = &nobody, .n_owners = 1};
	memcpy(s.states, model.states, sizeof(s.states));
	memcpy(s.spreads, model.spreads, sizeof(s.spreads));
	oidtable_walk(&tables_tree, &s, root, 0, false, &near, &walk);
	while (oidtable_next(&walk, &value))
		cells++;
	CHECK_EQ_INT(cells, 21 + 33 * 5 + 11 * 3 + 11 * 2 + 4);
}

static size_t size_of(enum syntax syntax)
{
	switch (syntax) {
	case SYNTAX_INTEGER:
	case SYNTAX_GAUGE32:
	case SYNTAX_COUNTER32:
		return sizeof(uint32_t);
	case SYNTAX_GAUGE32_64:
	case SYNTAX_COUNTER64:
		return sizeof(uint64_t);
	case SYNTAX_TEXT:
		return sizeof(char *);
	case SYNTAX_DATE:
	case SYNTAX_AGE:
		return sizeof(struct timespec);
	case SYNTAX_CHARS: /* any */
	case SYNTAX_FORMAT:
		return 0;
	}
	return 0;
}

/* Members of the size that their syntax reads, inside the row; arcs in order. */
static void test_columns(void)
{
	for (size_t t = 0; t < tables_tree.n_tables; t++) {
		const struct table *table = &tables_tree.tables[t];
		uint32_t last = 0;

		for (size_t c = 0; c < table->n_columns; c++) {
			const struct column *column = &table->columns[c];
			size_t room =
			    column->owner == SIZE_MAX ? table->row_size : sizeof(struct owner);
			size_t size = size_of(column->syntax);

			CU_ASSERT_TRUE(size == 0 || column->size == size ||
				       (column->syntax == SYNTAX_GAUGE32 && column->size == 1));
			CU_ASSERT_TRUE(column->offset + column->size <= room);
			CU_ASSERT_TRUE(column->owner == SIZE_MAX ||
				       column->owner + sizeof(uint32_t) <= table->row_size);
			CHECK_EQ_INT(column->syntax == SYNTAX_FORMAT, column->format != NULL);
			CU_ASSERT_TRUE(column->arc > last);
			last = column->arc;
		}
	}
}

static int compare(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return (a_len > b_len) - (a_len < b_len);
}

/* What the binary search stands on: tables by prefix, rows by index, none twice. */
static void test_order(void)
{
	uint32_t oid[2][OID_INDEX_MAX];
	struct snapshot s;

	model_fill(&s);
	for (size_t t = 0; t < tables_tree.n_tables; t++) {
		const struct table *table = &tables_tree.tables[t];
		const unsigned char *rows;
		size_t count, len[2] = {0};

		if (t > 0)
			CU_ASSERT_TRUE(compare(table[-1].prefix, table[-1].prefix_len,
					       table->prefix, table->prefix_len) < 0);
		rows = table->rows(&s, &count);
		CU_ASSERT_TRUE(count > 0);
		CU_ASSERT_TRUE(table->index || count == 1);
		for (size_t i = 0; table->index && i < count; i++) {
			size_t n = i % 2;

			len[n] = index_write(&s, table->index, rows + i * table->row_size, oid[n]);
			CU_ASSERT_TRUE(compare(oid[!n], len[!n], oid[n], len[n]) < 0);
		}
	}
}

static void test_summary(void)
{
	static const char *const expected[] = {
	    "no process, recvq 0, sendq 0, retrans 2, uid 0",
	    "java[4321] app.service, silent 1987 s, recvq 1, sendq 0, retrans 0, uid 1001",
	    "unknown process, recvq 2, sendq 3, retrans 1, uid 1001",
	    "no process of cron.service, silent 4 s, recvq 0, sendq 0, retrans 0, uid 0",
	    "caf??[77], silent 1 s, recvq 0, sendq 4294967295, retrans 0, uid 3",
	    "no process, recvq 0, sendq 1, retrans 15, uid 0",
	};
	struct snapshot s;
	char buf[512];
	size_t len;

	model_fill(&s);
	CHECK_EQ_INT_FATAL(s.n_conns, COUNT_OF(expected));
	for (size_t i = 0; i < s.n_conns; i++) {
		len = index_conn_summary(&s, &s.conns[i], buf, sizeof(buf));
		CHECK_EQ_INT(len, strlen(expected[i]));
		CHECK_EQ_INT(strncmp(buf, expected[i], len), 0);
	}
	len = index_conn_summary(&s, &s.conns[1], buf, 5);
	CHECK_EQ_INT(len, 5);
	CHECK_EQ_INT(strncmp(buf, "java[", len), 0);
}

/* Names as long as their members, and longer than any the kernel has. */
static void test_long_names(void)
{
	struct counter counter;
	struct tuning tuning = {.element = 7};
	struct snapshot s = {0};
	uint32_t oid[OID_INDEX_MAX];
	char name[300];
	size_t len;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	tuning.name = name;
	len = index_write(&s, index_tuning, &tuning, oid);
	CU_ASSERT_TRUE(len <= OID_INDEX_MAX);
	CHECK_EQ_INT(oid[0], len - 2);
	CHECK_EQ_INT(oid[len - 1], 7);
	memset(counter.name, 0xff, sizeof(counter.name));
	CHECK_EQ_INT(index_write(&s, index_counter, &counter, oid), sizeof(counter.name));
	CHECK_EQ_INT(oid[0], 0xff);
}

/* "test_tables print" writes what tests/data/tables/walk should be after a new column. */
int main(int argc, char **argv)
{
	CU_TestInfo tests[] = {
	    {"the expected walk, and requests beside it", test_walk},
	    {"a host without anything", test_empty},
	    {"columns fit their members", test_columns},
	    {"tables and rows are in order", test_order},
	    {"tcpStateConnSummary", test_summary},
	    {"long names", test_long_names},
	    CU_TEST_INFO_NULL,
	};
	struct snapshot s;

	setenv("TZ", "UTC0", 1);
	if (argc > 1 && strcmp(argv[1], "print") == 0) {
		model_fill(&s);
		walk_print(&tables_tree, &s);
		return 0;
	}
	return suite_run("tables", tests);
}
