/* SPDX-License-Identifier: MIT */
#include "subagent/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

static struct handover way;

static int send_text(const char *text, uint32_t interval_s)
{
	struct handover_settings settings = {.interval_s = interval_s};

	return handover_send(way.in_fd, &settings, text, strlen(text) + 1);
}

/* What comes out: the text, which the caller frees; NULL and the error. */
static char *receive(struct handover_settings *settings, int *ret_error)
{
	void *block = NULL;
	size_t size = 0;

	*ret_error = handover_receive(way.out_fd, settings, &block, &size);
	if (*ret_error == 0)
		CHECK_EQ_INT(size, strlen(block) + 1);
	return block;
}

static void check_nothing(int error)
{
	struct handover_settings settings;
	int got;

	CU_ASSERT_PTR_NULL(receive(&settings, &got));
	CHECK_EQ_INT(got, error);
}

/* In the order in which they were sent. */
static void expect(const char *text, uint32_t interval_s)
{
	struct handover_settings settings;
	int error;
	char *got = receive(&settings, &error);

	CHECK_EQ_INT(error, 0);
	CHECK_EQ_STR(got, text);
	CHECK_EQ_INT(settings.interval_s, interval_s);
	free(got);
}

static void test_order(void)
{
	check_nothing(-EAGAIN);
	CHECK_EQ_INT(send_text("old", 1), 0);
	CHECK_EQ_INT(send_text("newest", 3), 0);
	expect("old", 1);
	expect("newest", 3);
	check_nothing(-EAGAIN);
}

/* The sampler never waits for an agent that stands still. */
static void test_behind(void)
{
	int sent = 0;

	while (sent < 1000 && send_text("waits", 1) == 0)
		sent++;
	CU_ASSERT(sent > 0 && sent < 100);
	CHECK_EQ_INT(send_text("waits", 1), -EAGAIN);
	for (int i = 0; i < sent; i++)
		expect("waits", 1);
	check_nothing(-EAGAIN);
	CHECK_EQ_INT(send_text("on it goes", 1), 0);
	expect("on it goes", 1);
}

/* Neither can the agent send. */
static void test_one_way(void)
{
	CU_ASSERT(send(way.out_fd, "x", 1, MSG_NOSIGNAL) < 0);
	CHECK_EQ_INT(errno, EPIPE);
}

static void test_nonsense(void)
{
	struct handover_settings settings = {0};
	int error, fd;
	char *text;

	CHECK_EQ_INT(send(way.in_fd, "x", 1, 0), 1);
	check_nothing(-EINVAL);
	CHECK_EQ_INT(send(way.in_fd, &settings, sizeof(settings), 0), sizeof(settings));
	check_nothing(-EINVAL);
	CHECK_EQ_INT(handover_send(way.in_fd, &settings, "", 0), 0);
	check_nothing(-EINVAL);
	CHECK_EQ_INT(send_text("good", 1), 0);
	text = receive(&settings, &error);
	CHECK_EQ_STR(text, "good");
	free(text);
	/* Nothing is left open: the next descriptor is the same one. */
	fd = dup(way.in_fd);
	close(fd);
	CHECK_EQ_INT(send_text("again", 1), 0);
	free(receive(&settings, &error));
	CHECK_EQ_INT(dup(way.in_fd), fd);
	close(fd);
}

static void test_lost(void)
{
	CHECK_EQ_INT(atomic_load(&way.back->lost), 0);
	atomic_store(&way.back->lost, 7);
	CHECK_EQ_INT(atomic_load(&way.back->lost), 7);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"one after the other", test_order},
	    {"an agent that is behind", test_behind},
	    {"one way only", test_one_way},
	    {"what is no snapshot", test_nonsense},
	    {"the number that comes back", test_lost},
	    CU_TEST_INFO_NULL,
	};
	int code, ret = handover_open(&way);

	if (ret < 0)
		return EXIT_FAILURE;
	code = suite_run("handover", tests);
	close(way.in_fd);
	close(way.out_fd);
	munmap(way.back, sizeof(*way.back));
	return code;
}
