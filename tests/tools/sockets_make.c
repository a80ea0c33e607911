/* SPDX-License-Identifier: MIT */
#include "tests/tools/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int range_parse(const char *text, struct range *ret_range)
{
	struct range range = {.count = 1, .step = 1};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&range.first;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&range.first;
	char addr[INET6_ADDRSTRLEN + IF_NAMESIZE];
	size_t len = strcspn(text, "*");

	if (len >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (text[len] == '*') {
		char numbers[32];
		snprintf(numbers, sizeof(numbers), "%s", text + len + 1);
		char *plus = strchr(numbers, '+');
		if (plus) {
			*plus = '\0';
			range.step = number(plus + 1, 1, UINT32_MAX);
		}
		range.count = number(numbers, 1, UINT32_MAX);
	}

	char *zone = strchr(addr, '%');
	if (zone) {
		*zone = '\0';
		v6->sin6_scope_id = if_nametoindex(zone + 1);
	}
	if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1)
		v4->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, addr, &v6->sin6_addr) == 1)
		v6->sin6_family = AF_INET6;
	else
		return -EINVAL;
	*ret_range = range;
	return 0;
}

socklen_t range_at(const struct range *range, uint32_t i, uint16_t port,
		   struct sockaddr_storage *ret_addr)
{
	uint32_t add = i % range->count * range->step;
	uint32_t *low;
	socklen_t len;

	*ret_addr = range->first;
	if (ret_addr->ss_family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)ret_addr;
		v4->sin_port = htons(port);
		low = &v4->sin_addr.s_addr;
		len = sizeof(*v4);
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_addr;
		v6->sin6_port = htons(port);
		low = &v6->sin6_addr.s6_addr32[3];
		len = sizeof(*v6);
	}
	*low = htonl(ntohl(*low) + add);
	return len;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int close_with(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	return -error;
}

/* What accepted connections inherit. */
static int set_inherited(int fd, char **argv)
{
	char **keepalive = option(argv, "keepalive"), **defer = option(argv, "defer");

	if (keepalive && *keepalive) {
		int seconds = (int)number(*keepalive, 1, 3600);
		if (set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0 ||
		    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds) < 0 ||
		    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds) < 0)
			return -1;
	}
	if (defer && *defer)
		return set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, (int)number(*defer, 1, 3600));
	return 0;
}

static int listen_socket(const struct range *range, uint32_t i, char **argv, bool share)
{
	struct sockaddr_storage addr;
	socklen_t len = range_at(range, i, (uint16_t)number(argv[3], 1, 65535), &addr);
	int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0 ||
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, share) < 0 || set_inherited(fd, argv) < 0)
		return close_with(fd, errno);
	if (addr.ss_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, option(argv, "v6only") != NULL) < 0)
		return close_with(fd, errno);
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 ||
	    listen(fd, (int)number(argv[4], 0, 65535)) < 0)
		return close_with(fd, errno);
	return fd;
}

int cmd_listen(struct world *w, char **argv)
{
	char **reuseport = option(argv, "reuseport");
	uint32_t share = reuseport && *reuseport ? number(*reuseport, 1, 1000) : 1;
	struct group *group = group_get(w, argv[1], true);
	struct range range;

	if (range_parse(argv[2], &range) < 0)
		return -EINVAL;
	for (uint32_t i = 0; i < range.count * share; i++) {
		int fd = listen_socket(&range, i, argv, reuseport != NULL);
		if (fd < 0)
			return fd;
		group_add(group, fd);
	}
	return 0;
}

int cmd_bind(struct world *w, char **argv)
{
	struct group *group = group_get(w, argv[1], true);
	struct range range;

	if (range_parse(argv[2], &range) < 0)
		return -EINVAL;
	for (uint32_t i = 0; i < number(argv[3], 1, 60000); i++) {
		struct sockaddr_storage addr;
		socklen_t len = range_at(&range, i, 0, &addr);
		int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0)
			return close_with(fd, errno);
		group_add(group, fd);
	}
	return 0;
}

int connect_socket(const struct range *to, const struct range *from, uint32_t i, uint16_t port,
		   int flags, bool early)
{
	/* connect() obeys the time-out for sending. */
	struct timeval limit = {.tv_sec = WAIT_S};
	struct sockaddr_storage addr;
	socklen_t len;
	int fd = socket(to->first.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return close_with(fd, errno);
	if (from) {
		/* Unless it is early, the port is chosen by connect(), so that it need only be free
		 * towards the peer. */
		len = range_at(from, i, 0, &addr);
		if (set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, !early) < 0 ||
		    bind(fd, (struct sockaddr *)&addr, len) < 0)
			return close_with(fd, errno);
	}
	len = range_at(to, i, port, &addr);
	if (connect(fd, (struct sockaddr *)&addr, len) < 0 &&
	    !((flags & SOCK_NONBLOCK) && errno == EINPROGRESS))
		return close_with(fd, errno == EINPROGRESS ? ETIMEDOUT : errno);
	return fd;
}

int cmd_connect(struct world *w, char **argv)
{
	struct group *group = group_get(w, argv[1], true);
	uint16_t port = (uint16_t)number(argv[3], 1, 65535);
	uint32_t count = number(argv[4], 1, 65535), i;
	char **source = option(argv, "from");
	int flags = option(argv, "nowait") ? SOCK_NONBLOCK : 0;
	struct range to, from;

	if (range_parse(argv[2], &to) < 0 ||
	    (source && (!*source || range_parse(*source, &from) < 0)))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		int fd = connect_socket(&to, source ? &from : NULL, i, port, flags,
					option(argv, "early") != NULL);
		if ((fd == -EADDRNOTAVAIL || fd == -EADDRINUSE) && option(argv, "most"))
			break;
		if (fd < 0) {
			snprintf(w->reply, sizeof(w->reply), "(after %u)", i);
			return fd;
		}
		group_add(group, fd);
	}
	snprintf(w->reply, sizeof(w->reply), "%u", i);
	return 0;
}

/* Takes what is waiting, at most `count`; returns how many. */
static uint32_t accept_waiting(int listener, struct group *to, uint32_t count)
{
	uint32_t n = 0;

	while (n < count) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			break;
		group_add(to, fd);
		n++;
	}
	return n;
}

int cmd_accept(struct world *w, char **argv)
{
	struct group *to = group_get(w, argv[1], true);
	struct group *from = group_get(w, argv[2], false);
	uint32_t count = number(argv[3], 1, 65535), n = 0;

	if (!from)
		return -ENOENT;
	struct pollfd *polled = calloc(from->n, sizeof(*polled));
	if (!polled)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++)
		polled[i] = (struct pollfd){.fd = from->fds[i], .events = POLLIN};
	while (n < count && poll(polled, from->n, WAIT_S * 1000) > 0) {
		uint32_t before = n;
		for (size_t i = 0; i < from->n; i++)
			n += accept_waiting(from->fds[i], to, count - n);
		/* Readable, and yet nothing: out of descriptors. */
		if (n == before)
			break;
	}
	free(polled);
	snprintf(w->reply, sizeof(w->reply), "%u", n);
	return n == count ? 0 : -EAGAIN;
}

/* Calls act for each socket of the group that argv names. */
static int each(struct world *w, char **argv, int (*act)(int fd, char **argv))
{
	struct group *group = group_get(w, argv[1], false);

	if (!group)
		return -ENOENT;
	for (size_t i = 0; i < group->n; i++) {
		int rc = act(group->fds[i], argv);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int eof_one(int fd, char **argv)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	char buf[65536];

	(void)argv;
	for (;;) {
		if (poll(&polled, 1, WAIT_S * 1000) <= 0)
			return -ETIMEDOUT;
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n <= 0)
			return n == 0 ? 0 : -errno;
	}
}

static int shutdown_one(int fd, char **argv)
{
	(void)argv;
	return shutdown(fd, SHUT_WR) == 0 ? 0 : -errno;
}

static int close_one(int fd, char **argv)
{
	(void)argv;
	return close(fd) == 0 ? 0 : -errno;
}

static int reset_one(int fd, char **argv)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		return -errno;
	return close_one(fd, argv);
}

static int send_one(int fd, char **argv)
{
	static const char zeros[65536];
	size_t len = number(argv[2], 1, sizeof(zeros));
	ssize_t sent = send(fd, zeros, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -ENOBUFS;
}

static int fill_one(int fd, char **argv)
{
	static const char zeros[4096];

	(void)argv;
	while (send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		;
	return errno == EAGAIN ? 0 : -errno;
}

/* The group is empty afterwards, whatever closing its sockets gave. */
static int each_closed(struct world *w, char **argv, int (*act)(int fd, char **argv))
{
	struct group *group = group_get(w, argv[1], false);
	int rc = each(w, argv, act);

	if (group) {
		group->n = 0;
		group->talk_ms = 0;
	}
	return rc;
}

int cmd_eof(struct world *w, char **argv)
{
	return each(w, argv, eof_one);
}

int cmd_shutdown(struct world *w, char **argv)
{
	return each(w, argv, shutdown_one);
}

int cmd_send(struct world *w, char **argv)
{
	return each(w, argv, send_one);
}

int cmd_fill(struct world *w, char **argv)
{
	return each(w, argv, fill_one);
}

int cmd_close(struct world *w, char **argv)
{
	return each_closed(w, argv, close_one);
}

int cmd_reset(struct world *w, char **argv)
{
	return each_closed(w, argv, reset_one);
}
