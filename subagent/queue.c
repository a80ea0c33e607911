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

void queue_add(struct queue *queue, const struct transition *transition)
{
	const struct queued *oldest;

	if (queue->count == QUEUE_MAX) {
		queue->lost++;
		oldest = queue_unsent(queue);
		if (!oldest)
			return;
		drop(queue, (size_t)(oldest - queue->rows));
	}
	queue->rows[queue->count++] = (struct queued){.transition = *transition};
}

void queue_answered(struct queue *queue, int request, bool refused)
{
	for (size_t i = 0; i < queue->count; i++) {
		if (queue->rows[i].request != request)
			continue;
		drop(queue, i);
		queue->lost += refused;
		break;
	}
}

void queue_again(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		queue->rows[i].request = 0;
}
