/* SPDX-License-Identifier: MIT */
#include "core/model/inet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { V4_LEN = 4, V6_LEN = 16, ZONE_LEN = 4 };

size_t inet_addr_len(uint8_t type)
{
	switch (type) {
	case INET_IPV4:
		return V4_LEN;
	case INET_IPV6:
		return V6_LEN;
	case INET_IPV4Z:
		return V4_LEN + ZONE_LEN;
	case INET_IPV6Z:
		return V6_LEN + ZONE_LEN;
	}
	return 0;
}

void inet_addr_from_v4(const uint32_t word[1], struct inet_addr *ret_addr)
{
	*ret_addr = (struct inet_addr){.type = INET_IPV4};
	memcpy(ret_addr->bytes, word, V4_LEN);
}

void inet_addr_from_v6(const uint32_t word[4], uint32_t ifindex, struct inet_addr *ret_addr)
{
	if (inet_v6_is_mapped(word)) {
		inet_addr_from_v4(&word[3], ret_addr);
		return;
	}
	*ret_addr = (struct inet_addr){.type = INET_IPV6};
	memcpy(ret_addr->bytes, word, V6_LEN);
	if ((word[0] & htonl(0xffc00000)) == htonl(0xfe800000))
		inet_addr_set_zone(ret_addr, ifindex);
}

void inet_addr_set_zone(struct inet_addr *addr, uint32_t ifindex)
{
	bool v4 = inet_addr_is_v4(addr);
	uint32_t zone = htonl(ifindex);

	if (ifindex == 0)
		addr->type = v4 ? INET_IPV4 : INET_IPV6;
	else
		addr->type = v4 ? INET_IPV4Z : INET_IPV6Z;
	memcpy(addr->bytes + (v4 ? V4_LEN : V6_LEN), &zone, ZONE_LEN);
}

uint32_t inet_addr_zone(const struct inet_addr *addr)
{
	uint32_t zone;

	if (addr->type != INET_IPV4Z && addr->type != INET_IPV6Z)
		return 0;
	memcpy(&zone, addr->bytes + (addr->type == INET_IPV4Z ? V4_LEN : V6_LEN), ZONE_LEN);
	return ntohl(zone);
}

void inet_addr_pair_from_v6(const uint32_t local[4], const uint32_t remote[4], uint32_t ifindex,
			    struct inet_addr *ret_local, struct inet_addr *ret_remote)
{
	inet_addr_from_v6(local, ifindex, ret_local);
	inet_addr_from_v6(remote, ifindex, ret_remote);
	if (ret_local->type == INET_IPV4 && inet_addr_is_any(ret_remote))
		ret_remote->type = INET_IPV4;
}

bool inet_v6_is_mapped(const uint32_t word[4])
{
	return word[0] == 0 && word[1] == 0 && word[2] == htonl(0xffff);
}

bool inet_addr_is_any(const struct inet_addr *addr)
{
	static const uint8_t any[INET_ADDR_MAX];

	return memcmp(addr->bytes, any, inet_addr_is_v4(addr) ? V4_LEN : V6_LEN) == 0;
}

int inet_addr_cmp(const struct inet_addr *a, const struct inet_addr *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

char *inet_addr_format(const struct inet_addr *addr, const char *device, char *buf)
{
	uint32_t zone = inet_addr_zone(addr);
	size_t len;

	if (inet_addr_len(addr->type) == 0 || !inet_ntop(inet_addr_is_v4(addr) ? AF_INET : AF_INET6,
							 addr->bytes, buf, INET_TEXT_MAX)) {
		memcpy(buf, "?", sizeof("?"));
		return buf;
	}
	len = strlen(buf);
	if (zone && device)
		snprintf(buf + len, INET_TEXT_MAX - len, "%%%.15s", device);
	else if (zone)
		snprintf(buf + len, INET_TEXT_MAX - len, "%%%u", (unsigned)zone);
	return buf;
}

char *inet_endpoint_format(const struct inet_addr *addr, uint16_t port, const char *device,
			   char *buf)
{
	bool brackets = addr->type == INET_IPV6 || addr->type == INET_IPV6Z;
	char text[INET_TEXT_MAX];

	snprintf(buf, INET_TEXT_MAX, brackets ? "[%.62s]:%u" : "%.62s:%u",
		 inet_addr_format(addr, device, text), (unsigned)port);
	return buf;
}
