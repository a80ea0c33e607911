/* SPDX-License-Identifier: MIT */
/*
 * What a sample of this network namespace costs, against the least that reading the same
 * sockets from the kernel can cost. Prints one line of key=value: medians of the runs, in
 * microseconds; the peak of the resident set; what the snapshot holds.
 *
 *   tests/bench/sample KIND [RUNS [PROFILE]]
 *
 *   full, fast, listeners  a sample of that kind, after one full sample that finds the
 *                          owners (first_wall_us)
 *   floor                  one raw dump of all sockets, of which nothing is looked at
 *   requests               the same for the three dumps of a full sample: tcp_info for
 *                          the states whose ages are shown, memory for listeners
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/sampler.h"
#include "core/state.h"

enum { RUNS = 11, RUNS_MAX = 100000, BUFFER = 32 * 1024 };

struct job {
	int fd; /* NETLINK_SOCK_DIAG */
	uint64_t bytes;
	struct sampler *sampler;
	struct snapshot *last;
	enum sample_kind kind;
};

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void fail(const char *what, int error)
{
	fprintf(stderr, "sample: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}

/* The end of a dump is a message of its own size, the last of its datagram. */
static bool is_last(const char *buf, ssize_t len)
{
	struct nlmsghdr end;
	size_t size = NLMSG_LENGTH(sizeof(int));

	if (len < (ssize_t)size)
		return true;
	memcpy(&end, buf + len - size, sizeof(end));
	return end.nlmsg_type == NLMSG_DONE && end.nlmsg_len == size;
}

static void dump(struct job *job, uint32_t state_bits, unsigned extensions)
{
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req req;
	} msg = {
	    .nlh = {.nlmsg_len = sizeof(msg),
		    .nlmsg_type = TCPDIAG_GETSOCK,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	    .req = {.idiag_states = state_kernel_masks(state_bits),
		    .idiag_ext = (uint8_t)extensions},
	};
	static char buf[BUFFER];
	ssize_t len;

	if (send(job->fd, &msg, sizeof(msg), 0) < 0)
		fail("send", errno);
	do {
		len = recv(job->fd, buf, sizeof(buf), 0);
		if (len < 0)
			fail("recv", errno);
		job->bytes += (uint64_t)len;
	} while (!is_last(buf, len));
}

static void run_floor(struct job *job)
{
	dump(job, STATE_MASK_ALL, 0);
}

static void run_requests(struct job *job)
{
	const uint32_t listen = STATE_BIT(STATE_LISTEN);
	const uint32_t detail = STATE_BIT(STATE_ESTABLISHED) |
				STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_CLOSED);

	dump(job, listen, 1 << (INET_DIAG_SKMEMINFO - 1));
	dump(job, STATE_MASK_ALL & ~listen & ~detail, 1 << (INET_DIAG_INFO - 1));
	dump(job, detail, 0);
}

static void run_sample(struct job *job)
{
	const struct pace pace = {
	    .interval_ms = 5000, .detail_interval_ms = 15000, .scan_us = UINT32_MAX};
	struct snapshot *now = NULL;
	int error = sampler_take(job->sampler, job->kind, &pace, job->last, &now);

	if (error < 0)
		fail("sample", -error);
	sampler_release(job->sampler, job->last);
	job->last = now;
}

static const struct kind {
	const char *name;
	void (*run)(struct job *job);
	enum sample_kind kind;
} kinds[] = {
    {"floor", run_floor, 0},
    {"requests", run_requests, 0},
    {"listeners", run_sample, SAMPLE_LISTENERS},
    {"fast", run_sample, SAMPLE_FAST},
    {"full", run_sample, SAMPLE_FULL},
};

static void prepare(struct job *job, const struct kind *kind, const char *profile)
{
	struct config config;
	int error;

	job->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (job->fd < 0)
		fail("netlink", errno);
	job->kind = kind->kind;
	if (kind->run != run_sample)
		return;
	config_init(&config);
	if (profile)
		snprintf(config.profile, sizeof(config.profile), "%s", profile);
	error = sampler_new(&config, &job->sampler);
	if (error < 0)
		fail("sampler", -error);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(struct job *job, const struct kind *kind, size_t runs)
{
	int64_t *wall = calloc(runs, sizeof(*wall)), *cpu = calloc(runs, sizeof(*cpu));
	int64_t first = now_us(CLOCK_MONOTONIC);

	if (!wall || !cpu)
		fail("memory", ENOMEM);
	kind->run(job);
	first = now_us(CLOCK_MONOTONIC) - first;
	job->bytes = 0;
	for (size_t i = 0; i < runs; i++) {
		int64_t wall_from = now_us(CLOCK_MONOTONIC);
		int64_t cpu_from = now_us(CLOCK_THREAD_CPUTIME_ID);

		kind->run(job);
		cpu[i] = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu_from;
		wall[i] = now_us(CLOCK_MONOTONIC) - wall_from;
	}
	qsort(wall, runs, sizeof(*wall), compare);
	qsort(cpu, runs, sizeof(*cpu), compare);
	printf("kind=%s runs=%zu wall_us=%" PRId64 " cpu_us=%" PRId64
	       " first_wall_us=%" PRId64,
	       kind->name, runs, wall[runs / 2], cpu[runs / 2], first);
	free(wall);
	free(cpu);
}

int main(int argc, char **argv)
{
	size_t runs = argc > 2 ? (size_t)atoi(argv[2]) : RUNS;
	const struct kind *kind = NULL;
	struct job job = {.fd = -1};
	struct rusage usage;

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name) == 0)
			kind = &kinds[i];
	}
	if (!kind || runs < 1 || runs > RUNS_MAX) {
		fputs(
		    "usage: sample full|fast|listeners|floor|requests [RUNS [PROFILE]]\n",
		    stderr);
		return 2;
	}
	prepare(&job, kind, argc > 3 ? argv[3] : NULL);
	measure(&job, kind, runs);
	getrusage(RUSAGE_SELF, &usage);
	printf(" rss_kb=%ld bytes=%" PRIu64, usage.ru_maxrss, job.bytes / runs);
	if (job.last)
		printf(" sockets=%u conns=%zu row_bytes=%zu omitted=%u processes=%zu "
		       "remotes=%zu errors=%u",
		       job.last->info.sockets, job.last->n_conns,
		       sizeof(*job.last->conns), job.last->info.rows_omitted,
		       job.last->n_processes, job.last->n_remotes, job.last->info.errors);
	putchar('\n');
	sampler_release(job.sampler, job.last);
	sampler_free(job.sampler);
	close(job.fd);
	return EXIT_SUCCESS;
}
