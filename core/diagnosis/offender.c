/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/offender.h"

/* So many addresses of one network, with twice the connections of any single one, are taken to act
 * together. */
enum { NETWORK_REMOTES = 4, NETWORK_FACTOR = 2 };

/* Below this share, one remote in so many, nobody stands out. */
enum { SHARE_MIN = 10 };

void offender_owner(struct text *text, const char *sep, const struct snapshot *s, uint32_t owner)
{
	const struct owner *o = snapshot_owner(s, owner);

	if (o->pid != 0 && text_add(text, sep, "%s[%u]", o->name, o->pid))
		sep = " ";
	if (o->service[0] != '\0')
		text_add(text, sep, "%s", o->service);
}

void offender_listener(struct text *text, const struct snapshot *s, size_t listener)
{
	char endpoint[INET_TEXT_MAX];
	const struct listener *l;

	if (listener >= s->n_listeners)
		return;
	l = &s->listeners[listener];
	text_add(text, ", ", "%s", inet_endpoint_format(&l->addr, l->port, endpoint));
	offender_owner(text, " ", s, l->owner);
}

/* Writes who is meant into buf and returns how many of the suspects are its. */
static uint32_t format_remote(const struct suspects *suspects, char *buf, size_t size)
{
	bool network = suspects->network_remotes >= NETWORK_REMOTES &&
		       suspects->network_count / NETWORK_FACTOR >= suspects->remote_count;
	const struct inet_addr *addr = network ? &suspects->network : &suspects->remote;
	struct text text = text_begin(buf, size);
	char addr_text[INET_TEXT_MAX];

	text_add(&text, "", "%s", inet_addr_format(addr, addr_text));
	if (network)
		text_add(&text, "", "%s", addr->type == INET_IPV4 ? "/24" : "/64");
	return network ? suspects->network_count : suspects->remote_count;
}

void offender_suspect_remote(struct text *text, const struct suspects *suspects)
{
	char remote[INET_TEXT_MAX + 4];
	uint32_t count = format_remote(suspects, remote, sizeof(remote));

	if (count > 0)
		text_add(text, ", ", "%s, %u of %u", remote, count, suspects->count);
}

void offender_suspect_origin(struct text *text, const struct suspects *suspects, const char *word)
{
	char remote[INET_TEXT_MAX + 4];
	uint32_t count = format_remote(suspects, remote, sizeof(remote));

	if (count > suspects->count / 2)
		text_add(text, ", ", "most %s %s", word, remote);
	else if (count > suspects->count / SHARE_MIN)
		text_add(text, ", ", "%u of %u %s %s", count, suspects->count, word, remote);
	else if (count > 0)
		text_add(text, ", ", "%s many addresses", word);
}

void offender_suspect_listener(struct text *text, const struct snapshot *s,
			       const struct suspects *suspects)
{
	if (suspects->listener < s->n_listeners) {
		offender_listener(text, s, suspects->listener);
		text_add(text, ", ", "%u of %u", suspects->listener_count, suspects->count);
	}
	offender_suspect_origin(text, suspects, "from");
}

void offender_suspect_process(struct text *text, const struct snapshot *s,
			      const struct suspects *suspects, const char *port)
{
	bool one_port = suspects->port_count > suspects->count / 2;

	offender_owner(text, ", ", s, suspects->owner);
	if (one_port)
		text_add(text, ", ", "%s %u", port, suspects->port);
	if (suspects->owner != 0)
		text_add(text, ", ", "%u of %u", suspects->owner_count, suspects->count);
	else if (one_port)
		text_add(text, ", ", "%u of %u", suspects->port_count, suspects->count);
}

void offender_state_remote(struct text *text, const struct snapshot *s, uint32_t state)
{
	const struct state_top *top = &s->tops[state - 1];
	char addr[INET_TEXT_MAX];

	if (top->remote_count > 0)
		text_add(text, ", ", "%s, %u of %u", inet_addr_format(&top->remote, addr),
			 top->remote_count, snapshot_count(s, IP_TOTAL, state));
}

void offender_state(struct text *text, const struct snapshot *s, uint32_t state)
{
	const struct state_top *top = &s->tops[state - 1];

	if (top->owner == 0) {
		offender_state_remote(text, s, state);
		return;
	}
	offender_owner(text, ", ", s, top->owner);
	text_add(text, ", ", "%u of %u", top->owner_count, snapshot_count(s, IP_TOTAL, state));
}
