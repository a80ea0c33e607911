/* SPDX-License-Identifier: MIT */
#include "tests/tools/sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The ones' complement sum of RFC 1071, over words in network order. */
static uint32_t sum_words(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The segment, with a checksum over both addresses of addr_len bytes each. */
static struct tcphdr syn_segment(const void *from, const void *to, size_t addr_len,
				 uint16_t from_port, uint16_t to_port)
{
	struct tcphdr tcp = {
	    .source = htons(from_port),
	    .dest = htons(to_port),
	    .seq = htonl(from_port * UINT32_C(2654435761)),
	    .doff = sizeof(tcp) / 4,
	    .syn = 1,
	    .window = htons(64240),
	};
	uint32_t sum = IPPROTO_TCP + sizeof(tcp);

	sum = sum_words(from, addr_len, sum);
	sum = sum_words(to, addr_len, sum);
	tcp.check = checksum(sum_words(&tcp, sizeof(tcp), sum));
	return tcp;
}

struct syn {
	union {
		struct {
			struct iphdr ip;
			struct tcphdr tcp;
		} v4;
		struct {
			struct ip6_hdr ip;
			struct tcphdr tcp;
		} v6;
	};
	size_t len;
};

static struct syn syn_v4(const struct sockaddr_storage *from, const struct sockaddr_storage *to,
			 uint16_t from_port, uint16_t to_port)
{
	const struct in_addr *src = &((const struct sockaddr_in *)from)->sin_addr;
	const struct in_addr *dst = &((const struct sockaddr_in *)to)->sin_addr;
	struct syn syn = {.len = sizeof(syn.v4)};

	/* The kernel fills in the header's length, identification and checksum. */
	syn.v4.ip = (struct iphdr){.version = 4,
				   .ihl = 5,
				   .ttl = 64,
				   .protocol = IPPROTO_TCP,
				   .saddr = src->s_addr,
				   .daddr = dst->s_addr};
	syn.v4.tcp = syn_segment(src, dst, sizeof(*src), from_port, to_port);
	return syn;
}

static struct syn syn_v6(const struct sockaddr_storage *from, const struct sockaddr_storage *to,
			 uint16_t from_port, uint16_t to_port)
{
	struct syn syn = {.len = sizeof(syn.v6)};
	struct ip6_hdr *ip = &syn.v6.ip;

	ip->ip6_flow = htonl(UINT32_C(6) << 28);
	ip->ip6_plen = htons(sizeof(syn.v6.tcp));
	ip->ip6_nxt = IPPROTO_TCP;
	ip->ip6_hlim = 64;
	ip->ip6_src = ((const struct sockaddr_in6 *)from)->sin6_addr;
	ip->ip6_dst = ((const struct sockaddr_in6 *)to)->sin6_addr;
	syn.v6.tcp =
	    syn_segment(&ip->ip6_src, &ip->ip6_dst, sizeof(ip->ip6_src), from_port, to_port);
	return syn;
}

static int send_syn(int fd, const struct range *to, const struct range *from, uint32_t i,
		    uint16_t port)
{
	struct sockaddr_storage src, dst;
	uint16_t from_port = (uint16_t)(1024 + i / from->count % 64000);
	struct syn syn;

	range_at(from, i, 0, &src);
	socklen_t len = range_at(to, i, 0, &dst);
	syn = src.ss_family == AF_INET ? syn_v4(&src, &dst, from_port, port)
				       : syn_v6(&src, &dst, from_port, port);
	return sendto(fd, &syn, syn.len, 0, (struct sockaddr *)&dst, len) < 0 ? -errno : 0;
}

int cmd_flood(struct world *w, char **argv)
{
	uint16_t port = (uint16_t)number(argv[2], 1, 65535);
	uint32_t count = number(argv[3], 1, 10000000), rate = number(argv[4], 0, 1000000);
	struct range to, from;
	int rc = 0;

	if (range_parse(argv[1], &to) < 0 || range_parse(argv[5], &from) < 0 ||
	    to.first.ss_family != from.first.ss_family)
		return -EINVAL;
	/* With this protocol the packet brings its IP header along, for both families. */
	int fd = socket(to.first.ss_family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return -errno;
	uint64_t start = now_ns();
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		pace(start, i, rate);
		rc = send_syn(fd, &to, &from, i, port);
	}
	close(fd);
	snprintf(w->reply, sizeof(w->reply), "%u", count);
	return rc;
}

/* Adds one dump's sockets to the counts of IPv4 [0] and IPv6 [1]. 1: there is more. */
static int count_bound(const char *buf, ssize_t len, uint32_t count[2])
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;

	for (; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
		const struct inet_diag_msg *msg = NLMSG_DATA(nlh);

		if (nlh->nlmsg_type == NLMSG_DONE)
			return 0;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			const struct nlmsgerr *error = NLMSG_DATA(nlh);
			return error->error;
		}
		const struct in6_addr *local = (const struct in6_addr *)msg->id.idiag_src;
		count[msg->idiag_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(local)]++;
	}
	return 1;
}

static int dump_bound(int fd, uint8_t family, uint32_t count[2])
{
	/* Bit 13, TCPF_BOUND_INACTIVE: since Linux 6.8. */
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req_v2 req;
	} msg = {
	    .nlh = {.nlmsg_len = sizeof(msg),
		    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .req = {.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1 << 13},
	};
	_Alignas(struct nlmsghdr) char buf[32768];
	int rc;

	if (send(fd, &msg, sizeof(msg), 0) < 0)
		return -errno;
	do {
		ssize_t len = recv(fd, buf, sizeof(buf), 0);
		if (len <= 0)
			return len < 0 ? -errno : -EPROTO;
		rc = count_bound(buf, len, count);
	} while (rc > 0);
	return rc;
}

int cmd_bound(struct world *w, char **argv)
{
	uint32_t count[2] = {0, 0};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	(void)argv;
	if (fd < 0)
		return -errno;
	int rc = dump_bound(fd, AF_INET, count);
	if (rc == 0)
		rc = dump_bound(fd, AF_INET6, count);
	close(fd);
	snprintf(w->reply, sizeof(w->reply), "%u %u", count[0], count[1]);
	return rc;
}
