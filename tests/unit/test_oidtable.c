/* SPDX-License-Identifier: MIT */
#include "subagent/oidtable.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/suite.h"
#include "tests/support/walk.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A row that has a member of each syntax. */
struct thing {
	uint32_t number; /* the index: this, and the octets up to a NUL */
	char octets[2];
	int32_t integer;
	uint32_t gauge;
	uint64_t big;
	uint32_t counter;
	uint64_t counter64;
	char chars[4];
	const char *text;
	uint32_t owner;
	bool odd;
};

static const struct thing things[] = {
    {2, "", -5, 7, 9, 11, 13, "abc", "text", 1, true},
    {2,
     "\1",
     INT32_MIN,
     UINT32_MAX,
     UINT64_MAX,
     UINT32_MAX,
     UINT64_MAX,
     {'w', 'x', 'y', 'z'},
     "",
     2,
     false},
    {2, "\377", INT32_MAX, 0, UINT32_MAX, 0, 0, "", "t", 0, true},
    {UINT32_MAX, "", 0, 1, (uint64_t)UINT32_MAX + 1, 2, 3, "d", "u", 99, false},
};

/* The index 4.4 twice: sockets may share all that the kernel tells of them. */
static const struct thing twins[] = {
    {.number = 4, .octets = "\4", .gauge = 1},
    {.number = 4, .octets = "\4", .gauge = 2},
    {.number = 4, .octets = "\5", .gauge = 3},
};

static struct owner owners[] = {
    {0, "", "", 0, 0}, {42, "cat", "cat.service", 0, 0}, {43, "dog", "", 0, 0}};

static const struct snapshot snapshot = {.owners = owners, .n_owners = COUNT_OF(owners)};

static const void *thing_rows(const struct snapshot *s, size_t *ret_count)
{
	(void)s;
	*ret_count = COUNT_OF(things);
	return things;
}

static const void *twin_rows(const struct snapshot *s, size_t *ret_count)
{
	(void)s;
	*ret_count = COUNT_OF(twins);
	return twins;
}

static const void *no_rows(const struct snapshot *s, size_t *ret_count)
{
	(void)s;
	*ret_count = 0;
	return NULL;
}

#define PART(x, m)                                                                                 \
	{                                                                                          \
		.name = #m, .syntax = (x), .offset = offsetof(struct thing, m),                    \
		.size = sizeof(((struct thing *)0)->m)                                             \
	}

static const struct index_part thing_index[] = {
    PART(INDEX_NUMBER, number), PART(INDEX_IMPLIED, octets), {.name = NULL}};

static size_t thing_format(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	(void)row;
	memset(buf, s->n_owners == COUNT_OF(owners) ? 'f' : '?', size);
	return 3;
}

static bool thing_is_odd(const void *row)
{
	const struct thing *thing = row;

	return thing->odd;
}

static bool never(const void *row)
{
	(void)row;
	return false;
}

#define COLUMN(a, x, m)                                                                            \
	.arc = (a), .syntax = (x), .offset = offsetof(struct thing, m),                            \
	.size = sizeof(((struct thing *)0)->m), .owner = SIZE_MAX
#define OWNER(a, x, m)                                                                             \
	.arc = (a), .syntax = (x), .offset = offsetof(struct owner, m),                            \
	.size = sizeof(((struct owner *)0)->m), .owner = offsetof(struct thing, owner)

static const struct column all_columns[] = {
    {COLUMN(2, SYNTAX_INTEGER, integer)},
    {COLUMN(3, SYNTAX_GAUGE32, gauge)},
    {COLUMN(4, SYNTAX_GAUGE32_64, big)},
    {COLUMN(5, SYNTAX_COUNTER32, counter), .present = thing_is_odd},
    {COLUMN(7, SYNTAX_COUNTER64, counter64)},
    {COLUMN(8, SYNTAX_CHARS, chars)},
    {COLUMN(9, SYNTAX_TEXT, text), .present = never},
    {COLUMN(10, SYNTAX_TEXT, text)},
    {OWNER(11, SYNTAX_GAUGE32, pid)},
    {OWNER(12, SYNTAX_CHARS, name), .flag = offsetof(struct thing, odd)},
    {.arc = 300, .syntax = SYNTAX_FORMAT, .owner = SIZE_MAX, .format = thing_format},
};

static const struct column gauge_column[] = {{COLUMN(1, SYNTAX_GAUGE32, gauge)}};

static const struct column scalar_columns[] = {
    {COLUMN(1, SYNTAX_GAUGE32, gauge)},
    {COLUMN(2, SYNTAX_GAUGE32, gauge), .present = never},
    {COLUMN(3, SYNTAX_CHARS, chars)},
};

/* One row: the first of the things. */
static const void *scalar_rows(const struct snapshot *s, size_t *ret_count)
{
	const void *rows = thing_rows(s, ret_count);

	*ret_count = 1;
	return rows;
}

#define TABLE(c, r, i)                                                                             \
	.columns = (c), .n_columns = COUNT_OF(c), .row_size = sizeof(struct thing), .rows = (r),   \
	.index = (i)

static const struct table tables[] = {
    {.prefix = {1, 1}, .prefix_len = 2, TABLE(scalar_columns, scalar_rows, NULL)},
    {.prefix = {1, 2, 1}, .prefix_len = 3, TABLE(gauge_column, no_rows, thing_index)},
    {.prefix = {1, 4, 1}, .prefix_len = 3, TABLE(all_columns, thing_rows, thing_index)},
    {.prefix = {1, 5, 1}, .prefix_len = 3, TABLE(gauge_column, no_rows, thing_index)},
    {.prefix = {2, 1, 1}, .prefix_len = 3, TABLE(gauge_column, thing_rows, thing_index)},
    {.prefix = {2, 2, 1}, .prefix_len = 3, TABLE(gauge_column, no_rows, thing_index)},
};

static const struct oidtree tree = {tables, COUNT_OF(tables)};

static const struct walk_line expected[] = {
    {"1.1.1.0", "Gauge32 7"},
    {"1.1.3.0", "STRING abc"},
    {"1.4.1.2.2", "INTEGER -5"},
    {"1.4.1.2.2.1", "INTEGER -2147483648"},
    {"1.4.1.2.2.255", "INTEGER 2147483647"},
    {"1.4.1.2.4294967295", "INTEGER 0"},
    {"1.4.1.3.2", "Gauge32 7"},
    {"1.4.1.3.2.1", "Gauge32 4294967295"},
    {"1.4.1.3.2.255", "Gauge32 0"},
    {"1.4.1.3.4294967295", "Gauge32 1"},
    {"1.4.1.4.2", "Gauge32 9"},
    {"1.4.1.4.2.1", "Gauge32 4294967295"},
    {"1.4.1.4.2.255", "Gauge32 4294967295"},
    {"1.4.1.4.4294967295", "Gauge32 4294967295"},
    {"1.4.1.5.2", "Counter32 11"},
    {"1.4.1.5.2.255", "Counter32 0"},
    {"1.4.1.7.2", "Counter64 13"},
    {"1.4.1.7.2.1", "Counter64 18446744073709551615"},
    {"1.4.1.7.2.255", "Counter64 0"},
    {"1.4.1.7.4294967295", "Counter64 3"},
    {"1.4.1.8.2", "STRING abc"},
    {"1.4.1.8.2.1", "STRING wxyz"},
    {"1.4.1.8.2.255", "STRING "},
    {"1.4.1.8.4294967295", "STRING d"},
    {"1.4.1.10.2", "STRING text"},
    {"1.4.1.10.2.1", "STRING "},
    {"1.4.1.10.2.255", "STRING t"},
    {"1.4.1.10.4294967295", "STRING u"},
    {"1.4.1.11.2", "Gauge32 42"},
    {"1.4.1.11.2.1", "Gauge32 43"},
    {"1.4.1.11.2.255", "Gauge32 0"},
    {"1.4.1.11.4294967295", "Gauge32 0"},
    {"1.4.1.12.2", "STRING cat"},
    {"1.4.1.12.2.255", "STRING "},
    {"1.4.1.300.2", "STRING fff"},
    {"1.4.1.300.2.1", "STRING fff"},
    {"1.4.1.300.2.255", "STRING fff"},
    {"1.4.1.300.4294967295", "STRING fff"},
    {"2.1.1.1.2", "Gauge32 7"},
    {"2.1.1.1.2.1", "Gauge32 4294967295"},
    {"2.1.1.1.2.255", "Gauge32 0"},
    {"2.1.1.1.4294967295", "Gauge32 1"},
};

static void test_walk(void)
{
	walk_check(&tree, &snapshot, expected, COUNT_OF(expected));
}

static void test_nothing(void)
{
	static const struct table empty[] = {
	    {.prefix = {1, 2, 1}, .prefix_len = 3, TABLE(gauge_column, no_rows, thing_index)},
	};
	const struct oidtree trees[] = {{NULL, 0}, {empty, 1}};

	for (size_t i = 0; i < COUNT_OF(trees); i++)
		walk_check(&trees[i], &snapshot, NULL, 0);
}

/* What a GET that finds nothing says. */
static void test_results(void)
{
	static const struct {
		const char *oid;
		enum oid_result result;
	} cases[] = {
	    {"1.1.1.0", OID_FOUND},
	    {"1.1.1", OID_NO_INSTANCE},
	    {"1.1.1.1", OID_NO_INSTANCE},
	    {"1.1.1.0.0", OID_NO_INSTANCE},
	    {"1.1.2.0", OID_NO_INSTANCE},
	    {"1.1.4.0", OID_NO_OBJECT},
	    {"1.1", OID_NO_OBJECT},
	    {"", OID_NO_OBJECT},
	    {"1.2.1.1.1", OID_NO_INSTANCE},
	    {"1.3.1.1.1", OID_NO_OBJECT},
	    {"1.4.1.1.2", OID_NO_OBJECT},
	    {"1.4.1.5.2", OID_FOUND},
	    {"1.4.1.5.2.1", OID_NO_INSTANCE},
	    {"1.4.1.9.2", OID_NO_INSTANCE},
	    {"3", OID_NO_OBJECT},
	};
	uint32_t oid[OID_MAX];
	struct value value;

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_EQ_INT(
		    oidtable_get(&tree, &snapshot, oid, walk_parse(cases[i].oid, oid), &value),
		    cases[i].result);
}

/* Rows with the same index, against the rule, must not hold up a walk. */
static void test_twins(void)
{
	static const struct table table[] = {
	    {.prefix = {1, 1, 1}, .prefix_len = 3, TABLE(gauge_column, twin_rows, thing_index)},
	};
	static const struct walk_line lines[] = {
	    {"1.1.1.1.4.4", "Gauge32 1"},
	    {"1.1.1.1.4.5", "Gauge32 3"},
	};
	const struct oidtree twin_tree = {table, 1};

	walk_check(&twin_tree, &snapshot, lines, COUNT_OF(lines));
}

/* Every cell of one walk, and then none for ever. */
static void test_steps(void)
{
	static const uint32_t root[] = {0};
	struct oidtable_walk walk;
	uint32_t want[OID_MAX];
	struct value value;
	size_t near = 0;

	oidtable_walk(&tree, &snapshot, root, 0, false, &near, &walk);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		CHECK_EQ_INT(oidtable_next(&walk, &value), true);
		CHECK_EQ_INT(walk.len, walk_parse(expected[i].oid, want));
		CHECK_EQ_INT(memcmp(walk.oid, want, walk.len * sizeof(*want)), 0);
	}
	CHECK_EQ_INT(oidtable_next(&walk, &value), false);
	CHECK_EQ_INT(oidtable_next(&walk, &value), false);
}

static void test_dates(void)
{
	static const struct {
		const char *zone;
		struct timespec time;
		const char *shown;
	} cases[] = {
	    {"UTC0", {0, 0}, "DATE 07b20101000000002b0000"},
	    {"UTC0", {1795230727, 999999999}, "DATE 07ea0b15030c07092b0000"},
	    {"AAA-05:30", {1795230727, 0}, "DATE 07ea0b15082a07002b051e"},
	    {"BBB03:30", {1795230727, 100000000}, "DATE 07ea0b14172a07012d031e"},
	};
	static const struct column column = {.syntax = SYNTAX_DATE, .owner = SIZE_MAX};
	struct value value;
	char shown[64];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		CU_ASSERT_TRUE(oidtable_value(&snapshot, &column, &cases[i].time, &value));
		CHECK_EQ_STR(walk_show(&value, shown, sizeof(shown)), cases[i].shown);
	}
}

/* Ages are taken from the clock: only their bounds can be foretold. */
static void test_ages(void)
{
	static const struct column column = {.syntax = SYNTAX_AGE, .owner = SIZE_MAX};
	struct timespec now, future, past, ancient;
	struct value value;

	clock_gettime(CLOCK_MONOTONIC, &now);
	future = (struct timespec){now.tv_sec + 100000, 0};
	past = (struct timespec){now.tv_sec - 5, now.tv_nsec};
	ancient = (struct timespec){now.tv_sec - 5000000, now.tv_nsec};
	CU_ASSERT_TRUE(oidtable_value(&snapshot, &column, &future, &value));
	CHECK_EQ_INT(value.unsigned32, 0);
	CU_ASSERT_TRUE(oidtable_value(&snapshot, &column, &past, &value));
	CU_ASSERT_TRUE(value.unsigned32 >= 5000);
	CU_ASSERT_TRUE(oidtable_value(&snapshot, &column, &ancient, &value));
	CHECK_EQ_INT(value.unsigned32, UINT32_MAX);
}

/* A text is cut at what TcpStateText allows. */
static void test_long_text(void)
{
	static const struct column column = {.syntax = SYNTAX_TEXT, .owner = SIZE_MAX};
	static char text[4096];
	const char *member = text;
	struct value value;

	memset(text, 'x', sizeof(text) - 1);
	CU_ASSERT_TRUE(oidtable_value(&snapshot, &column, &member, &value));
	CHECK_EQ_INT(value.text_len, VALUE_TEXT_MAX);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"the expected walk, and requests beside it", test_walk},
	    {"empty tables, no tables", test_nothing},
	    {"noSuchObject and noSuchInstance", test_results},
	    {"two rows with one index", test_twins},
	    {"a walk in steps", test_steps},
	    {"DateAndTime", test_dates},
	    {"ages", test_ages},
	    {"a long text", test_long_text},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("oidtable", tests);
}
