/* SPDX-License-Identifier: MIT */
#include "tests/tools/sockets.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

void watch_add(struct world *w, int fd, enum watch watch)
{
	struct epoll_event event = {.events = EPOLLIN,
				    .data.u64 = (uint64_t)watch << 32 | (uint32_t)fd};

	if (epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll");
}

static void unwatch(struct world *w, int fd)
{
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static int watch_group(struct world *w, char **argv, enum watch watch)
{
	struct group *group = group_get(w, argv[1], false);

	if (!group)
		return -ENOENT;
	for (size_t i = 0; i < group->n; i++)
		watch_add(w, group->fds[i], watch);
	return 0;
}

int cmd_serve(struct world *w, char **argv)
{
	return watch_group(w, argv, WATCH_SERVE);
}

int cmd_leak(struct world *w, char **argv)
{
	return watch_group(w, argv, WATCH_LEAK);
}

int cmd_drain(struct world *w, char **argv)
{
	return watch_group(w, argv, WATCH_KEEP);
}

int cmd_talk(struct world *w, char **argv)
{
	struct group *group = group_get(w, argv[1], false);

	if (!group)
		return -ENOENT;
	group->talk_ms = number(argv[2], 0, 3600000);
	group->talk_at = now_ns() / 1000000;
	return 0;
}

static void accept_all(struct world *w, int listener, bool serve)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			if (serve)
				watch_add(w, fd, WATCH_DRAIN);
			continue;
		}
		if (errno == ECONNABORTED || errno == EINTR)
			continue;
		/* Out of descriptors: the listener would be reported without end. */
		if (errno != EAGAIN)
			unwatch(w, listener);
		return;
	}
}

static void drain(struct world *w, int fd, bool keep)
{
	char buf[65536];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	unwatch(w, fd);
	if (!keep)
		close(fd);
}

void traffic_event(struct world *w, int fd, enum watch watch)
{
	switch (watch) {
	case WATCH_SERVE:
	case WATCH_LEAK:
		accept_all(w, fd, watch == WATCH_SERVE);
		break;
	case WATCH_DRAIN:
	case WATCH_KEEP:
		drain(w, fd, watch == WATCH_KEEP);
		break;
	case WATCH_STDIN:
		break;
	}
}

int traffic_talk(struct world *w)
{
	uint64_t now = now_ns() / 1000000, next = UINT64_MAX;

	for (size_t g = 0; g < w->n_groups; g++) {
		struct group *group = &w->groups[g];

		if (group->talk_ms == 0)
			continue;
		if (now >= group->talk_at) {
			for (size_t i = 0; i < group->n; i++)
				send(group->fds[i], "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
			group->talk_at = now + group->talk_ms;
		}
		if (group->talk_at < next)
			next = group->talk_at;
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

int cmd_honest(struct world *w, char **argv)
{
	uint16_t port = (uint16_t)number(argv[2], 1, 65535);
	uint32_t rate = number(argv[3], 1, 100000), seconds = number(argv[4], 1, 3600);
	char **source = option(argv, "from");
	struct range to, from;
	uint64_t start = now_ns();
	uint32_t i;

	if (range_parse(argv[1], &to) < 0 ||
	    (source && (!*source || range_parse(*source, &from) < 0)))
		return -EINVAL;
	for (i = 0; i < rate * seconds; i++) {
		pace(start, i, rate);
		int fd = connect_socket(&to, source ? &from : NULL, i, port, 0, false);
		if (fd < 0)
			return fd;
		send(fd, "", 1, MSG_NOSIGNAL);
		close(fd);
	}
	snprintf(w->reply, sizeof(w->reply), "%u", i);
	return 0;
}
