/* SPDX-License-Identifier: MIT */
/*
 * Takes samples of its network namespace as it is told on stdin. After a command's output
 * there is a line "end".
 *
 *   tests/tools/sampling [CONFIGURATION]
 *
 *   full, fast, listeners [COUNT]  takes samples of that kind
 *   refused                        a full one to which sock_diag is refused
 *   mixed COUNT                    of each kind by turns; a second apart, see below
 *   show                           prints the newest one
 *   conditions                     prints its conditions
 *   memory                         memory of this process, in bytes
 *   watch COUNT                    see sampling.h
 */
#include "tests/tools/sampling.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static time_t ahead_s;
static bool refused;

/*
 * The clock of this program, in place of libc's: each sample of "mixed" makes it go forward by a
 * second. So what is kept for minutes and for an hour runs through its windows in a short test.
 */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, t);

	if (ret == 0 && clock == CLOCK_MONOTONIC)
		t->tv_sec += ahead_s;
	return ret;
}

/* In place of libmnl's: a request for sockets, which may be refused. */
ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *request, size_t size)
{
	if (!refused)
		return send(mnl_socket_get_fd(socket), request, size, 0);
	errno = EPERM;
	return -1;
}

const struct snapshot *sampling_take(struct sampling *s, enum sample_kind kind)
{
	const struct pace pace = {.interval_ms = 5000, .detail_interval_ms = 15000};
	struct snapshot *now = NULL;
	int error = sampler_take(s->sampler, kind, &pace, s->last, &now);

	if (error < 0)
		errx(1, "sample: %s", strerror(-error));
	sampler_release(s->last);
	s->last = now;
	return now;
}

static void take_some(struct sampling *s, enum sample_kind kind, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		sampling_take(s, kind);
}

static void take_refused(struct sampling *s)
{
	refused = true;
	sampling_take(s, SAMPLE_FULL);
	refused = false;
}

/* As they are taken where a full sample is dear: most are of the listeners. */
static void take_mixed(struct sampling *s, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++, ahead_s++)
		sampling_take(s, i % 15 == 0  ? SAMPLE_FULL
				 : i % 5 == 0 ? SAMPLE_FAST
					      : SAMPLE_LISTENERS);
}

/* A field of /proc/self/status, in bytes. */
static uint64_t status(const char *field)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t kb = 0;

	if (!file)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtoull(line + strlen(field), NULL, 10);
	fclose(file);
	return kb * 1024;
}

static void memory(const struct sampling *s)
{
	struct mallinfo2 info = mallinfo2();

	printf("allocated=%zu resident=%" PRIu64 " peak=%" PRIu64, info.uordblks + info.hblkhd,
	       status("VmRSS:"), status("VmHWM:"));
	if (s->last)
		printf(" sockets=%u conns=%zu remotes=%zu owners=%zu listeners=%zu",
		       s->last->info.sockets, s->last->n_conns, s->last->n_remotes,
		       s->last->n_owners, s->last->n_listeners);
	putchar('\n');
}

static void run(struct sampling *s, const char *command, uint32_t number)
{
	if (strcmp(command, "full") == 0)
		take_some(s, SAMPLE_FULL, number);
	else if (strcmp(command, "fast") == 0)
		take_some(s, SAMPLE_FAST, number);
	else if (strcmp(command, "listeners") == 0)
		take_some(s, SAMPLE_LISTENERS, number);
	else if (strcmp(command, "refused") == 0)
		take_refused(s);
	else if (strcmp(command, "mixed") == 0)
		take_mixed(s, number);
	else if (strcmp(command, "show") == 0 && s->last)
		show(s->last);
	else if (strcmp(command, "conditions") == 0 && s->last)
		show_conditions(s->last);
	else if (strcmp(command, "memory") == 0)
		memory(s);
	else if (strcmp(command, "watch") == 0)
		watch(s, number);
	else
		errx(2, "%s: no such command, or too early", command);
	puts("end");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[256], command[16], error[CONFIG_ERROR_MAX];
	struct sampling s = {0};
	/* As the plugin has it, so that both kinds of sample have ports to count. */
	static const struct counted_ports ports = {.listening = true};
	struct config config;
	int ret;

	if (config_load(&config_core_options, argc > 1 ? argv[1] : "", argc > 1, &config, error) <
	    0)
		errx(2, "%s", error);
	config.ports = &ports;
	ret = sampler_new(&config, &s.sampler);
	if (ret < 0)
		errx(1, "%s", strerror(-ret));
	while (fgets(line, sizeof(line), stdin)) {
		uint32_t number = 1;

		if (sscanf(line, "%15s %" SCNu32, command, &number) >= 1)
			run(&s, command, number);
	}
	sampler_release(s.last);
	sampler_free(s.sampler);
	return EXIT_SUCCESS;
}
