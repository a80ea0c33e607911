/* SPDX-License-Identifier: MIT */
/*
 * What a sample of this network namespace costs, against the least that reading the same
 * sockets from the kernel can cost. Reads kinds from standard input, one a line, does
 * each once and answers with a line of key=value: time in microseconds, CPU time of the
 * thread, the peak of the resident set so far; what the snapshot holds.
 *
 *   tests/bench/sample [PROFILE]
 *
 *   full, fast, listeners  a sample of that kind; all are one sampler's, whose first full
 *                          sample, which finds the owners, is not measured
 *   floor                  one raw dump of all sockets, of which nothing is looked at
 *   masked                 the same of the states that a fast sample reads
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

#include "core/sample/sampler.h"
#include "core/model/state.h"

enum { BUFFER = 32 * 1024, LINE_MAX_BYTES = 64 };

/* What a fast sample leaves out. */
#define DETAIL (STATE_BIT(STATE_ESTABLISHED) | STATE_BIT(STATE_TIME_WAIT) | STATE_BIT(STATE_CLOSED))

struct job {
	int fd;                  /* NETLINK_SOCK_DIAG */
	const char *profile;     /* NULL: the default one */
	struct sampler *sampler; /* NULL until the first sample */
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
	} while (!is_last(buf, len));
}

static void run_floor(struct job *job)
{
	dump(job, STATE_MASK_ALL, 0);
}

static void run_masked(struct job *job)
{
	dump(job, STATE_MASK_ALL & ~DETAIL, 0);
}

static void run_requests(struct job *job)
{
	const uint32_t listen = STATE_BIT(STATE_LISTEN);

	dump(job, listen, 1 << (INET_DIAG_SKMEMINFO - 1));
	dump(job, STATE_MASK_ALL & ~listen & ~DETAIL, 1 << (INET_DIAG_INFO - 1));
	dump(job, DETAIL, 0);
}

static void run_sample(struct job *job)
{
	const struct pace pace = {
	    .interval_ms = 5000, .detail_interval_ms = 15000, .scan_us = UINT32_MAX};
	struct snapshot *now = NULL;
	int error = sampler_take(job->sampler, job->kind, &pace, job->last, &now);

	if (error < 0)
		fail("sample", -error);
	sampler_release(job->last);
	job->last = now;
}

static const struct kind {
	const char *name;
	void (*run)(struct job *job);
	enum sample_kind kind;
} kinds[] = {
    {"floor", run_floor, 0},           {"masked", run_masked, 0},
    {"requests", run_requests, 0},     {"listeners", run_sample, SAMPLE_LISTENERS},
    {"fast", run_sample, SAMPLE_FAST}, {"full", run_sample, SAMPLE_FULL},
};

/* Makes the sampler and takes its first sample, which is a full one whatever is asked. */
static void prepare(struct job *job)
{
	struct config config;
	int error;

	config_init(&config_core_options, &config);
	if (job->profile)
		snprintf(config.profile, sizeof(config.profile), "%s", job->profile);
	error = sampler_new(&config, &job->sampler);
	if (error < 0)
		fail("sampler", -error);
	run_sample(job);
}

static void print_snapshot(const struct snapshot *snapshot)
{
	const struct sample_info *info = &snapshot->info;

	printf(" sockets=%u conns=%zu row_bytes=%zu omitted=%u processes=%zu remotes=%zu "
	       "errors=%u",
	       info->sockets, snapshot->n_conns, sizeof(*snapshot->conns), info->rows_omitted,
	       snapshot->n_processes, snapshot->n_remotes, info->errors);
}

static void measure(struct job *job, const struct kind *kind)
{
	int64_t wall, cpu;
	struct rusage usage;

	job->kind = kind->kind;
	if (kind->run == run_sample && !job->sampler)
		prepare(job);
	wall = now_us(CLOCK_MONOTONIC);
	cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
	kind->run(job);
	cpu = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	wall = now_us(CLOCK_MONOTONIC) - wall;
	getrusage(RUSAGE_SELF, &usage);
	printf("kind=%s wall_us=%" PRId64 " cpu_us=%" PRId64 " rss_kb=%ld", kind->name, wall, cpu,
	       usage.ru_maxrss);
	if (kind->run == run_sample)
		print_snapshot(job->last);
	putchar('\n');
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i].name) == 0)
			return &kinds[i];
	}
	fprintf(stderr, "sample: no such kind: %s\n", name);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	struct job job = {.profile = argc > 1 ? argv[1] : NULL};
	char line[LINE_MAX_BYTES];

	job.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (job.fd < 0)
		fail("netlink", errno);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		measure(&job, find_kind(line));
	}
	sampler_release(job.last);
	sampler_free(job.sampler);
	close(job.fd);
	return EXIT_SUCCESS;
}
