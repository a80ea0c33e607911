/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/kernel/diag.h"
#include "core/kernel/owner.h"
#include "core/kernel/service.h"
#include "core/model/state.h"
#include "tests/support/suite.h"
#include "tests/support/tree.h"

/* The owners of real sockets of real processes, all of them made here. */

enum { HOLDERS = 10, SOCKETS = 900, NOBODY = 65534 };

/* A child process and the inodes of the sockets it holds. */
struct child {
	pid_t pid;
	uint32_t inodes[SOCKETS];
};

static uint32_t inode_of(int fd)
{
	struct stat st = {0};

	CHECK_EQ_INT_FATAL(fstat(fd, &st), 0);
	return (uint32_t)st.st_ino;
}

static int new_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	return fd;
}

/* In the child: holds the sockets until it is killed. */
static void hold(int count, const char *name, int dumpable, int out)
{
	if (name)
		prctl(PR_SET_NAME, name);
	prctl(PR_SET_DUMPABLE, dumpable);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < count; i++) {
		struct stat st;
		uint32_t inode;

		if (fstat(socket(AF_INET, SOCK_STREAM, 0), &st) != 0)
			_exit(1);
		inode = (uint32_t)st.st_ino;
		if (write(out, &inode, sizeof(inode)) != sizeof(inode))
			_exit(1);
	}
	close(out);
	for (;;)
		pause();
}

/* What a thread is to hold whose process goes on without its main thread. */
struct held {
	int count, out;
};

static void *hold_on(void *arg)
{
	const struct held *held = arg;

	hold(held->count, "lasting", 1, held->out);
	return NULL;
}

static void end_main_thread(int count, int out)
{
	struct held *held = malloc(sizeof(*held));
	pthread_t thread;

	if (!held)
		_exit(1);
	*held = (struct held){count, out};
	if (pthread_create(&thread, NULL, hold_on, held) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static void start(struct child *c, int count, const char *name, int dumpable, bool main_ends)
{
	size_t size = (size_t)count * sizeof(c->inodes[0]), sum = 0;
	int ends[2];

	CHECK_EQ_INT_FATAL(pipe2(ends, O_CLOEXEC), 0);
	c->pid = fork();
	CU_ASSERT_TRUE_FATAL(c->pid >= 0);
	if (c->pid == 0 && main_ends)
		end_main_thread(count, ends[1]);
	if (c->pid == 0)
		hold(count, name, dumpable, ends[1]);
	close(ends[1]);
	while (sum < size) {
		ssize_t n = read(ends[0], (char *)c->inodes + sum, size - sum);

		CU_ASSERT_TRUE_FATAL(n > 0);
		sum += (size_t)n;
	}
	/* Nothing more comes, but name and dumpable have been set before. */
	close(ends[0]);
}

static void start_child(struct child *c, int count, const char *name, int dumpable)
{
	start(c, count, name, dumpable, false);
}

static void stop_child(const struct child *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
}

static struct owners *new_owners(int cgroup_fd, int *ret_proc_fd)
{
	struct owners *o;

	*ret_proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(*ret_proc_fd >= 0);
	CHECK_EQ_INT_FATAL(owners_new(*ret_proc_fd, cgroup_fd, &o), 0);
	owners_begin(o);
	return o;
}

static void free_owners(struct owners *o, int proc_fd)
{
	owners_free(o);
	close(proc_fd);
}

static const struct owner *owner_of(struct owners *o, uint32_t inode)
{
	uint32_t number = owners_find(o, inode, 0);
	size_t count;

	return &owners_list(o, &count)[number];
}

static void test_thousands(void)
{
	struct child *children = calloc(HOLDERS, sizeof(*children));
	unsigned wrong = 0, wanted = 0;
	struct owners *o;
	int proc_fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(children);
	for (int i = 0; i < HOLDERS; i++)
		start_child(&children[i], SOCKETS, NULL, 1);
	o = new_owners(-1, &proc_fd);
	for (int i = 0; i < HOLDERS * SOCKETS; i++) {
		uint32_t inode = children[i / SOCKETS].inodes[i % SOCKETS];

		owners_find(o, inode, 0);
		wanted += owners_wants(o, inode);
	}
	CHECK_EQ_INT(wanted, HOLDERS * SOCKETS);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	for (int i = 0; i < HOLDERS * SOCKETS; i++) {
		const struct child *c = &children[i / SOCKETS];

		wrong += owner_of(o, c->inodes[i % SOCKETS])->pid != (uint32_t)c->pid;
	}
	CHECK_EQ_INT(wrong, 0);
	for (int i = 0; i < HOLDERS; i++)
		stop_child(&children[i]);
	owners_begin(o);
	for (int i = 0; i < HOLDERS; i++)
		wrong += owner_of(o, children[i].inodes[0])->pid != 0;
	CHECK_EQ_INT(wrong, 0);
	free_owners(o, proc_fd);
	free(children);
}

/* With half a millisecond for each round, all are found nevertheless, rounds later. */
static void test_slices(void)
{
	struct child *children = calloc(HOLDERS, sizeof(*children));
	unsigned missing, wrong = 0, rounds = 0;
	struct owners *o;
	int proc_fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(children);
	for (int i = 0; i < HOLDERS; i++)
		start_child(&children[i], SOCKETS, NULL, 1);
	o = new_owners(-1, &proc_fd);
	do {
		owners_begin(o);
		missing = 0;
		for (int i = 0; i < HOLDERS * SOCKETS; i++) {
			const struct child *c = &children[i / SOCKETS];
			uint32_t pid = owner_of(o, c->inodes[i % SOCKETS])->pid;

			missing += pid == 0;
			wrong += pid != 0 && pid != (uint32_t)c->pid;
		}
		CHECK_EQ_INT(owners_scan(o, 500), 0);
	} while (missing > 0 && ++rounds < 100000);
	CHECK_EQ_INT(missing, 0);
	CHECK_EQ_INT(wrong, 0);
	CU_ASSERT_TRUE(rounds > 1);
	for (int i = 0; i < HOLDERS; i++)
		stop_child(&children[i]);
	free_owners(o, proc_fd);
	free(children);
}

static void test_shared(void)
{
	int fd = new_socket(), proc_fd;
	uint32_t inode = inode_of(fd), self = (uint32_t)getpid(), child;
	struct child c;
	struct owners *o;

	start_child(&c, 1, NULL, 1);
	child = (uint32_t)c.pid;
	o = new_owners(-1, &proc_fd);
	owner_of(o, inode);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	CHECK_EQ_INT(owner_of(o, inode)->pid, self < child ? self : child);
	/* The child alone keeps it; this process uses the descriptor otherwise. A socket that
	 * nobody holds makes the scans complete. */
	CHECK_EQ_INT_FATAL(dup2(proc_fd, fd), fd);
	for (uint32_t round = 0; round < 10 && owner_of(o, inode)->pid != child; round++) {
		owners_begin(o);
		owner_of(o, inode);
		owner_of(o, UINT32_MAX - round);
		CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	}
	CHECK_EQ_INT(owner_of(o, inode)->pid, child);
	stop_child(&c);
	free_owners(o, proc_fd);
	close(fd);
}

/* A child that has inherited fd; whether it waits for what happens to it. */
static pid_t inherit(int fd, bool waits)
{
	int ends[2];
	pid_t pid;
	char said;

	CHECK_EQ_INT_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	CU_ASSERT_TRUE_FATAL(pid >= 0);
	if (pid == 0) {
		struct epoll_event event = {.events = EPOLLIN};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (waits && epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, fd, &event) != 0)
			_exit(1);
		if (write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK_EQ_INT_FATAL(read(ends[0], &said, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void test_poller(void)
{
	int fd = new_socket(), proc_fd;
	uint32_t inode = inode_of(fd);
	struct child children[3];
	struct owners *o;

	for (int i = 0; i < 3; i++)
		children[i].pid = inherit(fd, i == 1);
	o = new_owners(-1, &proc_fd);
	owner_of(o, inode);
	owners_listening(o, inode, true);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	CHECK_EQ_INT(owner_of(o, inode)->pid, children[1].pid);
	for (int i = 0; i < 3; i++)
		stop_child(&children[i]);
	free_owners(o, proc_fd);
	close(fd);
}

static void test_names(void)
{
	static const struct {
		const char *name, *clean;
	} cases[] = {
	    {"plain", "plain"},
	    {") R 1 (", ") R 1 ("},
	    {"a\n\xff) R\x1b\xc3", "a?"
				   "?) R??"},
	    {"\xf0\x9f\x90\xa7 penguin", "\xf0\x9f\x90\xa7 penguin"},
	    {"fourteen bytes\xc3\xbc", "fourteen bytes?"},
	    {"", ""},
	};
	struct owners *o;
	int proc_fd;

	o = new_owners(-1, &proc_fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct child c;

		start_child(&c, 1, cases[i].name, 1);
		owner_of(o, c.inodes[0]);
		CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
		CHECK_EQ_INT(owner_of(o, c.inodes[0])->pid, (uint32_t)c.pid);
		CHECK_EQ_STR(owner_of(o, c.inodes[0])->name, cases[i].clean);
		stop_child(&c);
	}
	free_owners(o, proc_fd);
}

/* A process ends between the look-up and the scan. */
static void test_vanished(void)
{
	struct owners *o;
	struct child c;
	int proc_fd;

	start_child(&c, 5, NULL, 1);
	o = new_owners(-1, &proc_fd);
	owner_of(o, c.inodes[0]);
	kill(c.pid, SIGKILL);
	/* First it is a zombie: in /proc, without descriptors. */
	waitid(P_PID, (id_t)c.pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	CHECK_EQ_INT(owner_of(o, c.inodes[0])->pid, 0);
	stop_child(&c);
	owner_of(o, c.inodes[1]);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	CHECK_EQ_INT(owner_of(o, c.inodes[1])->pid, 0);
	free_owners(o, proc_fd);
}

/* /proc/PID/fd is empty then; those of the other threads are not. */
static void test_main_thread_ended(void)
{
	char path[64], line[256] = "";
	struct owners *o;
	struct child c;
	int proc_fd;

	start(&c, 3, NULL, 1, true);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)c.pid);
	for (int i = 0; i < 1000 && !strstr(line, ") Z "); i++) {
		FILE *file = fopen(path, "r");

		CU_ASSERT_PTR_NOT_NULL_FATAL(file);
		CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), file));
		fclose(file);
		usleep(1000);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(line, ") Z "));
	o = new_owners(-1, &proc_fd);
	for (int i = 0; i < 3; i++)
		owner_of(o, c.inodes[i]);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ_INT(owner_of(o, c.inodes[i])->pid, (uint32_t)c.pid);
	/* And once more, with what is remembered of its descriptors. */
	owners_begin(o);
	for (int i = 0; i < 3; i++)
		owner_of(o, c.inodes[i]);
	owner_of(o, UINT32_MAX);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ_INT(owner_of(o, c.inodes[i])->pid, (uint32_t)c.pid);
	stop_child(&c);
	free_owners(o, proc_fd);
}

/* As a user who may not read the holder: which expectation fails first, 0: none. */
static int look_unprivileged(uint32_t foreign, int cgroup_fd, uint64_t cgroup_id)
{
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int own_fd = socket(AF_INET, SOCK_STREAM, 0);
	struct owner known;
	struct owners *o;
	uint32_t number;
	struct stat st;
	size_t count;

	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		return 1;
	if (proc_fd < 0 || fstat(own_fd, &st) != 0 || owners_new(proc_fd, cgroup_fd, &o) != 0)
		return 2;
	owners_begin(o);
	owners_find(o, foreign, cgroup_id);
	owners_find(o, (uint32_t)st.st_ino, cgroup_id);
	if (owners_scan(o, UINT32_MAX) != 0)
		return 3;
	if (owner_of(o, (uint32_t)st.st_ino)->pid != (uint32_t)getpid())
		return 4;
	number = owners_find(o, foreign, cgroup_id);
	known = owners_list(o, &count)[number];
	if (number == 0 || known.pid != 0 || strcmp(known.service, "held.service") != 0)
		return 5;
	if (owners_unreadable(o) == 0 || owners_wants(o, foreign))
		return 6;
	owners_free(o);
	return 0;
}

static void test_unprivileged(void)
{
	struct tree cgroup;
	struct child c;
	struct stat st;
	int fd, status;
	pid_t pid;

	tree_make(&cgroup);
	tree_file(&cgroup, "held.service/cgroup.procs", "");
	CHECK_EQ_INT_FATAL(chmod(cgroup.path, 0755), 0);
	CHECK_EQ_INT_FATAL(stat(tree_path(&cgroup, "held.service"), &st), 0);
	fd = open(cgroup.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* A process that is not dumpable belongs to root in /proc, whoever runs this test. */
	start_child(&c, 1, NULL, 0);
	pid = fork();
	CU_ASSERT_TRUE_FATAL(pid >= 0);
	if (pid == 0)
		_exit(look_unprivileged(c.inodes[0], fd, st.st_ino));
	CHECK_EQ_INT(waitpid(pid, &status, 0), pid);
	CHECK_EQ_INT(status, 0);
	stop_child(&c);
	close(fd);
	tree_remove(&cgroup);
}

struct wanted {
	uint16_t port;
	struct conn found;
};

static int note(const struct conn *conn, void *arg)
{
	struct wanted *wanted = arg;

	if (conn->local_port == wanted->port)
		wanted->found = *conn;
	return 0;
}

/* sock_diag's inode is the number in /proc/PID/fd, its cgroup id a directory's inode. */
static void test_sock_diag(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	struct wanted wanted = {0};
	struct diag_stats stats;
	int fd = new_socket(), proc_fd, cgroup_fd = owners_open_cgroup();
	struct services *services;
	struct service *service;
	struct diag *diag;
	struct owners *o;

	CHECK_EQ_INT_FATAL(bind(fd, (struct sockaddr *)&addr, len), 0);
	CHECK_EQ_INT_FATAL(listen(fd, 1), 0);
	CHECK_EQ_INT_FATAL(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	wanted.port = ntohs(addr.sin_port);
	CHECK_EQ_INT_FATAL(diag_open(&diag), 0);
	CHECK_EQ_INT(diag_dump(diag, STATE_BIT(STATE_LISTEN), 0, note, &wanted, &stats), 0);
	diag_close(diag);
	CHECK_EQ_INT(wanted.found.inode, inode_of(fd));

	o = new_owners(cgroup_fd, &proc_fd);
	owners_find(o, wanted.found.inode, wanted.found.cgroup_id);
	CHECK_EQ_INT(owners_scan(o, UINT32_MAX), 0);
	CHECK_EQ_INT(owner_of(o, wanted.found.inode)->pid, (uint32_t)getpid());

	/* A process's service is what its own sockets' cgroup says, where both know it. */
	CHECK_EQ_INT_FATAL(services_new(cgroup_fd, &services), 0);
	service = services_find(services, wanted.found.cgroup_id);
	if (service)
		CHECK_EQ_STR(owner_of(o, wanted.found.inode)->service, service->name);
	services_free(services);
	free_owners(o, proc_fd);
	if (cgroup_fd >= 0)
		close(cgroup_fd);
	close(fd);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"thousands of sockets in several processes", test_thousands},
	    {"found in slices", test_slices},
	    {"a socket shared by parent and child", test_shared},
	    {"who waits on a shared socket", test_poller},
	    {"hostile names", test_names},
	    {"a process that ends meanwhile", test_vanished},
	    {"a process goes on without its main thread", test_main_thread_ended},
	    {"without permission", test_unprivileged},
	    {"the numbers of sock_diag", test_sock_diag},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("ownerlive", tests);
}
