/* SPDX-License-Identifier: MIT */
/*
 * Samples of a busy namespace against /proc/net/tcp before and after each.
 *
 * No two listings of sockets that come and go are equal. But a socket that stands in
 * both with the same ends, inode and state was in that state all the time between: no TCP
 * state is entered twice. (A socket in TIME_WAIT has no inode; one that took the place of
 * another has a later timer.) So a sample that was taken between the two has to count all
 * of those. Every other socket that it can have met either stood in the first listing, or
 * was opened later, which the kernel counts, or was still being opened at the end. How
 * many these are is what changed in between, and
 *
 *	unchanged - changed <= count <= unchanged + changed
 *
 * for each state. Where nothing changed, all counts must be exact.
 *
 * A socket that changed and is counted by itself was met once or not at all. (It can also
 * hide an unchanged one: where the kernel's walk stops within a bucket of its table and
 * goes on in the next message, it skips as many as it had told, and one of those may be
 * gone.)
 *
 * ESTABLISHED of a fast sample is CurrEstab, averaged from before and after the dump,
 * less CLOSE_WAIT of the dump. A socket that did not change is in both or in neither, and
 * adds what it should. One that did may have been in CurrEstab once, twice or not at all,
 * and may have been met in CLOSE_WAIT or not: it adds between -1 and 1. The same is true
 * for TIME_WAIT, the kernel's total of time-wait sockets less those in FIN_WAIT_2.
 */
#include "tests/tools/sampling.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/model/state.h"

enum { TELL = 5, PAUSE_NS = 20 * 1000 * 1000 };

/* A sample and what it is held against. */
struct bounded {
	uint32_t changed;
	uint32_t unchanged[STATE_COUNT]; /* by state - 1 */
};

struct result {
	uint32_t samples, fast, wrong;
	uint32_t least_changed, most_changed; /* of the fast samples */
	uint32_t worst;                       /* derived count to unchanged, at the most */
};

/* Connections that were opened, from either side, since the namespace was made. */
static uint64_t opened(void)
{
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	uint64_t active = 0, passive = 0;
	char line[1024];

	if (!file)
		err(1, "/proc/net/snmp");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Tcp: %*d %*d %*d %*d %" SCNu64 " %" SCNu64, &active, &passive) ==
		    2)
			break;
	fclose(file);
	return active + passive;
}

static bool opening(const struct line *line)
{
	return line->state == STATE_SYN_SENT || line->state == STATE_SYN_RECV;
}

static void bound(struct listing *before, struct listing *after, uint64_t opened_between,
		  struct bounded *ret_bounded)
{
	struct bounded b = {.changed = (uint32_t)opened_between};

	listing_compare(before, after);
	for (size_t i = 0; i < before->count; i++) {
		if (before->lines[i].unchanging)
			b.unchanged[before->lines[i].state - 1]++;
		else
			b.changed++;
	}
	/* The kernel counts an attempt only after the first segment went out. */
	for (size_t i = 0; i < after->count; i++)
		b.changed += !after->lines[i].unchanging && opening(&after->lines[i]);
	*ret_bounded = b;
}

static bool is_derived(enum sample_kind kind, const struct snapshot *now, uint32_t state)
{
	return kind == SAMPLE_FAST && now->info.source == SOURCE_SOCK_DIAG &&
	       (state == STATE_ESTABLISHED || state == STATE_TIME_WAIT);
}

static void check_state(enum sample_kind kind, const struct snapshot *now, uint32_t state,
			const struct bounded *b, struct result *result)
{
	int64_t count = snapshot_count(now, IP_TOTAL, state);
	int64_t parts =
	    (int64_t)snapshot_count(now, IP_V4, state) + snapshot_count(now, IP_V6, state);
	int64_t off = count - b->unchanged[state - 1];

	if (off < 0)
		off = -off;
	if (is_derived(kind, now, state) && off > result->worst)
		result->worst = (uint32_t)off;
	if (off <= b->changed && parts == count)
		return;
	if (result->wrong++ < TELL)
		printf("wrong %s %s: %" PRId64 " (of both families %" PRId64
		       "), unchanged %u, changed %u\n",
		       kind == SAMPLE_FAST ? "fast" : "full", state_name(state), count, parts,
		       b->unchanged[state - 1], b->changed);
}

/* CLOSED is not in /proc/net/tcp. */
static void check_sample(enum sample_kind kind, const struct snapshot *now, const struct bounded *b,
			 struct result *result)
{
	result->samples++;
	if (kind == SAMPLE_FAST) {
		result->fast++;
		if (b->changed < result->least_changed)
			result->least_changed = b->changed;
		if (b->changed > result->most_changed)
			result->most_changed = b->changed;
	}
	for (uint32_t state = STATE_CLOSED + 1; state <= STATE_COUNT; state++)
		check_state(kind, now, state, b, result);
}

void watch(struct sampling *s, uint32_t samples)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct listing before = {0}, after = {0};
	struct result result = {.least_changed = UINT32_MAX};
	uint64_t first = opened(), begun;
	struct bounded bounded;

	sampling_take(s, SAMPLE_FULL);
	while (result.samples < samples) {
		enum sample_kind kind = result.samples % 2 ? SAMPLE_FULL : SAMPLE_FAST;
		const struct snapshot *now;

		begun = opened();
		listing_read(&before);
		now = sampling_take(s, kind);
		listing_read(&after);
		bound(&before, &after, opened() - begun, &bounded);
		check_sample(kind, now, &bounded, &result);
		nanosleep(&pause, NULL);
	}
	printf("samples=%u fast=%u wrong=%u least_changed=%u most_changed=%u worst=%u "
	       "opened=%" PRIu64 "\n",
	       result.samples, result.fast, result.wrong, result.least_changed, result.most_changed,
	       result.worst, opened() - first);
	listing_done(&before);
	listing_done(&after);
}
