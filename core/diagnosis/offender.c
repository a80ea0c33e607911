/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/offender.h"

/* So many addresses of one network, with twice the connections of any single one, are taken to act
 * together. */
enum { NETWORK_REMOTES = 4, NETWORK_FACTOR = 2 };

void offender_owner(struct text *text, const char *sep, const struct snapshot *s, uint32_t owner)
{
	const struct owner *o = snapshot_owner(s, owner);

	if (o->pid != 0 && text_add(text, sep, "%s[%u]", o->name, o->pid))
		sep = " ";
	if (o->service[0] != '\0')
		text_add(text, sep, "%s", o->service);
}

uint32_t offender_fds_max(const struct owner *owner)
{
	return owner->fds <= (uint64_t)owner->fds_max + owner->fds_max / 8 ? owner->fds_max : 0;
}

uint32_t offender_descriptors(const struct owner *owner)
{
	uint32_t max = offender_fds_max(owner);

	return max > 0 ? (uint32_t)((uint64_t)owner->fds * 100 / max) : 0;
}

void offender_listener(struct text *text, const struct snapshot *s, size_t listener, uint32_t owner)
{
	char endpoint[INET_TEXT_MAX];
	const struct listener *l;

	if (listener >= s->n_listeners)
		return;
	l = &s->listeners[listener];
	text_add(text, ", ", "%s", snapshot_endpoint_format(s, &l->addr, l->port, endpoint));
	offender_owner(text, " ", s, owner);
}

static bool is_half(uint32_t count, uint32_t all)
{
	return count > 0 && count >= all - count;
}

/* True if the network is meant and not one of its addresses. */
static bool is_network(const struct suspects *suspects)
{
	return suspects->network_remotes >= NETWORK_REMOTES &&
	       suspects->network_count / NETWORK_FACTOR >= suspects->remotes[0].count;
}

/* Writes who is meant into buf and returns how many of the suspects are its. */
static uint32_t format_remote(const struct suspects *suspects, char *buf, size_t size)
{
	bool network = is_network(suspects);
	const struct inet_addr *addr = network ? &suspects->network : &suspects->remotes[0].addr;
	struct text text = text_begin(buf, size);
	char addr_text[INET_TEXT_MAX];

	text_add(&text, "", "%s", inet_addr_format(addr, NULL, addr_text));
	if (network)
		text_add(&text, "", "%s", inet_addr_is_v4(addr) ? "/24" : "/64");
	return network ? suspects->network_count : suspects->remotes[0].count;
}

static void add_spread_remotes(struct text *text, const struct suspects *suspects)
{
	char addr[INET_TEXT_MAX];

	for (int i = 0; i < SUSPECT_TOPS && suspects->remotes[i].count > 0; i++) {
		const struct suspect_remote *remote = &suspects->remotes[i];

		inet_addr_format(&remote->addr, NULL, addr);
		if (i == 0)
			text_add(text, ", ", "spread over %u addresses: %s (%u)",
				 suspects->n_remotes, addr, remote->count);
		else
			text_add(text, ", ", "%s (%u)", addr, remote->count);
	}
}

void offender_suspect_remote(struct text *text, const struct suspects *suspects)
{
	char remote[INET_TEXT_MAX + 4];
	uint32_t count = format_remote(suspects, remote, sizeof(remote));

	if (is_half(count, suspects->within))
		text_add(text, ", ", "%s, %u of %u", remote, count, suspects->count);
	else
		add_spread_remotes(text, suspects);
}

void offender_suspect_origin(struct text *text, const struct suspects *suspects)
{
	const char *word = suspects->outgoing ? "to" : "from";
	char remote[INET_TEXT_MAX + 4];
	uint32_t count = format_remote(suspects, remote, sizeof(remote));

	if (count > suspects->within / 2)
		text_add(text, ", ", "most %s %s", word, remote);
	else if (is_half(count, suspects->within))
		text_add(text, ", ", "half %s %s", word, remote);
	else
		add_spread_remotes(text, suspects);
}

/* Names one of them by its index. */
typedef void name_function(struct text *text, const struct snapshot *s, uint32_t index);

/* "spread over 5 processes: ", who (12), who (7), who (6). */
static void add_spread(struct text *text, const struct snapshot *s, const struct suspect_top *tops,
		       uint32_t different, const char *what, name_function *name)
{
	char who[sizeof(((struct condition *)NULL)->offender)];

	for (int i = 0; i < SUSPECT_TOPS && tops[i].count > 0; i++) {
		struct text piece = text_begin(who, sizeof(who));

		name(&piece, s, tops[i].index);
		if (i == 0)
			text_add(text, ", ", "spread over %u %s: %s (%u)", different, what, who,
				 tops[i].count);
		else
			text_add(text, ", ", "%s (%u)", who, tops[i].count);
	}
}

static void name_owner(struct text *text, const struct snapshot *s, uint32_t owner)
{
	offender_owner(text, ", ", s, owner);
}

static void name_listener(struct text *text, const struct snapshot *s, uint32_t listener)
{
	if (listener < s->n_listeners)
		offender_listener(text, s, listener, s->listeners[listener].owner);
}

/* With the process that does not accept: of several the one whose socket has most of those that
 * wait. */
static void name_acceptor(struct text *text, const struct snapshot *s, uint32_t listener)
{
	const struct listener *l;
	uint32_t owner;

	if (listener >= s->n_listeners)
		return;
	l = &s->listeners[listener];
	owner = is_half(l->fullest_queue, l->accept_queue) ? l->fullest_owner : 0;
	offender_listener(text, s, listener, l->several_owners ? owner : l->owner);
}

static void add_listeners(struct text *text, const struct snapshot *s,
			  const struct suspects *suspects, name_function *name)
{
	const struct suspect_top *top = &suspects->listeners[0];

	if (is_half(top->count, suspects->count)) {
		name(text, s, top->index);
		text_add(text, ", ", "%u of %u", top->count, suspects->count);
	} else {
		add_spread(text, s, suspects->listeners, suspects->n_listeners, "listeners", name);
	}
	offender_suspect_origin(text, suspects);
}

void offender_suspect_listener(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects)
{
	add_listeners(text, s, suspects, name_listener);
}

void offender_suspect_acceptor(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects)
{
	add_listeners(text, s, suspects, name_acceptor);
}

void offender_suspect_process(struct text *text, const struct snapshot *s,
			      const struct suspects *suspects)
{
	const struct suspect_top *top = &suspects->owners[0];
	bool one_port = suspects->port_count > suspects->within / 2;
	bool half = is_half(top->count, suspects->count);

	if (half)
		name_owner(text, s, top->index);
	else
		add_spread(text, s, suspects->owners, suspects->n_owners, "processes", name_owner);
	if (one_port)
		text_add(text, ", ", "%s port %u", suspects->outgoing ? "remote" : "local",
			 suspects->port);
	if (half)
		text_add(text, ", ", "%u of %u", top->count, suspects->count);
	else if (one_port && suspects->n_owners == 0)
		text_add(text, ", ", "%u of %u", suspects->port_count, suspects->count);
	if (suspects->outgoing)
		offender_suspect_origin(text, suspects);
}

void offender_suspect_endpoint(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects)
{
	const struct suspect_remote *endpoint = &suspects->endpoint;
	char addr[INET_TEXT_MAX];

	if (endpoint->count == 0)
		return;
	text_add(text, ", ", "%s",
		 snapshot_endpoint_format(s, &endpoint->addr, endpoint->port, addr));
	if (is_half(suspects->endpoint_owner.count, endpoint->count))
		name_owner(text, s, suspects->endpoint_owner.index);
	text_add(text, ", ", "%u of %u", endpoint->count, suspects->count);
}

/* The top ones may be those of an older sample than the state's count: then the share is not known.
 */
static void add_share(struct text *text, const struct snapshot *s, uint32_t state, uint32_t count)
{
	uint32_t all = snapshot_count(s, IP_TOTAL, state);

	if (count <= all)
		text_add(text, ", ", "%u of %u", count, all);
}

void offender_state_remote(struct text *text, const struct snapshot *s, uint32_t state)
{
	const struct state_top *top = &s->tops[state - 1];
	char addr[INET_TEXT_MAX];

	if (top->remote_count == 0)
		return;
	text_add(text, ", ", "%s", snapshot_addr_format(s, &top->remote, addr));
	add_share(text, s, state, top->remote_count);
}

void offender_state(struct text *text, const struct snapshot *s, uint32_t state)
{
	const struct state_top *top = &s->tops[state - 1];

	if (top->owner == 0) {
		offender_state_remote(text, s, state);
		return;
	}
	offender_owner(text, ", ", s, top->owner);
	add_share(text, s, state, top->owner_count);
}

void offender_time_left(struct text *text, const struct limit *limit)
{
	uint32_t minutes = limit->left_s / 60;

	if (!limit->growing)
		return;
	if (minutes < 120)
		text_add(text, ", ", "full in %u min", minutes);
	else if (minutes < 48 * 60)
		text_add(text, ", ", "full in %u h", minutes / 60);
	else
		text_add(text, ", ", "full in %u days", minutes / 60 / 24);
}
