/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_TESTS_NETLINK_H
#define TCPSTATE_TESTS_NETLINK_H

/*
 * This module makes the datagrams that sock_diag answers with.
 */

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "core/kernel/diag_private.h"
#include "core/model/state.h"

enum { NETLINK_SEQ = 7, NETLINK_PORT_ID = 4711 };

/* The kernel's numbers of two states. */
enum { KERNEL_ESTABLISHED = 1, KERNEL_SYN_RECV = 3, KERNEL_LISTEN = 10 };

/* A datagram that is being made; zeroed: an empty one. */
struct netlink {
	_Alignas(struct nlmsghdr) unsigned char bytes[8192];
	size_t len;
};

/* Begins a message behind the last one that was ended. */
static inline struct nlmsghdr *netlink_put(struct netlink *d, uint16_t type)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(d->bytes + d->len);

	nlh->nlmsg_type = type;
	nlh->nlmsg_seq = NETLINK_SEQ;
	nlh->nlmsg_pid = NETLINK_PORT_ID;
	return nlh;
}

static inline void netlink_end(struct netlink *d, const struct nlmsghdr *nlh)
{
	d->len += MNL_ALIGN(nlh->nlmsg_len);
}

/* Begins the message of one socket. */
static inline struct nlmsghdr *netlink_put_socket(struct netlink *d, int family,
						  unsigned kernel_state)
{
	struct nlmsghdr *nlh = netlink_put(d, TCPDIAG_GETSOCK);
	struct inet_diag_msg *msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));

	msg->idiag_family = (uint8_t)family;
	msg->idiag_state = (uint8_t)kernel_state;
	return nlh;
}

/* A whole NLMSG_DONE or NLMSG_ERROR. */
static inline void netlink_put_end(struct netlink *d, uint16_t type, int error)
{
	struct nlmsghdr *nlh = netlink_put(d, type);

	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(error)), &error, sizeof(error));
	netlink_end(d, nlh);
}

static inline struct diag_reply netlink_reply(diag_cb cb, void *arg)
{
	return (struct diag_reply){.seq = NETLINK_SEQ,
				   .port_id = NETLINK_PORT_ID,
				   .state_bits = STATE_MASK_ALL,
				   .cb = cb,
				   .arg = arg};
}

#endif
