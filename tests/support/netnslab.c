/* SPDX-License-Identifier: MIT */
#include "tests/support/netnslab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/check.h"

bool netnslab_enter(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) < 0) {
		printf("skipped: may not make namespaces: %s\n", strerror(errno));
		return false;
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0 || mkdir("/run/netns", 0755) < 0 ||
	    mkdir("/run/docker", 0755) < 0 || mkdir("/run/docker/netns", 0755) < 0) {
		printf("skipped: may not mount: %s\n", strerror(errno));
		return false;
	}
	return true;
}

static uint64_t inode_at(const char *path)
{
	struct stat st = {0};

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

uint64_t netnslab_own(void)
{
	return inode_at("/proc/thread-self/ns/net");
}

void netnslab_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_EQ_INT_FATAL(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

/* In the child. */
static void listen_and_wait(int out)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	struct netnslab_child self = {.pid = getpid()};
	socklen_t len = sizeof(addr);
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "child");
	if (unshare(CLONE_NEWNET | CLONE_NEWUTS) < 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		_exit(1);
	self.port = ntohs(addr.sin_port);
	self.inode = netnslab_own();
	if (write(out, &self, sizeof(self)) != sizeof(self))
		_exit(1);
	close(out);
	for (;;)
		pause();
}

struct netnslab_child netnslab_start(void)
{
	struct netnslab_child child = {.pid = 0};
	int ends[2];
	pid_t pid;

	CHECK_EQ_INT_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	CU_ASSERT_TRUE_FATAL(pid >= 0);
	if (pid == 0)
		listen_and_wait(ends[1]);
	close(ends[1]);
	CHECK_EQ_INT_FATAL(read(ends[0], &child, sizeof(child)), sizeof(child));
	close(ends[0]);
	return child;
}

void netnslab_stop(const struct netnslab_child *child)
{
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}

void netnslab_attach(const char *path, pid_t pid, const char *type)
{
	char source[64];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	close(fd);
	snprintf(source, sizeof(source), "/proc/%d/ns/%s", (int)pid, type);
	CHECK_EQ_INT_FATAL(mount(source, path, NULL, MS_BIND, NULL), 0);
}

void netnslab_detach(const char *path)
{
	CHECK_EQ_INT(umount2(path, MNT_DETACH), 0);
	CHECK_EQ_INT(unlink(path), 0);
}
