/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/kernel/container.h"
#include "core/kernel/netnsfind_private.h"
#include "core/kernel/procpid.h"

/* Of how many processes the cgroup is read: the lowest may have entered a container's network from
 * outside (nsenter). */
enum { PROCESSES_ASKED = 8, CGROUP_MAX = 64 * 1024 };

/* A name that is in use, and with which number it was last made unique. */
struct taken {
	char name[NETNS_NAME_MAX + 3]; /* filled up with NUL, to a multiple of 4 */
	uint32_t number;
};

static struct taken *find_taken(struct tally *names, const char *name, bool add)
{
	struct taken key = {.name = ""};

	memcpy(key.name, name, strlen(name));
	return add ? tally_add(names, key.name) : tally_find(names, key.name);
}

void names_init(struct tally *names)
{
	tally_init(names, offsetof(struct taken, number), sizeof(struct taken));
}

int names_add(struct tally *names, const char *name)
{
	return find_taken(names, name, true) ? 0 : -ENOMEM;
}

int names_make_unique(struct tally *names, char name[NETNS_NAME_MAX])
{
	struct taken *taken = find_taken(names, name, false);
	uint32_t number = taken && taken->number > 0 ? taken->number : 1;
	char unique[NETNS_NAME_MAX], ending[16];

	memcpy(unique, name, sizeof(unique));
	while (find_taken(names, unique, false)) {
		int len = snprintf(ending, sizeof(ending), ".%u", ++number);

		snprintf(unique, sizeof(unique), "%.*s%s", NETNS_NAME_MAX - 1 - len, name, ending);
	}
	if (taken)
		taken->number = number;
	memcpy(name, unique, sizeof(unique));
	return names_add(names, unique);
}

static uint32_t asked(const struct space *space)
{
	return space->processes < PROCESSES_ASKED ? space->processes : PROCESSES_ASKED;
}

/* The name by the cgroup of a process. enum netns_kind, 0: it tells none, or a fatal -errno. */
static int ask_process(int proc_fd, uint32_t pid, char ret_name[NETNS_NAME_MAX])
{
	char path[32], *text;
	size_t len;
	int ret;

	snprintf(path, sizeof(path), "%u/cgroup", pid);
	ret = file_read(proc_fd, path, CGROUP_MAX, &text, &len);
	if (ret < 0)
		return spaces_is_fatal(ret) ? ret : 0;
	ret = (int)container_name(text, ret_name);
	free(text);
	return ret;
}

/* Names it by the cgroup of one of its processes; by a service only where none is a container's. */
static int ask_processes(int proc_fd, const struct spaces *spaces, struct space *space)
{
	for (uint32_t i = 0; i < asked(space); i++) {
		char name[NETNS_NAME_MAX];
		int kind = ask_process(proc_fd, spaces->pids[space->first + i], name);

		if (kind < 0)
			return kind;
		if (kind == 0 || (kind == NETNS_SERVICE && space->kind != 0))
			continue;
		space->kind = (uint32_t)kind;
		memcpy(space->name, name, sizeof(name));
		if (kind != NETNS_SERVICE)
			break;
	}
	return 0;
}

static void name_by_file(struct space *space)
{
	const char *name = strrchr(space->file, '/') + 1;

	space->kind = NETNS_NAMED;
	netns_set_name("", name, strlen(name), space->name);
}

/* "COMM-PID" of the lowest process; no name if it has ended. */
static void name_by_process(int proc_fd, struct space *space)
{
	int dir_fd = space->pid ? procpid_open(proc_fd, space->pid) : -1;
	struct procpid process;
	char name[32];

	if (dir_fd < 0)
		return;
	if (procpid_identify(dir_fd, &process) == 0) {
		snprintf(name, sizeof(name), "%s-%u", process.name[0] ? process.name : "process",
			 space->pid);
		space->kind = NETNS_PROCESS;
		netns_set_name("", name, strlen(name), space->name);
	}
	close(dir_fd);
}

int spaces_name(int proc_fd, const struct spaces *spaces, struct space *space, bool *ret_sure)
{
	int ret = 0;

	if (space->file && space->given)
		name_by_file(space);
	else
		ret = ask_processes(proc_fd, spaces, space);
	*ret_sure = space->kind != 0 && space->kind != NETNS_SERVICE;
	if (!*ret_sure && space->file)
		name_by_file(space);
	else if (space->kind == 0)
		name_by_process(proc_fd, space);
	return ret;
}

int spaces_is_named(int proc_fd, const struct spaces *spaces, const struct space *space,
		    bool *ret_is)
{
	struct space now = *space;
	char name[NETNS_NAME_MAX];

	now.name[0] = '\0';
	if (space->kind == NETNS_NAMED && space->file)
		name_by_file(&now);
	else if (space->kind == NETNS_PROCESS)
		name_by_process(proc_fd, &now);
	*ret_is = strcmp(now.name, space->name) == 0;
	for (uint32_t i = 0; i < asked(space) && !*ret_is; i++) {
		int kind = ask_process(proc_fd, spaces->pids[space->first + i], name);

		if (kind < 0)
			return kind;
		*ret_is = kind != 0 && strcmp(name, space->name) == 0;
	}
	return 0;
}
