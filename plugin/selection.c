/* SPDX-License-Identifier: MIT */
#include "plugin/selection.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/array.h"

/* clang-format off */
static const struct field listener_fields[] = {
	METRIC_FIELD(METRIC_QUEUE, "accept", struct listener, accept_queue, 1),
	METRIC_FIELD(METRIC_QUEUE, "syn", struct listener, syn_queue, 1),
	METRIC_FIELD(METRIC_QUEUE, "syn_unanswered", struct listener, syn_unanswered, 1),
	METRIC_FIELD(METRIC_COUNTER, "drops", struct listener, drops, 1),
};

/* Where the source tells the limits. */
static const struct field limit_fields[] = {
	METRIC_FIELD(METRIC_QUEUE, "accept_limit", struct listener, accept_queue_limit, 1),
	METRIC_FIELD(METRIC_QUEUE, "syn_limit", struct listener, syn_queue_limit, 1),
	METRIC_FIELD(METRIC_PERCENT, "accept_queue", struct listener, accept_queue_fullest, 1),
	METRIC_FIELD(METRIC_PERCENT, "syn_queue", struct listener, syn_queue_percent, 1),
};
/* clang-format on */

static bool has_port(const struct config_ports *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++) {
		if (ports->port[i] == port)
			return true;
	}
	return false;
}

static void emit_ports(const struct sink *sink, const struct selection *selection,
		       const struct series *report, const struct snapshot *s)
{
	for (const struct port *p = s->ports; p < s->ports + s->n_ports; p++) {
		char name[METRIC_NAME_MAX];

		if (!has_port(p->remote ? &report->ports.remote : &report->ports.local, p->port) &&
		    (p->remote || !report->ports.listening ||
		     !choice_has_port(&selection->listeners, p->port)))
			continue;
		snprintf(name, sizeof(name), "%" PRIu16 "-%s", p->port,
			 p->remote ? "remote" : "local");
		metric_put_states(sink, name, p->count);
	}
}

/* Connections, the listening sockets left out. */
static uint64_t listener_weight(const struct snapshot *s, size_t listener)
{
	uint64_t sum = 0;

	for (uint32_t state = 1; state <= STATE_COUNT; state++) {
		if (state != STATE_LISTEN)
			sum += snapshot_listener_count(s, listener, state);
	}
	return sum;
}

static int choose_listeners(struct choice *choice, const struct snapshot *s, size_t max)
{
	struct candidate *c = calloc(s->n_listeners + 1, sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_listeners; i++) {
		c[i].addr = s->listeners[i].addr;
		c[i].port = s->listeners[i].port;
		c[i].row = (uint32_t)i;
		c[i].weight = listener_weight(s, i);
	}
	rc = choice_make(choice, c, s->n_listeners, max);
	free(c);
	return rc;
}

static void emit_listeners(const struct sink *sink, const struct choice *choice,
			   const struct snapshot *s)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct listener *l = &s->listeners[choice->chosen[i].row];
		char addr[INET_TEXT_MAX];
		char name[METRIC_NAME_MAX];

		snprintf(name, sizeof(name), "listener-%" PRIu16 "-%s", l->port,
			 snapshot_addr_format(s, &l->addr, addr));
		metric_put_fields(sink, name, NULL, listener_fields, COUNT_OF(listener_fields), l);
		if (l->has_limits)
			metric_put_fields(sink, name, NULL, limit_fields, COUNT_OF(limit_fields),
					  l);
	}
}

static int choose_remotes(struct choice *choice, const struct snapshot *s, size_t max)
{
	struct candidate *c = calloc(s->n_remotes + 1, sizeof(*c));
	size_t n;
	int rc;

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_remotes; i++) {
		c[i].addr = s->remotes[i].addr;
		c[i].weight = s->remotes[i].count;
	}
	n = choice_merge(c, s->n_remotes);
	rc = choice_make(choice, c, n, max);
	free(c);
	return rc;
}

/* The snapshot names the top remotes of a state: one that is not among them has a count of 0 if
 * they are all, else it is not known. */
static bool remote_count(const struct snapshot *s, const struct inet_addr *addr,
			 enum tcp_state state, uint32_t *ret_count)
{
	uint32_t named = 0;

	for (size_t i = 0; i < s->n_remotes; i++) {
		const struct remote *r = &s->remotes[i];

		if (r->state != state)
			continue;
		if (inet_addr_cmp(&r->addr, addr) == 0) {
			*ret_count = r->count;
			return true;
		}
		named++;
	}
	if (named < s->spreads[state - 1].remotes)
		return false;
	*ret_count = 0;
	return true;
}

static void emit_remotes(const struct sink *sink, const struct choice *choice,
			 const struct snapshot *s)
{
	for (size_t i = 0; i < choice->count; i++) {
		const struct inet_addr *addr = &choice->chosen[i].addr;
		char text[INET_TEXT_MAX];
		char name[METRIC_NAME_MAX];
		uint32_t count;

		snprintf(name, sizeof(name), "remote-%s", snapshot_addr_format(s, addr, text));
		for (uint32_t state = 1; state <= STATE_COUNT; state++) {
			if (remote_count(s, addr, state, &count))
				metric_put(sink, name, METRIC_CONNECTIONS, metric_state(state),
					   count);
		}
	}
}

int selection_choose(struct selection *p, const struct series *report, const struct snapshot *s)
{
	int rc = choose_listeners(&p->listeners, s, report->max_listeners);
	int rc_remotes = choose_remotes(&p->remotes, s, report->max_remotes);

	return rc ? rc : rc_remotes;
}

void selection_emit(const struct selection *p, const struct series *report,
		    const struct snapshot *s, const struct sink *sink)
{
	emit_ports(sink, p, report, s);
	if (report->listeners)
		emit_listeners(sink, &p->listeners, s);
	emit_remotes(sink, &p->remotes, s);
}

void selection_done(struct selection *p)
{
	choice_done(&p->listeners);
	choice_done(&p->remotes);
}
