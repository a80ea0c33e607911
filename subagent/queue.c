/* SPDX-License-Identifier: MIT */
#include "subagent/queue.h"

#include <string.h>

static void drop(struct queue *queue, size_t at)
{
	queue->count--;
	memmove(&queue->rows[at], &queue->rows[at + 1],
		(queue->count - at) * sizeof(queue->rows[0]));
}

struct queued *queue_unsent(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		if (queue->rows[i].request == 0)
			return &queue->rows[i];
	return NULL;
}

static bool same_condition(const struct transition *a, const struct transition *b)
{
	return a->condition.id == b->condition.id && a->condition.element == b->condition.element &&
	       a->test == b->test && strcmp(a->netns, b->netns) == 0;
}

/* Drops the unsent ones of the condition before `end`, and returns what it was before the oldest.
 */
static uint32_t drop_older(struct queue *queue, const struct transition *transition, size_t end)
{
	uint32_t was = transition->was;

	for (size_t i = end; i-- > 0;) {
		if (queue->rows[i].request != 0 ||
		    !same_condition(&queue->rows[i].transition, transition))
			continue;
		was = queue->rows[i].transition.was;
		drop(queue, i);
	}
	return was;
}

void queue_add(struct queue *queue, const struct transition *transition)
{
	uint32_t was = drop_older(queue, transition, queue->count);
	const struct queued *oldest;

	if (queue->count == QUEUE_MAX) {
		queue->lost++;
		oldest = queue_unsent(queue);
		if (!oldest)
			return;
		drop(queue, (size_t)(oldest - queue->rows));
	}
	queue->rows[queue->count] = (struct queued){.transition = *transition};
	queue->rows[queue->count++].transition.was = was;
}

void queue_answered(struct queue *queue, int request, bool refused)
{
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->rows[i].request != request)
			continue;
		if (queue->told)
			told_note(queue->told, &queue->rows[i].transition);
		drop(queue, i);
		queue->lost += refused;
		break;
	}
}

void queue_again(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		queue->rows[i].request = 0;
	for (size_t i = queue->count; i-- > 0;) {
		struct transition newest = queue->rows[i].transition;
		size_t before = queue->count;

		newest.was = drop_older(queue, &newest, i);
		i -= before - queue->count;
		queue->rows[i].transition.was = newest.was;
	}
}
