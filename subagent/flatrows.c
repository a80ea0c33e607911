/* SPDX-License-Identifier: MIT */
#include "subagent/flat_private.h"

#include "core/base/array.h"
#include "core/diagnosis/rule.h"

#define MEMBER(kind, type, member, size, min, max)                                                 \
	{                                                                                          \
		kind, offsetof(type, member), size, min, max                                       \
	}
#define TEXT(type, member)  MEMBER(FLAT_TEXT, type, member, 0, 0, 0)
#define CHARS(type, member) MEMBER(FLAT_CHARS, type, member, sizeof(((type *)0)->member), 0, 0)
#define BOOL(type, member)  MEMBER(FLAT_BOOL, type, member, 0, 0, 0)
#define TIME(type, member)  MEMBER(FLAT_TIME, type, member, 0, 0, 0)
#define OWNER(type, member) MEMBER(FLAT_OWNER, type, member, 0, 0, 0)
#define TOP(type, member)   MEMBER(FLAT_TOP, type, member, 0, 0, 0)
/* From min to max. */
#define NUMBER8(type, member, min, max)  MEMBER(FLAT_NUMBER8, type, member, 0, min, max)
#define NUMBER32(type, member, min, max) MEMBER(FLAT_NUMBER32, type, member, 0, min, max)
/* Some rows have no address: its type is 0. */
#define ADDRESS(row, member) NUMBER8(row, member.type, 0, INET_IPV6Z)

static const struct flat_member info[] = {
    CHARS(struct sample_info, version),
    CHARS(struct sample_info, netns),
    CHARS(struct sample_info, others_error),
    BOOL(struct sample_info, others),
    CHARS(struct sample_info, last_error),
    CHARS(struct sample_info, tuning_error),
    CHARS(struct sample_info, missing),
    TIME(struct sample_info, start),
    TIME(struct sample_info, time),
    TIME(struct sample_info, monotonic),
    TIME(struct sample_info, counted_at),
    TIME(struct sample_info, detail_at),
    TIME(struct sample_info, attempted_at),
    TIME(struct sample_info, counters_since),
    BOOL(struct sample_info, failing),
    BOOL(struct sample_info, resent_known),
    BOOL(struct sample_info, always_cookies),
    NUMBER32(struct sample_info, source, 0, SOURCE_PROC_NET),
    NUMBER32(struct sample_info, counted_source, 0, SOURCE_PROC_NET),
};

static const struct flat_member states[] = {
    NUMBER32(struct state_row, ip_version, 1, IP_VERSION_COUNT),
    NUMBER32(struct state_row, state, 1, STATE_COUNT),
};

static const struct flat_member spreads[] = {NUMBER32(struct spread, state, 1, STATE_COUNT)};

static const struct flat_member suspects[] = {
    OWNER(struct suspects, owners[0].index),   OWNER(struct suspects, owners[1].index),
    OWNER(struct suspects, owners[2].index),   OWNER(struct suspects, endpoint_owner.index),
    TOP(struct suspects, listeners[0]),        TOP(struct suspects, listeners[1]),
    TOP(struct suspects, listeners[2]),        BOOL(struct suspects, outgoing),
    ADDRESS(struct suspects, endpoint.addr),   ADDRESS(struct suspects, remotes[0].addr),
    ADDRESS(struct suspects, remotes[1].addr), ADDRESS(struct suspects, remotes[2].addr),
    ADDRESS(struct suspects, network),
};
_Static_assert(SUSPECT_TOPS == 3, "a line for each above");

static const struct flat_member tops[] = {
    OWNER(struct state_top, owner),
    ADDRESS(struct state_top, remote),
};

static const struct flat_member diagnosis[] = {
    NUMBER32(struct diagnosis, worst, 0, SEVERITY_UNKNOWN),
};

static const struct flat_member limits[] = {
    NUMBER32(struct limit, id, 1, LIMIT_COUNT),
    OWNER(struct limit, owner),
    CHARS(struct limit, bound),
    CHARS(struct limit, detail),
    BOOL(struct limit, has_overflows),
    BOOL(struct limit, growing),
};

static const struct flat_member arcs[] = {
    NUMBER32(struct arc, number, 1, ARC_COUNT),
    NUMBER32(struct arc, from, 0, STATE_COUNT),
    NUMBER32(struct arc, to, 0, STATE_COUNT),
    TEXT(struct arc, name),
    TEXT(struct arc, phrase),
    BOOL(struct arc, rated),
};

static const struct flat_member owners[] = {
    CHARS(struct owner, name),
    CHARS(struct owner, service),
};

static const struct flat_member listeners[] = {
    ADDRESS(struct listener, addr),        BOOL(struct listener, dual_stack),
    BOOL(struct listener, has_limits),     BOOL(struct listener, several_owners),
    OWNER(struct listener, owner),         TIME(struct listener, since),
    OWNER(struct listener, fullest_owner), OWNER(struct listener, drops_owner),
};

static const struct flat_member listener_states[] = {
    {FLAT_LISTENER, offsetof(struct listener_state, listener), 0, 0, 0},
    NUMBER32(struct listener_state, state, 1, STATE_COUNT),
};

static const struct flat_member ports[] = {BOOL(struct port, remote)};

static const struct flat_member conns[] = {
    ADDRESS(struct conn, local),
    ADDRESS(struct conn, remote),
    NUMBER8(struct conn, state, 1, STATE_COUNT),
    NUMBER8(struct conn, ip_version, IP_V4, IP_V6),
    OWNER(struct conn, owner),
};

static const struct flat_member remotes[] = {
    NUMBER32(struct remote, state, 1, STATE_COUNT),
    ADDRESS(struct remote, addr),
};

static const struct flat_member processes[] = {
    NUMBER32(struct process, state, 1, STATE_COUNT),
    OWNER(struct process, owner),
};

static const struct flat_member devices[] = {CHARS(struct device, name)};

static const struct flat_member counters[] = {
    CHARS(struct counter, name),
    BOOL(struct counter, rated),
};

static const struct flat_member conditions[] = {
    NUMBER32(struct condition, id, 1, CONDITION_COUNT),
    NUMBER32(struct condition, element, 0, STATE_COUNT),
    NUMBER32(struct condition, severity, SEVERITY_NORMAL, SEVERITY_UNKNOWN),
    CHARS(struct condition, name),
    CHARS(struct condition, offender),
    CHARS(struct condition, figures),
    TEXT(struct condition, unit),
    TEXT(struct condition, advice),
    BOOL(struct condition, small),
    BOOL(struct condition, still),
    TIME(struct condition, since),
};

static const struct flat_member events[] = {
    NUMBER32(struct event, id, 1, CONDITION_COUNT),
    NUMBER32(struct event, element, 0, STATE_COUNT),
    NUMBER32(struct event, severity, SEVERITY_NORMAL, SEVERITY_UNKNOWN),
    NUMBER32(struct event, was, SEVERITY_NORMAL, SEVERITY_UNKNOWN),
    CHARS(struct event, offender),
    CHARS(struct event, netns),
    TIME(struct event, time),
};

static const struct flat_member namespaces[] = {
    CHARS(struct netns, name),
    CHARS(struct netns, condition),
    CHARS(struct netns, offender),
    TIME(struct netns, counted_at),
    NUMBER32(struct netns, kind, NETNS_NAMED, NETNS_KIND_COUNT),
    NUMBER32(struct netns, worst, SEVERITY_NORMAL, SEVERITY_UNKNOWN),
};

static const struct flat_member tuning_table[] = {
    TEXT(struct tuning_table, profile),
    TEXT(struct tuning_table, persisted_by),
    TIME(struct tuning_table, read_at),
};

static const struct flat_member tunings[] = {
    TEXT(struct tuning, name),
    TEXT(struct tuning, value),
    TEXT(struct tuning, default_value),
    TEXT(struct tuning, recommended),
    TEXT(struct tuning, persisted),
    TEXT(struct tuning, persisted_in),
    TEXT(struct tuning, note),
    TEXT(struct tuning, meaning),
    TEXT(struct tuning, reason),
    TEXT(struct tuning, target),
    NUMBER32(struct tuning, status, TUNING_AS_RECOMMENDED, TUNING_NO_RECOMMENDATION),
    NUMBER32(struct tuning, drift, DRIFT_NONE, DRIFT_REFUSED),
    BOOL(struct tuning, is_number),
    BOOL(struct tuning, refused),
    BOOL(struct tuning, target_harmful),
};

#define ROWS(inside, at, count, times, size, members)                                              \
	{                                                                                          \
		(inside), (at), (count), (times), (size), (members), COUNT_OF(members)             \
	}
#define AT(member) offsetof(struct flat, snapshot.member)
#define ONE(member, members)                                                                       \
	ROWS(true, AT(member), 0, 1, sizeof(((struct snapshot *)0)->member), members)
#define FIXED(member)                                                                              \
	ROWS(true, AT(member), 0, COUNT_OF(((struct snapshot *)0)->member),                        \
	     sizeof(((struct snapshot *)0)->member[0]), member)
#define ARRAY(member, counted, times)                                                              \
	ROWS(false, AT(member), AT(counted), times, sizeof(*((struct snapshot *)0)->member), member)

const struct flat_rows flat_rows[] = {
    ONE(info, info),
    FIXED(states),
    FIXED(spreads),
    FIXED(suspects),
    FIXED(tops),
    ONE(diagnosis, diagnosis),
    ROWS(true, AT(limits), AT(n_limits), LIMIT_COUNT, sizeof(struct limit), limits),
    ROWS(true, AT(arcs), AT(n_arcs), ARC_COUNT, sizeof(struct arc), arcs),
    ARRAY(owners, n_owners, 1),
    ARRAY(listeners, n_listeners, 1),
    ARRAY(listener_states, n_listeners, STATE_COUNT),
    ARRAY(ports, n_ports, 1),
    ARRAY(conns, n_conns, 1),
    ARRAY(remotes, n_remotes, 1),
    ARRAY(processes, n_processes, 1),
    ARRAY(devices, n_devices, 1),
    ARRAY(counters, n_counters, 1),
    ARRAY(conditions, n_conditions, 1),
    ARRAY(events, n_events, 1),
    ARRAY(namespaces, n_namespaces, 1),
    ROWS(true, offsetof(struct flat, tuning), offsetof(struct flat, tuned), 1,
	 sizeof(struct tuning_table), tuning_table),
    ROWS(false, offsetof(struct flat, tuning.rows), offsetof(struct flat, tuning.count), 1,
	 sizeof(struct tuning), tunings),
};

static uint64_t add(uint64_t hash, uint64_t number)
{
	return (hash ^ number) * 0x100000001b3;
}

_Static_assert(COUNT_OF(flat_rows) == FLAT_ROWS, "all of them");

uint64_t flat_layout(void)
{
	uint64_t hash = add(0xcbf29ce484222325, sizeof(struct flat));

	for (const struct flat_rows *r = flat_rows; r < flat_rows + FLAT_ROWS; r++) {
		hash = add(add(add(add(hash, r->at), r->count), r->times), r->size);
		for (const struct flat_member *m = r->members; m < r->members + r->n_members; m++)
			hash = add(add(add(add(add(hash, m->kind), m->offset), m->size), m->min),
				   m->max);
	}
	return hash;
}
