/* SPDX-License-Identifier: MIT */
#include "subagent/snapshotfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/timing.h"
#include "subagent/flat.h"

/* A million rows of connections, and as much again for all else. */
enum { BYTES_MAX = 256 * 1024 * 1024, INTERVALS = 3 };

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

	if (stat("/proc/self/ns/net", &st) == 0)
		origin.netns = st.st_ino;
	free(path);
	return origin;
}

int snapshotfile_write(const struct snapshotfile *file, const struct snapshot *s)
{
	struct flat_origin origin = origin_of(file);
	void *block;
	size_t size;
	int ret = flat_pack(s, &origin, &block, &size);

	if (ret < 0)
		return ret;
	ret = file_replace(file->path, 0640, block, size);
	free(block);
	return ret;
}

static bool is_fresh(const struct snapshot *s)
{
	int64_t age_ms = (int64_t)timing_now_ms() - timing_ms(&s->info.monotonic);

	return age_ms >= 0 && age_ms <= (int64_t)s->info.interval_ms * INTERVALS;
}

int snapshotfile_read(const struct snapshotfile *file, const struct snapshot **ret_snapshot,
		      void **ret_block)
{
	struct flat_origin origin, own = origin_of(file);
	const struct snapshot *s;
	char *block;
	size_t size;
	int ret = file_read_regular(AT_FDCWD, file->path, BYTES_MAX, &block, &size);

	if (ret < 0)
		return ret == -EFBIG || ret == -EISDIR ? -EINVAL : ret;
	ret = flat_unpack(block, size, &s, &origin);
	if (ret == 0 && (origin.netns != own.netns || origin.config != own.config || !is_fresh(s)))
		ret = -ESTALE;
	if (ret < 0) {
		free(block);
		return ret;
	}
	*ret_snapshot = s;
	*ret_block = block;
	return 0;
}
