/* SPDX-License-Identifier: MIT */
#include "subagent/queue.h"

#include "tests/support/suite.h"

static void add(struct queue *queue, int32_t from, int32_t to)
{
	for (int32_t i = from; i <= to; i++)
		queue_add(queue, &(struct transition){
				     .condition = {.id = 1, .element = (uint32_t)i, .value = i}});
}

/* Sends up to `count`; the request of a row is its value and 1000. Returns how many. */
static size_t send(struct queue *queue, size_t count)
{
	struct queued *row;
	size_t sent = 0;

	while (sent < count && (row = queue_unsent(queue))) {
		row->request = row->transition.condition.value + 1000;
		sent++;
	}
	return sent;
}

static void expect_values(const struct queue *queue, int32_t from, int32_t to)
{
	CHECK_EQ_INT_FATAL(queue->count, (size_t)(to - from + 1));
	for (size_t i = 0; i < queue->count; i++)
		CHECK_EQ_INT(queue->rows[i].transition.condition.value, from + (int32_t)i);
}

static void in_order_and_once(void)
{
	struct queue queue = {0};

	CU_ASSERT_PTR_NULL(queue_unsent(&queue));
	add(&queue, 1, 5);
	for (int32_t i = 1; i <= 5; i++) {
		struct queued *row = queue_unsent(&queue);

		CU_ASSERT_PTR_NOT_NULL_FATAL(row);
		CHECK_EQ_INT(row->transition.condition.value, i);
		row->request = 1000 + i;
	}
	CU_ASSERT_PTR_NULL(queue_unsent(&queue));
	expect_values(&queue, 1, 5);
	/* Answers may come in any order, and twice. */
	queue_answered(&queue, 1003, false);
	queue_answered(&queue, 1003, false);
	queue_answered(&queue, 1001, false);
	queue_answered(&queue, 1002, false);
	expect_values(&queue, 4, 5);
	add(&queue, 6, 6);
	expect_values(&queue, 4, 6);
	CHECK_EQ_INT(send(&queue, 10), 1);
	CHECK_EQ_INT(queue.lost, 0);
}

static void again_in_a_new_session(void)
{
	struct queue queue = {0};

	add(&queue, 1, 4);
	CHECK_EQ_INT(send(&queue, 3), 3);
	queue_answered(&queue, 1001, false);
	queue_again(&queue);
	expect_values(&queue, 2, 4);
	/* An answer of the session that is over. */
	queue_answered(&queue, 1002, false);
	expect_values(&queue, 2, 4);
	CHECK_EQ_INT(send(&queue, 10), 3);
	for (int i = 2; i <= 4; i++)
		queue_answered(&queue, 1000 + i, false);
	CHECK_EQ_INT(queue.count, 0);
	CHECK_EQ_INT(queue.lost, 0);
}

static void the_newest_are_kept_and_the_rest_is_counted(void)
{
	struct queue queue = {0};

	add(&queue, 1, QUEUE_MAX);
	CHECK_EQ_INT(queue.lost, 0);
	add(&queue, QUEUE_MAX + 1, QUEUE_MAX + 44);
	CHECK_EQ_INT(queue.lost, 44);
	expect_values(&queue, 45, QUEUE_MAX + 44);
	CHECK_EQ_INT(send(&queue, 1000), QUEUE_MAX);
	CHECK_EQ_INT(queue.lost, 44);
}

/* What is sent may arrive: it must not be counted as lost. */
static void sent_is_kept(void)
{
	struct queue queue = {0};

	add(&queue, 1, QUEUE_MAX);
	CHECK_EQ_INT(send(&queue, 2), 2);
	add(&queue, QUEUE_MAX + 1, QUEUE_MAX + 1);
	CHECK_EQ_INT(queue.lost, 1);
	CHECK_EQ_INT(queue.rows[1].transition.condition.value, 2);
	CHECK_EQ_INT(queue.rows[2].transition.condition.value, 4);
	queue_answered(&queue, 1001, false);
	queue_answered(&queue, 1002, false);
	expect_values(&queue, 4, QUEUE_MAX + 1);
	/* All are sent: the new one is lost. */
	add(&queue, QUEUE_MAX + 2, QUEUE_MAX + 3);
	CHECK_EQ_INT(send(&queue, 1000), QUEUE_MAX);
	add(&queue, QUEUE_MAX + 4, QUEUE_MAX + 4);
	CHECK_EQ_INT(queue.lost, 2);
	expect_values(&queue, 4, QUEUE_MAX + 3);
}

static void change(struct queue *queue, uint32_t element, uint32_t was, uint32_t severity)
{
	queue_add(queue, &(struct transition){
			     .condition = {.id = 1, .element = element, .severity = severity},
			     .was = was});
}

/* Of a condition that changed while nobody was there, the newest change, in its place. */
static void newest_of_each(void)
{
	struct queue queue = {0};

	change(&queue, 1, SEVERITY_NORMAL, SEVERITY_WARNING);
	change(&queue, 2, SEVERITY_NORMAL, SEVERITY_WARNING);
	change(&queue, 1, SEVERITY_WARNING, SEVERITY_CRITICAL);
	change(&queue, 1, SEVERITY_CRITICAL, SEVERITY_WARNING);
	CHECK_EQ_INT_FATAL(queue.count, 2);
	CHECK_EQ_INT(queue.rows[0].transition.condition.element, 2);
	CHECK_EQ_INT(queue.rows[1].transition.condition.severity, SEVERITY_WARNING);
	CHECK_EQ_INT(queue.rows[1].transition.was, SEVERITY_NORMAL);
	/* What is sent may arrive, and stays until the session is over. */
	queue.rows[0].request = 7;
	change(&queue, 2, SEVERITY_WARNING, SEVERITY_NORMAL);
	change(&queue, 2, SEVERITY_NORMAL, SEVERITY_WARNING);
	CHECK_EQ_INT_FATAL(queue.count, 3);
	queue_again(&queue);
	CHECK_EQ_INT_FATAL(queue.count, 2);
	CHECK_EQ_INT(queue.rows[0].transition.condition.element, 1);
	CHECK_EQ_INT(queue.rows[1].transition.condition.element, 2);
	CHECK_EQ_INT(queue.rows[1].transition.condition.severity, SEVERITY_WARNING);
	CHECK_EQ_INT(queue.rows[1].transition.was, SEVERITY_NORMAL);
	CHECK_EQ_INT(queue.lost, 0);
	/* A test is no change of a condition. */
	queue_add(&queue, &(struct transition){.condition = {.id = 1, .element = 2}, .test = true});
	CHECK_EQ_INT(queue.count, 3);
}

static void refused_is_lost(void)
{
	struct queue queue = {0};

	add(&queue, 1, 2);
	CHECK_EQ_INT(send(&queue, 2), 2);
	queue_answered(&queue, 1001, true);
	queue_answered(&queue, 1001, true);
	expect_values(&queue, 2, 2);
	CHECK_EQ_INT(queue.lost, 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"in order and once", in_order_and_once},
	    {"again in a new session", again_in_a_new_session},
	    {"the newest are kept, the rest is counted",
	     the_newest_are_kept_and_the_rest_is_counted},
	    {"sent is kept", sent_is_kept},
	    {"the newest of each condition", newest_of_each},
	    {"refused is lost", refused_is_lost},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("queue", tests);
}
