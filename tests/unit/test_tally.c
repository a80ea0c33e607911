/* SPDX-License-Identifier: MIT */
#include "core/base/tally.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { WORDS = 7 };

/* As large as the key {state, address} of a remote. */
struct entry {
	uint32_t key[WORDS];
	uint32_t value;
	uint64_t weight;
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct entry *naive_add(struct entry *rows, size_t *count, const uint32_t *key)
{
	for (size_t i = 0; i < *count; i++) {
		if (memcmp(rows[i].key, key, sizeof(rows[i].key)) == 0)
			return &rows[i];
	}
	rows[*count] = (struct entry){.value = 0};
	memcpy(rows[*count].key, key, sizeof(rows[*count].key));
	return &rows[(*count)++];
}

static void empty_table_finds_nothing(void)
{
	uint32_t key[WORDS] = {0};
	struct tally t;

	tally_init(&t, sizeof(key), sizeof(struct entry));
	CU_ASSERT_PTR_NULL(tally_find(&t, key));
	CHECK_EQ_INT(t.count, 0);
	CU_ASSERT_PTR_NULL(t.entries);
	tally_clear(&t);
	tally_done(&t);
	tally_done(&t);
	CU_ASSERT_PTR_NULL(tally_find(&t, key));
}

/* Keys that differ in one word only, in its low or its high bits, and each added often. */
static void agrees_with_a_plain_array(void)
{
	enum { KEYS = 500, ROUNDS = 10000 };
	struct entry *rows = calloc(KEYS, sizeof(*rows));

	CU_ASSERT_PTR_NOT_NULL_FATAL(rows);
	for (unsigned variant = 0; variant < 2 * WORDS; variant++) {
		struct tally t;
		size_t count = 0;
		uint32_t seed = variant;

		tally_init(&t, sizeof(rows->key), sizeof(*rows));
		for (unsigned i = 0; i < ROUNDS; i++) {
			uint32_t key[WORDS] = {0};
			struct entry *mine, *naive;

			key[variant / 2] = next(&seed) % KEYS << (variant % 2 ? 20 : 0);
			mine = tally_add(&t, key);
			CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
			CU_ASSERT_PTR_EQUAL(tally_find(&t, key), mine);
			naive = naive_add(rows, &count, key);
			mine->value = ++naive->value;
			mine->weight = naive->weight += i;
		}
		CHECK_EQ_INT_FATAL(t.count, count);
		CU_ASSERT(t.count <= t.capacity);
		CHECK_EQ_INT(memcmp(t.entries, rows, count * sizeof(*rows)), 0);
		tally_done(&t);
	}
	free(rows);
}

static void grows_and_keeps_all(void)
{
	enum { KEYS = 120000 };
	struct tally t;
	size_t growths = 0, wrong = 0;

	tally_init(&t, 2 * sizeof(uint32_t), 16);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t key[2] = {i * 65536u, i / 65536u};
		size_t capacity = t.capacity;
		unsigned char *entry;

		CU_ASSERT_PTR_NULL(tally_find(&t, key));
		entry = tally_add(&t, key);
		CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
		memcpy(entry + sizeof(key), &i, sizeof(i));
		growths += t.capacity != capacity;
	}
	CHECK_EQ_INT(t.count, KEYS);
	CU_ASSERT(growths > 5 && growths < 20);
	for (uint32_t i = 0; i < KEYS; i++) {
		uint32_t key[2] = {i * 65536u, i / 65536u};
		unsigned char *entry = tally_find(&t, key);

		wrong += !entry || entry != tally_entry(&t, i) ||
			 memcmp(entry + sizeof(key), &i, sizeof(i)) != 0;
	}
	CHECK_EQ_INT(wrong, 0);
	tally_done(&t);
	CHECK_EQ_INT(t.capacity, 0);
}

static void clear_forgets_and_reuses(void)
{
	struct tally t;
	size_t capacity = 0;
	void *entries = NULL;

	tally_init(&t, sizeof(uint32_t), 2 * sizeof(uint32_t));
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 1000; i++) {
			uint32_t key = i + round * 500;
			uint32_t *entry = tally_add(&t, &key);

			CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
			CHECK_EQ_INT(entry[0], key);
			CHECK_EQ_INT(entry[1], 0);
			entry[1] = UINT32_MAX;
		}
		CHECK_EQ_INT(t.count, 1000);
		if (round > 0) {
			CHECK_EQ_INT(t.capacity, capacity);
			CU_ASSERT_PTR_EQUAL(t.entries, entries);
		}
		capacity = t.capacity;
		entries = t.entries;
		tally_clear(&t);
		CHECK_EQ_INT(t.count, 0);
		for (uint32_t key = 0; key < 2000; key++)
			CU_ASSERT_PTR_NULL(tally_find(&t, &key));
	}
	tally_done(&t);
}

/* An entry may be the key alone: a set. */
static void value_may_be_empty(void)
{
	uint32_t keys[] = {7, 0, 7, UINT32_MAX, 0};
	struct tally t;

	tally_init(&t, sizeof(uint32_t), sizeof(uint32_t));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(tally_add(&t, &keys[i]));
	CHECK_EQ_INT(t.count, 3);
	tally_done(&t);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"an empty table finds nothing", empty_table_finds_nothing},
	    {"it agrees with a plain array", agrees_with_a_plain_array},
	    {"it grows and keeps all", grows_and_keeps_all},
	    {"clear forgets and reuses", clear_forgets_and_reuses},
	    {"the value may be empty", value_may_be_empty},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tally", tests);
}
