/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TALLY_H
#define TCPSTATE_CORE_TALLY_H

/*
 * This module keeps values by a key of fixed size: a flat hash table whose entries lie one after
 * the other in the order of their arrival, so that they can be sorted and copied whole. Why not
 * uthash: doc/decisions.md.
 */

#include <stddef.h>
#include <stdint.h>

struct tally {
	size_t key_size;   /* bytes, a multiple of 4 */
	size_t entry_size; /* bytes, key and value */
	size_t count;      /* entries in use */
	size_t capacity;   /* entries that fit before the table grows */
	uint64_t seed;     /* of the hash */
	unsigned char *entries;
	uint32_t *slots; /* index of the entry + 1, 0: empty; 2 * capacity of them */
};

/* An empty table; takes no memory before the first entry. entry_size >= key_size, the value lies
 * after the key in the caller's own struct. */
void tally_init(struct tally *t, size_t key_size, size_t entry_size);

/* Frees what the table holds; the table is as after tally_init(). */
void tally_done(struct tally *t);

/* Forgets all entries and keeps the memory. */
void tally_clear(struct tally *t);

/* The entry with this key, or NULL. Valid until the next tally_add(). */
void *tally_find(const struct tally *t, const void *key);

/* The entry with this key, made with a zeroed value where there is none yet. NULL: out of memory.
 * Valid until the next tally_add(). */
void *tally_add(struct tally *t, const void *key);

/*
 * For who knows some keys in advance: a large table lies in memory, and the processor can fetch
 * what belongs to one key while it works at others. tally_hash() is the hash of a key as long as
 * the table lives; the prefetches are hints, first the slot, some keys later the entry that it
 * leads to; tally_add_hashed() is tally_add().
 */
uint64_t tally_hash(const struct tally *t, const void *key);
void tally_prefetch_slot(const struct tally *t, uint64_t hash);
void tally_prefetch_entry(const struct tally *t, uint64_t hash);
void *tally_add_hashed(struct tally *t, const void *key, uint64_t hash);

/* Entry i of t->count. */
static inline void *tally_entry(const struct tally *t, size_t i)
{
	return t->entries + i * t->entry_size;
}

#endif
