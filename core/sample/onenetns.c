/* SPDX-License-Identifier: MIT */
#include "core/sample/onenetns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"

/* How many names the error lists; the others are a number. */
enum { NAMED_MAX = 20 };

static int open_find(struct onenetns *l)
{
	int ret;

	l->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = l->proc_fd < 0 ? -errno : netnsfind_new(l->proc_fd, &l->find);
	if (ret < 0)
		onenetns_close(l);
	return ret;
}

void onenetns_close(struct onenetns *l)
{
	netnsfind_free(l->find);
	l->find = NULL;
	if (l->proc_fd > 0)
		close(l->proc_fd);
	l->proc_fd = -1;
}

void onenetns_miss(struct onenetns *l, const struct netns *rows, size_t count, bool are_on)
{
	struct text text = text_begin(l->error, sizeof(l->error));

	text_add(&text, "", "no other network namespace has the name \"%s\"", l->name);
	for (size_t i = 0; i < count && i < NAMED_MAX; i++)
		text_add(&text, i == 0 ? "; there are " : ", ", "%s", rows[i].name);
	if (count > NAMED_MAX)
		text_add(&text, " ", "and %zu more", count - NAMED_MAX);
	if (!are_on)
		text_add(&text, "; ",
			 "\"namespaces on\" in tcpstate.conf has tcpstated sample them all");
}

static int take_inside(struct onenetns *l, size_t index, struct sampler *sampler,
		       const struct pace *pace, const struct snapshot *last,
		       struct snapshot **ret_snapshot)
{
	int ret = netnsfind_enter(l->find, index), back;

	if (ret < 0) {
		snprintf(l->error, sizeof(l->error), "the namespace %s cannot be entered: %s",
			 l->name,
			 ret == -EPERM || ret == -EACCES ? "it takes CAP_SYS_ADMIN, as root has it"
							 : strerror(-ret));
		return ret;
	}
	ret = sampler_take(sampler, SAMPLE_FULL, pace, last, ret_snapshot);
	back = netnsfind_leave(l->find);
	return ret < 0 ? ret : back;
}

int onenetns_take(struct onenetns *l, const struct config *config, struct sampler **sampler,
		  const struct pace *pace, const struct snapshot *last,
		  struct snapshot **ret_snapshot)
{
	const struct netns *list, *row;
	size_t count, index;
	int ret = l->find ? 0 : open_find(l);

	if (ret == 0)
		ret = netnsfind_look(l->find, &config->netns);
	if (ret < 0) {
		snprintf(l->error, sizeof(l->error), "looking for namespaces: %s", strerror(-ret));
		return ret;
	}
	list = netnsfind_list(l->find, &count);
	row = netns_find(list, count, l->name);
	if (!row) {
		onenetns_miss(l, list, count, config->namespaces);
		return -ENXIO;
	}
	index = (size_t)(row - list);
	if (*sampler && netnsfind_id(l->find, index) != l->id) {
		sampler_free(*sampler);
		*sampler = NULL;
	}
	if (!*sampler) {
		last = NULL;
		ret = sampler_new_in(config, l->name, l->proc_fd, sampler);
	}
	l->id = netnsfind_id(l->find, index);
	return ret < 0 ? ret : take_inside(l, index, *sampler, pace, last, ret_snapshot);
}
