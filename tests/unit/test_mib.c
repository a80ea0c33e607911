/* SPDX-License-Identifier: MIT */
#include "tests/support/mibtree.h"

#include <stdio.h>
#include <string.h>

#include "subagent/tables.h"
#include "tests/support/model.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum { DESCRIPTION_MIN = 10 };

static struct tree *column_node(const struct table *table, uint32_t arc)
{
	uint32_t arcs[OID_MAX];

	memcpy(arcs, table->prefix, sizeof(table->prefix));
	arcs[table->prefix_len] = arc;
	return mibtree_at(arcs, table->prefix_len + 1);
}

static bool has_tc(const struct tree *node, const char *name)
{
	const char *tc = node->tc_index >= 0 ? get_tc_descriptor(node->tc_index) : NULL;

	return tc && strcmp(tc, name) == 0;
}

static bool is_text_of(const struct tree *node, size_t size)
{
	return node->type == TYPE_OCTETSTR && node->ranges &&
	       (has_tc(node, "DisplayString") || has_tc(node, "TcpStateText")) &&
	       size <= (size_t)node->ranges->high;
}

static bool syntax_fits(const struct column *column, const struct tree *node)
{
	switch (column->syntax) {
	case SYNTAX_INTEGER:
		return node->type == TYPE_INTEGER || node->type == TYPE_INTEGER32;
	case SYNTAX_GAUGE32:
		return node->type == TYPE_GAUGE || node->type == TYPE_UNSIGNED32;
	case SYNTAX_GAUGE32_64:
		return node->type == TYPE_GAUGE || node->type == TYPE_UNSIGNED32;
	case SYNTAX_AGE:
		return node->type == TYPE_GAUGE;
	case SYNTAX_COUNTER32:
		return node->type == TYPE_COUNTER;
	case SYNTAX_COUNTER64:
		return node->type == TYPE_COUNTER64;
	case SYNTAX_CHARS:
		return is_text_of(node, column->size - 1);
	case SYNTAX_TEXT:
	case SYNTAX_FORMAT:
		return is_text_of(node, 0);
	case SYNTAX_DATE:
		return node->type == TYPE_OCTETSTR && has_tc(node, "DateAndTime");
	}
	return false;
}

static void test_columns(void)
{
	for (size_t t = 0; t < tables_tree.n_tables; t++) {
		const struct table *table = &tables_tree.tables[t];
		/* The table's name is that of its entry's parent. */
		struct tree *node = mibtree_at(table->prefix, table->index ? 2 : table->prefix_len);

		mibtree_expect(node && strcmp(node->label, table->name) == 0, table->name,
			       "not the MIB's name of this prefix");
		for (size_t c = 0; c < table->n_columns; c++) {
			const struct column *column = &table->columns[c];

			node = column_node(table, column->arc);
			mibtree_expect(node && strcmp(node->label, column->name) == 0, column->name,
				       "not the MIB's name of this arc");
			if (!node)
				continue;
			mibtree_expect(syntax_fits(column, node), column->name, "another syntax");
			mibtree_expect(node->access == MIB_ACCESS_READONLY, column->name,
				       "not read-only");
		}
	}
}

static bool has_descriptor(const char *name)
{
	for (size_t t = 0; t < tables_tree.n_tables; t++)
		for (size_t c = 0; c < tables_tree.tables[t].n_columns; c++)
			if (strcmp(tables_tree.tables[t].columns[c].name, name) == 0)
				return true;
	return false;
}

static bool needs_units(const struct tree *node)
{
	/* Of each row another unit, or none. */
	static const char *const without[] = {"tcpStateLimitUsage", "tcpStateLimitCapacity",
					      "tcpStateLimitOverflows", "tcpStateCounterValue"};

	for (size_t i = 0; i < COUNT_OF(without); i++)
		if (strcmp(node->label, without[i]) == 0)
			return false;
	return node->type == TYPE_GAUGE || node->type == TYPE_COUNTER ||
	       node->type == TYPE_COUNTER64;
}

static void check_object(const struct tree *node)
{
	static const char *const told[] = {
	    "tcpStateNotificationElement", "tcpStateNotificationThreshold",
	    "tcpStateNotificationTold", "tcpStateNotificationNamespace"};
	const char *text = node->description;
	bool is_told = false;

	mibtree_expect(text && strlen(text) >= DESCRIPTION_MIN && text[strlen(text) - 1] == '.',
		       node->label, "no DESCRIPTION in sentences");
	mibtree_expect(!needs_units(node) || node->units, node->label, "no UNITS");
	switch (node->access) {
	case MIB_ACCESS_READONLY:
		mibtree_expect(has_descriptor(node->label), node->label, "no descriptor");
		break;
	case MIB_ACCESS_NOTIFY:
		for (size_t i = 0; i < COUNT_OF(told); i++)
			is_told |= strcmp(node->label, told[i]) == 0;
		mibtree_expect(is_told, node->label, "accessible-for-notify");
		break;
	default:
		mibtree_expect(node->access == MIB_ACCESS_NOACCESS, node->label, "may be written");
	}
}

/* Every object of the MIB; returns how many there are. */
static size_t check_objects(const struct tree *node)
{
	size_t count = 0;

	for (const struct tree *child = node->child_list; child; child = child->next_peer) {
		if (child->access) {
			check_object(child);
			count++;
		}
		count += check_objects(child);
	}
	return count;
}

static void test_objects(void)
{
	const uint32_t objects[] = {1};
	struct tree *node = mibtree_at(objects, 1);
	size_t columns = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	for (size_t t = 0; t < tables_tree.n_tables; t++)
		columns += tables_tree.tables[t].n_columns;
	CU_ASSERT_TRUE(check_objects(node) > columns);
}

static bool in_ranges(const struct range_list *range, size_t number)
{
	if (!range)
		return true;
	for (; range; range = range->next)
		if ((size_t)range->low <= number && number <= (size_t)range->high)
			return true;
	return false;
}

static bool in_enums(const struct enum_list *list, uint32_t number)
{
	if (!list)
		return true;
	for (; list; list = list->next)
		if ((uint32_t)list->value == number)
			return true;
	return false;
}

/* How many arcs this part of an index takes; 0: they are not what the MIB allows. */
static size_t part_len(const struct index_list *part, const uint32_t *arcs, size_t left)
{
	struct tree *node = mibtree_named(part->ilabel);
	size_t len;

	if (!node || node->access != MIB_ACCESS_NOACCESS || left == 0)
		return 0;
	if (node->type != TYPE_OCTETSTR)
		return in_enums(node->enums, arcs[0]) ? 1 : 0;
	len = part->isimplied ? left : arcs[0];
	if (!in_ranges(node->ranges, len))
		return 0;
	return part->isimplied ? len : len + 1;
}

static bool index_fits(const struct index_list *part, const uint32_t *arcs, size_t len)
{
	for (; part; part = part->next) {
		size_t n = part_len(part, arcs, len);

		if (n == 0 || n > len)
			return false;
		arcs += n;
		len -= n;
	}
	return len == 0;
}

/* The indexes that index_write() makes, read as the MIB's INDEX clause says. */
static void test_indexes(void)
{
	uint32_t arcs[OID_INDEX_MAX];
	struct snapshot s;

	model_fill(&s);
	for (size_t t = 0; t < tables_tree.n_tables; t++) {
		const struct table *table = &tables_tree.tables[t];
		struct tree *entry = mibtree_at(table->prefix, table->prefix_len);
		const unsigned char *rows;
		size_t count;

		CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
		mibtree_expect(!table->index == !entry->indexes, table->name, "INDEX or no INDEX");
		rows = table->rows(&s, &count);
		for (size_t i = 0; table->index && i < count; i++)
			mibtree_expect(index_fits(entry->indexes, arcs,
						  index_write(&s, table->index,
							      rows + i * table->row_size, arcs)),
				       table->name, "an index against its INDEX clause");
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"every descriptor is in the MIB", test_columns},
	    {"every object of the MIB has a descriptor", test_objects},
	    {"indexes", test_indexes},
	    CU_TEST_INFO_NULL,
	};

	return mibtree_run("mib", tests);
}
