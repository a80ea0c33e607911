/* SPDX-License-Identifier: MIT */
#include "core/kernel/netnsfind.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/kernel/netnsfind_private.h"

/* How many searches a namespace waits for a better name, and for its first process, which may take
 * as long as an image is loaded. */
enum { LOOKS_NAME = 1, LOOKS_PROCESS = 10 };

struct netnsfind {
	int proc_fd, own_fd;
	uint64_t own;
	uint64_t last_id;
	bool looked; /* at least once */
	struct spaces spaces;
	struct netns *list;
	struct space **listed; /* of each row */
	size_t count;
	uint32_t excluded, beyond;
};

/* A search. */
struct look {
	struct spaces spaces;
	struct space **named; /* all that have a name; in the end those that are listed */
	size_t n_named;
	struct tally names; /* see names_init() */
	uint32_t excluded, beyond;
};

int netnsfind_new(int proc_fd, struct netnsfind **ret_find)
{
	struct netnsfind *f = calloc(1, sizeof(*f));
	struct stat st;
	int ret;

	if (!f)
		return -ENOMEM;
	f->proc_fd = proc_fd;
	f->own_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (f->own_fd < 0 || fstat(f->own_fd, &st) < 0) {
		ret = -errno;
		netnsfind_free(f);
		return ret;
	}
	f->own = st.st_ino;
	tally_init(&f->spaces.all, sizeof(uint64_t), sizeof(struct space));
	*ret_find = f;
	return 0;
}

void netnsfind_free(struct netnsfind *f)
{
	if (!f)
		return;
	if (f->own_fd >= 0)
		close(f->own_fd);
	spaces_done(&f->spaces);
	free(f->list);
	free(f->listed);
	free(f);
}

/* --- one look ---------------------------------------------------------------------------- */

/* The same namespace as the last search has found it; NULL: there was none, or another one that had
 * this inode. */
static const struct space *before(const struct netnsfind *f, const struct spaces *spaces,
				  const struct space *space)
{
	const struct space *old = tally_find(&f->spaces.all, &space->inode);

	if (!old)
		return NULL;
	if (old->file && space->file && old->attached.tv_sec == space->attached.tv_sec &&
	    old->attached.tv_nsec == space->attached.tv_nsec)
		return old;
	return spaces_share_process(&f->spaces, old, spaces, space) ? old : NULL;
}

/* Who gets a name that several would have: by kind, a file's name first, then by lowest process. */
static int by_rank(const void *a, const void *b)
{
	const struct space *left = *(const struct space *const *)a;
	const struct space *right = *(const struct space *const *)b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return left->inode < right->inode ? -1 : 1;
}

/* Those that had a name keep it. fresh: those that get one now. */
static int name_all(struct netnsfind *f, struct look *look, struct space **fresh, size_t *n_fresh)
{
	int ret = 0;

	for (size_t i = 0; i < look->spaces.all.count && ret == 0; i++) {
		struct space *space = tally_entry(&look->spaces.all, i);
		const struct space *old = before(f, &look->spaces, space);
		bool sure;

		if (old && old->name[0] != '\0') {
			space->kind = old->kind;
			space->listed = old->listed;
			space->id = old->id;
			space->numbered = old->numbered;
			memcpy(space->name, old->name, sizeof(space->name));
			look->named[look->n_named++] = space;
			ret = names_add(&look->names, space->name);
			continue;
		}
		ret = spaces_name(f->proc_fd, &look->spaces, space, &sure);
		space->looks = old ? old->looks + 1 : f->looked ? 0 : LOOKS_PROCESS;
		if (!sure && space->looks < (space->processes ? LOOKS_NAME : LOOKS_PROCESS))
			space->name[0] = '\0'; /* the next search may tell more */
		if (space->name[0] != '\0')
			fresh[(*n_fresh)++] = space;
	}
	return ret;
}

static struct space *find_named(const struct look *look, const char *name)
{
	for (size_t i = 0; i < look->n_named; i++) {
		if (strcmp(look->named[i]->name, name) == 0)
			return look->named[i];
	}
	return NULL;
}

static int make_unique(struct look *look, struct space *space)
{
	char name[NETNS_NAME_MAX];
	int ret;

	memcpy(name, space->name, sizeof(name));
	ret = names_make_unique(&look->names, space->name);
	space->numbered = strcmp(name, space->name) != 0;
	return ret;
}

/*
 * Frees a name that somebody new comes with, where nothing tells any more that it is the holder's:
 * a container was started anew, and what shared its network is left in the old one; or a file was
 * removed and made anew. The holder becomes another namespace, with another name.
 */
static int free_name(struct netnsfind *f, struct look *look, const char *name, bool *ret_free)
{
	struct space *holder = find_named(look, name), now;
	bool sure;
	int ret;

	*ret_free = false;
	if (!holder || holder->numbered)
		return 0;
	ret = spaces_is_named(f->proc_fd, &look->spaces, holder, &sure);
	if (ret < 0 || sure)
		return ret;
	now = *holder;
	now.kind = 0;
	now.name[0] = '\0';
	ret = spaces_name(f->proc_fd, &look->spaces, &now, &sure);
	if (ret < 0 || now.name[0] == '\0')
		return ret;
	now.id = ++f->last_id;
	*holder = now;
	*ret_free = true;
	return make_unique(look, holder);
}

static int name_fresh(struct netnsfind *f, struct look *look, struct space **fresh, size_t n_fresh)
{
	bool is_free;
	int ret = 0;

	qsort(fresh, n_fresh, sizeof(*fresh), by_rank);
	for (size_t i = 0; i < n_fresh && ret == 0; i++) {
		ret = free_name(f, look, fresh[i]->name, &is_free);
		if (ret == 0 && !is_free)
			ret = make_unique(look, fresh[i]);
		fresh[i]->id = ++f->last_id;
		look->named[look->n_named++] = fresh[i];
	}
	return ret;
}

static bool matches(const char patterns[][NETNS_PATTERN_MAX], const char *name)
{
	for (size_t i = 0; i < NETNS_PATTERNS_MAX && patterns[i][0] != '\0'; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

static bool is_wanted(const struct netns_filter *filter, const char *name)
{
	return (filter->include[0][0] == '\0' || matches(filter->include, name)) &&
	       !matches(filter->exclude, name);
}

static int by_place(const void *a, const void *b)
{
	const struct space *left = *(const struct space *const *)a;
	const struct space *right = *(const struct space *const *)b;

	if (left->listed != right->listed)
		return left->listed ? -1 : 1;
	return strcmp(left->name, right->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct space *const *)a)->name,
		      (*(const struct space *const *)b)->name);
}

/* Leaves in look->named those that are listed, sorted by name, and counts the others. */
static void select_spaces(struct look *look, const struct netns_filter *filter)
{
	size_t wanted = 0;

	for (size_t i = 0; i < look->n_named; i++) {
		struct space *space = look->named[i];

		if (is_wanted(filter, space->name))
			look->named[wanted++] = space;
		else
			space->listed = false;
	}
	look->excluded = (uint32_t)(look->n_named - wanted);
	qsort(look->named, wanted, sizeof(*look->named), by_place);
	look->n_named = wanted < filter->max ? wanted : filter->max;
	look->beyond = (uint32_t)(wanted - look->n_named);
	for (size_t i = 0; i < wanted; i++)
		look->named[i]->listed = i < look->n_named;
	qsort(look->named, look->n_named, sizeof(*look->named), by_name);
}

static struct netns *make_list(const struct look *look)
{
	struct netns *list = array_new(look->n_named, sizeof(*list));

	for (size_t i = 0; list && i < look->n_named; i++) {
		const struct space *space = look->named[i];
		struct netns *row = &list[i];

		memcpy(row->name, space->name, sizeof(row->name));
		row->inode = space->inode;
		row->kind = space->kind;
		row->processes = space->processes;
		row->pid = space->pid;
	}
	return list;
}

static int make_look(struct netnsfind *f, struct look *look)
{
	size_t count = look->spaces.all.count, n_fresh = 0;
	struct space **fresh = array_new(count, sizeof(*fresh));
	int ret = -ENOMEM;

	look->named = array_new(count, sizeof(*look->named));
	if (fresh && look->named)
		ret = name_all(f, look, fresh, &n_fresh);
	if (ret == 0)
		ret = name_fresh(f, look, fresh, n_fresh);
	free(fresh);
	return ret;
}

int netnsfind_look(struct netnsfind *f, const struct netns_filter *filter)
{
	struct look look = {.named = NULL};
	struct netns *list = NULL;
	int ret = spaces_scan(f->proc_fd, f->own, &look.spaces);

	if (ret < 0)
		return ret;
	names_init(&look.names);
	ret = make_look(f, &look);
	tally_done(&look.names);
	if (ret == 0) {
		select_spaces(&look, filter);
		list = make_list(&look);
		ret = list ? 0 : -ENOMEM;
	}
	if (ret < 0) {
		spaces_done(&look.spaces);
		free(look.named);
		return ret;
	}
	spaces_done(&f->spaces);
	free(f->list);
	free(f->listed);
	f->spaces = look.spaces;
	f->list = list;
	f->listed = look.named;
	f->count = look.n_named;
	f->excluded = look.excluded;
	f->beyond = look.beyond;
	f->looked = true;
	return 0;
}

/* --- what has been found ----------------------------------------------------------------- */

const struct netns *netnsfind_list(const struct netnsfind *f, size_t *ret_count)
{
	*ret_count = f->count;
	return f->list;
}

const uint32_t *netnsfind_processes(const struct netnsfind *f, size_t index, size_t *ret_count)
{
	const struct space *space = f->listed[index];

	*ret_count = space->processes;
	return f->spaces.pids + space->first;
}

uint64_t netnsfind_id(const struct netnsfind *f, size_t index)
{
	return f->listed[index]->id;
}

uint32_t netnsfind_excluded(const struct netnsfind *f)
{
	return f->excluded;
}

uint32_t netnsfind_beyond(const struct netnsfind *f)
{
	return f->beyond;
}

/* -ENOENT: the path leads to another namespace now. */
static int enter_by(int dir_fd, const char *path, uint64_t inode)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), ret = 0;
	struct stat st;

	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	if (fstat(fd, &st) < 0 || st.st_ino != inode)
		ret = -ENOENT;
	else if (setns(fd, CLONE_NEWNET) < 0)
		ret = errno == EINVAL ? -ENOENT : -errno;
	close(fd);
	return ret;
}

int netnsfind_enter(const struct netnsfind *f, size_t index)
{
	const struct space *space = f->listed[index];
	int ret = -ENOENT;
	char path[32];

	if (space->file)
		ret = enter_by(AT_FDCWD, space->file, space->inode);
	/* A process may have ended, gone elsewhere, or not let anybody look. */
	for (uint32_t i = 0; ret < 0 && i < space->processes; i++) {
		int err;

		snprintf(path, sizeof(path), "%u/ns/net", f->spaces.pids[space->first + i]);
		err = enter_by(f->proc_fd, path, space->inode);
		if (err == 0 || (err != -ENOENT && err != -ESRCH))
			ret = err;
	}
	return ret;
}

int netnsfind_leave(const struct netnsfind *f)
{
	return setns(f->own_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}
