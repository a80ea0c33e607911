/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/sample/namespaces.h"
#include "tests/support/netnslab.h"
#include "tests/support/suite.h"

/* Real network namespaces, and a clock that the tests move. */

enum { CHILDREN = 3, SECOND_MS = 1000, PLENTY = 1000000 };

static struct netnslab_child children[CHILDREN];
static uint64_t clock_ms;

/* With children in namespaces named 0, 1, ...; all of them have been found. */
static struct namespaces *begin(uint32_t max)
{
	struct config config;
	struct namespaces *n;
	char path[32];

	for (int i = 0; i < CHILDREN; i++) {
		children[i] = netnslab_start();
		snprintf(path, sizeof(path), "/run/netns/%d", i);
		netnslab_attach(path, children[i].pid, "net");
	}
	config_init(&config_core_options, &config);
	config.interval_s = 1;
	config.netns.max = max;
	strcpy(config.netns.include[0], "[0-9]");
	clock_ms = timing_now_ms();
	CHECK_EQ_INT_FATAL(namespaces_new(&config, &n), 0);
	return n;
}

static void end(struct namespaces *n)
{
	char path[32];

	namespaces_free(n);
	for (int i = 0; i < CHILDREN; i++) {
		snprintf(path, sizeof(path), "/run/netns/%d", i);
		netnslab_detach(path);
		netnslab_stop(&children[i]);
	}
}

static void step(struct namespaces *n, uint64_t seconds, uint32_t allowed)
{
	uint64_t own = netnslab_own();

	clock_ms += seconds * SECOND_MS;
	CHECK_EQ_INT_FATAL(namespaces_step(n, clock_ms, allowed), 0);
	CHECK_EQ_INT(netnslab_own(), own);
}

/* How many have a new snapshot; they are passed on. */
static size_t news(struct namespaces *n)
{
	size_t count, found = 0;

	(void)namespaces_rows(n, &count);
	for (size_t i = 0; i < count; i++) {
		found += namespaces_is_news(n, i);
		namespaces_given(n, i);
	}
	return found;
}

static void test_rows(void)
{
	struct namespaces *n = begin(1000);
	const struct netns *rows;
	struct snapshot host = {.diagnosis.worst = SEVERITY_NORMAL};
	size_t count;

	step(n, 0, PLENTY);
	rows = namespaces_rows(n, &count);
	CHECK_EQ_INT_FATAL(count, CHILDREN);
	for (size_t i = 0; i < count; i++) {
		const struct snapshot *s = namespaces_snapshot(n, i);

		CHECK_EQ_INT(rows[i].inode, children[i].inode);
		CHECK_EQ_INT(rows[i].count[STATE_LISTEN - 1], 1);
		CHECK_EQ_INT(rows[i].sockets, 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		CHECK_EQ_STR(s->info.netns, rows[i].name);
		CHECK_EQ_INT_FATAL(s->n_listeners, 1);
		CHECK_EQ_INT(s->listeners[0].port, children[i].port);
		CHECK_EQ_INT(snapshot_owner(s, s->listeners[0].owner)->pid, children[i].pid);
		CU_ASSERT_PTR_NULL(s->tuning);
		for (size_t j = 0; j < s->n_limits; j++)
			CU_ASSERT(s->limits[j].id != LIMIT_ORPHANS &&
				  s->limits[j].id != LIMIT_MEMORY &&
				  s->limits[j].id != LIMIT_FILES);
	}
	namespaces_show(n, &host);
	CHECK_EQ_INT(host.n_namespaces, CHILDREN);
	CHECK_EQ_INT(host.info.others_count, CHILDREN);
	CHECK_EQ_STR(host.info.others_error, "");
	end(n);
}

/* Nothing happens: a look is enough for a minute. */
static void test_calm(void)
{
	struct namespaces *n = begin(1000);
	struct timespec before;
	size_t count;

	step(n, 0, PLENTY);
	CHECK_EQ_INT(news(n), CHILDREN);
	before = namespaces_rows(n, &count)[0].counted_at;
	step(n, 2, PLENTY);
	CHECK_EQ_INT(news(n), 0);
	CU_ASSERT(timing_us(&namespaces_rows(n, &count)[0].counted_at) > timing_us(&before));
	step(n, NAMESPACES_CALM_S - 3, PLENTY);
	CHECK_EQ_INT(news(n), 0);
	step(n, 2, PLENTY);
	CHECK_EQ_INT(news(n), CHILDREN);
	end(n);
}

/* A process in the namespace of a child that does this there, and stays; it ends with kill(). */
static pid_t do_inside(const struct netnslab_child *child,
		       bool (*act)(const struct netnslab_child *child))
{
	char path[64], done = 0;
	int ends[2], ns;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)child->pid);
	CHECK_EQ_INT_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		ns = open(path, O_RDONLY | O_CLOEXEC);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setns(ns, CLONE_NEWNET) < 0)
			_exit(1);
		done = act(child);
		(void)!write(ends[1], &done, 1);
		pause();
	}
	close(ends[1]);
	CHECK_EQ_INT_FATAL(read(ends[0], &done, 1), 1);
	CHECK_EQ_INT(done, 1);
	close(ends[0]);
	return pid;
}

/* To the child's own listener. */
static bool connect_to(const struct netnslab_child *child)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(child->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	netnslab_loopback();
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

/* One more listener. */
static bool listen_in(const struct netnslab_child *child)
{
	(void)child;
	return listen(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), 5) == 0;
}

static void test_change(void)
{
	struct namespaces *n = begin(1000);
	pid_t client;

	step(n, 0, PLENTY);
	(void)news(n);
	client = do_inside(&children[1], connect_to);
	step(n, 2, PLENTY);
	CU_ASSERT_FALSE(namespaces_is_news(n, 0));
	CU_ASSERT_TRUE(namespaces_is_news(n, 1));
	CU_ASSERT_FALSE(namespaces_is_news(n, 2));
	/* Neither is it calm as long as it waits. */
	(void)news(n);
	step(n, 2, PLENTY);
	CU_ASSERT_TRUE(namespaces_is_news(n, 1));
	kill(client, SIGKILL);
	waitpid(client, NULL, 0);
	end(n);
}

static void test_bounds(void)
{
	struct namespaces *n = begin(2);
	struct snapshot host = {.diagnosis.worst = SEVERITY_NORMAL};

	step(n, 0, PLENTY);
	namespaces_show(n, &host);
	CHECK_EQ_INT(host.n_namespaces, 2);
	CHECK_EQ_INT(host.info.others_beyond, 1);
	end(n);
}

/* A listener comes without a segment. */
static void test_listener(void)
{
	struct namespaces *n = begin(1000);
	pid_t listening;

	step(n, 0, PLENTY);
	(void)news(n);
	listening = do_inside(&children[2], listen_in);
	step(n, 2, PLENTY);
	CU_ASSERT_FALSE(namespaces_is_news(n, 1));
	CU_ASSERT_TRUE(namespaces_is_news(n, 2));
	CHECK_EQ_INT(namespaces_rows(n, &(size_t){0})[2].count[STATE_LISTEN - 1], 2);
	kill(listening, SIGKILL);
	waitpid(listening, NULL, 0);
	end(n);
}

/* Makes a step that can open one more descriptor, and no two. */
static void step_with_one(struct namespaces *n)
{
	enum { FEW = 64 };
	int taken[FEW], count = 0;
	struct rlimit limit, low;

	CHECK_EQ_INT_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){FEW, limit.rlim_max};
	CHECK_EQ_INT_FATAL(setrlimit(RLIMIT_NOFILE, &low), 0);
	while (count < FEW && (taken[count] = dup(STDOUT_FILENO)) >= 0)
		count++;
	CU_ASSERT_TRUE_FATAL(count > 0);
	close(taken[--count]);
	step(n, 2, PLENTY);
	while (count > 0)
		close(taken[--count]);
	CHECK_EQ_INT_FATAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* One descriptor is enough for the way in and for a look, and too little for a sample. What the
 * look has seen is not to be taken for seen by a sample. */
static void test_failed(void)
{
	struct namespaces *n = begin(1000);
	struct timespec before;
	const struct netns *rows;
	pid_t listening;
	size_t count;

	step(n, 0, PLENTY);
	rows = namespaces_rows(n, &count);
	before = rows[2].counted_at;
	listening = do_inside(&children[2], listen_in);
	step_with_one(n);
	CU_ASSERT_TRUE(namespaces_snapshot(n, 2)->info.failing);
	CU_ASSERT_FALSE(namespaces_snapshot(n, 1)->info.failing);
	CHECK_EQ_INT(timing_us(&rows[2].counted_at), timing_us(&before));
	step(n, 2, PLENTY);
	CU_ASSERT_FALSE(namespaces_snapshot(n, 2)->info.failing);
	CHECK_EQ_INT(namespaces_rows(n, &count)[2].count[STATE_LISTEN - 1], 2);
	kill(listening, SIGKILL);
	waitpid(listening, NULL, 0);
	end(n);
}

static void *step_in_thread(void *n)
{
	return namespaces_step(n, clock_ms, PLENTY) == 0 ? n : NULL;
}

static void step_elsewhere(struct namespaces *n, uint64_t seconds)
{
	void *result;
	pthread_t thread;

	clock_ms += seconds * SECOND_MS;
	CHECK_EQ_INT_FATAL(pthread_create(&thread, NULL, step_in_thread, n), 0);
	CHECK_EQ_INT_FATAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, n);
}

/* Each step in a thread of its own, as it may be in collectd: what /proc tells is of the namespace
 * that this thread is in. */
static void test_threads(void)
{
	struct namespaces *n = begin(1000);
	const struct counter *opened;
	pid_t client;

	step_elsewhere(n, 0);
	(void)news(n);
	client = do_inside(&children[1], connect_to);
	step_elsewhere(n, 2);
	CU_ASSERT_FALSE(namespaces_is_news(n, 0));
	CU_ASSERT_TRUE_FATAL(namespaces_is_news(n, 1));
	opened = snapshot_counter(namespaces_snapshot(n, 1), "TcpPassiveOpens");
	CU_ASSERT_PTR_NOT_NULL_FATAL(opened);
	CHECK_EQ_INT(opened->value, 1);
	kill(client, SIGKILL);
	waitpid(client, NULL, 0);
	end(n);
}

/* What was spent has to be earned before the next look; nothing is older than five minutes. */
static void test_allowance(void)
{
	/* Five seconds are the start's. 1 % of a core. */
	enum { SECONDS_CHARGED = 5 + 2, ALLOWED = 100 };
	struct namespaces *n = begin(1000);
	struct timespec before;
	size_t count;

	step(n, 0, ALLOWED);
	(void)news(n);
	namespaces_charge(n, SECONDS_CHARGED * UINT64_C(1000000));
	before = namespaces_rows(n, &count)[0].counted_at;
	step(n, 10, ALLOWED);
	CHECK_EQ_INT(timing_us(&namespaces_rows(n, &count)[0].counted_at), timing_us(&before));
	CHECK_EQ_INT(news(n), 0);
	/* Three seconds are the allowance of five minutes. */
	step(n, NAMESPACES_AGE_MAX_S, ALLOWED);
	CU_ASSERT(news(n) > 0);
	end(n);
}

/* One that has gone has no row and no snapshot, and what it was is not taken for another one. */
static void test_gone(void)
{
	struct namespaces *n = begin(1000);
	size_t count;

	step(n, 0, PLENTY);
	(void)news(n);
	netnslab_detach("/run/netns/1");
	netnslab_stop(&children[1]);
	step(n, 10, PLENTY);
	CHECK_EQ_STR(namespaces_rows(n, &count)[1].name, "2");
	CHECK_EQ_INT(count, CHILDREN - 1);
	CHECK_EQ_STR(namespaces_snapshot(n, 1)->info.netns, "2");
	children[1] = netnslab_start();
	netnslab_attach("/run/netns/1", children[1].pid, "net");
	step(n, 10, PLENTY);
	CHECK_EQ_INT(namespaces_rows(n, &count)[1].inode, children[1].inode);
	CHECK_EQ_INT(count, CHILDREN);
	CHECK_EQ_INT(namespaces_snapshot(n, 1)->info.samples, 1);
	end(n);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"rows and snapshots", test_rows},
	    {"where nothing happens", test_calm},
	    {"where something does", test_change},
	    {"a listener more", test_listener},
	    {"a sample that failed", test_failed},
	    {"a thread of its own for each step", test_threads},
	    {"what was spent", test_allowance},
	    {"no more than are wanted", test_bounds},
	    {"gone, and made again", test_gone},
	    CU_TEST_INFO_NULL,
	};

	return netnslab_enter() ? suite_run("namespaces", tests) : NETNSLAB_SKIPPED;
}
