/* SPDX-License-Identifier: MIT */
#include "core/kernel/device.h"

#include <errno.h>
#include <net/if.h>

#include "core/base/array.h"
#include "core/base/tally.h"
#include "core/base/text.h"

_Static_assert(sizeof(((struct device *)NULL)->name) == IF_NAMESIZE, "a device's name fits");

/* Adds the zone of an address, if it has one. */
static int add(struct tally *zones, const struct inet_addr *addr)
{
	uint32_t zone = inet_addr_zone(addr);

	return zone == 0 || tally_add(zones, &zone) ? 0 : -ENOMEM;
}

static int add_all(struct tally *zones, const struct snapshot *s)
{
	int ret = 0;

	for (size_t i = 0; i < s->n_listeners; i++)
		ret |= add(zones, &s->listeners[i].addr);
	for (size_t i = 0; i < s->n_conns; i++)
		ret |= add(zones, &s->conns[i].local) | add(zones, &s->conns[i].remote);
	for (size_t i = 0; i < s->n_remotes; i++)
		ret |= add(zones, &s->remotes[i].addr);
	for (size_t i = 0; i < STATE_COUNT; i++)
		ret |= add(zones, &s->tops[i].remote);
	for (size_t i = 0; i < SUSPECT_COUNT; i++) {
		ret |= add(zones, &s->suspects[i].endpoint.addr);
		for (size_t j = 0; j < SUSPECT_TOPS; j++)
			ret |= add(zones, &s->suspects[i].remotes[j].addr);
	}
	return ret;
}

int devices_fill(struct snapshot *now, const struct inet_addr *more, size_t n)
{
	struct tally zones;
	int ret;

	tally_init(&zones, sizeof(uint32_t), sizeof(struct device));
	ret = add_all(&zones, now);
	for (size_t i = 0; i < n; i++)
		ret |= add(&zones, &more[i]);
	now->devices = ret ? NULL : array_new(zones.count, sizeof(*now->devices));
	if (!now->devices)
		ret = -ENOMEM;
	for (size_t i = 0; ret == 0 && i < zones.count; i++) {
		struct device *device = &now->devices[now->n_devices];

		*device = *(const struct device *)tally_entry(&zones, i);
		if (!if_indextoname(device->index, device->name))
			continue;
		text_clean(device->name);
		now->n_devices++;
	}
	tally_done(&zones);
	return ret;
}
