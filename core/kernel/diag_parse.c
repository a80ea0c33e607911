/* SPDX-License-Identifier: MIT */
/*
 * One message of the kernel's answer, read attribute by attribute.
 */
#include "core/kernel/diag_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

enum {
	/* TCP_TIMEWAIT_LEN, and how long tcp_tw_reuse waits (tcp_twsk_unique()) */
	TIME_WAIT_MS = 60000,
	REUSE_MS = 1000,
};

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * For how long the application has moved nothing, in the states where no more than one direction is
 * left. Answered keepalive probes and window probes count as ACKs that arrive and renew
 * last_ack_recv, so that it says nothing where they are sent; elsewhere the FIN was the last ACK,
 * and a state can be no older than that.
 */
static uint16_t idle_of(const struct tcp_info *info, const struct conn *c, uint8_t timer)
{
	uint32_t idle_ms;

	switch ((enum tcp_state)c->state) {
	case STATE_CLOSE_WAIT:
		idle_ms = info->tcpi_last_data_sent;
		break;
	case STATE_FIN_WAIT_2:
		idle_ms = info->tcpi_last_data_recv;
		break;
	case STATE_ESTABLISHED:
	case STATE_FIN_WAIT_1:
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		return (uint16_t)lesser(info->tcpi_last_data_sent / 1000, CONN_IDLE_MAX);
	default:
		return 0;
	}
	if (timer != TIMER_KEEPALIVE)
		idle_ms =
		    lesser(idle_ms, lesser(info->tcpi_last_ack_recv, info->tcpi_last_data_recv));
	return (uint16_t)lesser(idle_ms / 1000, CONN_IDLE_MAX);
}

static bool is_rested(const struct tcp_info *info)
{
	uint32_t moved_ms = lesser(info->tcpi_last_data_sent, info->tcpi_last_data_recv);

	return moved_ms >= info->tcpi_last_ack_recv &&
	       moved_ms - info->tcpi_last_ack_recv >= CONN_REST_S * 1000;
}

/*
 * The kernel notes an arriving segment as an ACK or as data, or as both; in the states excluded
 * none has arrived yet and the fields hold the age of the system.
 */
static void take_tcp_info(const void *data, size_t len, uint8_t timer, struct conn *c)
{
	struct tcp_info info;

	if (len < offsetof(struct tcp_info, tcpi_rttvar) || c->state == STATE_LISTEN ||
	    c->state == STATE_CLOSED || c->state == STATE_SYN_SENT)
		return;
	memcpy(&info, data, offsetof(struct tcp_info, tcpi_rttvar));
	c->age_s = lesser(info.tcpi_last_ack_recv, info.tcpi_last_data_recv) / 1000;
	c->idle_s = idle_of(&info, c, timer);
	c->rtt_us = info.tcpi_rtt;
	c->flags |= CONN_HAS_INFO;
	if (c->state == STATE_CLOSE_WAIT && is_rested(&info))
		c->flags |= CONN_RESTED;
}

static void take_meminfo(const void *data, size_t len, struct conn *c)
{
	uint32_t meminfo[SK_MEMINFO_VARS];

	/* Before Linux 4.10 the last member is missing. */
	if (len >= sizeof(meminfo) && c->state == STATE_LISTEN) {
		memcpy(meminfo, data, sizeof(meminfo));
		c->drops = meminfo[SK_MEMINFO_DROPS];
	}
}

/* Told since Linux 5.10. */
static void take_options(const void *data, size_t len, struct conn *c)
{
	struct inet_diag_sockopt options;

	if (len < sizeof(options))
		return;
	memcpy(&options, data, sizeof(options));
	if (options.transparent)
		c->flags |= CONN_TRANSPARENT;
}

/*
 * One walk, no table of pointers: this runs for each socket. An attribute whose length is a lie
 * ends the walk, because nothing after it can be found.
 */
static void take_attributes(const unsigned char *at, size_t len, uint8_t timer, struct conn *c)
{
	bool v6_only = false;

	while (len >= NLA_HDRLEN) {
		struct nlattr attr;
		const unsigned char *data = at + NLA_HDRLEN;
		size_t data_len, step;

		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > len)
			break;
		data_len = attr.nla_len - NLA_HDRLEN;
		switch (attr.nla_type & NLA_TYPE_MASK) {
		case INET_DIAG_INFO:
			take_tcp_info(data, data_len, timer, c);
			break;
		case INET_DIAG_SKMEMINFO:
			take_meminfo(data, data_len, c);
			break;
		case INET_DIAG_SKV6ONLY:
			v6_only = data_len >= 1 && data[0] != 0;
			break;
		case INET_DIAG_SOCKOPT:
			take_options(data, data_len, c);
			break;
		case INET_DIAG_SHUTDOWN:
			/* Of a request in the SYN queue it is not told (inet_req_diag_fill()). */
			if (c->state == STATE_SYN_RECV)
				c->flags |= CONN_FAST_OPEN;
			break;
		case INET_DIAG_CGROUP_ID:
			if (data_len >= sizeof(c->cgroup_id))
				memcpy(&c->cgroup_id, data, sizeof(c->cgroup_id));
			break;
		}
		step = NLA_ALIGN(attr.nla_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
	if (c->state == STATE_LISTEN && !v6_only && !inet_addr_is_v4(&c->local) &&
	    inet_addr_is_any(&c->local))
		c->flags |= CONN_DUAL_STACK;
}

static uint64_t id_of(const struct inet_diag_msg *msg)
{
	const uint32_t *cookie = msg->id.idiag_cookie;
	bool none = (cookie[0] == 0 && cookie[1] == 0) ||
		    (cookie[0] == INET_DIAG_NOCOOKIE && cookie[1] == INET_DIAG_NOCOOKIE);

	return none ? msg->idiag_inode : (uint64_t)cookie[1] << 32 | cookie[0];
}

int diag_parse(const struct nlmsghdr *nlh, struct conn *ret_conn)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(nlh);
	enum tcp_state state;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*msg) ||
	    (msg->idiag_family != AF_INET && msg->idiag_family != AF_INET6))
		return -EBADMSG;
	if (!state_from_kernel(msg->idiag_state, &state))
		return -ENOTSUP;

	*ret_conn = (struct conn){
	    .local_port = ntohs(msg->id.idiag_sport),
	    .remote_port = ntohs(msg->id.idiag_dport),
	    .state = (uint8_t)state,
	    .retransmits = msg->idiag_retrans,
	    .recv_queue = msg->idiag_rqueue,
	    .send_queue = msg->idiag_wqueue,
	    .uid = msg->idiag_uid,
	    .inode = msg->idiag_inode,
	    .flags = diag_timer_flags(state, msg->idiag_timer, msg->idiag_retrans,
				      msg->idiag_expires <= TIME_WAIT_MS - REUSE_MS),
	    .id = id_of(msg),
	};
	if (msg->idiag_family == AF_INET) {
		inet_addr_from_v4(msg->id.idiag_src, &ret_conn->local);
		inet_addr_from_v4(msg->id.idiag_dst, &ret_conn->remote);
	} else {
		inet_addr_pair_from_v6(msg->id.idiag_src, msg->id.idiag_dst, msg->id.idiag_if,
				       &ret_conn->local, &ret_conn->remote);
	}
	ret_conn->ip_version = inet_addr_is_v4(&ret_conn->local) ? IP_V4 : IP_V6;
	/* What the socket is bound to; a half-open and an accepted connection of a bound listener
	 * have its device, one in a VRF of an unbound one the VRF (inet_request_bound_dev_if()). */
	if (msg->id.idiag_if)
		inet_addr_set_zone(&ret_conn->local, msg->id.idiag_if);
	take_attributes((const unsigned char *)(msg + 1),
			nlh->nlmsg_len - NLMSG_HDRLEN - sizeof(*msg), msg->idiag_timer, ret_conn);
	return 0;
}
