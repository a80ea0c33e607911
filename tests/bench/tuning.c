/* SPDX-License-Identifier: MIT */
/*
 * What the tuning audit costs: reading all of it, and looking whether a file has changed,
 * with this host's kernel and sysctl.d; and with 10,000 files in sysctl.d. Prints the
 * median of the runs in microseconds, wall clock and CPU.
 *
 *   tests/bench/tuning [PROFILE [RUNS]]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/tuning/tunable.h"
#include "core/tuning/watch.h"
#include "tests/support/tree.h"

enum { FILES = 10000, RUNS = 200 };

struct job {
	const char *root;
	const char *profile;
	size_t rows; /* of the table that was read; 0: only looked */
};

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void read_all(struct job *job)
{
	struct tunable_roots roots = {.root = job->root};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	if (tunable_read(&roots, job->profile, NULL, 0, &table, error) < 0) {
		fprintf(stderr, "%s\n", error);
		exit(EXIT_FAILURE);
	}
	job->rows = table->count;
	tunable_free(table);
}

static void look(struct job *job)
{
	uint64_t mark;

	if (watch_mark(job->root, job->profile, &mark) < 0)
		exit(EXIT_FAILURE);
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const char *what, void (*run)(struct job *), struct job job, size_t runs)
{
	int64_t *wall = calloc(runs, sizeof(*wall)), *cpu = calloc(runs, sizeof(*cpu));

	if (!wall || !cpu)
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < runs; i++) {
		int64_t wall_from = now_us(CLOCK_MONOTONIC);
		int64_t cpu_from = now_us(CLOCK_THREAD_CPUTIME_ID);

		run(&job);
		cpu[i] = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu_from;
		wall[i] = now_us(CLOCK_MONOTONIC) - wall_from;
	}
	qsort(wall, runs, sizeof(*wall), compare);
	qsort(cpu, runs, sizeof(*cpu), compare);
	printf("%-48s %8" PRId64 " us, CPU %8" PRId64 " us", what, wall[runs / 2], cpu[runs / 2]);
	if (job.rows > 0)
		printf(", %zu values", job.rows);
	putchar('\n');
	free(wall);
	free(cpu);
}

int main(int argc, char **argv)
{
	const char *profile = argc > 1 ? argv[1] : NULL;
	size_t runs = argc > 2 ? (size_t)atoi(argv[2]) : RUNS;
	struct tree t;

	if (runs < 1 || runs > 100000)
		return EXIT_FAILURE;
	tree_make(&t);
	for (int i = 0; i < FILES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "etc/sysctl.d/%05d.conf", i);
		tree_file(&t, name, "net.ipv4.tcp_fin_timeout = 60\n");
	}
	measure("all parameters, profile, this host's sysctl.d", read_all,
		(struct job){"/", profile, 0}, runs);
	measure("look for changed files", look, (struct job){"/", profile, 0}, runs);
	measure("all parameters, profile, 10,000 files", read_all, (struct job){t.path, profile, 0},
		runs / 10 + 1);
	measure("look for changed files, 10,000 of them", look, (struct job){t.path, profile, 0},
		runs / 10 + 1);
	tree_remove(&t);
	return EXIT_SUCCESS;
}
