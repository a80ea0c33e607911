/* SPDX-License-Identifier: MIT */
#include "core/kernel/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/kernel/diag_private.h"
#include "core/model/state.h"

enum {
	/* The kernel fills no larger one in a dump. */
	BUFFER_SIZE = 32 * 1024,
	RECEIVE_TIMEOUT_S = 5,
	/* TCP_TIMEWAIT_LEN, and how long tcp_tw_reuse waits (tcp_twsk_unique()) */
	TIME_WAIT_MS = 60000,
	REUSE_MS = 1000,
};

/* idiag_timer (inet_sk_diag_fill(), inet_twsk_diag_fill()) */
enum { TIMER_RETRANSMIT = 1, TIMER_KEEPALIVE, TIMER_TIME_WAIT, TIMER_PROBE };

struct diag {
	struct mnl_socket *socket; /* NULL after a failure, until the next dump */
	uint32_t seq;
	_Alignas(struct nlmsghdr) unsigned char buffer[BUFFER_SIZE];
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
 * ends the walk, because nothing behind it can be found.
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

static uint8_t flags_of(const struct inet_diag_msg *msg, enum tcp_state state)
{
	uint8_t flags = 0;

	if (msg->idiag_timer == TIMER_TIME_WAIT)
		flags |= CONN_TW_SOCKET;
	if (state == STATE_TIME_WAIT && msg->idiag_timer == TIMER_TIME_WAIT &&
	    msg->idiag_expires <= TIME_WAIT_MS - REUSE_MS)
		flags |= CONN_REUSABLE;
	if (msg->idiag_timer == TIMER_PROBE)
		flags |= CONN_PROBING;
	if (state == STATE_SYN_RECV)
		flags |= msg->idiag_retrans > 0 ? CONN_UNANSWERED : 0;
	else if (msg->idiag_timer == TIMER_RETRANSMIT)
		flags |= CONN_UNACKED;
	return flags;
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
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	enum tcp_state state;

	if (nlh->nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(*msg) ||
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
	    .flags = flags_of(msg, state),
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
			nlh->nlmsg_len - MNL_NLMSG_HDRLEN - sizeof(*msg), msg->idiag_timer,
			ret_conn);
	return 0;
}

static void take_socket(struct diag_reply *reply, const struct nlmsghdr *nlh)
{
	struct conn conn;
	int error = diag_parse(nlh, &conn);

	if (error == -ENOTSUP) {
		reply->stats.unknown_states++;
	} else if (error) {
		reply->stats.malformed++;
	} else if (reply->state_bits & STATE_BIT(conn.state)) {
		/* Else the socket changed its state after the kernel compared it with the mask. */
		reply->stats.sockets++;
		error = reply->cb(&conn, reply->arg);
		if (error < 0)
			reply->error = error;
	}
}

/* The errno that NLMSG_DONE and NLMSG_ERROR begin with. */
static int take_end(struct diag_reply *reply, const struct nlmsghdr *nlh)
{
	int error;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(error))
		return -EPROTO;
	memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	reply->done = true;
	if (error < 0 && reply->error == 0)
		reply->error = error;
	return 0;
}

static int take_message(struct diag_reply *reply, const struct nlmsghdr *nlh)
{
	if (!mnl_nlmsg_seq_ok(nlh, reply->seq) || !mnl_nlmsg_portid_ok(nlh, reply->port_id))
		return -EPROTO;
	if ((nlh->nlmsg_flags & NLM_F_DUMP_INTR) && reply->error == 0)
		reply->error = -EINTR;
	switch (nlh->nlmsg_type) {
	case TCPDIAG_GETSOCK:
		if (reply->error == 0)
			take_socket(reply, nlh);
		return 0;
	case NLMSG_DONE:
	case NLMSG_ERROR:
		return take_end(reply, nlh);
	}
	reply->stats.malformed++;
	return 0;
}

/* Not mnl_nlmsg_ok() and _next(): a length of 2 GiB and more passes as a negative one. */
int diag_reply_take(struct diag_reply *reply, const void *datagram, size_t len)
{
	const unsigned char *at = datagram;

	if (len == 0)
		return -EPROTO;
	while (!reply->done && len > 0) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)at;
		size_t step;

		if (len < sizeof(*nlh) || nlh->nlmsg_len < sizeof(*nlh) || nlh->nlmsg_len > len ||
		    take_message(reply, nlh) < 0)
			return -EPROTO;
		step = NLMSG_ALIGN((size_t)nlh->nlmsg_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
	return 0;
}

static int open_socket(struct mnl_socket **ret_socket)
{
	static const struct timeval timeout = {.tv_sec = RECEIVE_TIMEOUT_S};
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int error;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		error = -errno;
		mnl_socket_close(socket);
		return error;
	}
	*ret_socket = socket;
	return 0;
}

static void close_socket(struct diag *diag)
{
	if (diag->socket)
		mnl_socket_close(diag->socket);
	diag->socket = NULL;
}

int diag_open(struct diag **ret_diag)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	int error;

	if (!diag)
		return -ENOMEM;
	error = open_socket(&diag->socket);
	if (error) {
		free(diag);
		return error;
	}
	*ret_diag = diag;
	return 0;
}

void diag_close(struct diag *diag)
{
	if (!diag)
		return;
	close_socket(diag);
	free(diag);
}

/* The old request: it alone takes "any family", so that one walk of the kernel's hash table gives
 * IPv4 and IPv6. */
static int request(struct diag *diag, uint32_t state_bits, unsigned want)
{
	unsigned char buffer[MNL_ALIGN(sizeof(struct nlmsghdr)) + sizeof(struct inet_diag_req)]
	    __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

	nlh->nlmsg_type = TCPDIAG_GETSOCK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++diag->seq;
	req->idiag_family = AF_UNSPEC;
	req->idiag_states = state_kernel_masks(state_bits);
	if (want & DIAG_WANT_INFO)
		req->idiag_ext |= 1 << (INET_DIAG_INFO - 1);
	if (want & DIAG_WANT_MEMINFO)
		req->idiag_ext |= 1 << (INET_DIAG_SKMEMINFO - 1);
	return mnl_socket_sendto(diag->socket, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

static ssize_t receive(struct diag *diag)
{
	ssize_t len;

	do
		len = mnl_socket_recvfrom(diag->socket, diag->buffer, sizeof(diag->buffer));
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return len;
}

int diag_dump(struct diag *diag, uint32_t state_bits, unsigned want, diag_cb cb, void *arg,
	      struct diag_stats *ret_stats)
{
	struct diag_reply reply = {.state_bits = state_bits, .cb = cb, .arg = arg};
	int error = diag->socket ? 0 : open_socket(&diag->socket);

	if (error)
		return error;
	error = request(diag, state_bits, want);
	reply.seq = diag->seq;
	reply.port_id = mnl_socket_get_portid(diag->socket);
	while (!error && !reply.done) {
		ssize_t len = receive(diag);

		error = len < 0 ? (int)len : diag_reply_take(&reply, diag->buffer, (size_t)len);
	}
	if (error) {
		/* The rest of this dump must not be taken for the next one's. */
		close_socket(diag);
		return error;
	}
	if (reply.error == 0)
		*ret_stats = reply.stats;
	return reply.error;
}
