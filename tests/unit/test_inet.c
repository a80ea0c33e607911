/* SPDX-License-Identifier: MIT */
#include "core/model/inet.h"

#include <arpa/inet.h>
#include <string.h>

#include "tests/support/suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct inet_addr v6(const char *text, uint32_t ifindex)
{
	uint32_t word[4] = {0};
	struct inet_addr addr;

	memset(&addr, 0xa5, sizeof(addr));
	CHECK_EQ_INT(inet_pton(AF_INET6, text, word), 1);
	inet_addr_from_v6(word, ifindex, &addr);
	return addr;
}

static struct inet_addr v4(const char *text)
{
	uint32_t word[1] = {0};
	struct inet_addr addr;

	memset(&addr, 0xa5, sizeof(addr));
	CHECK_EQ_INT(inet_pton(AF_INET, text, word), 1);
	inet_addr_from_v4(word, &addr);
	return addr;
}

static struct inet_addr any_family(const char *text, uint32_t ifindex)
{
	return strchr(text, ':') ? v6(text, ifindex) : v4(text);
}

static const struct {
	const char *text;
	uint32_t ifindex;
	uint8_t type;
	const char *formatted;
	const char *endpoint; /* with port 65535 */
	bool any;
} cases[] = {
    {"192.0.2.1", 0, INET_IPV4, "192.0.2.1", "192.0.2.1:65535", false},
    {"0.0.0.0", 0, INET_IPV4, "0.0.0.0", "0.0.0.0:65535", true},
    {"255.255.255.255", 7, INET_IPV4, "255.255.255.255", "255.255.255.255:65535", false},
    {"2001:db8::1", 0, INET_IPV6, "2001:db8::1", "[2001:db8::1]:65535", false},
    {"2001:db8::1", 3, INET_IPV6, "2001:db8::1", "[2001:db8::1]:65535", false},
    {"::", 0, INET_IPV6, "::", "[::]:65535", true},
    {"::", 3, INET_IPV6, "::", "[::]:65535", true},
    {"::1", 1, INET_IPV6, "::1", "[::1]:65535", false},
    {"::ffff:192.0.2.1", 0, INET_IPV4, "192.0.2.1", "192.0.2.1:65535", false},
    {"::ffff:0.0.0.0", 2, INET_IPV4, "0.0.0.0", "0.0.0.0:65535", true},
    {"1::ffff:c000:201", 0, INET_IPV6, "1::ffff:c000:201", "[1::ffff:c000:201]:65535", false},
    {"0:0:0:1:0:ffff:c000:201", 0, INET_IPV6, "::1:0:ffff:c000:201", "[::1:0:ffff:c000:201]:65535",
     false},
    {"fe80::1", 0, INET_IPV6, "fe80::1", "[fe80::1]:65535", false},
    {"fe80::1", 2, INET_IPV6Z, "fe80::1%2", "[fe80::1%2]:65535", false},
    {"febf::1", 2, INET_IPV6Z, "febf::1%2", "[febf::1%2]:65535", false},
    {"fec0::1", 2, INET_IPV6, "fec0::1", "[fec0::1]:65535", false},
    {"fe80:1111:2222:3333:4444:5555:6666:7777", UINT32_MAX, INET_IPV6Z,
     "fe80:1111:2222:3333:4444:5555:6666:7777%4294967295",
     "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535", false},
};

static void addresses_are_typed_and_formatted(void)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct inet_addr addr = any_family(cases[i].text, cases[i].ifindex);
		size_t len = inet_addr_len(addr.type);
		char buf[INET_TEXT_MAX];

		CHECK_EQ_INT(addr.type, cases[i].type);
		CHECK_EQ_INT(inet_addr_is_any(&addr), cases[i].any);
		CHECK_EQ_STR(inet_addr_format(&addr, NULL, buf), cases[i].formatted);
		CHECK_EQ_STR(inet_endpoint_format(&addr, 65535, NULL, buf), cases[i].endpoint);
		for (; len < INET_ADDR_MAX; len++)
			CHECK_EQ_INT(addr.bytes[len], 0);
	}
}

/* A socket bound to a device: any address can have a zone. */
static void any_address_has_a_zone(void)
{
	static const struct {
		const char *text;
		uint32_t zone;
		const char *device;
		uint8_t type;
		size_t len;
		const char *endpoint; /* with port 80 */
		bool any;
	} bound[] = {
	    {"0.0.0.0", 3, "eth1", INET_IPV4Z, 8, "0.0.0.0%eth1:80", true},
	    {"0.0.0.0", 3, NULL, INET_IPV4Z, 8, "0.0.0.0%3:80", true},
	    {"192.0.2.1", UINT32_MAX, "abcdefghijklmno", INET_IPV4Z, 8,
	     "192.0.2.1%abcdefghijklmno:80", false},
	    {"::", 4, "vrf-blue", INET_IPV6Z, 20, "[::%vrf-blue]:80", true},
	    {"2001:db8::1", 4, NULL, INET_IPV6Z, 20, "[2001:db8::1%4]:80", false},
	    {"fe80::1", 2, "eth0", INET_IPV6Z, 20, "[fe80::1%eth0]:80", false},
	    {"::ffff:192.0.2.1", 2, "eth0", INET_IPV4Z, 8, "192.0.2.1%eth0:80", false},
	    {"192.0.2.1", 0, "eth0", INET_IPV4, 4, "192.0.2.1:80", false},
	};

	for (size_t i = 0; i < COUNT(bound); i++) {
		struct inet_addr plain = any_family(bound[i].text, 0), addr = plain;
		char buf[INET_TEXT_MAX];

		inet_addr_set_zone(&addr, bound[i].zone);
		CHECK_EQ_INT(addr.type, bound[i].type);
		CHECK_EQ_INT(inet_addr_len(addr.type), bound[i].len);
		CHECK_EQ_INT(inet_addr_zone(&addr), bound[i].zone);
		CHECK_EQ_INT(inet_addr_is_any(&addr), bound[i].any);
		CHECK_EQ_INT(inet_addr_is_v4(&addr), inet_addr_is_v4(&plain));
		CHECK_EQ_STR(inet_endpoint_format(&addr, 80, bound[i].device, buf),
			     bound[i].endpoint);
		inet_addr_set_zone(&addr, 0);
		CHECK_EQ_INT(inet_addr_cmp(&addr, &plain), 0);
	}
}

static void zone_is_in_network_order(void)
{
	static const uint8_t zone[4] = {0x01, 0x02, 0x03, 0x04};
	struct inet_addr addr = v6("fe80::1", 0x01020304);

	CHECK_EQ_INT(memcmp(addr.bytes + 16, zone, sizeof(zone)), 0);
}

static void mapped_addresses_are_recognised(void)
{
	static const struct {
		const char *text;
		bool mapped;
	} mapped[] = {
	    {"::ffff:0:0", true},
	    {"::ffff:255.255.255.255", true},
	    {"::", false},
	    {"::192.0.2.1", false},
	    {"::fffe:192.0.2.1", false},
	    {"::1:ffff:192.0.2.1", false},
	    {"64:ff9b::192.0.2.1", false},
	};

	for (size_t i = 0; i < COUNT(mapped); i++) {
		uint32_t word[4];

		CHECK_EQ_INT(inet_pton(AF_INET6, mapped[i].text, word), 1);
		CHECK_EQ_INT(inet_v6_is_mapped(word), mapped[i].mapped);
	}
}

static void order_is_that_of_the_index(void)
{
	static const struct {
		const char *text;
		uint32_t ifindex;
	} sorted[] = {
	    {"0.0.0.0", 0},    {"9.255.255.255", 0}, {"10.0.0.1", 0},
	    {"10.0.0.128", 0}, {"192.0.2.1", 0},     {"::", 0},
	    {"::1", 0},        {"2001:db8::1", 0},   {"fe80::ffff", 0},
	    {"fe80::1", 2},    {"fe80::1", 3},       {"fe80::1", 256},
	    {"fe80::2", 1},
	};

	for (size_t i = 0; i < COUNT(sorted); i++) {
		struct inet_addr a = any_family(sorted[i].text, sorted[i].ifindex);

		for (size_t j = 0; j < COUNT(sorted); j++) {
			struct inet_addr b = any_family(sorted[j].text, sorted[j].ifindex);
			int cmp = inet_addr_cmp(&a, &b);

			CU_ASSERT(i < j ? cmp < 0 : i > j ? cmp > 0 : cmp == 0);
		}
	}
}

static void unknown_types_are_harmless(void)
{
	struct inet_addr addr = {.type = 5, .bytes = {1, 2, 3, 4}};
	char buf[INET_TEXT_MAX];

	CHECK_EQ_INT(inet_addr_len(0), 0);
	CHECK_EQ_INT(inet_addr_len(255), 0);
	CHECK_EQ_STR(inet_addr_format(&addr, NULL, buf), "?");
	CHECK_EQ_STR(inet_endpoint_format(&addr, 0, NULL, buf), "?:0");
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"addresses are typed and formatted", addresses_are_typed_and_formatted},
	    {"any address has a zone", any_address_has_a_zone},
	    {"the zone is in network order", zone_is_in_network_order},
	    {"mapped addresses are recognised", mapped_addresses_are_recognised},
	    {"the order is that of the index", order_is_that_of_the_index},
	    {"unknown types are harmless", unknown_types_are_harmless},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("inet", tests);
}
