/* SPDX-License-Identifier: MIT */
#include "tests/tools/sampling.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/state.h"

enum { TIMER_TIME_WAIT = 3 };

static void add(struct listing *l, const struct line *line)
{
	if (l->count == l->capacity) {
		l->capacity = l->capacity ? 2 * l->capacity : 1024;
		l->lines = realloc(l->lines, l->capacity * sizeof(*l->lines));
		if (!l->lines)
			err(1, "listing");
	}
	l->lines[l->count++] = *line;
}

/* include/net/tcp_states.h, from 1; the listing has no others. */
static uint32_t state_of(unsigned kernel)
{
	static const uint8_t states[] = {
	    0,
	    STATE_ESTABLISHED,
	    STATE_SYN_SENT,
	    STATE_SYN_RECV,
	    STATE_FIN_WAIT_1,
	    STATE_FIN_WAIT_2,
	    STATE_TIME_WAIT,
	    STATE_CLOSED,
	    STATE_CLOSE_WAIT,
	    STATE_LAST_ACK,
	    STATE_LISTEN,
	    STATE_CLOSING,
	    STATE_SYN_RECV,
	};

	if (kernel == 0 || kernel >= sizeof(states))
		errx(1, "state %u in /proc/net/tcp", kernel);
	return states[kernel];
}

static void read_file(struct listing *l, const char *path)
{
	FILE *file = fopen(path, "re");
	char text[512];

	if (!file)
		err(1, "%s", path);
	while (fgets(text, sizeof(text), file)) {
		char local[40], remote[40];
		unsigned state, timer;
		struct line line = {0};

		if (sscanf(text, " %*d: %39s %39s %x %*x:%*x %x:%" SCNx32 " %*x %*u %*u %" SCNu32,
			   local, remote, &state, &timer, &line.when, &line.inode) != 6)
			continue;
		snprintf(line.ends, sizeof(line.ends), "%s %s", local, remote);
		line.state = state_of(state);
		line.time_wait = timer == TIMER_TIME_WAIT;
		add(l, &line);
	}
	fclose(file);
}

void listing_read(struct listing *l)
{
	l->count = 0;
	read_file(l, "/proc/thread-self/net/tcp");
	read_file(l, "/proc/thread-self/net/tcp6");
}

static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int order = strcmp(x->ends, y->ends);

	if (order)
		return order;
	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->state != y->state)
		return x->state < y->state ? -1 : 1;
	return (int)x->time_wait - (int)y->time_wait;
}

void listing_compare(struct listing *before, struct listing *after)
{
	size_t i = 0, j = 0;

	qsort(before->lines, before->count, sizeof(*before->lines), compare);
	qsort(after->lines, after->count, sizeof(*after->lines), compare);
	while (i < before->count && j < after->count) {
		struct line *x = &before->lines[i], *y = &after->lines[j];
		int order = compare(x, y);

		if (order == 0)
			x->unchanging = y->unchanging = !x->time_wait || y->when <= x->when;
		i += order <= 0;
		j += order >= 0;
	}
}

void listing_done(struct listing *l)
{
	free(l->lines);
}
