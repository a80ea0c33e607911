/* SPDX-License-Identifier: MIT */
#include "core/kernel/device.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* As if_indextoname(), which opens a socket of a kind that the sandbox does not let through. */
static bool find_name(int fd, struct device *device)
{
	struct ifreq request = {.ifr_ifindex = (int)device->index};

	if (ioctl(fd, SIOCGIFNAME, &request) < 0)
		return false;
	memcpy(device->name, request.ifr_name, sizeof(device->name));
	device->name[sizeof(device->name) - 1] = '\0';
	text_clean(device->name);
	return true;
}

/* Without a socket they stay without a name. */
static void fill(struct snapshot *now, const struct tally *zones)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	for (size_t i = 0; i < zones->count; i++) {
		struct device *device = &now->devices[now->n_devices];

		*device = *(const struct device *)tally_entry(zones, i);
		if (find_name(fd, device))
			now->n_devices++;
	}
	if (fd >= 0)
		close(fd);
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
	if (ret == 0 && zones.count > 0)
		fill(now, &zones);
	tally_done(&zones);
	return ret;
}
