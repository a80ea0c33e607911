/* SPDX-License-Identifier: MIT */
#include "core/kernel/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/kernel/owner_private.h"

/* Every so many rounds a scan relies on nothing that earlier ones have read. */
enum { THOROUGH_ROUNDS = 8 };

/* A table of so few inodes is not worth shrinking. */
enum { INODES_FEW = 1024 };

_Static_assert(sizeof(((struct owner *)NULL)->service) == SERVICE_NAME_MAX,
	       "a service's name fits into its owner");
_Static_assert(sizeof(((struct owner *)NULL)->name) == sizeof(((struct procpid *)NULL)->name),
	       "a process's name fits into its owner");

int owners_open_cgroup(void)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct statfs fs;

	for (size_t i = 0; i < COUNT_OF(mounts); i++) {
		int fd = open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}

static bool make_room(struct owners *o)
{
	return ARRAY_RESERVE(o->list, &o->list_capacity, o->count + 1) == 0 &&
	       ARRAY_RESERVE(o->holders, &o->holders_capacity, o->count + 1) == 0;
}

uint32_t owners_add(struct owners *o, const struct owner *owner, uint64_t start)
{
	if (!make_room(o))
		return 0;
	o->list[o->count] = *owner;
	text_clean(o->list[o->count].name);
	text_clean(o->list[o->count].service);
	o->holders[o->count] = (struct holder){.start = start};
	return (uint32_t)o->count++;
}

int owners_new(int proc_fd, int cgroup_fd, struct owners **ret_owners)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->proc_fd = proc_fd;
	tally_init(&o->inodes, sizeof(uint32_t), sizeof(struct known));
	if (services_new(cgroup_fd, &o->services) != 0 || !make_room(o)) {
		owners_free(o);
		return -ENOMEM;
	}
	owners_add(o, &(struct owner){0}, 0);
	*ret_owners = o;
	return 0;
}

void owners_free(struct owners *o)
{
	if (!o)
		return;
	owners_end_scan(o);
	for (size_t i = 0; i < o->count; i++)
		free(o->holders[i].fds);
	services_free(o->services);
	tally_done(&o->inodes);
	free(o->holders);
	free(o->list);
	free(o);
}

/* The owner of sockets whose process is not known. */
static uint32_t find_service(struct owners *o, uint64_t cgroup_id)
{
	struct service *service = services_find(o->services, cgroup_id);
	struct owner owner = {0};

	if (!service)
		return 0;
	if (service->owner == 0) {
		memcpy(owner.service, service->name, sizeof(owner.service));
		service->owner = owners_add(o, &owner, 0);
	}
	return service->owner;
}

/*
 * The kernel tells its sockets in the same order each time, which is the order that they were
 * added in: most often the next entry is the one, and no hash is needed.
 */
static struct known *look_up(struct owners *o, uint32_t inode)
{
	struct known *known = NULL;

	if (o->next < o->inodes.count)
		known = tally_entry(&o->inodes, o->next);
	if (!known || known->inode != inode)
		known = tally_add(&o->inodes, &inode);
	if (known)
		o->next = (size_t)(known - (struct known *)tally_entry(&o->inodes, 0)) + 1;
	return known;
}

static const struct known *looked_up(const struct owners *o, uint32_t inode)
{
	const struct known *last = NULL;

	if (o->next > 0)
		last = tally_entry(&o->inodes, o->next - 1);
	return last && last->inode == inode ? last : tally_find(&o->inodes, &inode);
}

uint32_t owners_find(struct owners *o, uint32_t inode, uint64_t cgroup_id)
{
	struct known *known;

	if (inode == 0)
		return 0;
	known = look_up(o, inode);
	if (known && !known->used) {
		known->used = true;
		if (owners_lacks(known)) {
			o->wanted++;
			o->thorough |= known->misses > 0 && known->owner == 0;
		}
	}
	return known && known->owner ? known->owner : find_service(o, cgroup_id);
}

bool owners_wants(const struct owners *o, uint32_t inode)
{
	const struct known *known = looked_up(o, inode);

	return known && owners_lacks(known);
}

void owners_listening(struct owners *o, uint32_t inode, bool urgent)
{
	struct known *known = tally_find(&o->inodes, &inode);

	if (!known)
		return;
	known->listens = true;
	if (!known->used || known->doubt || known->tried ||
	    !(urgent || o->list[known->owner].pid == 1))
		return;
	o->wanted += !owners_lacks(known);
	known->doubt = true;
}

uint64_t owners_scan_us(const struct owners *o)
{
	return o->scan_us;
}

uint32_t owners_unreadable(const struct owners *o)
{
	return o->unreadable;
}

const struct owner *owners_list(const struct owners *o, size_t *ret_count)
{
	*ret_count = o->count;
	return o->list;
}

/* Takes the entries that are not in use out of the table, if they are the most of it. */
static void shrink(struct owners *o)
{
	struct tally inodes;
	size_t used = 0;

	for (size_t i = 0; i < o->inodes.count; i++)
		used += ((struct known *)tally_entry(&o->inodes, i))->used;
	if (o->inodes.count < INODES_FEW || used > o->inodes.count / 2)
		return;
	tally_init(&inodes, o->inodes.key_size, o->inodes.entry_size);
	for (size_t i = 0; i < o->inodes.count; i++) {
		const struct known *old = tally_entry(&o->inodes, i);
		struct known *known;

		if (!old->used)
			continue;
		known = tally_add(&inodes, &old->inode);
		if (!known) {
			tally_done(&inodes);
			return;
		}
		*known = *old;
	}
	tally_done(&o->inodes);
	o->inodes = inodes;
}

/* Gives the processes that still own sockets their new numbers, the others 0. */
static void renumber(struct owners *o)
{
	uint32_t next = 1;

	for (size_t i = 0; i < o->count; i++)
		o->holders[i].number = 0;
	for (size_t i = 0; i < o->inodes.count; i++) {
		const struct known *known = tally_entry(&o->inodes, i);

		if (known->used)
			o->holders[known->owner].number = 1;
	}
	o->holders[0].number = 0;
	for (uint32_t i = 1; i < o->count; i++) {
		if (o->holders[i].number)
			o->holders[i].number = owners_runs(o, i) ? next++ : 0;
	}
}

static void start_inode(struct known *known, const struct owners *o)
{
	/* In every which round an inode is looked for that so many scans have not found. Soon
	 * after the first miss, because a scan may have relied on what it knew; rarely then. */
	static const uint32_t every[] = {1, 2, 16, 64};
	/* What was not looked up is as if it had never been known. */
	uint32_t owner = known->used ? o->holders[known->owner].number : 0;

	if (!known->used)
		known->sought = known->seen = known->doubt = false;
	if (!owner)
		known->polled = false;
	if (!known->used || (known->owner && !owner))
		known->misses = 0;
	known->owner = owner & OWNER_MAX;
	known->used = false;
	known->tried = o->round % every[known->misses] != 0;
}

void owners_begin(struct owners *o)
{
	size_t count = 1;

	services_begin(o->services);
	o->round++;
	o->next = 0;
	o->wanted = 0;
	o->thorough = o->round % THOROUGH_ROUNDS == 0;
	shrink(o);
	renumber(o);
	for (size_t i = 0; i < o->inodes.count; i++)
		start_inode(tally_entry(&o->inodes, i), o);
	for (size_t i = 1; i < o->count; i++) {
		if (o->holders[i].number == 0) {
			free(o->holders[i].fds);
			continue;
		}
		o->list[count] = o->list[i];
		o->holders[count] = o->holders[i];
		o->holders[count++].was = (uint32_t)i;
	}
	o->count = count;
}

void owners_renumbered(const struct owners *o, uint32_t *ret_numbers, size_t count)
{
	memset(ret_numbers, 0, count * sizeof(*ret_numbers));
	for (uint32_t i = 1; i < o->count; i++)
		if (o->holders[i].was < count)
			ret_numbers[o->holders[i].was] = i;
	/* Those that came later were nobody's. */
	ret_numbers[0] = 0;
}
