/* SPDX-License-Identifier: MIT */
#include "subagent/index.h"

#include <stdio.h>
#include <string.h>

/* A longer name does not occur; cut, it still fits OID_INDEX_MAX. */
enum { NAME_ARCS_MAX = 64 };

/* InetAddressType, then InetAddress: its length first, for it is of variable size. */
static size_t put_address(const struct inet_addr *addr, uint32_t *oid)
{
	size_t len = inet_addr_len(addr->type);

	oid[0] = addr->type;
	oid[1] = (uint32_t)len;
	for (size_t i = 0; i < len; i++)
		oid[2 + i] = addr->bytes[i];
	return 2 + len;
}

static size_t put_endpoint(const struct inet_addr *addr, uint16_t port, uint32_t *oid)
{
	size_t n = put_address(addr, oid);

	oid[n++] = port;
	return n;
}

static size_t put_octets(const char *text, size_t len, uint32_t *oid)
{
	for (size_t i = 0; i < len; i++)
		oid[i] = (unsigned char)text[i];
	return len;
}

size_t index_state(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct state_row *state = row;

	(void)s;
	oid[0] = state->ip_version;
	oid[1] = state->state;
	return 2;
}

size_t index_info(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct state_info *info = row;

	(void)s;
	oid[0] = info->state;
	return 1;
}

size_t index_listener(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct listener *listener = row;

	(void)s;
	return put_endpoint(&listener->addr, listener->port, oid);
}

size_t index_listener_state(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct listener_state *cell = row;
	size_t n = index_listener(s, &s->listeners[cell->listener], oid);

	oid[n++] = cell->state;
	return n;
}

size_t index_conn(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct conn *conn = row;
	size_t n = 1;

	(void)s;
	oid[0] = conn->state;
	n += put_endpoint(&conn->local, conn->local_port, oid + n);
	n += put_endpoint(&conn->remote, conn->remote_port, oid + n);
	return n;
}

size_t index_remote(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct remote *remote = row;

	(void)s;
	oid[0] = remote->state;
	return 1 + put_address(&remote->addr, oid + 1);
}

size_t index_spread(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct spread *spread = row;

	(void)s;
	oid[0] = spread->state;
	return 1;
}

size_t index_process(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct process *process = row;

	(void)s;
	oid[0] = process->pid;
	oid[1] = process->state;
	return 2;
}

size_t index_limit(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct limit *limit = row;

	(void)s;
	oid[0] = limit->id;
	return 1;
}

/* IMPLIED: the last part of the index goes without its length. */
size_t index_counter(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct counter *counter = row;

	(void)s;
	return put_octets(counter->name, strnlen(counter->name, sizeof(counter->name)), oid);
}

size_t index_tuning(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct tuning *tuning = row;
	size_t len = strnlen(tuning->name, NAME_ARCS_MAX);

	(void)s;
	oid[0] = (uint32_t)len;
	put_octets(tuning->name, len, oid + 1);
	oid[1 + len] = tuning->element;
	return len + 2;
}

size_t index_condition(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct condition *condition = row;

	(void)s;
	oid[0] = condition->id;
	oid[1] = condition->element;
	return 2;
}

size_t index_arc(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct arc *arc = row;

	(void)s;
	oid[0] = arc->number;
	return 1;
}

size_t index_event(const struct snapshot *s, const void *row, uint32_t oid[OID_INDEX_MAX])
{
	const struct event *event = row;

	(void)s;
	oid[0] = event->number;
	return 1;
}

/* Who holds the socket, as far as the permissions let it be known. */
static int format_owner(const struct owner *owner, uint32_t inode, char *buf, size_t size)
{
	const char *service = owner->service;

	if (owner->pid > 0)
		return snprintf(buf, size, "%s[%u]%s%s", owner->name, owner->pid,
				service[0] ? " " : "", service);
	return snprintf(buf, size, "%s%s%s", inode > 0 ? "unknown process" : "no process",
			service[0] ? " of " : "", service);
}

size_t index_conn_summary(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct conn *conn = row;
	char who[160], silent[32] = "";
	int len;

	format_owner(snapshot_owner(s, conn->owner), conn->inode, who, sizeof(who));
	if (conn->flags & CONN_HAS_INFO)
		snprintf(silent, sizeof(silent), ", silent %u s", conn->age_s);
	len = snprintf(buf, size, "%s%s, recvq %u, sendq %u, retrans %u, uid %u", who, silent,
		       conn->recv_queue, conn->send_queue, conn->retransmits, conn->uid);
	if (len < 0)
		return 0;
	if ((size_t)len >= size)
		len = (int)size - 1;
	/* DisplayString is ASCII; the name as it is has a column of its own. */
	for (int i = 0; i < len; i++) {
		if (buf[i] & 0x80)
			buf[i] = '?';
	}
	return (size_t)len;
}
