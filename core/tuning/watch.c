/* SPDX-License-Identifier: MIT */
#include "core/tuning/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tuning/sysctldfiles.h"

/* FNV-1a. */
static uint64_t mix(uint64_t mark, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		mark = (mark ^ bytes[i]) * UINT64_C(0x100000001b3);
	return mark;
}

/* The file that a link leads to. ctime changes with each write, and no program sets it back. */
static uint64_t mix_file(uint64_t mark, int root, const char *path)
{
	int64_t facts[8] = {0};
	struct stat st;

	if (fstatat(root, path, &st, 0) == 0) {
		facts[0] = (int64_t)st.st_dev;
		facts[1] = (int64_t)st.st_ino;
		facts[2] = st.st_size;
		facts[3] = st.st_mtim.tv_sec;
		facts[4] = st.st_mtim.tv_nsec;
		facts[5] = st.st_ctim.tv_sec;
		facts[6] = st.st_ctim.tv_nsec;
	} else {
		facts[7] = errno;
	}
	mark = mix(mark, path, strlen(path) + 1);
	return mix(mark, facts, sizeof(facts));
}

int watch_mark(const char *root, const char *profile, uint64_t *ret_mark)
{
	struct sysctldfiles files = {0};
	uint64_t mark = UINT64_C(0xcbf29ce484222325);
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	/* With these rules each file is listed that is read by any. */
	r = sysctldfiles_list(fd, SYSCTLD_PROCPS, &files);
	if (r < 0)
		goto out;
	for (size_t i = 0; i < files.count; i++)
		mark = mix_file(mark, fd, files.paths[i]);
	if (profile)
		mark = mix_file(mark, AT_FDCWD, profile);
	*ret_mark = mark;
out:
	sysctldfiles_done(&files);
	close(fd);
	return r;
}
