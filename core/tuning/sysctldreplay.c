/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/tuning/sysctld_private.h"
#include "core/tuning/sysctlpattern.h"
#include "core/tuning/sysname.h"

/* The writes of one phase to one parameter. */
struct replay {
	const struct sysctld *s;
	const char *path; /* "net/ipv4/tcp_sack" */
	const struct assignment *rows, *end;
	sysctld_visitor *visit;
	void *data;
};

/* The first row whose name is not before this one, or not after it. */
static const struct assignment *find_bound(const struct assignments *list, const char *name,
					   bool after)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int cmp = strcmp(list->rows[middle].name, name);

		if (cmp < 0 || (after && cmp == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return list->count > 0 ? list->rows + low : NULL;
}

static void tell(const struct replay *r, const struct assignment *a, bool by_pattern)
{
	struct sysctld_write write = {
	    .value = a->value,
	    .file = a->file,
	    .line = a->line,
	    .by_pattern = by_pattern,
	};

	if (a->value || a->unknown)
		r->visit(r->data, &write);
}

/* The files that nobody saw, from one place in the order of reading up to another. */
static void tell_unseen(const struct replay *r, enum sysctld_phase phase, uint32_t from,
			uint32_t to)
{
	const struct assignments *unseen = &r->s->unseen;

	for (size_t i = 0; i < unseen->count; i++)
		if (unseen->rows[i].phase == phase && unseen->rows[i].sequence >= from &&
		    unseen->rows[i].sequence < to)
			tell(r, &unseen->rows[i], false);
}

static const struct assignment *last_of(const struct replay *r, enum sysctld_phase phase)
{
	const struct assignment *last = NULL;

	for (const struct assignment *a = r->rows; a < r->end; a++)
		if (a->phase == phase)
			last = a;
	return last;
}

/* Assignments that name the parameter. */
static void replay_plain(const struct replay *r, enum sysctld_phase phase,
			 const struct assignment *last)
{
	bool only_last =
	    phase == PHASE_TUNED || (phase == PHASE_FILES && r->s->stats.order == SYSCTLD_SYSTEMD);
	uint32_t from = only_last ? last->sequence : 0;

	for (const struct assignment *a = only_last ? last : r->rows; a <= last; a++) {
		if (a->phase != phase)
			continue;
		tell_unseen(r, phase, from, a->sequence);
		tell(r, a, false);
		from = a->sequence;
	}
	tell_unseen(r, phase, from, UINT32_MAX);
}

static void replay_phase(const struct replay *r, enum sysctld_phase phase)
{
	const struct assignments *patterns = &r->s->patterns;
	bool braces = phase == PHASE_FILES && r->s->stats.order == SYSCTLD_SYSTEMD;
	const struct assignment *last = last_of(r, phase);

	if (last) {
		replay_plain(r, phase, last);
		return;
	}
	for (size_t i = 0; i < patterns->count; i++)
		if (patterns->rows[i].phase == phase &&
		    sysctlpattern_matches(patterns->rows[i].name, r->path, braces))
			tell(r, &patterns->rows[i], true);
	/* Any of them may name the parameter, so that the patterns do not apply. */
	tell_unseen(r, phase, 0, UINT32_MAX);
}

/* tuned gives what it has set back to the files of /etc and /run that set it, too. */
static void replay_again(const struct replay *r)
{
	for (const struct assignment *a = r->rows; a < r->end; a++)
		if (a->phase == PHASE_FILES &&
		    (strncmp(a->file, "/etc/", 5) == 0 || strncmp(a->file, "/run/", 5) == 0))
			tell(r, a, false);
}

void sysctld_replay(const struct sysctld *s, const char *name, sysctld_visitor *visit, void *data)
{
	char path[SYSNAME_KEY_MAX];
	struct replay r = {
	    .s = s,
	    .path = path,
	    .rows = find_bound(&s->plain, name, false),
	    .end = find_bound(&s->plain, name, true),
	    .visit = visit,
	    .data = data,
	};

	sysname_path(name, path);
	for (enum sysctld_phase phase = PHASE_KERNEL; phase <= PHASE_TUNED; phase++)
		replay_phase(&r, phase);
	if (s->tuned_reapplies && last_of(&r, PHASE_TUNED))
		replay_again(&r);
	replay_phase(&r, PHASE_TUNED_AGAIN);
}
