/* SPDX-License-Identifier: MIT */
#include "core/base/tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 32, CAPACITY_MAX = 1 << 30 };

/* The finaliser of MurmurHash3: each bit of h changes half of the result's. */
static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

/*
 * Peers choose their addresses and ports, so they must not be able to choose keys that collide:
 * the hash starts from a number that they cannot know.
 */
uint64_t tally_hash(const struct tally *t, const void *key)
{
	const unsigned char *at = key;
	uint64_t h = t->seed, word;
	size_t i = 0;

	for (; i + sizeof(word) <= t->key_size; i += sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	if (i < t->key_size) {
		uint32_t last;

		memcpy(&last, at + i, sizeof(last));
		h ^= last;
	}
	return mix(h);
}

/* The slot of the key, or the empty one where it belongs. The table has slots. */
static uint32_t *slot_of(const struct tally *t, const void *key, uint64_t hash)
{
	size_t mask = 2 * t->capacity - 1;
	size_t i = hash & mask;

	while (t->slots[i] != 0 && memcmp(tally_entry(t, t->slots[i] - 1), key, t->key_size) != 0)
		i = (i + 1) & mask;
	return &t->slots[i];
}

static bool grow(struct tally *t)
{
	size_t capacity = t->capacity ? 2 * t->capacity : FIRST_CAPACITY;
	unsigned char *entries;
	uint32_t *slots;

	if (capacity > CAPACITY_MAX)
		return false;
	entries = reallocarray(t->entries, capacity, t->entry_size);
	if (!entries)
		return false;
	t->entries = entries;
	slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->capacity = capacity;
	for (size_t i = 0; i < t->count; i++) {
		const void *key = tally_entry(t, i);

		*slot_of(t, key, tally_hash(t, key)) = (uint32_t)i + 1;
	}
	return true;
}

void tally_init(struct tally *t, size_t key_size, size_t entry_size)
{
	*t = (struct tally){.key_size = key_size, .entry_size = entry_size};
	if (getentropy(&t->seed, sizeof(t->seed)) < 0)
		t->seed = (uintptr_t)t;
}

void tally_done(struct tally *t)
{
	free(t->entries);
	free(t->slots);
	t->entries = NULL;
	t->slots = NULL;
	t->count = t->capacity = 0;
}

void tally_clear(struct tally *t)
{
	if (t->count > 0)
		memset(t->slots, 0, 2 * t->capacity * sizeof(*t->slots));
	t->count = 0;
}

void *tally_find(const struct tally *t, const void *key)
{
	uint32_t slot = t->slots ? *slot_of(t, key, tally_hash(t, key)) : 0;

	return slot ? tally_entry(t, slot - 1) : NULL;
}

void tally_prefetch_slot(const struct tally *t, uint64_t hash)
{
	if (t->slots)
		__builtin_prefetch(&t->slots[hash & (2 * t->capacity - 1)]);
}

void tally_prefetch_entry(const struct tally *t, uint64_t hash)
{
	uint32_t slot = t->slots ? t->slots[hash & (2 * t->capacity - 1)] : 0;
	const unsigned char *entry;

	if (!slot)
		return;
	entry = tally_entry(t, slot - 1);
	__builtin_prefetch(entry);
	__builtin_prefetch(entry + t->entry_size - 1);
}

void *tally_add_hashed(struct tally *t, const void *key, uint64_t hash)
{
	uint32_t *slot = t->slots ? slot_of(t, key, hash) : NULL;
	unsigned char *entry;

	if (slot && *slot != 0)
		return tally_entry(t, *slot - 1);
	if (t->count == t->capacity) {
		if (!grow(t))
			return NULL;
		slot = slot_of(t, key, hash);
	}
	entry = tally_entry(t, t->count++);
	memcpy(entry, key, t->key_size);
	memset(entry + t->key_size, 0, t->entry_size - t->key_size);
	*slot = (uint32_t)t->count;
	return entry;
}

void *tally_add(struct tally *t, const void *key)
{
	return tally_add_hashed(t, key, tally_hash(t, key));
}
