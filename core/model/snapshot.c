/* SPDX-License-Identifier: MIT */
#include "core/model/snapshot.h"

#include <stdlib.h>
#include <string.h>

const struct snapshot_array snapshot_arrays[SNAPSHOT_ARRAYS] = {
#define ARRAY(rows, count, times)                                                                  \
	{                                                                                          \
		offsetof(struct snapshot, rows), offsetof(struct snapshot, count),                 \
		    (times) * sizeof(*((struct snapshot *)0)->rows)                                \
	}
    ARRAY(owners, n_owners, 1),
    ARRAY(listeners, n_listeners, 1),
    ARRAY(listener_states, n_listeners, STATE_COUNT),
    ARRAY(ports, n_ports, 1),
    ARRAY(conns, n_conns, 1),
    ARRAY(remotes, n_remotes, 1),
    ARRAY(processes, n_processes, 1),
    ARRAY(devices, n_devices, 1),
    ARRAY(counters, n_counters, 1),
    ARRAY(conditions, n_conditions, 1),
#undef ARRAY
};

static void **rows_of(struct snapshot *s, size_t i)
{
	return (void **)((char *)s + snapshot_arrays[i].rows);
}

static size_t bytes_of(const struct snapshot *s, size_t i)
{
	return *(const size_t *)((const char *)s + snapshot_arrays[i].count) *
	       snapshot_arrays[i].size;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SNAPSHOT_ARRAYS; i++)
		free(*rows_of(s, i));
	free(s);
}

struct snapshot *snapshot_copy(const struct snapshot *s)
{
	struct snapshot *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *s;
	copy->next = NULL;
	for (size_t i = 0; i < SNAPSHOT_ARRAYS; i++)
		*rows_of(copy, i) = NULL;
	for (size_t i = 0; i < SNAPSHOT_ARRAYS; i++) {
		size_t bytes = bytes_of(s, i);
		void *rows = malloc(bytes ? bytes : 1);

		if (!rows) {
			snapshot_free(copy);
			return NULL;
		}
		if (bytes)
			memcpy(rows, *rows_of((struct snapshot *)s, i), bytes);
		*rows_of(copy, i) = rows;
	}
	return copy;
}

uint64_t snapshot_sockets(const struct snapshot *s, uint32_t states)
{
	uint64_t sum = 0;

	for (uint32_t state = 1; state <= STATE_COUNT; state++)
		if (states & STATE_BIT(state))
			sum += snapshot_count(s, IP_TOTAL, state);
	return sum;
}

int listener_cmp(const struct listener *a, const struct listener *b)
{
	int order = inet_addr_cmp(&a->addr, &b->addr);

	return order ? order : (int)a->port - (int)b->port;
}

static int compare_listeners(const void *a, const void *b)
{
	return listener_cmp(a, b);
}

const struct listener *snapshot_listener(const struct snapshot *s, const struct inet_addr *addr,
					 uint16_t port)
{
	const struct listener key = {.addr = *addr, .port = port};

	if (s->n_listeners == 0)
		return NULL;
	return bsearch(&key, s->listeners, s->n_listeners, sizeof(key), compare_listeners);
}

const struct counter *snapshot_counter(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->n_counters; i++)
		if (strcmp(s->counters[i].name, name) == 0)
			return &s->counters[i];
	return NULL;
}

const struct listener *snapshot_fullest_syn_queue(const struct snapshot *s)
{
	const struct listener *top = NULL;

	for (const struct listener *l = s->listeners; l < s->listeners + s->n_listeners; l++)
		if (l->has_limits && (!top || snapshot_is_fuller_syn(l, top)))
			top = l;
	return top;
}

const struct listener *snapshot_fullest_accept_queue(const struct snapshot *s)
{
	const struct listener *top = NULL;

	for (const struct listener *l = s->listeners; l < s->listeners + s->n_listeners; l++)
		if (l->has_limits && (!top || snapshot_is_fuller_accept(l, top)))
			top = l;
	return top;
}

/* The name of the address's zone; NULL: it has none, or it is not known. */
static const char *device_of(const struct snapshot *s, const struct inet_addr *addr)
{
	uint32_t zone = inet_addr_zone(addr);

	for (size_t i = 0; zone && i < s->n_devices; i++)
		if (s->devices[i].index == zone)
			return s->devices[i].name;
	return NULL;
}

char *snapshot_addr_format(const struct snapshot *s, const struct inet_addr *addr, char *buf)
{
	return inet_addr_format(addr, device_of(s, addr), buf);
}

char *snapshot_endpoint_format(const struct snapshot *s, const struct inet_addr *addr,
			       uint16_t port, char *buf)
{
	return inet_endpoint_format(addr, port, device_of(s, addr), buf);
}
