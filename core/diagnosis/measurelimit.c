/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/measure.h"

#include "core/base/timing.h"
#include "core/diagnosis/offender.h"

/* What grows steadily is critical when it is full in ten minutes at that pace, a warning when it is
 * full in an hour and half full already. */
enum { SOON_S = 600, LATER_S = 3600, HALF = 50 };

static const struct limit *find_limit(const struct snapshot *s, enum limit_id id)
{
	for (size_t i = 0; i < s->n_limits; i++)
		if (s->limits[i].id == id)
			return &s->limits[i];
	return NULL;
}

enum measured measure_limit(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct limit *limit = find_limit(in->now, in->of);

	if (!limit)
		return measure_lacks(in, MEASURED_UNKNOWN, "the limit cannot be read here");
	m->value = limit->percent;
	text_add(in->figures, ", ", "%llu of %llu", (unsigned long long)limit->usage,
		 (unsigned long long)limit->capacity);
	/* What turns over within a minute is not looked at for that. */
	if (!limit->growing && in->of != LIMIT_TIME_WAIT_BUCKETS)
		text_add(in->figures, ", ", "it has not grown in each of the last ten minutes");
	if (limit->growing && limit->left_s < SOON_S)
		m->least = SEVERITY_CRITICAL;
	else if (limit->growing && limit->left_s < LATER_S && limit->percent > HALF)
		m->least = SEVERITY_WARNING;
	offender_time_left(text, limit);
	return MEASURED_VALUE;
}

/* The process nearest to its limit of those that are not ignored; 0: there is none. */
static uint32_t top_descriptors(const struct measuring *in, struct measure *m, bool *ret_known)
{
	uint32_t top = 0;

	*ret_known = in->now->n_owners <= 1;
	for (uint32_t i = 1; i < in->now->n_owners; i++) {
		const struct owner *owner = &in->now->owners[i];

		*ret_known |= owner->fds_max > 0;
		if (measure_ignores(in, &(struct ignore_subject){.owner = owner}))
			m->ignored++;
		else if (offender_descriptors(owner) > m->value) {
			m->value = offender_descriptors(owner);
			top = i;
		}
	}
	return top;
}

enum measured measure_descriptors(const struct measuring *in, struct text *text, struct measure *m)
{
	const struct limit *limit = find_limit(in->now, in->of);
	bool known;
	uint32_t top = top_descriptors(in, m, &known);
	const struct owner *owner = snapshot_owner(in->now, top);

	m->at_ms = timing_ms(&in->now->info.detail_at);
	/* Without a process that has sockets there is nothing that could run out. */
	if (!known)
		return measure_lacks(in, MEASURED_UNKNOWN,
				     "the descriptors of no process can be counted");
	if (!limit || top == 0)
		return MEASURED_VALUE;
	offender_owner(text, "", in->now, top);
	text_add(text, ", ", "%u of %u", owner->fds, owner->fds_max);
	/* The limit's row is of the first one of all, ignored or not. */
	return limit->owner == top ? measure_limit(in, text, m) : MEASURED_VALUE;
}

enum measured measure_time_wait(const struct measuring *in, struct text *text, struct measure *m)
{
	offender_state_remote(text, in->now, STATE_TIME_WAIT);
	return measure_limit(in, text, m);
}

enum measured measure_ephemeral_ports(const struct measuring *in, struct text *text,
				      struct measure *m)
{
	const struct limit *limit = find_limit(in->now, in->of);

	if (limit) {
		text_add(text, "", "%s", limit->detail);
		m->at_ms = timing_ms(&in->now->info.detail_at);
	}
	return measure_limit(in, text, m);
}
