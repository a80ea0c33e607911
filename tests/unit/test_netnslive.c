/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/kernel/netnsfind.h"
#include "tests/support/netnslab.h"
#include "tests/support/suite.h"

/* Real network namespaces, all of them made here. */

enum { CHILDREN = 20, CHURN = 200, NOBODY = 65534 };

static const struct netns_filter ALL = {.max = 1000};

static struct netnsfind *new_find(int *ret_proc_fd)
{
	struct netnsfind *find;

	*ret_proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(*ret_proc_fd >= 0);
	CHECK_EQ_INT_FATAL(netnsfind_new(*ret_proc_fd, &find), 0);
	return find;
}

static void free_find(struct netnsfind *find, int proc_fd)
{
	netnsfind_free(find);
	close(proc_fd);
}

/* Its place in the list after one more look; -1: it is not there. */
static int place_of(struct netnsfind *find, uint64_t inode)
{
	const struct netns *list;
	size_t count;

	CHECK_EQ_INT_FATAL(netnsfind_look(find, &ALL), 0);
	list = netnsfind_list(find, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].inode == inode)
			return (int)i;
	}
	return -1;
}

static size_t find_inode(struct netnsfind *find, uint64_t inode)
{
	int place = place_of(find, inode);

	CU_ASSERT_TRUE_FATAL(place >= 0);
	return (size_t)place;
}

static const struct netns *row_of(struct netnsfind *find, uint64_t inode)
{
	size_t i = find_inode(find, inode), count;

	return &netnsfind_list(find, &count)[i];
}

/* The port of the only listener that the thread's /proc/net/tcp shows; 0: not exactly one. */
static unsigned only_port(void)
{
	FILE *file = fopen("/proc/thread-self/net/tcp", "re");
	unsigned port = 0, listeners = 0, state;
	char line[512];

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %*d: %*x:%x %*x:%*x %x", &port, &state) == 2 && state == 10)
			listeners++;
	}
	fclose(file);
	return listeners == 1 ? port : 0;
}

static void check_inside(const struct netnsfind *find, size_t i, const struct netnslab_child *c)
{
	uint64_t own = netnslab_own();

	CHECK_EQ_INT_FATAL(netnsfind_enter(find, i), 0);
	CHECK_EQ_INT(netnslab_own(), c->inode);
	CHECK_EQ_INT(only_port(), c->port);
	CHECK_EQ_INT_FATAL(netnsfind_leave(find), 0);
	CHECK_EQ_INT(netnslab_own(), own);
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_many(void)
{
	struct netnslab_child children[CHILDREN];
	struct netnsfind *find;
	const struct netns *row;
	int proc_fd;
	size_t count;

	for (int i = 0; i < CHILDREN; i++)
		children[i] = netnslab_start();
	netnslab_attach("/run/netns/web", children[0].pid, "net");
	netnslab_attach("/run/docker/netns/one two", children[1].pid, "net");
	find = new_find(&proc_fd);
	for (int i = 0; i < CHILDREN; i++) {
		size_t at = find_inode(find, children[i].inode);

		row = &netnsfind_list(find, &count)[at];
		CHECK_EQ_INT(row->pid, children[i].pid);
		CHECK_EQ_INT(row->processes, 1);
		CHECK_EQ_INT(netnsfind_processes(find, at, &count)[0], children[i].pid);
		check_inside(find, at, &children[i]);
	}
	CHECK_EQ_STR(row_of(find, children[0].inode)->name, "web");
	CHECK_EQ_INT(row_of(find, children[0].inode)->kind, NETNS_NAMED);
	CHECK_EQ_STR(row_of(find, children[1].inode)->name, "one_two");
	CHECK_EQ_INT(place_of(find, netnslab_own()), -1);
	for (int i = 0; i < CHILDREN; i++)
		netnslab_stop(&children[i]);
	/* Gone between a look and the way in. */
	CHECK_EQ_INT(netnsfind_enter(find, find_inode(find, children[0].inode)), 0);
	CHECK_EQ_INT(netnsfind_leave(find), 0);
	netnslab_detach("/run/netns/web");
	netnslab_detach("/run/docker/netns/one two");
	free_find(find, proc_fd);
}

static void test_vanished(void)
{
	struct netnslab_child child = netnslab_start();
	uint64_t own = netnslab_own();
	struct netnsfind *find;
	int proc_fd;
	size_t i;

	find = new_find(&proc_fd);
	i = find_inode(find, child.inode);
	netnslab_stop(&child);
	CHECK_EQ_INT(netnsfind_enter(find, i), -ENOENT);
	CHECK_EQ_INT(netnslab_own(), own);
	CHECK_EQ_INT(place_of(find, child.inode), -1);
	free_find(find, proc_fd);
}

/* A name keeps a namespace without processes. */
static void test_name_only(void)
{
	struct netnslab_child child = netnslab_start();
	struct netnsfind *find;
	int proc_fd;
	size_t i;

	netnslab_attach("/run/netns/empty", child.pid, "net");
	netnslab_stop(&child);
	find = new_find(&proc_fd);
	i = find_inode(find, child.inode);
	CHECK_EQ_STR(row_of(find, child.inode)->name, "empty");
	CHECK_EQ_INT(row_of(find, child.inode)->pid, 0);
	CHECK_EQ_INT(row_of(find, child.inode)->processes, 0);
	CHECK_EQ_INT(netnsfind_enter(find, i), 0);
	CHECK_EQ_INT(netnslab_own(), child.inode);
	CHECK_EQ_INT(netnsfind_leave(find), 0);
	netnslab_detach("/run/netns/empty");
	CHECK_EQ_INT(netnsfind_enter(find, i), -ENOENT);
	CHECK_EQ_INT(place_of(find, child.inode), -1);
	free_find(find, proc_fd);
}

/* What leads nowhere, to another kind of namespace, or home. */
static void test_no_names(void)
{
	struct netnslab_child child = netnslab_start();
	struct netnsfind *find;
	int proc_fd;
	size_t count;

	netnslab_attach("/run/netns/host", getpid(), "net");
	netnslab_attach("/run/netns/uts", child.pid, "uts");
	netnslab_stop(&child);
	CHECK_EQ_INT_FATAL(mkdir("/run/netns/directory", 0755), 0);
	CHECK_EQ_INT_FATAL(mkfifo("/run/netns/fifo", 0600), 0);
	CHECK_EQ_INT_FATAL(symlink("/nowhere", "/run/netns/dangling"), 0);
	CHECK_EQ_INT_FATAL(close(open("/run/netns/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0)), 0);
	find = new_find(&proc_fd);
	CHECK_EQ_INT(netnsfind_look(find, &ALL), 0);
	for (size_t i = 0; i < (netnsfind_list(find, &count), count); i++)
		CU_ASSERT_TRUE(netnsfind_list(find, &count)[i].processes > 0);
	netnslab_detach("/run/netns/host");
	netnslab_detach("/run/netns/uts");
	CHECK_EQ_INT(rmdir("/run/netns/directory"), 0);
	CHECK_EQ_INT(unlink("/run/netns/fifo"), 0);
	CHECK_EQ_INT(unlink("/run/netns/dangling"), 0);
	CHECK_EQ_INT(unlink("/run/netns/file"), 0);
	free_find(find, proc_fd);
}

/* Of several names the one that somebody gave; a link to /proc is a name as well. */
static void test_several_names(void)
{
	static const char *const names[] = {"/run/netns/cni-8e1c8f0a-2b7d-4c5e-9f6a-1b3c5d7e9f01",
					    "/run/netns/shop", "/run/netns/web",
					    "/run/docker/netns/3f4e5d6c7b8a"};
	struct netnslab_child child = netnslab_start();
	struct netnsfind *find;
	char target[64];
	int proc_fd;
	uint64_t id;

	snprintf(target, sizeof(target), "/proc/%d/ns/net", (int)child.pid);
	CHECK_EQ_INT_FATAL(symlink(target, "/run/netns/yonder"), 0);
	find = new_find(&proc_fd);
	CHECK_EQ_STR(row_of(find, child.inode)->name, "yonder");
	id = netnsfind_id(find, find_inode(find, child.inode));
	CHECK_EQ_INT(unlink("/run/netns/yonder"), 0);
	for (int i = 3; i >= 0; i--)
		netnslab_attach(names[i], child.pid, "net");
	CHECK_EQ_STR(row_of(find, child.inode)->name, "yonder");
	netnslab_stop(&child);
	/* Its file is all that shows that it is the same. */
	CHECK_EQ_STR(row_of(find, child.inode)->name, "yonder");
	netnslab_detach("/run/netns/shop");
	CHECK_EQ_STR(row_of(find, child.inode)->name, "yonder");
	CHECK_EQ_INT(netnsfind_id(find, find_inode(find, child.inode)), id);
	free_find(find, proc_fd);
	netnslab_attach("/run/netns/zoo", getpid(), "net");
	find = new_find(&proc_fd);
	CHECK_EQ_STR(row_of(find, child.inode)->name, "web");
	netnslab_detach("/run/netns/zoo");
	netnslab_detach("/run/netns/web");
	free_find(find, proc_fd);
	find = new_find(&proc_fd);
	CHECK_EQ_STR(row_of(find, child.inode)->name, "3f4e5d6c7b8a");
	free_find(find, proc_fd);
	netnslab_detach(names[0]);
	netnslab_detach(names[3]);
}

/* Its name is docker's; the container's first process is still to come. */
static void test_first_process(void)
{
	struct netnslab_child child;
	struct netnsfind *find;
	int proc_fd, looks = 1;

	find = new_find(&proc_fd);
	CHECK_EQ_INT(netnsfind_look(find, &ALL), 0);
	child = netnslab_start();
	netnslab_attach("/run/docker/netns/3f4e5d6c7b8a", child.pid, "net");
	netnslab_stop(&child);
	while (place_of(find, child.inode) < 0 && looks < 100)
		looks++;
	CHECK_EQ_INT(looks, 11);
	CHECK_EQ_STR(row_of(find, child.inode)->name, "3f4e5d6c7b8a");
	netnslab_detach("/run/docker/netns/3f4e5d6c7b8a");
	free_find(find, proc_fd);
}

/* The same name, most often the same inode: another one all the same. */
static void test_made_again(void)
{
	struct netnsfind *find;
	uint64_t last = 0, id;
	int proc_fd;

	find = new_find(&proc_fd);
	for (int i = 0; i < 10; i++) {
		struct netnslab_child child = netnslab_start();

		netnslab_attach("/run/netns/again", child.pid, "net");
		netnslab_stop(&child);
		usleep(20000); /* a tick of the clock that the kernel marks inodes with */
		CHECK_EQ_STR(row_of(find, child.inode)->name, "again");
		id = netnsfind_id(find, find_inode(find, child.inode));
		CU_ASSERT_TRUE(id != last);
		last = id;
		netnslab_detach("/run/netns/again");
	}
	free_find(find, proc_fd);
}

/* "ip netns del" and "add", while a process is left in the first. */
static void test_name_goes_over(void)
{
	struct netnslab_child first = netnslab_start(), second = netnslab_start();
	struct netnsfind *find;
	char name[NETNS_NAME_MAX];
	uint64_t id;
	int proc_fd;

	netnslab_attach("/run/netns/moves", first.pid, "net");
	find = new_find(&proc_fd);
	id = netnsfind_id(find, find_inode(find, first.inode));
	netnslab_detach("/run/netns/moves");
	CHECK_EQ_STR(row_of(find, first.inode)->name, "moves");
	CHECK_EQ_INT(netnsfind_id(find, find_inode(find, first.inode)), id);
	netnslab_stop(&second);
	second = netnslab_start();
	netnslab_attach("/run/netns/moves", second.pid, "net");
	CHECK_EQ_STR(row_of(find, second.inode)->name, "moves");
	snprintf(name, sizeof(name), "child-%d", (int)first.pid);
	CHECK_EQ_STR(row_of(find, first.inode)->name, name);
	CU_ASSERT_TRUE(netnsfind_id(find, find_inode(find, first.inode)) != id);
	netnslab_detach("/run/netns/moves");
	netnslab_stop(&first);
	netnslab_stop(&second);
	free_find(find, proc_fd);
}

static void test_churn(void)
{
	size_t before, heap = 0, count;
	struct netnsfind *find;
	int proc_fd;

	find = new_find(&proc_fd);
	before = open_descriptors();
	for (int i = 0; i < CHURN; i++) {
		struct netnslab_child child = netnslab_start();

		if (i % 2)
			netnslab_attach("/run/netns/short-lived", child.pid, "net");
		CHECK_EQ_INT(netnsfind_look(find, &ALL), 0);
		if (i % 3 == 0) {
			CHECK_EQ_INT(netnsfind_look(find, &ALL), 0);
			netnsfind_list(find, &count);
			netnslab_stop(&child);
			for (size_t n = 0; n < count; n++) {
				int err = netnsfind_enter(find, n);

				/* Those of others may be closed to a user namespace. */
				CU_ASSERT_TRUE(err == 0 || err == -ENOENT || err == -EPERM);
				if (err == 0)
					CHECK_EQ_INT_FATAL(netnsfind_leave(find), 0);
			}
		} else {
			netnslab_stop(&child);
		}
		if (i % 2)
			netnslab_detach("/run/netns/short-lived");
		if (i == CHURN / 4)
			heap = mallinfo2().uordblks;
	}
	CHECK_EQ_INT(netnsfind_look(find, &ALL), 0);
	CHECK_EQ_INT(open_descriptors(), before);
	CU_ASSERT_TRUE(mallinfo2().uordblks < heap + 64 * 1024);
	free_find(find, proc_fd);
}

/* As somebody who may look at nobody else's process: which expectation fails, 0: none. */
static int look_unprivileged(uint64_t inode)
{
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct netnsfind *find;
	const struct netns *list;
	size_t count;

	if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
		return 0; /* a user namespace has one user */
	if (proc_fd < 0 || netnsfind_new(proc_fd, &find) != 0)
		return 1;
	if (netnsfind_look(find, &ALL) != 0)
		return 2;
	list = netnsfind_list(find, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].inode == inode)
			return 3;
		if (list[i].inode == 0 || netnsfind_enter(find, i) == 0)
			return 4;
		if (strcmp(list[i].name, "named") == 0 && netnsfind_enter(find, i) != -EPERM)
			return 5;
	}
	netnsfind_free(find);
	return count == 0 ? 6 : 0;
}

static void test_unprivileged(void)
{
	struct netnslab_child child = netnslab_start(), named = netnslab_start();
	int status;
	pid_t pid;

	netnslab_attach("/run/netns/named", named.pid, "net");
	pid = fork();
	CU_ASSERT_TRUE_FATAL(pid >= 0);
	if (pid == 0)
		_exit(look_unprivileged(child.inode));
	CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
	CHECK_EQ_INT(status, 0);
	netnslab_stop(&child);
	netnslab_stop(&named);
	netnslab_detach("/run/netns/named");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"twenty, found and entered", test_many},
	    {"gone on the way in", test_vanished},
	    {"a name without a process", test_name_only},
	    {"files that are no names", test_no_names},
	    {"several names", test_several_names},
	    {"a made-up name without a process", test_first_process},
	    {"made again", test_made_again},
	    {"a name goes over", test_name_goes_over},
	    {"made and ended all the time", test_churn},
	    {"without permission", test_unprivileged},
	    CU_TEST_INFO_NULL,
	};

	return netnslab_enter() ? suite_run("netnslive", tests) : NETNSLAB_SKIPPED;
}
