/* SPDX-License-Identifier: MIT */
#include "core/sample/namespaces_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "core/base/timing.h"
#include "core/kernel/proc.h"

/* FIRST_US: CPU time for the start; STEP_US: the most of it in one step, because the host's own
 * samples wait for it. SAVED_S: how many seconds of unused allowance are kept. DEBT_S: how many
 * seconds of it are spent in advance on namespaces that are too old. FIND_SHARE: searching takes
 * one part in so many of it. FIND_MS: the interval of searches, at the least. */
enum {
	FIRST_US = 5000000,
	STEP_US = 500000,
	SAVED_S = 10,
	DEBT_S = 10,
	FIND_SHARE = 4,
	FIND_MS = 5000,
};

int namespaces_new(const struct config *config, struct namespaces **ret_namespaces)
{
	struct namespaces *n = calloc(1, sizeof(*n));
	int ret;

	if (!n)
		return -ENOMEM;
	n->config = *config;
	n->left_us = FIRST_US;
	ret = proc_open(&n->proc_fd, &n->net_fd);
	if (ret == 0)
		ret = netnsfind_new(n->proc_fd, &n->find);
	if (ret < 0)
		namespaces_free(n);
	else
		*ret_namespaces = n;
	return ret;
}

static void forget(struct space *space)
{
	sampler_release(space->last);
	sampler_free(space->sampler);
	*space = (struct space){.sampler = NULL};
}

void namespaces_free(struct namespaces *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		forget(&n->spaces[i]);
	free(n->spaces);
	free(n->rows);
	netnsfind_free(n->find);
	if (n->proc_fd >= 0)
		close(n->proc_fd);
	if (n->net_fd >= 0)
		close(n->net_fd);
	free(n);
}

void namespaces_configure(struct namespaces *n, const struct config *config)
{
	n->config = *config;
	n->find_ms = 0;
	for (size_t i = 0; i < n->count; i++) {
		if (n->spaces[i].sampler)
			sampler_configure(n->spaces[i].sampler, config);
		n->spaces[i].calm = n->spaces[i].denied = false;
	}
}

/* --- which there are --------------------------------------------------------------------- */

static void copy_found(const struct netns *found, struct netns *row)
{
	memcpy(row->name, found->name, sizeof(row->name));
	row->inode = found->inode;
	row->kind = found->kind;
	row->pid = found->pid;
	row->processes = found->processes;
}

/* Both lists are in the order of the names. */
static void take_over(struct namespaces *n, const struct netns *list, size_t count,
		      struct space *spaces, struct netns *rows)
{
	size_t old = 0;

	for (size_t i = 0; i < count; i++) {
		while (old < n->count && strcmp(n->rows[old].name, list[i].name) < 0)
			forget(&n->spaces[old++]);
		rows[i].worst = SEVERITY_UNKNOWN;
		spaces[i].id = netnsfind_id(n->find, i);
		if (old < n->count && n->spaces[old].id == spaces[i].id) {
			spaces[i] = n->spaces[old];
			rows[i] = n->rows[old++];
		}
		copy_found(&list[i], &rows[i]);
	}
	while (old < n->count)
		forget(&n->spaces[old++]);
}

static void replace(struct namespaces *n, size_t count, struct space *spaces, struct netns *rows)
{
	free(n->spaces);
	free(n->rows);
	n->spaces = spaces;
	n->rows = rows;
	n->count = count;
}

/* Without memory there are no rows at all: they must have the indexes of netnsfind's list. */
static int take_list(struct namespaces *n)
{
	size_t count;
	const struct netns *list = netnsfind_list(n->find, &count);
	struct space *spaces = array_new(count, sizeof(*spaces));
	struct netns *rows = array_new(count, sizeof(*rows));

	if (spaces && rows) {
		take_over(n, list, count, spaces, rows);
		replace(n, count, spaces, rows);
		return 0;
	}
	free(spaces);
	free(rows);
	take_over(n, NULL, 0, NULL, NULL);
	replace(n, 0, NULL, NULL);
	return -ENOMEM;
}

static void find(struct namespaces *n, uint64_t now_ms, uint32_t allowed)
{
	uint64_t begun_us = timing_cpu_us(), paid_ms;
	int ret = netnsfind_look(n->find, &n->config.netns);

	if (ret == 0)
		ret = take_list(n);
	n->error = ret;
	/* One part per ten thousand of a core is 0.1 microseconds each millisecond. */
	paid_ms = (timing_cpu_us() - begun_us) * 10 * FIND_SHARE / (allowed ? allowed : 1);
	n->find_ms = now_ms + (paid_ms > FIND_MS ? paid_ms : FIND_MS);
}

/* --- which one is next ------------------------------------------------------------------- */

/* The highest is next; 0: not due. Those with a raised condition come four times as often as
 * others; so do calm ones, which cost next to nothing. */
static uint64_t urgency(const struct namespaces *n, size_t i, uint64_t now_ms)
{
	const struct space *space = &n->spaces[i];
	uint64_t age_ms = now_ms - space->looked_ms;

	if (space->denied)
		return 0;
	if (!space->looked_ms)
		return UINT64_MAX;
	if (age_ms < n->config.interval_s * UINT64_C(1000))
		return 0;
	return space->calm || n->rows[i].worst > SEVERITY_NORMAL ? 4 * age_ms : age_ms;
}

/* The index of the next one; count: none is due. */
static size_t most_urgent(const struct namespaces *n, uint64_t now_ms)
{
	uint64_t most = 0;
	size_t found = n->count;

	for (size_t i = 0; i < n->count; i++) {
		uint64_t u = urgency(n, i, now_ms);

		if (u > most) {
			most = u;
			found = i;
		}
	}
	return found;
}

/* The one that is too old most; count: none is. */
static size_t too_old(const struct namespaces *n, uint64_t now_ms)
{
	size_t found = n->count;

	for (size_t i = 0; i < n->count; i++)
		if (!n->spaces[i].denied &&
		    now_ms - n->spaces[i].looked_ms >= NAMESPACES_AGE_MAX_S * 1000 &&
		    (found == n->count || n->spaces[i].looked_ms < n->spaces[found].looked_ms))
			found = i;
	return found;
}

/* Of an allowance that is not used. */
static int64_t most_saved_us(uint32_t allowed)
{
	return (int64_t)allowed * SAVED_S * 100;
}

static void earn(struct namespaces *n, uint64_t now_ms, uint32_t allowed)
{
	int64_t most_us = most_saved_us(allowed);
	uint64_t ms = n->step_ms ? sub_sat(now_ms, n->step_ms) : 0;

	n->step_ms = now_ms;
	if (n->left_us < most_us) {
		n->left_us += (int64_t)(ms * allowed / 10);
		if (n->left_us > most_us)
			n->left_us = most_us;
	}
}

static int look_at_next(struct namespaces *n, uint64_t now_ms, uint32_t allowed)
{
	uint64_t begun_us = timing_cpu_us();
	int64_t until_us = 0;
	size_t i;
	int ret = 0;

	if (n->left_us > most_saved_us(allowed) + STEP_US)
		until_us = n->left_us - STEP_US;
	while (ret == 0 && n->left_us > until_us && (i = most_urgent(n, now_ms)) < n->count) {
		uint64_t now_us;

		ret = namespaces_look(n, i, now_ms, allowed);
		now_us = timing_cpu_us();
		n->left_us -= (int64_t)(now_us - begun_us);
		begun_us = now_us;
	}
	i = too_old(n, now_ms);
	if (ret == 0 && i < n->count && n->left_us > -(int64_t)allowed * DEBT_S * 100) {
		ret = namespaces_look(n, i, now_ms, allowed);
		n->left_us -= (int64_t)(timing_cpu_us() - begun_us);
	}
	return ret;
}

/* The last step may have been another thread's. */
static int open_net(struct namespaces *n)
{
	int fd = proc_open_net(n->proc_fd);

	if (fd < 0)
		return fd;
	close(n->net_fd);
	n->net_fd = fd;
	return 0;
}

int namespaces_step(struct namespaces *n, uint64_t now_ms, uint32_t allowed)
{
	uint64_t begun_us = timing_cpu_us();
	int ret = open_net(n);

	earn(n, now_ms, allowed);
	if (ret < 0)
		n->error = ret;
	else if (now_ms >= n->find_ms)
		find(n, now_ms, allowed);
	namespaces_charge(n, timing_cpu_us() - begun_us);
	return ret < 0 ? 0 : look_at_next(n, now_ms, allowed);
}

void namespaces_charge(struct namespaces *n, uint64_t cpu_us)
{
	n->left_us -= (int64_t)cpu_us;
}

/* Why not all of them are sampled. */
static void put_error(const struct namespaces *n, struct snapshot *s)
{
	struct text text = text_begin(s->info.others_error, sizeof(s->info.others_error));
	bool denied = false;

	for (size_t i = 0; i < n->count; i++)
		denied |= n->spaces[i].denied;
	if (n->error < 0)
		text_add(&text, "", "looking for namespaces: %s", strerror(-n->error));
	if (denied)
		text_add(&text, "; ",
			 "namespaces may not be entered: it takes CAP_SYS_ADMIN, as of "
			 "namespaces.conf in the unit's directory");
}

void namespaces_show(const struct namespaces *n, struct snapshot *s)
{
	s->namespaces = n->rows;
	s->n_namespaces = n->count;
	s->info.others = true;
	s->info.others_count = (uint32_t)n->count;
	s->info.others_excluded = netnsfind_excluded(n->find);
	s->info.others_beyond = netnsfind_beyond(n->find);
	put_error(n, s);
	for (size_t i = 0; i < n->count; i++) {
		const struct snapshot *other = n->spaces[i].last;

		if (!other)
			continue;
		s->diagnosis.warning += other->diagnosis.warning;
		s->diagnosis.critical += other->diagnosis.critical;
	}
	if (s->diagnosis.critical)
		s->diagnosis.worst = SEVERITY_CRITICAL;
	else if (s->diagnosis.warning)
		s->diagnosis.worst = SEVERITY_WARNING;
}

const struct netns *namespaces_rows(const struct namespaces *n, size_t *ret_count)
{
	*ret_count = n->count;
	return n->rows;
}

const struct snapshot *namespaces_snapshot(const struct namespaces *n, size_t index)
{
	return n->spaces[index].last;
}

bool namespaces_is_news(const struct namespaces *n, size_t index)
{
	return n->spaces[index].news && n->spaces[index].last;
}

void namespaces_given(struct namespaces *n, size_t index)
{
	n->spaces[index].news = false;
}

void namespaces_again(struct namespaces *n, size_t index)
{
	n->spaces[index].news = true;
}
