/* SPDX-License-Identifier: MIT */
#include "tests/tools/sampling.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/model/state.h"

static const char *address(const struct inet_addr *addr)
{
	static char text[2][INET_TEXT_MAX];
	static unsigned next;

	return addr->type ? inet_addr_format(addr, NULL, text[next++ % 2]) : "-";
}

static const char *endpoint(const struct inet_addr *addr, uint16_t port)
{
	static char text[2][INET_TEXT_MAX];
	static unsigned next;

	return inet_endpoint_format(addr, port, NULL, text[next++ % 2]);
}

static uint32_t pid(const struct snapshot *s, uint32_t owner)
{
	return snapshot_owner(s, owner)->pid;
}

static void show_counts(const struct snapshot *s)
{
	static const char *const version[] = {"", "ipv4", "ipv6", "total"};

	printf("sample source %u sockets %u omitted %u unknown %u errors %u\n", s->info.source,
	       s->info.sockets, s->info.rows_omitted, s->info.unknown_states, s->info.errors);
	for (size_t i = 0; i < IP_VERSION_COUNT * STATE_COUNT; i++)
		printf("state %s %s %u\n", state_name(s->states[i].state),
		       version[s->states[i].ip_version], s->states[i].count);
	for (size_t i = 0; i < STATE_COUNT; i++)
		printf("spread %s remotes %u processes %u top %u %u %s %u\n",
		       state_name(s->spreads[i].state), s->spreads[i].remotes,
		       s->spreads[i].processes, pid(s, s->tops[i].owner), s->tops[i].owner_count,
		       address(&s->tops[i].remote), s->tops[i].remote_count);
}

static void show_listeners(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		const struct listener *row = &s->listeners[i];
		const char *where = endpoint(&row->addr, row->port);

		printf("listener %s dual %d sockets %u accept %u %u fullest %u%% %u %u "
		       "syn %u %u drops %" PRIu64 " pid %u\n",
		       where, row->dual_stack, row->sockets, row->accept_queue,
		       row->accept_queue_limit, row->accept_queue_fullest, row->fullest_queue,
		       row->fullest_limit, row->syn_queue, row->syn_unanswered, row->drops,
		       pid(s, row->owner));
		printf("listener-states %s", where);
		for (uint32_t state = 1; state <= STATE_COUNT; state++)
			printf(" %u", snapshot_listener_count(s, i, state));
		putchar('\n');
	}
}

static void show_suspects(const struct snapshot *s)
{
	static const char *const name[] = {
	    [SUSPECT_CLOSE_WAIT_STALE] = "CLOSE_WAIT_STALE",
	    [SUSPECT_CLOSE_WAIT_UNACCEPTED] = "CLOSE_WAIT_UNACCEPTED",
	    [SUSPECT_FIN_WAIT_2_STALE] = "FIN_WAIT_2_STALE",
	    [SUSPECT_CLOSING_STUCK] = "CLOSING_STUCK",
	    [SUSPECT_SYN_SENT] = "SYN_SENT",
	    [SUSPECT_UPSTREAM_SILENT] = "UPSTREAM_SILENT",
	    [SUSPECT_SYN_UNANSWERED] = "SYN_UNANSWERED",
	    [SUSPECT_SYN_RECV] = "SYN_RECV",
	    [SUSPECT_PEER_SILENT] = "PEER_SILENT",
	    [SUSPECT_PEER_NOT_READING] = "PEER_NOT_READING",
	    [SUSPECT_NOT_READING] = "NOT_READING",
	};

	for (int i = 0; i < SUSPECT_COUNT; i++) {
		const struct suspects *row = &s->suspects[i];
		const struct listener *listener =
		    row->listeners[0].count > 0 && row->listeners[0].index < s->n_listeners
			? &s->listeners[row->listeners[0].index]
			: NULL;

		printf("suspects %s %u pid %u %u port %u %u listener %s %u remote %s %u "
		       "network %s %u %u\n",
		       name[i], row->count, pid(s, row->owners[0].index), row->owners[0].count,
		       row->port, row->port_count,
		       listener ? endpoint(&listener->addr, listener->port) : "-",
		       row->listeners[0].count, address(&row->remotes[0].addr),
		       row->remotes[0].count, address(&row->network), row->network_count,
		       row->network_remotes);
	}
}

/* Not what is counted for the whole machine: orphans, memory, files. */
static void show_limits(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_limits; i++) {
		const struct limit *row = &s->limits[i];

		if (row->id == LIMIT_TIME_WAIT_BUCKETS || row->id == LIMIT_EPHEMERAL_PORTS ||
		    row->id == LIMIT_SYN_BACKLOG || row->id == LIMIT_ACCEPT_BACKLOG)
			printf("limit %u usage %" PRIu64 " of %" PRIu64 " pid %u %s\n", row->id,
			       row->usage, row->capacity, pid(s, row->owner), row->detail);
	}
}

static void show_rows(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_conns; i++) {
		const struct conn *row = &s->conns[i];

		printf("conn %s %s %s uid %u inode %u pid %u\n", state_name(row->state),
		       endpoint(&row->local, row->local_port),
		       endpoint(&row->remote, row->remote_port), row->uid, row->inode,
		       pid(s, row->owner));
	}
	for (size_t i = 0; i < s->n_remotes; i++)
		printf("remote %s %s %u\n", state_name(s->remotes[i].state),
		       address(&s->remotes[i].addr), s->remotes[i].count);
	for (size_t i = 0; i < s->n_processes; i++)
		printf("process %u %s %u\n", s->processes[i].pid, state_name(s->processes[i].state),
		       s->processes[i].count);
	for (size_t i = 0; i < s->n_ports; i++) {
		printf("port %s %u", s->ports[i].remote ? "remote" : "local", s->ports[i].port);
		for (size_t j = 0; j < STATE_COUNT; j++)
			printf(" %u", s->ports[i].count[j]);
		putchar('\n');
	}
}

void show_conditions(const struct snapshot *s)
{
	static const char *const severity[] = {"", "normal", "warning", "critical", "unknown"};

	for (size_t i = 0; i < s->n_conditions; i++)
		printf("%s %s\n", s->conditions[i].name, severity[s->conditions[i].severity]);
}

void show(const struct snapshot *s)
{
	show_counts(s);
	show_listeners(s);
	show_suspects(s);
	show_limits(s);
	show_rows(s);
}
