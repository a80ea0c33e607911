/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_INET_H
#define TCPSTATE_CORE_INET_H

/*
 * This module holds internet addresses as INET-ADDRESS-MIB (RFC 4001) indexes them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* InetAddressType of RFC 4001; the values this program uses. */
enum inet_type { INET_IPV4 = 1, INET_IPV6 = 2, INET_IPV4Z = 3, INET_IPV6Z = 4 };

enum { INET_ADDR_MAX = 20 };

/*
 * An address. bytes: network order; 4 used for INET_IPV4, 16 for INET_IPV6, and for the types with
 * a zone, which is an interface's index, 4 more in network order. A socket's own address has the
 * zone of the device that the socket is bound to, a link-local remote address the same one. Bytes
 * that the type does not use are zero, so that addresses can be compared and hashed whole.
 */
struct inet_addr {
	uint8_t type; /* enum inet_type */
	uint8_t bytes[INET_ADDR_MAX];
};

/* Long enough for "[ipv6%zone]:port", the terminating NUL included. */
enum { INET_TEXT_MAX = 72 };

/* How many of the bytes the type uses. */
size_t inet_addr_len(uint8_t type);

/* From the kernel's four words in network order. A v4-mapped address becomes INET_IPV4; a
 * link-local one becomes INET_IPV6Z if ifindex is not 0. */
void inet_addr_from_v4(const uint32_t word[1], struct inet_addr *ret_addr);
void inet_addr_from_v6(const uint32_t word[4], uint32_t ifindex, struct inet_addr *ret_addr);

/* Both ends of an IPv6 socket. The remote :: of a v4-mapped local address becomes 0.0.0.0. */
void inet_addr_pair_from_v6(const uint32_t local[4], const uint32_t remote[4], uint32_t ifindex,
			    struct inet_addr *ret_local, struct inet_addr *ret_remote);

/* Gives the address a zone; ifindex 0: takes it away. */
void inet_addr_set_zone(struct inet_addr *addr, uint32_t ifindex);

/* The interface's index; 0: the address has no zone. */
uint32_t inet_addr_zone(const struct inet_addr *addr);

static inline bool inet_addr_is_v4(const struct inet_addr *addr)
{
	return addr->type == INET_IPV4 || addr->type == INET_IPV4Z;
}

/* True for a v4-mapped address (::ffff:a.b.c.d), words in network order. */
bool inet_v6_is_mapped(const uint32_t word[4]);

/* True for 0.0.0.0 and ::, whatever the zone. */
bool inet_addr_is_any(const struct inet_addr *addr);

/* <0, 0, >0, in the order that SNMP gives to the index {type, address}. */
int inet_addr_cmp(const struct inet_addr *a, const struct inet_addr *b);

/* "192.0.2.1", "2001:db8::1", "fe80::1%2", "fe80::1%eth0" into buf of at least INET_TEXT_MAX;
 * returns buf. device: the name of the zone; NULL: its number is written. */
char *inet_addr_format(const struct inet_addr *addr, const char *device, char *buf);

/* The same with the port: "192.0.2.1:80", "[2001:db8::1]:80"; returns buf. */
char *inet_endpoint_format(const struct inet_addr *addr, uint16_t port, const char *device,
			   char *buf);

#endif
