/* SPDX-License-Identifier: MIT */
/* Identifiers that are asked for, of all the tables of TCPSTATE-MIB. */
#include <string.h>

#include "subagent/tables.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/model.h"

struct name {
	uint32_t arc[OID_MAX];
	size_t len;
};

/* The first byte says in which table; 0: in none. Most arcs are small. */
static struct name take_name(const uint8_t *data, size_t size)
{
	size_t place = data[0] % (tables_tree.n_tables + 1);
	struct name name = {.len = 0};

	if (place > 0) {
		const struct table *table = &tables_tree.tables[place - 1];

		memcpy(name.arc, table->prefix, table->prefix_len * sizeof(name.arc[0]));
		name.len = table->prefix_len;
	}
	for (size_t i = 1; i < size && name.len < OID_MAX; i++) {
		uint32_t arc = data[i];

		if (arc == FUZZ_CUT && size - i > sizeof(arc)) {
			memcpy(&arc, data + i + 1, sizeof(arc));
			i += sizeof(arc);
		}
		name.arc[name.len++] = arc;
	}
	return name;
}

static int compare(const struct name *a, const struct name *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (a->arc[i] != b->arc[i])
			return a->arc[i] < b->arc[i] ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}

static bool same_value(const struct value *a, const struct value *b)
{
	if (a->syntax != b->syntax)
		return false;
	switch (a->syntax) {
	case SYNTAX_INTEGER:
		return a->integer == b->integer;
	case SYNTAX_COUNTER64:
		return a->counter64 == b->counter64;
	case SYNTAX_GAUGE32:
	case SYNTAX_GAUGE32_64:
	case SYNTAX_COUNTER32:
		return a->unsigned32 == b->unsigned32;
	case SYNTAX_AGE:
		return true;
	default:
		return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
	}
}

/* Behind (or at) a name is another one, and to ask for that gives the same. */
static bool next(const struct snapshot *s, const struct name *from, bool inclusive, size_t near,
		 struct name *ret_name)
{
	static struct oidtable_walk walk;
	static struct value value, got;
	struct name name;

	oidtable_walk(&tables_tree, s, from->arc, from->len, inclusive, &near, &walk);
	if (!oidtable_next(&walk, &value))
		return false;
	memcpy(name.arc, walk.oid, sizeof(name.arc));
	name.len = walk.len;
	REQUIRE(name.len <= OID_MAX);
	REQUIRE(compare(&name, from) >= (inclusive ? 0 : 1));
	REQUIRE(oidtable_get(&tables_tree, s, name.arc, name.len, &got) == OID_FOUND);
	REQUIRE(same_value(&value, &got));
	*ret_name = name;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct snapshot model, nothing;
	static bool made;
	static struct value value;
	struct name name, at, behind;
	bool found, is_last;

	if (!made) {
		model_fill(&model);
		made = true;
	}
	if (size < 2)
		return 0;
	name = take_name(data + 1, size - 1);
	found = oidtable_get(&tables_tree, &model, name.arc, name.len, &value) == OID_FOUND;
	is_last = !next(&model, &name, false, data[0], &behind);
	if (next(&model, &name, true, SIZE_MAX, &at))
		REQUIRE(found == (compare(&at, &name) == 0));
	else
		REQUIRE(!found && is_last);
	if (!found && !is_last)
		REQUIRE(compare(&at, &behind) == 0);
	next(&nothing, &name, false, data[0], &behind);
	return 0;
}
