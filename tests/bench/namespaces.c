/* SPDX-License-Identifier: MIT */

/*
 * What a look at all other network namespaces of a pattern costs, in CPU time: where nothing has
 * changed, and where each is sampled; beside reading /proc/PID/net/tcp and tcp6 of a process in
 * each. For tests/long/namespaces.sh. As root.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/sample/namespaces.h"

/* SOON_MS: what has not changed still holds. LATE_MS: it does not. */
enum { ROUNDS = 5, SOON_MS = 2000, LATE_MS = NAMESPACES_CALM_S * 1000, PLENTY = 10000000 };

static uint64_t clock_ms; /* goes as fast as it is wanted */

static void step(struct namespaces *n, uint64_t ms)
{
	int ret = namespaces_step(n, clock_ms += ms, PLENTY);

	if (ret < 0)
		errx(1, "namespaces_step: %s", strerror(-ret));
}

static size_t sampled(const struct namespaces *n)
{
	size_t count, all = 0;
	const struct netns *rows = namespaces_rows(n, &count);

	for (size_t i = 0; i < count; i++)
		all += rows[i].counted_at.tv_sec != 0;
	return all;
}

static uint64_t sockets(const struct namespaces *n)
{
	size_t count;
	const struct netns *rows = namespaces_rows(n, &count);
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all += rows[i].sockets;
	return all;
}

static void read_file(uint32_t pid, const char *name)
{
	static char buf[64 * 1024];
	char path[64];
	int fd;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%u/net/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	while ((len = read(fd, buf, sizeof(buf))) > 0)
		;
	close(fd);
}

static uint64_t read_all_us(const struct namespaces *n)
{
	uint64_t begun_us = timing_cpu_us();
	size_t count;
	const struct netns *rows = namespaces_rows(n, &count);

	for (size_t i = 0; i < count; i++) {
		if (!rows[i].pid)
			errx(1, "%s: no process", rows[i].name);
		read_file(rows[i].pid, "tcp");
		read_file(rows[i].pid, "tcp6");
	}
	return timing_cpu_us() - begun_us;
}

static uint64_t step_us(struct namespaces *n, uint64_t ms)
{
	uint64_t begun_us = timing_cpu_us();

	step(n, ms);
	return timing_cpu_us() - begun_us;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_ms(uint64_t us[ROUNDS])
{
	qsort(us, ROUNDS, sizeof(us[0]), compare);
	return (double)us[ROUNDS / 2] / 1000;
}

int main(int argc, char **argv)
{
	struct config config;
	struct namespaces *n;
	uint64_t calm[ROUNDS], full[ROUNDS], files[ROUNDS];
	size_t wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	double full_ms, files_ms, calm_ms;

	if (argc != 3)
		errx(2, "usage: namespaces PATTERN COUNT");
	config_init(&config_core_options, &config);
	config.namespaces = true;
	config.interval_s = 1;
	config.netns.max = 1024;
	snprintf(config.netns.include[0], sizeof(config.netns.include[0]), "%s", argv[1]);
	clock_ms = timing_now_ms();
	if (namespaces_new(&config, &n) < 0)
		errx(1, "namespaces_new");
	for (int i = 0; i < 20 && sampled(n) < wanted; i++)
		step(n, SOON_MS);
	if (sampled(n) != wanted)
		errx(1, "%zu namespaces, not %zu", sampled(n), wanted);
	step(n, SOON_MS);
	for (int i = 0; i < ROUNDS; i++) {
		calm[i] = step_us(n, SOON_MS);
		files[i] = read_all_us(n);
		full[i] = step_us(n, LATE_MS);
	}
	calm_ms = median_ms(calm);
	full_ms = median_ms(full);
	files_ms = median_ms(files);
	printf("| %zu | %llu | %.2f | %.2f | %.2f | %.2f | %.2f |\n", wanted,
	       (unsigned long long)sockets(n), calm_ms, full_ms, files_ms, calm_ms / files_ms,
	       full_ms / files_ms);
	namespaces_free(n);
	return 0;
}
