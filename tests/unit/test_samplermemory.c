/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sample/sampler.h"
#include "tests/support/netnslab.h"
#include "tests/support/suite.h"

/* A full sample that runs out of memory, at each place where it asks for some. The linker has all
 * of the program ask the functions below (--wrap). */

enum { CONNECTIONS = 3, TOO_MANY = 100000 };

static long left = -1;  /* so many are given, then one is refused; -1: none is, or it has been */
static bool refuse_all; /* and all after it */

static bool is_refused(void)
{
	if (left == 0) {
		left -= !refuse_all;
		return true;
	}
	left -= left > 0;
	return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
	return is_refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __real_calloc(count, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return is_refused() ? NULL : __real_reallocarray(old, count, size);
}

/* A listener and connections to it, all of this process and in a namespace of its own. */
static void open_sockets(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	netnslab_loopback();
	CHECK_EQ_INT_FATAL(bind(listener, (struct sockaddr *)&addr, len), 0);
	CHECK_EQ_INT_FATAL(listen(listener, CONNECTIONS), 0);
	CHECK_EQ_INT_FATAL(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		CHECK_EQ_INT_FATAL(connect(fd, (struct sockaddr *)&addr, len), 0);
	}
}

static void check_owner(const struct snapshot *s, uint32_t owner)
{
	CU_ASSERT_FATAL(owner < s->n_owners);
	CU_ASSERT(s->owners[owner].pid == 0 || s->owners[owner].pid == (uint32_t)getpid());
}

static void check_owners(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_listeners; i++)
		check_owner(s, s->listeners[i].owner);
	for (size_t i = 0; i < s->n_conns; i++)
		check_owner(s, s->conns[i].owner);
	for (size_t i = 0; i < s->n_processes; i++)
		check_owner(s, s->processes[i].owner);
	for (size_t i = 0; i < s->n_limits; i++)
		check_owner(s, s->limits[i].owner);
	for (size_t i = 0; i < STATE_COUNT; i++)
		check_owner(s, s->tops[i].owner);
}

/* Takes a full sample that is refused memory after so many times, and puts it in place of *last.
 * False: it did not ask so often. */
static bool take(struct sampler *s, long times, struct snapshot **last)
{
	const struct pace pace = {.scan_us = UINT32_MAX};
	struct snapshot *next = NULL;
	bool asked;
	int ret;

	left = times;
	ret = sampler_take(s, SAMPLE_FULL, &pace, *last, &next);
	asked = left <= 0;
	left = -1;
	CU_ASSERT(ret == 0 || (asked && ret == -ENOMEM));
	if (next) {
		check_owners(next);
		CHECK_EQ_INT(next->info.failing, ret < 0);
		sampler_release(*last);
		*last = next;
	}
	return asked;
}

/* Nobody is known in the first sample. The second one is refused memory, or it gets none any more
 * and the third one is refused some, too. False: they did not ask so often. */
static bool try(const struct config *config, int proc_fd, long times, bool twice)
{
	const struct pace pace = {.scan_us = UINT32_MAX};
	const uint32_t self = (uint32_t)getpid();
	struct snapshot *last;
	struct sampler *s;
	bool asked;

	CHECK_EQ_INT_FATAL(sampler_new_in(config, "own", proc_fd, &s), 0);
	sampler_near(s, &self, 0);
	CHECK_EQ_INT_FATAL(sampler_take(s, SAMPLE_FULL, &pace, NULL, &last), 0);
	sampler_near(s, &self, 1);
	refuse_all = twice;
	asked = take(s, times, &last);
	refuse_all = false;
	if (twice)
		asked &= take(s, times, &last);
	CU_ASSERT_FALSE(take(s, TOO_MANY, &last));
	CHECK_EQ_INT(last->n_listeners, 1);
	sampler_release(last);
	sampler_free(s);
	return asked;
}

static void run_out(bool twice)
{
	struct config config;
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long times = 0;

	config_init(&config_core_options, &config);
	config.conn_states = STATE_MASK_ALL;
	while (times < TOO_MANY && try(&config, proc_fd, times, twice))
		times++;
	CU_ASSERT(times > 0 && times < TOO_MANY);
	close(proc_fd);
}

static void test_once(void)
{
	open_sockets();
	run_out(false);
}

static void test_twice(void)
{
	run_out(true);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"a sample that runs out of memory", test_once},
	    {"two of them, one after the other", test_twice},
	    CU_TEST_INFO_NULL,
	};

	return netnslab_enter() ? suite_run("samplermemory", tests) : NETNSLAB_SKIPPED;
}
