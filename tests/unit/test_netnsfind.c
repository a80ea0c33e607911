/* SPDX-License-Identifier: MIT */
#include "core/kernel/netnsfind.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/netnslab.h"
#include "tests/support/suite.h"
#include "tests/support/tree.h"

/* Namespaces of a made-up /proc. */

#define ID    "3f4e5d6c7b8a90123456789abcdef0123456789abcdef0123456789abcdef012"
#define UID   "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define SHELL "0::/user.slice/user-0.slice/session-1.scope\n"

static const struct netns_filter ALL = {.max = 256};

struct proc {
	struct tree tree;
	int fd;
	struct netnsfind *find;
};

static struct proc proc_new(void)
{
	struct proc p;

	tree_make(&p.tree);
	p.fd = open(p.tree.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(p.fd >= 0);
	CHECK_EQ_INT_FATAL(netnsfind_new(p.fd, &p.find), 0);
	return p;
}

static void proc_free(struct proc *p)
{
	netnsfind_free(p->find);
	close(p->fd);
	tree_remove(&p->tree);
}

static const char *path_of(unsigned pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%u/%s", pid, name);
	return path;
}

static void add_link(const struct proc *p, unsigned pid, uint64_t inode)
{
	char text[32];

	snprintf(text, sizeof(text), "net:[%" PRIu64 "]", inode);
	tree_link(&p->tree, path_of(pid, "ns/net"), text);
}

static void add_process(const struct proc *p, unsigned pid, uint64_t inode, const char *comm,
			const char *cgroup)
{
	char text[128];

	add_link(p, pid, inode);
	snprintf(text, sizeof(text), "%u (%s) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0", pid,
		 comm);
	tree_file(&p->tree, path_of(pid, "stat"), text);
	tree_file(&p->tree, path_of(pid, "cgroup"), cgroup);
}

static void drop_process(const struct proc *p, unsigned pid)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", pid);
	tree_drop(&p->tree, name);
}

/* "NAME:INODE:PID:PROCESSES:KIND ..." of the list, in its order. */
static const char *listed(const struct proc *p)
{
	static char text[4096];
	size_t count, len = 0;
	const struct netns *list = netnsfind_list(p->find, &count);

	text[0] = '\0';
	for (size_t i = 0; i < count && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%" PRIu64 ":%u:%u:%u",
					i ? " " : "", list[i].name, list[i].inode, list[i].pid,
					list[i].processes, list[i].kind);
	return text;
}

static const char *look(const struct proc *p)
{
	CHECK_EQ_INT(netnsfind_look(p->find, &ALL), 0);
	return listed(p);
}

static uint64_t id_of(const struct proc *p, const char *name)
{
	size_t count;
	const struct netns *list = netnsfind_list(p->find, &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return netnsfind_id(p->find, i);
	}
	CU_FAIL("no such namespace");
	return 0;
}

static void test_names(void)
{
	struct proc p = proc_new();

	add_process(&p, 1, netnslab_own(), "systemd", "0::/init.scope\n");
	add_process(&p, 300, 11, "nginx", "0::/system.slice/docker-" ID ".scope\n");
	add_process(&p, 301, 11, "nginx", "0::/system.slice/docker-" ID ".scope\n");
	add_process(&p, 40, 12, "pause", "0::/kubepods/pod" UID "/" ID "\n");
	add_process(&p, 41, 13, "squid", "0::/system.slice/squid.service\n");
	add_process(&p, 42, 14, "bash", SHELL);
	/* The same namespace, by the side of root. */
	add_process(&p, 9, 11, "bash", SHELL);
	add_process(&p, 10, 13, "bash", SHELL);
	CHECK_EQ_STR(look(&p), "bash-42:14:42:1:10 docker-3f4e5d6c7b8a:11:9:3:2 "
			       "pod-3fa85f64-5717:12:40:1:6 squid.service:13:10:2:9");
	proc_free(&p);
}

static void test_unique(void)
{
	struct proc p = proc_new();

	for (unsigned i = 1; i <= 12; i++)
		add_process(&p, 10 + i, 100 - i, "x",
			    "0::/lxc/web-server-of-the-second-person-x\n");
	add_process(&p, 5, 200, "x", "0::/lxc/web\n");
	add_process(&p, 6, 201, "x", "0::/machine.slice/machine-web.scope\n");
	add_process(&p, 7, 202, "x", "0::/lxc/web.2\n");
	look(&p);
	CU_ASSERT_PTR_NOT_NULL(strstr(listed(&p), " web.2:200:5:1:8 web.2.2:202:7:1:8"));
	CHECK_EQ_INT(strncmp(listed(&p), "web:201:6:1:7 ", 14), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(listed(&p), "web-server-of-the-second-person-:99:11:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(listed(&p), "web-server-of-the-second-perso.2:98:12:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(listed(&p), "web-server-of-the-second-pers.12:88:22:"));
	/* One goes, another one comes: only names of those that live are in use. */
	drop_process(&p, 11);
	drop_process(&p, 6);
	add_process(&p, 30, 300, "x", "0::/lxc/web\n");
	look(&p);
	CHECK_EQ_INT(strncmp(listed(&p), "web:300:30:1:8 ", 15), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(listed(&p), " web.2:200:5:1:8 web.2.2:202:7:1:8"));
	CU_ASSERT_PTR_NULL(strstr(listed(&p), "person-:"));
	proc_free(&p);
}

static void test_hostile_names(void)
{
	struct proc p = proc_new();

	add_process(&p, 2, 20, "a b)/\x1b\xff (", SHELL);
	add_process(&p, 3, 21, "", SHELL);
	tree_link(&p.tree, "4/ns/net", "net:[22]"); /* it has ended since */
	CHECK_EQ_STR(look(&p), "a_b)____(-2:20:2:1:10 process-3:21:3:1:10");
	proc_free(&p);
}

/* What is not sure to last waits for the next look. */
static void test_waiting(void)
{
	struct proc p = proc_new();

	CHECK_EQ_STR(look(&p), "");
	add_process(&p, 50, 30, "runc", "0::/system.slice/containerd.service\n");
	add_process(&p, 51, 31, "unshare", SHELL);
	add_process(&p, 52, 32, "nginx", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "web:32:52:1:8");
	drop_process(&p, 50);
	add_process(&p, 50, 30, "pause", "0::/kubepods/pod" UID "/" ID "\n");
	CHECK_EQ_STR(look(&p), "pod-3fa85f64-5717:30:50:1:6 unshare-51:31:51:1:10 web:32:52:1:8");
	/* One that is there for one look only is never listed. */
	add_process(&p, 53, 33, "unshare", SHELL);
	look(&p);
	CU_ASSERT_PTR_NULL(strstr(listed(&p), ":33:"));
	drop_process(&p, 53);
	add_process(&p, 54, 33, "unshare", SHELL);
	look(&p);
	CU_ASSERT_PTR_NULL(strstr(listed(&p), ":33:"));
	proc_free(&p);
}

static void test_sticky(void)
{
	struct proc p = proc_new();
	uint64_t id;

	add_process(&p, 60, 40, "one", SHELL);
	add_process(&p, 61, 40, "two", SHELL);
	CHECK_EQ_STR(look(&p), "one-60:40:60:2:10");
	id = id_of(&p, "one-60");
	/* The name stays while the namespace does. */
	drop_process(&p, 60);
	add_process(&p, 20, 40, "three", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "one-60:40:20:2:10");
	CHECK_EQ_INT(id_of(&p, "one-60"), id);
	/* Another one has the number of one that has gone. */
	drop_process(&p, 20);
	drop_process(&p, 61);
	add_process(&p, 62, 40, "four", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "web:40:62:1:8");
	CU_ASSERT_TRUE(id_of(&p, "web") != id);
	drop_process(&p, 62);
	CHECK_EQ_STR(look(&p), "");
	add_process(&p, 62, 40, "four", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "web:40:62:1:8");
	proc_free(&p);
}

/* A name goes over to who comes with it, where the holder has it from nobody any more. */
static void test_name_goes_over(void)
{
	struct proc p = proc_new();
	uint64_t id;

	add_process(&p, 70, 50, "one", "0::/lxc/web\n");
	add_process(&p, 71, 50, "sidecar", "0::/lxc/log\n");
	CHECK_EQ_STR(look(&p), "web:50:70:2:8");
	id = id_of(&p, "web");
	/* Another one of the same container: the first keeps it, wherever it is among its own. */
	add_process(&p, 60, 50, "sidecar", "0::/lxc/log\n");
	add_process(&p, 72, 51, "unshare", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "web:50:60:3:8 web.2:51:72:1:8");
	drop_process(&p, 72);
	/* The container has ended, what shares its network has not. */
	drop_process(&p, 70);
	CHECK_EQ_STR(look(&p), "web:50:60:2:8");
	CHECK_EQ_INT(id_of(&p, "web"), id);
	/* It is started anew. */
	add_process(&p, 80, 52, "one", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "log:50:60:2:8 web:52:80:1:8");
	CU_ASSERT_TRUE(id_of(&p, "log") != id && id_of(&p, "web") != id);
	CU_ASSERT_TRUE(id_of(&p, "log") != id_of(&p, "web"));
	/* The name that it comes to is in use as well. */
	add_process(&p, 81, 52, "two", "0::/lxc/log\n");
	drop_process(&p, 80);
	add_process(&p, 82, 53, "one", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "log:50:60:2:8 log.2:52:81:1:8 web:53:82:1:8");
	/* None is left that tells of a container. */
	add_process(&p, 83, 53, "sh", SHELL);
	look(&p);
	drop_process(&p, 82);
	add_process(&p, 85, 54, "one", "0::/lxc/web\n");
	CHECK_EQ_STR(look(&p), "log:50:60:2:8 log.2:52:81:1:8 sh-83:53:83:1:10 web:54:85:1:8");
	proc_free(&p);
}

static const char *look_for(const struct proc *p, const struct netns_filter *filter,
			    uint32_t excluded, uint32_t beyond)
{
	CHECK_EQ_INT(netnsfind_look(p->find, filter), 0);
	CHECK_EQ_INT(netnsfind_excluded(p->find), excluded);
	CHECK_EQ_INT(netnsfind_beyond(p->find), beyond);
	return listed(p);
}

static void test_filter(void)
{
	struct netns_filter shops = {.include = {"shop-*", "db"}, .max = 256};
	struct netns_filter not_one = {.exclude = {"*-1"}, .max = 256};
	struct netns_filter both = {.include = {"shop-*"}, .exclude = {"*-1", "x"}, .max = 256};
	struct netns_filter none = {.include = {"nothing"}, .max = 256};
	struct proc p = proc_new();

	add_process(&p, 2, 12, "x", "0::/lxc/shop-2\n");
	add_process(&p, 1, 11, "x", "0::/lxc/shop-1\n");
	add_process(&p, 3, 13, "x", "0::/lxc/db\n");
	add_process(&p, 4, 14, "x", "0::/lxc/dbs\n");
	CHECK_EQ_STR(look_for(&p, &shops, 1, 0), "db:13:3:1:8 shop-1:11:1:1:8 shop-2:12:2:1:8");
	CHECK_EQ_STR(look_for(&p, &not_one, 1, 0), "db:13:3:1:8 dbs:14:4:1:8 shop-2:12:2:1:8");
	CHECK_EQ_STR(look_for(&p, &both, 3, 0), "shop-2:12:2:1:8");
	CHECK_EQ_STR(look_for(&p, &none, 4, 0), "");
	CHECK_EQ_STR(look_for(&p, &ALL, 0, 0),
		     "db:13:3:1:8 dbs:14:4:1:8 shop-1:11:1:1:8 shop-2:12:2:1:8");
	proc_free(&p);
}

static void test_max(void)
{
	struct netns_filter two = {.max = 2}, no_c = {.exclude = {"c"}, .max = 2};
	struct netns_filter zero = {.max = 0};
	struct proc p = proc_new();

	add_process(&p, 3, 13, "x", "0::/lxc/c\n");
	add_process(&p, 4, 14, "x", "0::/lxc/d\n");
	CHECK_EQ_STR(look_for(&p, &two, 0, 0), "c:13:3:1:8 d:14:4:1:8");
	/* Who has a place keeps it. */
	add_process(&p, 1, 11, "x", "0::/lxc/a\n");
	add_process(&p, 2, 12, "x", "0::/lxc/b\n");
	CHECK_EQ_STR(look_for(&p, &two, 0, 2), "c:13:3:1:8 d:14:4:1:8");
	CHECK_EQ_STR(look_for(&p, &no_c, 1, 1), "a:11:1:1:8 d:14:4:1:8");
	CHECK_EQ_STR(look_for(&p, &two, 0, 2), "a:11:1:1:8 d:14:4:1:8");
	drop_process(&p, 4);
	CHECK_EQ_STR(look_for(&p, &two, 0, 1), "a:11:1:1:8 b:12:2:1:8");
	CHECK_EQ_STR(look_for(&p, &zero, 0, 3), "");
	proc_free(&p);
}

static void test_hostile_proc(void)
{
	static const char *const links[] = {"net:[]",  "net:[x]", "net:[1]x",
					    "mnt:[5]", "net:[7",  "net:[-1]",
					    "net:[0]", "/",       "net:[18446744073709551616]"};
	struct proc p = proc_new();
	char *longest = malloc(100000);
	size_t count;

	CU_ASSERT_PTR_NOT_NULL_FATAL(longest);
	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		tree_link(&p.tree, path_of(10 + i, "ns/net"), links[i]);
	tree_file(&p.tree, "30/ns/net", "no link");
	tree_file(&p.tree, "31/stat", "");
	tree_link(&p.tree, "self/ns/net", "net:[8]");
	tree_link(&p.tree, "4294967296/ns/net", "net:[9]");
	CHECK_EQ_STR(look(&p), "");
	memset(longest, 'x', 99999);
	longest[99999] = '\0';
	add_process(&p, 40, 18446744073709551615U, "x", longest);
	tree_link(&p.tree, "41/ns/net", "net:[50]");
	tree_file(&p.tree, "41/stat", "41 (without a cgroup) S 1");
	tree_link(&p.tree, "42/ns/net", "net:[51]");
	tree_file(&p.tree, "42/stat", "42 (y) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5000 0");
	look(&p);
	CHECK_EQ_STR(look(&p), "x-40:18446744073709551615:40:1:10 y-42:51:42:1:10");
	CHECK_EQ_INT(netnsfind_enter(p.find, 0), -ENOENT);
	netnsfind_processes(p.find, 1, &count);
	CHECK_EQ_INT(count, 1);
	free(longest);
	proc_free(&p);
}

/* What cannot be read leaves all as it was. */
static void test_errors(void)
{
	struct proc p = proc_new();
	int other;

	add_process(&p, 2, 12, "x", "0::/lxc/a\n");
	look(&p);
	other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_TRUE_FATAL(other >= 0);
	CHECK_EQ_INT(dup3(other, p.fd, O_CLOEXEC), p.fd);
	CHECK_EQ_INT(netnsfind_look(p.find, &ALL), -ENOTDIR);
	CHECK_EQ_STR(listed(&p), "a:12:2:1:8");
	close(other);
	proc_free(&p);
	netnsfind_free(NULL);
}

static void test_many(void)
{
	struct netns_filter fifty = {.max = 50};
	struct proc p = proc_new();
	const struct netns *list;
	size_t count, wrong = 0, n_pids;

	for (unsigned pid = 1; pid <= 60; pid++)
		add_process(&p, pid, 5000 + pid % 60, "same", "0::/lxc/same\n");
	for (unsigned pid = 61; pid <= 200; pid++)
		add_link(&p, pid, 5000 + pid % 60);
	CHECK_EQ_INT(netnsfind_look(p.find, &fifty), 0);
	list = netnsfind_list(p.find, &count);
	CHECK_EQ_INT(count, 50);
	CHECK_EQ_INT(netnsfind_beyond(p.find), 10);
	for (size_t i = 0; i < count; i++) {
		const uint32_t *pids = netnsfind_processes(p.find, i, &n_pids);

		wrong += n_pids != list[i].processes || pids[0] != list[i].pid;
		wrong += i > 0 && strcmp(list[i - 1].name, list[i].name) >= 0;
		for (size_t j = 0; j < n_pids; j++)
			wrong += 5000 + pids[j] % 60 != list[i].inode ||
				 (j > 0 && pids[j] <= pids[j - 1]);
	}
	CHECK_EQ_INT(wrong, 0);
	proc_free(&p);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"names of every kind", test_names},    {"equal names", test_unique},
	    {"hostile names", test_hostile_names},  {"names that are not sure yet", test_waiting},
	    {"a name stays", test_sticky},          {"a name goes over", test_name_goes_over},
	    {"wanted by name", test_filter},        {"a limit", test_max},
	    {"a hostile /proc", test_hostile_proc}, {"errors", test_errors},
	    {"many processes", test_many},          CU_TEST_INFO_NULL,
	};

	return netnslab_enter() ? suite_run("netnsfind", tests) : NETNSLAB_SKIPPED;
}
