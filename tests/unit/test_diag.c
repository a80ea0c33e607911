/* SPDX-License-Identifier: MIT */
#include "core/kernel/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/model/state.h"
#include "tests/support/conntext.h"
#include "tests/support/netlink.h"
#include "tests/support/suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Netlink is in the byte order of the machine that the dump was recorded on. */
static void recorded_dump_is_read(void)
{
	static _Alignas(struct nlmsghdr) unsigned char dump[65536];
	const struct nlmsghdr *first = (const struct nlmsghdr *)dump;
	struct conntext text;
	struct diag_reply reply = netlink_reply(conntext_compare, &text);
	FILE *file = fopen(suite_data("diag/sockets.bin"), "re");
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	len = fread(dump, 1, sizeof(dump), file);
	fclose(file);
	reply.port_id = first->nlmsg_pid;
	conntext_open(&text, "diag/sockets.txt");
	CHECK_EQ_INT(diag_reply_take(&reply, dump, len), 0);
	conntext_close(&text);
	CU_ASSERT_TRUE(reply.done);
	CHECK_EQ_INT(reply.error, 0);
	CHECK_EQ_INT(reply.stats.sockets, 55);
	CHECK_EQ_INT(reply.stats.unknown_states + reply.stats.malformed, 0);
}
#endif

static void members_are_translated(void)
{
	struct netlink d = {.len = 0};
	struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, KERNEL_ESTABLISHED);
	struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	uint64_t cgroup = UINT64_C(0x123456789abcdef0);
	struct conn c;

	inet_pton(AF_INET, "192.0.2.1", msg->id.idiag_src);
	inet_pton(AF_INET, "198.51.100.2", msg->id.idiag_dst);
	msg->id.idiag_sport = htons(8443);
	msg->id.idiag_dport = htons(65535);
	msg->idiag_retrans = 255;
	msg->idiag_rqueue = UINT32_MAX;
	msg->idiag_wqueue = UINT32_MAX - 1;
	msg->idiag_uid = 4294967294u;
	msg->idiag_inode = 4294967293u;
	mnl_attr_put_u64(nlh, INET_DIAG_CGROUP_ID, cgroup);
	memset(&c, 0xa5, sizeof(c));
	CHECK_EQ_INT(diag_parse(nlh, &c), 0);
	CHECK_EQ_INT(c.state, STATE_ESTABLISHED);
	CHECK_EQ_INT(c.ip_version, IP_V4);
	CHECK_EQ_INT(c.local.type, INET_IPV4);
	CHECK_EQ_INT(memcmp(c.local.bytes, "\300\0\2\1", 5), 0);
	CHECK_EQ_INT(memcmp(c.remote.bytes, "\306\63\144\2", 5), 0);
	CHECK_EQ_INT(c.local_port, 8443);
	CHECK_EQ_INT(c.remote_port, 65535);
	CHECK_EQ_INT(c.retransmits, 255);
	CHECK_EQ_INT(c.recv_queue, UINT32_MAX);
	CHECK_EQ_INT(c.send_queue, UINT32_MAX - 1);
	CHECK_EQ_INT(c.uid, 4294967294u);
	CHECK_EQ_INT(c.inode, 4294967293u);
	CHECK_EQ_INT(c.cgroup_id, cgroup);
	CHECK_EQ_INT(c.flags, 0);
	CHECK_EQ_INT(c.age_s, 0);
	CHECK_EQ_INT(c.rtt_us, 0);
	CHECK_EQ_INT(c.owner, 0);
}

static void flags_follow_state_and_address(void)
{
	static const struct {
		unsigned kernel_state;
		const char *local;
		uint8_t timer, retrans;
		int v6_only; /* -1: the attribute is missing, as before Linux 4.2 */
		uint8_t flags, ip_version;
		uint32_t expires;
	} cases[] = {
	    {KERNEL_LISTEN, "::", 0, 0, 0, CONN_DUAL_STACK, IP_V6, 0},
	    {KERNEL_LISTEN, "::", 0, 0, -1, CONN_DUAL_STACK, IP_V6, 0},
	    {KERNEL_LISTEN, "::", 0, 0, 1, 0, IP_V6, 0},
	    {KERNEL_LISTEN, "::1", 0, 0, 0, 0, IP_V6, 0},
	    {KERNEL_LISTEN, "::ffff:0.0.0.0", 0, 0, 0, 0, IP_V4, 0},
	    {KERNEL_LISTEN, "fe80::1", 0, 0, 0, 0, IP_V6, 0},
	    {7, "::", 0, 0, 0, 0, IP_V6, 0},
	    {3, "::ffff:192.0.2.1", 1, 0, -1, 0, IP_V4, 0},
	    {3, "::ffff:192.0.2.1", 1, 1, -1, CONN_UNANSWERED, IP_V4, 0},
	    {12, "2001:db8::1", 1, 5, -1, CONN_UNANSWERED, IP_V6, 0},
	    {KERNEL_ESTABLISHED, "2001:db8::1", 0, 0, -1, 0, IP_V6, 0},
	    {KERNEL_ESTABLISHED, "2001:db8::1", 1, 5, -1, CONN_UNACKED, IP_V6, 0},
	    {KERNEL_ESTABLISHED, "2001:db8::1", 2, 5, -1, 0, IP_V6, 0},
	    {KERNEL_ESTABLISHED, "2001:db8::1", 4, 0, -1, CONN_PROBING, IP_V6, 0},
	    {4, "2001:db8::1", 4, 0, -1, CONN_PROBING, IP_V6, 0},
	    {5, "2001:db8::1", 3, 0, -1, CONN_TW_SOCKET, IP_V6, 0},
	    {5, "2001:db8::1", 2, 0, -1, 0, IP_V6, 0},
	    {6, "::ffff:192.0.2.1", 3, 0, -1, CONN_TW_SOCKET, IP_V4, 60000},
	    {6, "::ffff:192.0.2.1", 3, 0, -1, CONN_TW_SOCKET, IP_V4, 59001},
	    {6, "::ffff:192.0.2.1", 3, 0, -1, CONN_TW_SOCKET | CONN_REUSABLE, IP_V4, 59000},
	};

	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET6, cases[i / 2].kernel_state);
		struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
		struct conn c = {.state = 0};
		bool v4 = cases[i / 2].ip_version == IP_V4, bound = i % 2;

		inet_pton(AF_INET6, cases[i / 2].local, msg->id.idiag_src);
		msg->id.idiag_if = bound ? 3 : 0;
		msg->idiag_timer = cases[i / 2].timer;
		msg->idiag_retrans = cases[i / 2].retrans;
		msg->idiag_expires = cases[i / 2].expires;
		if (cases[i / 2].v6_only >= 0)
			mnl_attr_put_u8(nlh, INET_DIAG_SKV6ONLY, (uint8_t)cases[i / 2].v6_only);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.flags, cases[i / 2].flags);
		CHECK_EQ_INT(c.ip_version, cases[i / 2].ip_version);
		CHECK_EQ_INT(c.local.type, v4 ? (bound ? INET_IPV4Z : INET_IPV4)
					      : (bound ? INET_IPV6Z : INET_IPV6));
		CHECK_EQ_INT(inet_addr_zone(&c.local), bound ? 3 : 0);
		CHECK_EQ_INT(c.retransmits, cases[i / 2].retrans);
		/* The far end of a mapped address is no IPv6 address. */
		CHECK_EQ_INT(c.remote.type, v4 ? INET_IPV4 : INET_IPV6);
	}
}

/* A bound IPv4 socket: its own address has the device, the other one has not. */
static void bound_sockets_have_a_zone(void)
{
	static const unsigned states[] = {KERNEL_LISTEN, KERNEL_ESTABLISHED, 3, 6, 12};

	for (size_t i = 0; i < COUNT(states); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, states[i]);
		struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
		struct conn c = {.state = 0};
		char buf[INET_TEXT_MAX];

		inet_pton(AF_INET, "192.0.2.1", msg->id.idiag_src);
		inet_pton(AF_INET, "198.51.100.2", msg->id.idiag_dst);
		msg->id.idiag_if = 70000;
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_STR(inet_addr_format(&c.local, NULL, buf), "192.0.2.1%70000");
		CHECK_EQ_STR(inet_addr_format(&c.remote, NULL, buf), "198.51.100.2");
		CHECK_EQ_INT(c.ip_version, IP_V4);
	}
}

static void age_is_that_of_the_last_segment(void)
{
	static const struct {
		unsigned kernel_state;
		uint32_t last_ack_ms, last_data_ms, age_s;
		bool known;
	} cases[] = {
	    {KERNEL_ESTABLISHED, 0, 0, 0, true},
	    {KERNEL_ESTABLISHED, 999, 5000, 0, true},
	    {KERNEL_ESTABLISHED, 61000, 60999, 60, true},
	    {8, 90000, 90001, 90, true},
	    {5, UINT32_MAX, UINT32_MAX, UINT32_MAX / 1000, true},
	    {3, 1000, 1000, 1, true},
	    {2, 1000, 1000, 0, false},
	    {KERNEL_LISTEN, 1000, 1000, 0, false},
	    {7, 1000, 1000, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, cases[i].kernel_state);
		struct tcp_info info = {.tcpi_rtt = 1234,
					.tcpi_last_ack_recv = cases[i].last_ack_ms,
					.tcpi_last_data_recv = cases[i].last_data_ms};
		struct conn c = {.state = 0};

		mnl_attr_put(nlh, INET_DIAG_INFO, sizeof(info), &info);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.age_s, cases[i].age_s);
		CHECK_EQ_INT(c.rtt_us, cases[i].known ? 1234 : 0);
		CHECK_EQ_INT(c.flags, cases[i].known ? CONN_HAS_INFO : 0);
	}
}

/*
 * What renews which time: data that the application sends or is sent, and ACKs, those of keepalive
 * probes (timer 2) and window probes (4) included.
 */
static void idle_is_the_applications(void)
{
	static const struct {
		unsigned kernel_state;
		uint8_t timer;
		uint32_t sent_ms, received_ms, ack_ms;
		uint16_t idle_s;
	} cases[] = {
	    /* CLOSE_WAIT: it may still send. */
	    {8, 0, 90000, 95000, 80000, 80},
	    {8, 0, 70999, 95000, 80000, 70},
	    {8, 2, 90000, 95000, 3000, 90},
	    {8, 2, 2000, 95000, 3000, 2},
	    {8, 4, 90000, 95000, 1000, 1},
	    {8, 2, 65534999, 0, 0, 65534},
	    {8, 2, 65535000, 0, 0, CONN_IDLE_MAX},
	    {8, 2, UINT32_MAX, 0, 0, CONN_IDLE_MAX},
	    /* FIN_WAIT_2: the peer may still send. */
	    {5, 0, 1000, 90000, 85000, 85},
	    {5, 2, 1000, 90000, 3000, 90},
	    {5, 2, 1000, 3000, 90000, 3},
	    /* Closing: what was last sent. */
	    {4, 4, 20000, 1000, 500, 20},
	    {9, 4, 20000, 1000, 500, 20},
	    {11, 1, 20000, 1000, 500, 20},
	    {KERNEL_ESTABLISHED, 4, 90000, 1000, 500, 90},
	    {3, 1, 90000, 90000, 90000, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, cases[i].kernel_state);
		struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
		struct tcp_info info = {.tcpi_last_data_sent = cases[i].sent_ms,
					.tcpi_last_data_recv = cases[i].received_ms,
					.tcpi_last_ack_recv = cases[i].ack_ms};
		struct conn c = {.state = 0};

		msg->idiag_timer = cases[i].timer;
		mnl_attr_put(nlh, INET_DIAG_INFO, sizeof(info), &info);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.idle_s, cases[i].idle_s);
	}
}

/* How long no data had moved when the last segment came. */
static void rest_before_the_close(void)
{
	static const struct {
		unsigned kernel_state;
		uint32_t sent_ms, received_ms, ack_ms;
		bool rested;
	} cases[] = {
	    {8, 65000, 65000, 5000, true},
	    {8, 64999, 65000, 5000, false},
	    {8, 65000, 64999, 5000, false},
	    {8, 1000, 1000, 1000, false},
	    {8, 1000, 1000, 2000, false},
	    {8, UINT32_MAX, UINT32_MAX, 0, true},
	    {KERNEL_ESTABLISHED, 65000, 65000, 0, false},
	    {5, 65000, 65000, 0, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, cases[i].kernel_state);
		struct tcp_info info = {.tcpi_last_data_sent = cases[i].sent_ms,
					.tcpi_last_data_recv = cases[i].received_ms,
					.tcpi_last_ack_recv = cases[i].ack_ms};
		struct conn c = {.state = 0};

		mnl_attr_put(nlh, INET_DIAG_INFO, sizeof(info), &info);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(!!(c.flags & CONN_RESTED), cases[i].rested);
	}
}

/* The cookie; the inode where the kernel gives none. */
static void sockets_are_told_apart(void)
{
	static const struct {
		uint32_t cookie[2];
		uint64_t id;
	} cases[] = {
	    {{1, 0}, 1},  {{0, 1}, UINT64_C(1) << 32},    {{UINT32_MAX, 1}, UINT64_C(0x1ffffffff)},
	    {{0, 0}, 77}, {{UINT32_MAX, UINT32_MAX}, 77},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, KERNEL_ESTABLISHED);
		struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
		struct conn c = {.state = 0};

		memcpy(msg->id.idiag_cookie, cases[i].cookie, sizeof(cases[i].cookie));
		msg->idiag_inode = 77;
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CU_ASSERT_TRUE(c.id == cases[i].id);
	}
}

/* A kernel may know more or less than this program; the socket counts all the same. */
/* Only a whole socket in SYN_RECV tells how it was shut down. */
static void fast_open_is_a_whole_socket(void)
{
	static const struct {
		uint8_t state;
		bool whole;
		unsigned flags;
	} cases[] = {
	    {KERNEL_SYN_RECV, true, CONN_FAST_OPEN},
	    {KERNEL_SYN_RECV, false, 0},
	    {KERNEL_ESTABLISHED, true, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, cases[i].state);
		struct conn c;

		if (cases[i].whole)
			mnl_attr_put_u8(nlh, INET_DIAG_SHUTDOWN, 0);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.flags, cases[i].flags);
	}
}

static void attributes_may_be_odd(void)
{
	enum { RTT_END = offsetof(struct tcp_info, tcpi_rttvar) };
	static const struct {
		uint16_t type;
		uint16_t len;     /* of the value */
		uint16_t nla_len; /* what the header claims; 0: the truth */
		bool info, cgroup;
	} cases[] = {
	    {INET_DIAG_INFO, RTT_END, 0, true, true},
	    {INET_DIAG_INFO, RTT_END - 1, 0, false, true},
	    {INET_DIAG_INFO, 0, 0, false, true},
	    {INET_DIAG_INFO, 1000, 0, true, true},
	    {INET_DIAG_INFO | NLA_F_NESTED, RTT_END, 0, true, true},
	    {INET_DIAG_CGROUP_ID, 7, 0, false, true},
	    {9999, 100, 0, false, true},
	    {0, 1, 0, false, true},
	    /* Lies about the length: what is behind cannot be found. */
	    {INET_DIAG_INFO, RTT_END, 1, false, false},
	    {INET_DIAG_INFO, RTT_END, 3, false, false},
	    {INET_DIAG_INFO, RTT_END, UINT16_MAX, false, false},
	    {INET_DIAG_INFO, RTT_END, 1000, false, false},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, KERNEL_ESTABLISHED);
		unsigned char value[1000];
		struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);
		struct conn c = {.state = 0};

		memset(value, 0xff, sizeof(value));
		mnl_attr_put(nlh, cases[i].type, cases[i].len, value);
		mnl_attr_put_u64(nlh, INET_DIAG_CGROUP_ID, 42);
		if (cases[i].nla_len)
			attr->nla_len = cases[i].nla_len;
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.flags, cases[i].info ? CONN_HAS_INFO : 0);
		CHECK_EQ_INT(c.cgroup_id, cases[i].cgroup ? 42 : 0);
	}
}

/* Only a listener has drops. */
static void drops_are_a_listeners(void)
{
	enum { DROPS_END = 36 };
	static const struct {
		unsigned kernel_state;
		uint16_t len;
		uint32_t drops;
	} cases[] = {
	    {KERNEL_LISTEN, DROPS_END, 4000000000u},
	    {KERNEL_LISTEN, DROPS_END - 4, 0},
	    {KERNEL_LISTEN, 400, 4000000000u},
	    {KERNEL_ESTABLISHED, DROPS_END, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t meminfo[100] = {[SK_MEMINFO_DROPS] = 4000000000u};
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, AF_INET, cases[i].kernel_state);
		struct conn c = {.state = 0};

		mnl_attr_put(nlh, INET_DIAG_SKMEMINFO, cases[i].len, meminfo);
		CHECK_EQ_INT(diag_parse(nlh, &c), 0);
		CHECK_EQ_INT(c.drops, cases[i].drops);
	}
}

static void foreign_messages_are_refused(void)
{
	static const struct {
		int family;
		unsigned state;
		uint32_t len; /* of the payload; 0: whole */
		int error;
	} cases[] = {
	    {AF_UNSPEC, KERNEL_LISTEN, 0, -EBADMSG},
	    {AF_UNIX, KERNEL_LISTEN, 0, -EBADMSG},
	    {255, KERNEL_LISTEN, 0, -EBADMSG},
	    {AF_INET, 0, 0, -ENOTSUP},
	    {AF_INET, 14, 0, -ENOTSUP},
	    {AF_INET6, 255, 0, -ENOTSUP},
	    {AF_INET, KERNEL_LISTEN, sizeof(struct inet_diag_msg) - 1, -EBADMSG},
	    {AF_INET, KERNEL_LISTEN, 1, -EBADMSG},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct netlink d = {.len = 0};
		struct nlmsghdr *nlh = netlink_put_socket(&d, cases[i].family, cases[i].state);
		struct conn c, before;

		if (cases[i].len)
			nlh->nlmsg_len = MNL_NLMSG_HDRLEN + cases[i].len;
		memset(&c, 0xa5, sizeof(c));
		before = c;
		CHECK_EQ_INT(diag_parse(nlh, &c), cases[i].error);
		CHECK_EQ_INT(memcmp(&c, &before, sizeof(c)), 0);
	}
}

enum { PAIRS = 60, BACKLOG = PAIRS + 7 };

/* A listener of this test, PAIRS connections to it, and what a dump says of them. */
struct live {
	int listener, clients[PAIRS], servers[PAIRS];
	uint16_t port;
	uint32_t inode;
	unsigned calls, listeners, ends, others, wrong;
};

static int look(const struct conn *c, void *arg)
{
	struct live *live = arg;

	live->calls++;
	if (c->state == STATE_LISTEN && c->local_port == live->port) {
		live->listeners++;
		live->wrong += c->inode != live->inode || c->uid != geteuid() ||
			       c->send_queue != BACKLOG || c->recv_queue != 0 ||
			       c->ip_version != IP_V4 || c->remote_port != 0;
	} else if (c->local_port == live->port || c->remote_port == live->port) {
		live->ends++;
		live->wrong +=
		    c->state != STATE_ESTABLISHED || c->inode == 0 || !(c->flags & CONN_HAS_INFO);
	} else if (c->state != STATE_LISTEN && c->state != STATE_ESTABLISHED) {
		live->others++;
	}
	return 0;
}

static int refuse(const struct conn *c, void *arg)
{
	(void)c;
	return ++((struct live *)arg)->calls == 2 ? -ECANCELED : 0;
}

static void open_live(struct live *live)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	struct stat status;

	*live = (struct live){.listener = socket(AF_INET, SOCK_STREAM, 0)};
	CHECK_EQ_INT_FATAL(bind(live->listener, (struct sockaddr *)&addr, len), 0);
	CHECK_EQ_INT_FATAL(listen(live->listener, BACKLOG), 0);
	CHECK_EQ_INT_FATAL(getsockname(live->listener, (struct sockaddr *)&addr, &len), 0);
	CHECK_EQ_INT_FATAL(fstat(live->listener, &status), 0);
	live->port = ntohs(addr.sin_port);
	live->inode = (uint32_t)status.st_ino;
	for (unsigned i = 0; i < PAIRS; i++) {
		live->clients[i] = socket(AF_INET, SOCK_STREAM, 0);
		CHECK_EQ_INT_FATAL(connect(live->clients[i], (struct sockaddr *)&addr, len), 0);
		live->servers[i] = accept(live->listener, NULL, NULL);
		CU_ASSERT_FATAL(live->servers[i] >= 0);
	}
}

static void close_live(const struct live *live)
{
	for (unsigned i = 0; i < PAIRS; i++) {
		close(live->clients[i]);
		close(live->servers[i]);
	}
	close(live->listener);
}

static void real_sockets_are_found(void)
{
	const uint32_t both = STATE_BIT(STATE_LISTEN) | STATE_BIT(STATE_ESTABLISHED);
	struct diag_stats stats = {.sockets = 0};
	struct diag *diag = NULL;
	struct live live;

	open_live(&live);
	CHECK_EQ_INT_FATAL(diag_open(&diag), 0);
	/* After a dump that was given up the next one must be whole and its own. */
	for (unsigned round = 1; round <= 3; round++) {
		live.calls = 0;
		CHECK_EQ_INT(diag_dump(diag, STATE_MASK_ALL, DIAG_WANT_INFO, refuse, &live, &stats),
			     -ECANCELED);
		CHECK_EQ_INT(live.calls, 2);
		live.calls = 0;
		CHECK_EQ_INT(
		    diag_dump(diag, both, DIAG_WANT_INFO | DIAG_WANT_MEMINFO, look, &live, &stats),
		    0);
		CHECK_EQ_INT(live.calls, stats.sockets);
		CHECK_EQ_INT(live.listeners, round);
		CHECK_EQ_INT(live.ends, 2 * PAIRS * round);
	}
	CHECK_EQ_INT(live.others, 0);
	CHECK_EQ_INT(live.wrong, 0);
	diag_close(diag);
	diag_close(NULL);
	close_live(&live);
}

int main(void)
{
	CU_TestInfo tests[] = {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		{"a recorded dump is read", recorded_dump_is_read},
#endif
		{"members are translated", members_are_translated},
		{"flags follow state and address", flags_follow_state_and_address},
		{"bound sockets have a zone", bound_sockets_have_a_zone},
		{"the age is that of the last segment", age_is_that_of_the_last_segment},
		{"idle is the application's", idle_is_the_applications},
		{"the rest before the close", rest_before_the_close},
		{"sockets are told apart", sockets_are_told_apart},
		{"fast open is a whole socket", fast_open_is_a_whole_socket},
		{"attributes may be odd", attributes_may_be_odd},
		{"drops are a listener's", drops_are_a_listeners},
		{"foreign messages are refused", foreign_messages_are_refused},
		{"real sockets are found", real_sockets_are_found},
		CU_TEST_INFO_NULL,
	};

	return suite_run("diag", tests);
}
