/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/kernel/netnsfind_private.h"
#include "core/kernel/procpid.h"

/* A process in a namespace. */
struct member {
	uint64_t inode;
	uint32_t pid;
};

/* The inode of a process's namespace; 0: it has ended, or may not be looked at. */
static uint64_t inode_of(int proc_fd, uint32_t pid)
{
	static const char PREFIX[] = "net:[";
	char path[32], link[32];
	const char *at = link + sizeof(PREFIX) - 1;
	uint64_t inode;
	ssize_t len;

	snprintf(path, sizeof(path), "%u/ns/net", pid);
	len = readlinkat(proc_fd, path, link, sizeof(link) - 1);
	if (len < 0)
		return 0;
	link[len] = '\0';
	if (strncmp(link, PREFIX, sizeof(PREFIX) - 1) != 0 ||
	    !number_take(&at, 10, UINT64_MAX, &inode) || strcmp(at, "]") != 0)
		return 0;
	return inode;
}

static int by_inode(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	if (left->inode != right->inode)
		return left->inode < right->inode ? -1 : 1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* The processes of the list that are in other namespaces. */
static struct member *elsewhere(int proc_fd, uint64_t own, const uint32_t *pids, size_t *count)
{
	struct member *members = array_new(*count, sizeof(*members));
	size_t kept = 0;

	for (size_t i = 0; members && i < *count; i++) {
		uint64_t inode = inode_of(proc_fd, pids[i]);

		if (inode != 0 && inode != own)
			members[kept++] = (struct member){inode, pids[i]};
	}
	*count = kept;
	return members;
}

static int scan_processes(int proc_fd, uint64_t own, struct spaces *s)
{
	struct member *members;
	size_t count;
	int ret = procpid_list(proc_fd, &s->pids, &count);

	if (ret < 0)
		return ret;
	members = elsewhere(proc_fd, own, s->pids, &count);
	if (!members)
		return -ENOMEM;
	qsort(members, count, sizeof(*members), by_inode);
	for (size_t i = 0; i < count && ret == 0; i++) {
		struct space *space = tally_add(&s->all, &members[i].inode);

		if (!space) {
			ret = -ENOMEM;
			break;
		}
		if (space->processes++ == 0) {
			space->pid = members[i].pid;
			space->first = i;
		}
		s->pids[i] = members[i].pid;
	}
	free(members);
	return ret;
}

/* Programs name namespaces by ids: docker "1f0c...", cri-o "UUID", CNI "cni-UUID", podman
 * "netns-UUID". People do not know a container by them. */
static bool is_generated(const char *name)
{
	size_t digits = 0;

	if (strncmp(name, "cni-", 4) == 0)
		name += 4;
	else if (strncmp(name, "netns-", 6) == 0)
		name += 6;
	for (; *name != '\0'; name++) {
		if (isxdigit((unsigned char)*name))
			digits++;
		else if (*name != '-')
			return false;
	}
	return digits >= 12;
}

/* nsfs has namespaces of all types. A descriptor of O_PATH takes no ioctl(), hence another open. */
static bool is_network(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC), type;

	if (fd < 0)
		return false;
	type = ioctl(fd, NS_GET_NSTYPE);
	close(fd);
	return type == CLONE_NEWNET || (type < 0 && errno == ENOTTY); /* before Linux 4.11 */
}

/* O_PATH first: a device or a FIFO must not be opened. */
static int stat_namespace(int dir_fd, const char *name, struct stat *ret_stat)
{
	struct statfs fs;
	int fd = openat(dir_fd, name, O_PATH | O_CLOEXEC), ret = -ENOENT;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC && fstat(fd, ret_stat) == 0 &&
	    is_network(dir_fd, name))
		ret = 0;
	close(fd);
	return ret;
}

/* A name that a person chose comes first, then by the alphabet. */
static bool is_better(const struct space *space, const char *file, bool given)
{
	if (!space->file || given != space->given)
		return !space->file || given;
	return strcmp(file, space->file) < 0;
}

static int add_name(struct spaces *s, uint64_t own, int dir_fd, const char *dir, const char *name)
{
	bool given = !is_generated(name);
	struct space *space;
	struct stat st;
	uint64_t inode;
	char *file;
	int ret = stat_namespace(dir_fd, name, &st);

	if (ret < 0)
		return spaces_is_fatal(ret) ? ret : 0;
	inode = st.st_ino;
	if (inode == own)
		return 0;
	space = tally_add(&s->all, &inode);
	file = textpool_format(s->texts, "%s/%s", dir, name);
	if (!space || !file)
		return -ENOMEM;
	if (is_better(space, file, given)) {
		space->file = file;
		space->given = given;
		space->attached = st.st_ctim;
	}
	return 0;
}

static int scan_names(struct spaces *s, uint64_t own, const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int ret = 0;

	if (!dir)
		return spaces_is_fatal(-errno) ? -errno : 0;
	while (ret == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			ret = add_name(s, own, dirfd(dir), path, entry->d_name);
	}
	closedir(dir);
	return ret;
}

int spaces_scan(int proc_fd, uint64_t own, struct spaces *ret_spaces)
{
	static const char *const dirs[] = {"/run/netns", "/run/docker/netns"};
	struct spaces s = {.pids = NULL};
	int ret;

	tally_init(&s.all, sizeof(uint64_t), sizeof(struct space));
	ret = textpool_new(&s.texts);
	if (ret == 0)
		ret = scan_processes(proc_fd, own, &s);
	for (size_t i = 0; ret == 0 && i < COUNT_OF(dirs); i++)
		ret = scan_names(&s, own, dirs[i]);
	if (ret < 0)
		spaces_done(&s);
	else
		*ret_spaces = s;
	return ret;
}

void spaces_done(struct spaces *s)
{
	tally_done(&s->all);
	free(s->pids);
	textpool_free(s->texts);
	s->pids = NULL;
	s->texts = NULL;
}

bool spaces_share_process(const struct spaces *a, const struct space *in_a, const struct spaces *b,
			  const struct space *in_b)
{
	const uint32_t *left, *left_end, *right, *right_end;

	if (in_a->processes == 0 || in_b->processes == 0)
		return false;
	left = a->pids + in_a->first;
	left_end = left + in_a->processes;
	right = b->pids + in_b->first;
	right_end = right + in_b->processes;
	while (left < left_end && right < right_end) {
		if (*left == *right)
			return true;
		if (*left < *right)
			left++;
		else
			right++;
	}
	return false;
}
