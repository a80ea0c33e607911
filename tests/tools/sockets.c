/* SPDX-License-Identifier: MIT */
#include "tests/tools/sockets.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 16, LINE_MAX_BYTES = 4096 };

struct group *group_get(struct world *w, const char *name, bool make)
{
	for (size_t i = 0; i < w->n_groups; i++) {
		if (strcmp(w->groups[i].name, name) == 0)
			return &w->groups[i];
	}
	if (!make)
		return NULL;

	w->groups = realloc(w->groups, (w->n_groups + 1) * sizeof(*w->groups));
	if (!w->groups)
		err(1, "groups");
	struct group *group = &w->groups[w->n_groups++];
	*group = (struct group){0};
	snprintf(group->name, sizeof(group->name), "%s", name);
	return group;
}

void group_add(struct group *group, int fd)
{
	if (group->n == group->size) {
		group->size = group->size ? 2 * group->size : 64;
		group->fds = realloc(group->fds, group->size * sizeof(*group->fds));
		if (!group->fds)
			err(1, "group %s", group->name);
	}
	group->fds[group->n++] = fd;
}

uint32_t number(const char *text, uint32_t min, uint32_t max)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < min || n > max)
		errx(2, "%s: want a number from %u to %u", text, min, max);
	return (uint32_t)n;
}

char **option(char **argv, const char *word)
{
	for (; *argv; argv++) {
		if (strcmp(*argv, word) == 0)
			return argv + 1;
	}
	return NULL;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void pace(uint64_t start_ns, uint32_t i, uint32_t rate)
{
	if (rate == 0)
		return;
	uint64_t at = start_ns + (uint64_t)i * 1000000000u / rate;
	struct timespec t = {.tv_sec = (time_t)(at / 1000000000u),
			     .tv_nsec = (long)(at % 1000000000u)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* The name as ps and /proc/PID/comm show it; %HH stands for any byte but 0. */
static int cmd_name(struct world *w, char **argv)
{
	char name[64] = "";
	size_t n = 0;

	(void)w;
	for (const char *c = argv[1]; *c && n < sizeof(name) - 1; c++) {
		unsigned int byte = (unsigned char)*c;
		if (*c == '%') {
			if (sscanf(c + 1, "%2x", &byte) != 1 || byte == 0)
				return -EINVAL;
			c += 2;
		}
		name[n++] = (char)byte;
	}
	return prctl(PR_SET_NAME, name) == 0 ? 0 : -errno;
}

/* Further processes that hold the same sockets and do nothing. */
static int cmd_fork(struct world *w, char **argv)
{
	uint32_t count = number(argv[1], 1, 64);
	size_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return -errno;
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(STDIN_FILENO);
			close(STDOUT_FILENO);
			for (;;)
				pause();
		}
		used += (size_t)snprintf(w->reply + used, sizeof(w->reply) - used, "%s%d",
					 i ? " " : "", (int)pid);
	}
	return 0;
}

static const struct command {
	const char *name;
	int args; /* at least */
	command_fn *run;
	const char *usage;
} commands[] = {
    {"listen", 4, cmd_listen,
     "GROUP RANGE PORT BACKLOG [reuseport N] [v6only] [keepalive SECONDS] [defer SECONDS: accept "
     "with the first data]"},
    {"bind", 3, cmd_bind, "GROUP RANGE COUNT"},
    {"connect", 4, cmd_connect,
     "GROUP RANGE PORT COUNT [from RANGE] [early: bind() takes the port] [nowait: leave in "
     "SYN_SENT] [most: until no port is left]"},
    {"accept", 3, cmd_accept, "GROUP LISTENERS COUNT"},
    {"eof", 1, cmd_eof, "GROUP: wait until the peers have closed"},
    {"shutdown", 1, cmd_shutdown, "GROUP"},
    {"close", 1, cmd_close, "GROUP"},
    {"reset", 1, cmd_reset, "GROUP: close with RST"},
    {"send", 2, cmd_send, "GROUP BYTES"},
    {"fill", 1, cmd_fill, "GROUP: send until nothing more fits"},
    {"serve", 1, cmd_serve, "LISTENERS: accept, read, close when the peer closes"},
    {"leak", 1, cmd_leak, "LISTENERS: accept and never close"},
    {"drain", 1, cmd_drain, "GROUP: read what arrives"},
    {"talk", 2, cmd_talk, "GROUP MILLISECONDS: send a byte that often; 0 ends it"},
    {"honest", 4, cmd_honest,
     "RANGE PORT RATE SECONDS [from RANGE]: so many short connections, at that rate "
     "or as fast as the machine can"},
    {"flood", 5, cmd_flood, "RANGE PORT COUNT RATE SOURCES: SYNs from false addresses"},
    {"bound", 0, cmd_bound, "count bound, inactive sockets of IPv4 and IPv6"},
    {"name", 1, cmd_name, "TEXT: name of this process, %HH for a byte"},
    {"fork", 1, cmd_fork, "COUNT: processes that hold the same sockets"},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(void)
{
	fputs("usage: sockets [COMMAND]...\n"
	      "Runs the commands, each one argument, prints \"ok\" or \"error\" for each "
	      "and\n"
	      "\"ready\" after the last, then runs those that come line by line on stdin.\n"
	      "Holds its sockets until stdin is closed. RANGE: "
	      "ADDR[%ZONE][*COUNT[+STEP]]\n",
	      stderr);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(stderr, "  %s %s\n", commands[i].name, commands[i].usage);
	exit(2);
}

static bool run(struct world *w, char *line)
{
	char *argv[ARGS_MAX + 1] = {NULL};
	char *rest = NULL;
	int argc = 0;

	for (char *word = strtok_r(line, " ", &rest); word && argc < ARGS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;

	w->reply[0] = '\0';
	for (size_t i = 0; argc > 0 && i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (argc - 1 < commands[i].args) {
			printf("error %s: want %s\n", argv[0], commands[i].usage);
			return false;
		}
		int rc = commands[i].run(w, argv);
		if (rc == 0)
			printf(w->reply[0] ? "ok %s\n" : "ok\n", w->reply);
		else
			printf("error %s %s: %s %s\n", argv[0], argv[1] ? argv[1] : "",
			       strerror(-rc), w->reply);
		return rc == 0;
	}
	printf("error no such command: %s\n", argc > 0 ? argv[0] : "");
	return false;
}

/* Runs the whole lines of the buffer; returns how many bytes are left in it. */
static size_t run_lines(struct world *w, char *buf, size_t fill)
{
	char *start = buf, *end;

	while ((end = memchr(start, '\n', fill - (size_t)(start - buf)))) {
		*end = '\0';
		run(w, start);
		start = end + 1;
	}
	fill -= (size_t)(start - buf);
	memmove(buf, start, fill);
	return fill;
}

static void loop(struct world *w)
{
	char buf[LINE_MAX_BYTES];
	size_t fill = 0;

	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(w->epoll, events, 64, traffic_talk(w));

		for (int i = 0; i < n; i++) {
			int fd = (int)(uint32_t)events[i].data.u64;
			enum watch watch = (enum watch)(events[i].data.u64 >> 32);

			if (watch != WATCH_STDIN) {
				traffic_event(w, fd, watch);
				continue;
			}
			ssize_t got = read(STDIN_FILENO, buf + fill, sizeof(buf) - fill);
			if (got <= 0)
				return;
			fill = run_lines(w, buf, fill + (size_t)got);
		}
	}
}

int main(int argc, char **argv)
{
	struct world w = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
	struct rlimit files;

	if (argc > 1 && argv[1][0] == '-')
		usage();
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}

	for (int i = 1; i < argc; i++) {
		if (!run(&w, argv[i]))
			return EXIT_FAILURE;
	}
	puts("ready");

	/* A regular file or /dev/null cannot be watched: there is nothing to wait for. */
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)WATCH_STDIN << 32};
	if (epoll_ctl(w.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0)
		loop(&w);
	return EXIT_SUCCESS;
}
