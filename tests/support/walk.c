/* SPDX-License-Identifier: MIT */
#include "tests/support/walk.h"

#include "tests/support/check.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 2 * VALUE_TEXT_MAX };

struct name {
	uint32_t oid[OID_MAX];
	size_t len;
};

/* The oracle. */
struct walk {
	const struct oidtree *tree;
	const struct snapshot *s;
	const struct walk_line *lines;
	struct name *names;
	size_t count;
	size_t near; /* as walks leave it: right for some, wrong for most */
};

size_t walk_parse(const char *text, uint32_t oid[OID_MAX])
{
	size_t len = 0;
	char *end;

	while (*text && len < OID_MAX) {
		oid[len++] = (uint32_t)strtoul(text, &end, 10);
		text = *end == '.' ? end + 1 : end;
	}
	return len;
}

const char *walk_show(const struct value *value, char *buf, size_t size)
{
	size_t at;

	switch (value->syntax) {
	case SYNTAX_INTEGER:
		snprintf(buf, size, "INTEGER %" PRId32, value->integer);
		break;
	case SYNTAX_GAUGE32:
	case SYNTAX_GAUGE32_64:
	case SYNTAX_AGE:
		snprintf(buf, size, "Gauge32 %" PRIu32, value->unsigned32);
		break;
	case SYNTAX_COUNTER32:
		snprintf(buf, size, "Counter32 %" PRIu32, value->unsigned32);
		break;
	case SYNTAX_COUNTER64:
		snprintf(buf, size, "Counter64 %" PRIu64, value->counter64);
		break;
	case SYNTAX_CHARS:
	case SYNTAX_TEXT:
	case SYNTAX_FORMAT:
		snprintf(buf, size, "STRING %.*s", (int)value->text_len, value->text);
		break;
	case SYNTAX_DATE:
		at = (size_t)snprintf(buf, size, "DATE ");
		for (size_t i = 0; i < value->text_len && at + 2 < size; i++)
			at += (size_t)snprintf(buf + at, size - at, "%02x",
					       (unsigned char)value->text[i]);
		break;
	}
	return buf;
}

static int compare(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	if (i < a_len && i < b_len)
		return a[i] < b[i] ? -1 : 1;
	return (a_len > b_len) - (a_len < b_len);
}

static void complain(const char *what, const uint32_t *oid, size_t len, const char *got)
{
	printf("\n    %s of ", what);
	for (size_t i = 0; i < len; i++)
		printf("%s%" PRIu32, i ? "." : "", oid[i]);
	printf(": %s", got);
}

static bool as_expected(const struct value *value, const char *expected)
{
	char shown[SHOWN_MAX];

	return strcmp(expected, "*") == 0 ||
	       strcmp(walk_show(value, shown, sizeof(shown)), expected) == 0;
}

static void check_get(const struct walk *w, const uint32_t *oid, size_t len)
{
	const char *expected = NULL;
	struct value value;
	enum oid_result result = oidtable_get(w->tree, w->s, oid, len, &value);
	bool good;

	for (size_t i = 0; i < w->count && !expected; i++)
		if (compare(w->names[i].oid, w->names[i].len, oid, len) == 0)
			expected = w->lines[i].value;
	good = expected ? result == OID_FOUND && as_expected(&value, expected)
			: result == OID_NO_OBJECT || result == OID_NO_INSTANCE;
	if (!good)
		complain("GET", oid, len, expected ? expected : "should be none");
	CU_ASSERT_TRUE(good);
}

/* A step of a walk is cell i, or its end. */
static bool is_step(const struct walk *w, struct oidtable_walk *walk, size_t i)
{
	struct value value;
	bool found = oidtable_next(walk, &value);

	if (i >= w->count)
		return !found;
	return found && compare(walk->oid, walk->len, w->names[i].oid, w->names[i].len) == 0 &&
	       as_expected(&value, w->lines[i].value);
}

/* GETNEXT, and as GETBULK goes on. */
static void check_next(struct walk *w, const uint32_t *oid, size_t len, bool inclusive)
{
	struct oidtable_walk walk;
	size_t i = 0;
	bool good;

	while (i < w->count && compare(w->names[i].oid, w->names[i].len, oid, len) < !inclusive)
		i++;
	oidtable_walk(w->tree, w->s, oid, len, inclusive, &w->near, &walk);
	good = is_step(w, &walk, i) && is_step(w, &walk, i + 1) && is_step(w, &walk, i + 2);
	if (!good)
		complain("GETNEXT", oid, len, i < w->count ? w->lines[i].oid : "END");
	CU_ASSERT_TRUE(good);
}

static void check_all(struct walk *w, const uint32_t *oid, size_t len)
{
	check_get(w, oid, len);
	check_next(w, oid, len, false);
	check_next(w, oid, len, true);
}

/* The cell itself, and what differs from it in one place. */
static void check_around(struct walk *w, const struct name *name)
{
	static const uint32_t arcs[] = {0, 255, 256, INT32_MAX, UINT32_MAX};
	uint32_t oid[OID_MAX];

	for (size_t len = 0; len <= name->len; len++)
		check_all(w, name->oid, len);
	for (size_t i = 0; i < name->len; i++) {
		memcpy(oid, name->oid, sizeof(oid));
		oid[i]--;
		check_all(w, oid, name->len);
		oid[i] += 2;
		check_all(w, oid, name->len);
		oid[i] = UINT32_MAX;
		check_all(w, oid, name->len);
		check_all(w, oid, i + 1);
	}
	memcpy(oid, name->oid, sizeof(oid));
	for (size_t i = 0; i < sizeof(arcs) / sizeof(arcs[0]); i++) {
		oid[name->len] = arcs[i];
		check_all(w, oid, name->len + 1);
	}
	for (size_t i = name->len; i < OID_MAX; i++)
		oid[i] = UINT32_MAX;
	check_all(w, oid, OID_MAX);
}

void walk_check(const struct oidtree *tree, const struct snapshot *s,
		const struct walk_line *expected, size_t count)
{
	struct walk w = {tree, s, expected, NULL, count, SIZE_MAX};
	const struct name nothing = {.len = 0};
	size_t unsorted = 0;

	w.names = calloc(count + 1, sizeof(*w.names));
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.names);
	for (size_t i = 0; i < count; i++) {
		w.names[i].len = walk_parse(expected[i].oid, w.names[i].oid);
		if (i > 0 && compare(w.names[i - 1].oid, w.names[i - 1].len, w.names[i].oid,
				     w.names[i].len) >= 0)
			unsorted++;
	}
	CHECK_EQ_INT_FATAL(unsorted, 0);
	check_around(&w, &nothing);
	for (size_t i = 0; i < count; i++)
		check_around(&w, &w.names[i]);
	free(w.names);
}

void walk_print(const struct oidtree *tree, const struct snapshot *s)
{
	const uint32_t root[] = {0};
	struct oidtable_walk walk;
	char shown[SHOWN_MAX];
	struct value value;
	size_t near = 0;

	oidtable_walk(tree, s, root, 0, false, &near, &walk);
	while (oidtable_next(&walk, &value)) {
		for (size_t i = 0; i < walk.len; i++)
			printf("%s%" PRIu32, i ? "." : "", walk.oid[i]);
		printf(" %s\n", walk_show(&value, shown, sizeof(shown)));
	}
}
