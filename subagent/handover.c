/* SPDX-License-Identifier: MIT */
#include "subagent/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "subagent/flat.h"

/* The least that the kernel grants: a handful of snapshots may wait, each holds its memory. */
enum { SEND_BUFFER = 1 };

int handover_open(struct handover *ret_handover)
{
	int fds[2], size = SEND_BUFFER;
	void *back = mmap(NULL, sizeof(*ret_handover->back), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (back == MAP_FAILED)
		return -errno;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	shutdown(fds[1], SHUT_WR);
	*ret_handover = (struct handover){.in_fd = fds[0], .out_fd = fds[1], .back = back};
	return 0;
}

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

static int send_fd(int in_fd, const struct handover_settings *settings, int fd)
{
	union control control = {{0}};
	struct iovec iov = {.iov_base = (void *)settings, .iov_len = sizeof(*settings)};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(in_fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int handover_send(int in_fd, const struct handover_settings *settings, const void *block,
		  size_t size)
{
	int fd = memfd_create("tcpstate-snapshot", MFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = file_write_all(fd, block, size);
	if (ret == 0)
		ret = send_fd(in_fd, settings, fd);
	close(fd);
	return ret;
}

/* *ret_fd: -1 if nothing came with it. */
static int receive_fd(int out_fd, struct handover_settings *ret_settings, int *ret_fd)
{
	union control control;
	struct iovec iov = {.iov_base = ret_settings, .iov_len = sizeof(*ret_settings)};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(out_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	const struct cmsghdr *header;

	*ret_fd = -1;
	if (n < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(*ret_fd)))
		memcpy(ret_fd, CMSG_DATA(header), sizeof(*ret_fd));
	return n == sizeof(*ret_settings) && *ret_fd >= 0 ? 0 : -EINVAL;
}

/* Closes fd. */
static int copy_file(int fd, void **ret_block, size_t *ret_size)
{
	void *block = NULL;
	struct stat st;
	int ret = 0;

	if (fstat(fd, &st) < 0)
		ret = -errno;
	else if (st.st_size <= 0 || st.st_size > FLAT_BYTES_MAX)
		ret = -EINVAL;
	if (ret == 0)
		block = malloc((size_t)st.st_size);
	if (ret == 0 && !block)
		ret = -ENOMEM;
	if (ret == 0 && pread(fd, block, (size_t)st.st_size, 0) != st.st_size)
		ret = -EINVAL;
	close(fd);
	if (ret < 0) {
		free(block);
		return ret;
	}
	*ret_block = block;
	*ret_size = (size_t)st.st_size;
	return 0;
}

int handover_receive(int out_fd, struct handover_settings *ret_settings, void **ret_block,
		     size_t *ret_size)
{
	int fd, ret = receive_fd(out_fd, ret_settings, &fd);

	if (ret == 0)
		return copy_file(fd, ret_block, ret_size);
	if (fd >= 0)
		close(fd);
	return ret;
}
