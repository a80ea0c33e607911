/* SPDX-License-Identifier: MIT */
#include "subagent/snapshotfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/number.h"
#include "core/base/timing.h"
#include "core/sample/namespaces.h"
#include "subagent/flat.h"

enum { INTERVALS = 3 };

/* FNV-1a. */
static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	return sum;
}

/* netns is 0 where /proc does not tell: readers and daemon then differ only in the rest. */
static struct flat_origin origin_of(const struct snapshotfile *file)
{
	char *path = realpath(file->config_path, NULL);
	struct flat_origin origin = {.config = hash(path ? path : file->config_path)};
	struct stat st;

	if (file->netns)
		origin.netns = file->netns;
	else if (stat("/proc/self/ns/net", &st) == 0)
		origin.netns = st.st_ino;
	free(path);
	return origin;
}

void snapshotfile_path_in(const char *path, uint64_t netns, char ret_path[SNAPSHOTFILE_PATH_MAX])
{
	snprintf(ret_path, SNAPSHOTFILE_PATH_MAX, "%s-%" PRIu64, path, netns);
}

/* As the function above names them, or as file_replace() names one that is being written. */
static bool is_in_netns(const char *name, const char *host)
{
	size_t len = strlen(host);
	uint64_t inode;

	if (strncmp(name, host, len) != 0 || name[len] != '-')
		return false;
	name += len + 1;
	return number_take(&name, 10, UINT64_MAX, &inode) &&
	       (*name == '\0' || strcmp(name, ".new") == 0);
}

void snapshotfile_clear(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir_path[SNAPSHOTFILE_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (!slash)
		return;
	snprintf(dir_path, sizeof(dir_path), "%.*s/", (int)(slash - path), path);
	dir = opendir(dir_path);
	while (dir && (entry = readdir(dir)))
		if (is_in_netns(entry->d_name, slash + 1))
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

int snapshotfile_pack(const struct snapshotfile *file, const struct snapshot *s, void **ret_block,
		      size_t *ret_size)
{
	struct flat_origin origin = origin_of(file);

	return flat_pack(s, &origin, ret_block, ret_size);
}

int snapshotfile_write(const struct snapshotfile *file, const void *block, size_t size)
{
	return file_replace(file->path, 0640, block, size);
}

static bool is_fresh(const struct snapshot *s)
{
	int64_t age_ms = (int64_t)timing_now_ms() - timing_ms(&s->info.monotonic);
	int64_t most_ms = s->info.netns[0] ? INT64_C(2000) * NAMESPACES_AGE_MAX_S
					   : (int64_t)s->info.interval_ms * INTERVALS;

	return age_ms >= 0 && age_ms <= most_ms;
}

static int load(const char *path, const struct snapshot **ret_snapshot, void **ret_block,
		struct flat_origin *ret_origin)
{
	char *block;
	size_t size;
	int ret = file_read_regular(AT_FDCWD, path, FLAT_BYTES_MAX, &block, &size);

	if (ret < 0)
		return ret == -EFBIG || ret == -EISDIR ? -EINVAL : ret;
	ret = flat_unpack(block, size, ret_snapshot, ret_origin);
	if (ret < 0)
		free(block);
	else
		*ret_block = block;
	return ret;
}

int snapshotfile_read(const struct snapshotfile *file, const struct snapshot **ret_snapshot,
		      void **ret_block)
{
	struct flat_origin origin, own = origin_of(file);
	const struct snapshot *s;
	void *block;
	int ret = load(file->path, &s, &block, &origin);

	if (ret < 0)
		return ret;
	if (origin.netns != own.netns || origin.config != own.config || !is_fresh(s)) {
		free(block);
		return -ESTALE;
	}
	*ret_snapshot = s;
	*ret_block = block;
	return 0;
}

/* Whichever it is: a file that could not be read is not tried again before it changes. */
static bool is_same(const struct snapshotfile_copy *copy, const struct stat *st)
{
	return copy->device == st->st_dev && copy->inode == st->st_ino &&
	       copy->changed_at.tv_sec == st->st_ctim.tv_sec &&
	       copy->changed_at.tv_nsec == st->st_ctim.tv_nsec;
}

int snapshotfile_follow(struct snapshotfile_copy *copy, const char *path)
{
	struct flat_origin origin;
	struct stat st;

	if (stat(path, &st) < 0) {
		int ret = -errno;

		snapshotfile_drop(copy);
		return ret;
	}
	if (!is_same(copy, &st)) {
		snapshotfile_drop(copy);
		copy->device = st.st_dev;
		copy->inode = st.st_ino;
		copy->changed_at = st.st_ctim;
		copy->error = load(path, &copy->snapshot, &copy->block, &origin);
	}
	if (copy->error < 0)
		return copy->error;
	return is_fresh(copy->snapshot) ? 0 : -ETIME;
}

void snapshotfile_drop(struct snapshotfile_copy *copy)
{
	free(copy->block);
	*copy = (struct snapshotfile_copy){.snapshot = NULL};
}
