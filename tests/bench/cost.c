/* SPDX-License-Identifier: MIT */
/*
 * What a command costs, or what it makes a running process do. Its output is thrown away.
 * Prints one line of key=value: time in microseconds, and CPU time of all threads.
 *
 *   tests/bench/cost - COMMAND...    CPU time of the command itself
 *   tests/bench/cost PID COMMAND...  CPU time that process PID takes meanwhile
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		err(1, "the clock of the process");
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static int64_t microseconds(const struct timeval *t)
{
	return t->tv_sec * INT64_C(1000000) + t->tv_usec;
}

static _Noreturn void become(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		err(127, "/dev/null");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

/* Runs the command to its end. Returns its CPU time. */
static int64_t run(char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		become(argv);
	if (wait4(pid, &status, 0, &usage) < 0)
		err(1, "wait");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s failed", argv[0]);
	return microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
}

int main(int argc, char **argv)
{
	clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
	int64_t wall, cpu, of_command;
	bool of_process;

	if (argc < 3)
		errx(2, "usage: cost -|PID COMMAND...");
	of_process = strcmp(argv[1], "-") != 0;
	if (of_process && clock_getcpuclockid((pid_t)atoi(argv[1]), &clock) != 0)
		errx(1, "no process %s", argv[1]);
	wall = now_us(CLOCK_MONOTONIC);
	cpu = now_us(clock);
	of_command = run(argv + 2);
	cpu = now_us(clock) - cpu;
	wall = now_us(CLOCK_MONOTONIC) - wall;
	printf("wall_us=%" PRId64 " cpu_us=%" PRId64 "\n", wall, of_process ? cpu : of_command);
	return EXIT_SUCCESS;
}
