/* SPDX-License-Identifier: MIT */
#include "core/kernel/diag_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/support/netlink.h"
#include "tests/support/suite.h"

static int count(const struct conn *conn, void *arg)
{
	(void)conn;
	++*(unsigned *)arg;
	return 0;
}

static int refuse_second(const struct conn *conn, void *arg)
{
	(void)conn;
	return ++*(unsigned *)arg == 2 ? -ECANCELED : 0;
}

static void put_sockets(struct netlink *d, unsigned n, unsigned kernel_state)
{
	for (unsigned i = 0; i < n; i++)
		netlink_end(d, netlink_put_socket(d, AF_INET, kernel_state));
}

static void dump_goes_on_until_done(void)
{
	struct netlink first = {.len = 0}, second = {.len = 0};
	unsigned sockets = 0;
	struct diag_reply reply = netlink_reply(count, &sockets);

	put_sockets(&first, 3, KERNEL_ESTABLISHED);
	CHECK_EQ_INT(diag_reply_take(&reply, first.bytes, first.len), 0);
	CU_ASSERT_FALSE(reply.done);
	put_sockets(&second, 1, KERNEL_LISTEN);
	netlink_put_end(&second, NLMSG_DONE, 0);
	CHECK_EQ_INT(diag_reply_take(&reply, second.bytes, second.len), 0);
	CU_ASSERT_TRUE(reply.done);
	CHECK_EQ_INT(reply.error, 0);
	CHECK_EQ_INT(reply.stats.sockets, 4);
	CHECK_EQ_INT(sockets, 4);
}

static void kernel_may_end_with_an_error(void)
{
	static const struct {
		uint16_t type;
		int error, result;
	} cases[] = {
	    {NLMSG_ERROR, -ENOENT, -ENOENT},
	    {NLMSG_ERROR, -EOPNOTSUPP, -EOPNOTSUPP},
	    {NLMSG_ERROR, 0, 0},
	    {NLMSG_DONE, -ENOMEM, -ENOMEM},
	    {NLMSG_DONE, 20, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct netlink d = {.len = 0};
		unsigned sockets = 0;
		struct diag_reply reply = netlink_reply(count, &sockets);

		netlink_put_end(&d, cases[i].type, cases[i].error);
		CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
		CU_ASSERT_TRUE(reply.done);
		CHECK_EQ_INT(reply.error, cases[i].result);
	}
}

static void odd_sockets_are_counted(void)
{
	struct netlink d = {.len = 0};
	unsigned sockets = 0;
	struct diag_reply reply = netlink_reply(count, &sockets);

	reply.state_bits = STATE_BIT(STATE_LISTEN);
	put_sockets(&d, 2, 14);
	put_sockets(&d, 1, KERNEL_LISTEN);
	put_sockets(&d, 4, KERNEL_ESTABLISHED); /* changed its state meanwhile */
	netlink_end(&d, netlink_put_socket(&d, AF_UNIX, KERNEL_LISTEN));
	netlink_end(&d, netlink_put(&d, TCPDIAG_GETSOCK));
	netlink_end(&d, netlink_put(&d, 0x1234));
	netlink_put_end(&d, NLMSG_DONE, 0);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CU_ASSERT_TRUE(reply.done);
	CHECK_EQ_INT(sockets, 1);
	CHECK_EQ_INT(reply.stats.sockets, 1);
	CHECK_EQ_INT(reply.stats.unknown_states, 2);
	CHECK_EQ_INT(reply.stats.malformed, 3);
}

static void inconsistent_dump_is_drained(void)
{
	struct netlink d = {.len = 0};
	unsigned sockets = 0;
	struct diag_reply reply = netlink_reply(count, &sockets);
	struct nlmsghdr *nlh;

	put_sockets(&d, 2, KERNEL_ESTABLISHED);
	nlh = netlink_put_socket(&d, AF_INET, KERNEL_ESTABLISHED);
	nlh->nlmsg_flags |= NLM_F_DUMP_INTR;
	netlink_end(&d, nlh);
	put_sockets(&d, 2, KERNEL_ESTABLISHED);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CU_ASSERT_FALSE(reply.done);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CHECK_EQ_INT(sockets, 2);
	d.len = 0;
	netlink_put_end(&d, NLMSG_DONE, 0);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CU_ASSERT_TRUE(reply.done);
	CHECK_EQ_INT(reply.error, -EINTR);

	/* The last message alone may bear the flag. */
	reply = netlink_reply(count, &sockets);
	((struct nlmsghdr *)d.bytes)->nlmsg_flags |= NLM_F_DUMP_INTR;
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CHECK_EQ_INT(reply.error, -EINTR);
}

static void error_of_the_callback_is_kept(void)
{
	struct netlink d = {.len = 0};
	unsigned calls = 0;
	struct diag_reply reply = netlink_reply(refuse_second, &calls);

	put_sockets(&d, 5, KERNEL_ESTABLISHED);
	netlink_put_end(&d, NLMSG_DONE, -ENOMEM);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), 0);
	CU_ASSERT_TRUE(reply.done);
	CHECK_EQ_INT(reply.error, -ECANCELED);
	CHECK_EQ_INT(calls, 2);
}

static void foreign_datagrams_are_refused(void)
{
	static const unsigned char garbage[64] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	unsigned sockets = 0;
	struct diag_reply reply = netlink_reply(count, &sockets);
	struct netlink d = {.len = 0};
	struct nlmsghdr *nlh = (struct nlmsghdr *)d.bytes;

	CHECK_EQ_INT(diag_reply_take(&reply, garbage, 0), -EPROTO);
	CHECK_EQ_INT(diag_reply_take(&reply, garbage, 1), -EPROTO);
	CHECK_EQ_INT(diag_reply_take(&reply, garbage, sizeof(garbage)), -EPROTO);

	put_sockets(&d, 2, KERNEL_ESTABLISHED);
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len - 1), -EPROTO);
	CHECK_EQ_INT(sockets, 1);
	nlh->nlmsg_seq++;
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), -EPROTO);
	nlh->nlmsg_seq--;
	nlh->nlmsg_pid++;
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), -EPROTO);
	nlh->nlmsg_pid--;
	nlh->nlmsg_len = sizeof(*nlh) - 1;
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), -EPROTO);
	nlh->nlmsg_len = UINT32_MAX;
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), -EPROTO);
	CHECK_EQ_INT(sockets, 1);
	CU_ASSERT_FALSE(reply.done);

	d.len = 0;
	netlink_end(&d, netlink_put(&d, NLMSG_DONE));
	CHECK_EQ_INT(diag_reply_take(&reply, d.bytes, d.len), -EPROTO);
	CU_ASSERT_FALSE(reply.done);
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static int check(const struct conn *c, void *arg)
{
	unsigned *bad = arg;

	*bad += c->state < STATE_CLOSED || c->state > STATE_TIME_WAIT ||
		(c->ip_version != IP_V4 && c->ip_version != IP_V6) ||
		inet_addr_len(c->local.type) == 0 || inet_addr_len(c->remote.type) == 0 ||
		(c->ip_version == IP_V4) != inet_addr_is_v4(&c->local);
	return 0;
}

/* Each datagram in memory of its exact size, so that ASan sees a read behind it. */
static void random_bytes_do_no_harm(void)
{
	struct netlink d = {.len = 0};
	struct tcp_info info = {.tcpi_rtt = 1};
	uint32_t meminfo[9] = {0}, seed = 1;
	unsigned bad = 0, wrong_result = 0, refused = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct nlmsghdr *nlh = netlink_put_socket(
		    &d, i % 2 ? AF_INET : AF_INET6, i % 2 ? KERNEL_LISTEN : KERNEL_ESTABLISHED);

		mnl_attr_put_u8(nlh, INET_DIAG_SKV6ONLY, 0);
		mnl_attr_put(nlh, INET_DIAG_SKMEMINFO, sizeof(meminfo), meminfo);
		mnl_attr_put(nlh, INET_DIAG_INFO, sizeof(info), &info);
		mnl_attr_put_u64(nlh, INET_DIAG_CGROUP_ID, 1);
		netlink_end(&d, nlh);
	}
	netlink_put_end(&d, NLMSG_DONE, 0);
	for (unsigned i = 0; i < 100000; i++) {
		struct diag_reply reply = netlink_reply(check, &bad);
		size_t len = i % 4 ? d.len : next(&seed) % (d.len + 1);
		unsigned char *copy = malloc(len ? len : 1);
		int result;

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, d.bytes, len);
		for (unsigned n = next(&seed) % 8; n > 0 && len > 0; n--)
			copy[next(&seed) % len] = (unsigned char)next(&seed);
		result = diag_reply_take(&reply, copy, len);
		wrong_result += result != 0 && result != -EPROTO;
		refused += result != 0;
		free(copy);
	}
	CHECK_EQ_INT(bad, 0);
	CHECK_EQ_INT(wrong_result, 0);
	CU_ASSERT(refused > 1000 && refused < 99000);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"a dump goes on until it is done", dump_goes_on_until_done},
	    {"the kernel may end with an error", kernel_may_end_with_an_error},
	    {"odd sockets are counted", odd_sockets_are_counted},
	    {"an inconsistent dump is drained", inconsistent_dump_is_drained},
	    {"an error of the callback is kept", error_of_the_callback_is_kept},
	    {"foreign datagrams are refused", foreign_datagrams_are_refused},
	    {"random bytes do no harm", random_bytes_do_no_harm},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("diag_reply", tests);
}
