/* SPDX-License-Identifier: MIT */
#include "core/kernel/diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
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
};

struct diag {
	struct mnl_socket *socket; /* NULL after a failure, until the next dump */
	uint32_t seq;
	_Alignas(struct nlmsghdr) unsigned char buffer[BUFFER_SIZE];
};

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
