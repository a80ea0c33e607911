/* SPDX-License-Identifier: MIT */
#include "core/kernel/service.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/tally.h"

/* Each level of a walk holds a handle. Containers within containers reach some ten. */
enum { DEPTH_MAX = 32 };

/* How many rounds a name outlives its directory once it is not looked up any more. */
enum { ROUNDS_KEPT = 2 };

struct services {
	int cgroup_fd;
	bool walked;          /* in this round */
	struct tally cgroups; /* struct service by id */
};

/* A cgroup on the way of a walk. */
struct cgroup {
	const char *name;
	uint64_t unit;         /* id of the nearest one, from here up, that is a unit; 0 */
	const char *unit_name; /* its name */
	int depth;
};

static bool ends_in(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && memcmp(text + len - n, suffix, n) == 0;
}

/* systemd's units that run processes. */
static bool is_unit(const char *name, size_t len)
{
	return ends_in(name, len, ".service") || ends_in(name, len, ".scope");
}

static void copy_name(const char *name, size_t len, size_t size, char *ret_name)
{
	if (len >= size)
		len = size - 1;
	memcpy(ret_name, name, len);
	ret_name[len] = '\0';
}

void service_name(const char *path, size_t size, char *ret_name)
{
	const char *name = "";
	size_t name_len = 0, len;

	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/")) {
		len = strcspn(path, "/");
		/* ".." leads out of the cgroup namespace that this process sees. */
		if (strncmp(path, "..", len) != 0 &&
		    (is_unit(path, len) || !is_unit(name, name_len))) {
			name = path;
			name_len = len;
		}
		path += len;
	}
	copy_name(name, name_len, size, ret_name);
}

int services_new(int cgroup_fd, struct services **ret_services)
{
	struct services *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->cgroup_fd = cgroup_fd;
	s->walked = cgroup_fd < 0;
	tally_init(&s->cgroups, sizeof(uint64_t), sizeof(struct service));
	*ret_services = s;
	return 0;
}

void services_free(struct services *s)
{
	if (!s)
		return;
	tally_done(&s->cgroups);
	free(s);
}

void services_begin(struct services *s)
{
	s->walked = s->cgroup_fd < 0;
	for (size_t i = 0; i < s->cgroups.count; i++) {
		struct service *service = tally_entry(&s->cgroups, i);

		service->owner = 0;
		if (service->rounds > 0)
			service->rounds--;
	}
}

static bool add(struct tally *cgroups, uint64_t id, const struct cgroup *cgroup)
{
	const char *name = cgroup->unit ? cgroup->unit_name : cgroup->name;
	struct service *service = tally_add(cgroups, &id);

	if (!service)
		return false;
	service->named = cgroup->unit ? cgroup->unit : id;
	copy_name(name, strlen(name), sizeof(service->name), service->name);
	return true;
}

/* Adds the directory and all below it. Takes fd over. A directory that has gone meanwhile or may
 * not be read is left out; other errors end the walk. */
static int walk(struct tally *cgroups, int fd, struct cgroup cgroup)
{
	struct dirent *entry;
	struct stat st;
	int err = 0;
	DIR *dir;

	dir = fdopendir(fd);
	if (!dir || fstat(fd, &st) != 0) {
		err = -errno;
		goto out;
	}
	if (is_unit(cgroup.name, strlen(cgroup.name))) {
		cgroup.unit = st.st_ino;
		cgroup.unit_name = cgroup.name;
	}
	if (!add(cgroups, st.st_ino, &cgroup)) {
		err = -ENOMEM;
		goto out;
	}
	cgroup.depth++;
	while (!err && cgroup.depth < DEPTH_MAX && (entry = readdir(dir))) {
		int child;

		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		cgroup.name = entry->d_name;
		if (child >= 0)
			err = walk(cgroups, child, cgroup);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			err = -errno;
	}
out:
	if (dir)
		closedir(dir);
	else
		close(fd);
	return err;
}

/* Makes the table anew: what is in use, then all there is. */
static int refresh(struct services *s)
{
	struct tally cgroups;
	int err = 0, fd;

	tally_init(&cgroups, sizeof(uint64_t), sizeof(struct service));
	for (size_t i = 0; i < s->cgroups.count; i++) {
		const struct service *old = tally_entry(&s->cgroups, i);
		struct service *kept = old->rounds > 0 ? tally_add(&cgroups, &old->id) : NULL;

		if (kept)
			*kept = *old;
	}
	fd = openat(s->cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : walk(&cgroups, fd, (struct cgroup){.name = ""});
	tally_done(err ? &cgroups : &s->cgroups);
	if (!err)
		s->cgroups = cgroups;
	return err;
}

struct service *services_find(struct services *s, uint64_t cgroup_id)
{
	struct service *service = tally_find(&s->cgroups, &cgroup_id);

	if (!service && !s->walked && cgroup_id != 0) {
		s->walked = true;
		/* An id that the walk did not meet is remembered as nameless: ids are not used
		 * again, so another walk would not find it. */
		if (refresh(s) == 0)
			service = tally_add(&s->cgroups, &cgroup_id);
	}
	if (!service)
		return NULL;
	service->rounds = ROUNDS_KEPT;
	if (service->named != cgroup_id)
		service = tally_find(&s->cgroups, &service->named);
	if (!service)
		return NULL;
	service->rounds = ROUNDS_KEPT;
	return service->name[0] != '\0' ? service : NULL;
}
