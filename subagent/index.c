/* SPDX-License-Identifier: MIT */
#include "subagent/index.h"

#include <string.h>

#include "core/diagnosis/rule.h"
#include "core/model/label.h"

/* A longer name does not occur; cut, it still fits OID_INDEX_MAX. */
enum { NAME_ARCS_MAX = 64 };

static const char *label_state(uint32_t number)
{
	return number >= 1 && number <= STATE_COUNT ? state_name(number) : NULL;
}

/* clang-format off */
#define PART(n, syntax_, row, member, ...) \
	{.name = (n), .syntax = (syntax_), .offset = offsetof(row, member), \
	 .size = sizeof(((row *)0)->member), __VA_ARGS__}
#define NUMBER(n, row, member)       PART(n, INDEX_NUMBER, row, member, .label = NULL)
#define WORD(n, row, member, words)  PART(n, INDEX_NUMBER, row, member, .label = (words))
#define STATE(n, row)                WORD(n, row, state, label_state)
#define ADDRESS(n, row, member)      PART(n, INDEX_ADDRESS, row, member, .label = NULL)
#define TEXT(n, row, member)         PART(n, INDEX_TEXT, row, member, .label = NULL)
#define IMPLIED(n, row, member)      PART(n, INDEX_IMPLIED, row, member, .label = NULL)
#define END                          {.name = NULL}

const struct index_part index_state[] = {
	WORD("tcpStateIpVersion", struct state_row, ip_version, label_ip_version),
	STATE("tcpStateState", struct state_row),
	END,
};
const struct index_part index_info[] = {STATE("tcpStateState", struct state_info), END};
const struct index_part index_listener[] = {
	ADDRESS("tcpStateListenerAddress", struct listener, addr),
	NUMBER("tcpStateListenerPort", struct listener, port),
	END,
};
const struct index_part index_listener_state[] = {
	PART("tcpStateListenerAddress", INDEX_ADDRESS, struct listener, addr, .of_listener = true),
	PART("tcpStateListenerPort", INDEX_NUMBER, struct listener, port, .of_listener = true),
	STATE("tcpStateState", struct listener_state),
	END,
};
const struct index_part index_conn[] = {
	STATE("tcpStateConnState", struct conn),
	ADDRESS("tcpStateConnLocalAddress", struct conn, local),
	NUMBER("tcpStateConnLocalPort", struct conn, local_port),
	ADDRESS("tcpStateConnRemoteAddress", struct conn, remote),
	NUMBER("tcpStateConnRemotePort", struct conn, remote_port),
	END,
};
const struct index_part index_remote[] = {
	STATE("tcpStateState", struct remote),
	ADDRESS("tcpStateRemoteAddress", struct remote, addr),
	END,
};
const struct index_part index_spread[] = {STATE("tcpStateState", struct spread), END};
const struct index_part index_process[] = {
	NUMBER("tcpStateProcessId", struct process, pid),
	STATE("tcpStateState", struct process),
	END,
};
const struct index_part index_limit[] = {
	WORD("tcpStateLimit", struct limit, id, label_limit),
	END,
};
const struct index_part index_counter[] = {
	IMPLIED("tcpStateCounterName", struct counter, name),
	END,
};
const struct index_part index_tuning[] = {
	TEXT("tcpStateTuningName", struct tuning, name),
	NUMBER("tcpStateTuningElement", struct tuning, element),
	END,
};
const struct index_part index_condition[] = {
	WORD("tcpStateCondition", struct condition, id, condition_name),
	NUMBER("tcpStateConditionElement", struct condition, element),
	END,
};
const struct index_part index_event[] = {
	NUMBER("tcpStateEventIndex", struct event, number),
	END,
};
const struct index_part index_arc[] = {
	NUMBER("tcpStateTransitionIndex", struct arc, number),
	END,
};
const struct index_part index_namespace[] = {
	IMPLIED("tcpStateNamespaceName", struct netns, name),
	END,
};
/* clang-format on */

const void *index_member(const struct snapshot *s, const struct index_part *part, const void *row)
{
	const struct listener_state *cell = row;

	return (const char *)(part->of_listener ? &s->listeners[cell->listener] : row) +
	       part->offset;
}

uint32_t index_number(const struct index_part *part, const void *member)
{
	if (part->size == sizeof(uint8_t))
		return *(const uint8_t *)member;
	if (part->size == sizeof(uint16_t))
		return *(const uint16_t *)member;
	return *(const uint32_t *)member;
}

static size_t put_octets(const void *octets, size_t len, uint32_t *oid)
{
	for (size_t i = 0; i < len; i++)
		oid[i] = ((const unsigned char *)octets)[i];
	return len;
}

/* What is of variable size has its length first, unless it is IMPLIED. */
static size_t put_part(const struct index_part *part, const void *member, uint32_t *oid)
{
	const struct inet_addr *addr = member;
	const char *text;

	switch (part->syntax) {
	case INDEX_NUMBER:
		oid[0] = index_number(part, member);
		return 1;
	case INDEX_ADDRESS:
		oid[0] = addr->type;
		oid[1] = (uint32_t)inet_addr_len(addr->type);
		return 2 + put_octets(addr->bytes, oid[1], oid + 2);
	case INDEX_TEXT:
		text = *(const char *const *)member;
		oid[0] = (uint32_t)strnlen(text, NAME_ARCS_MAX);
		return 1 + put_octets(text, oid[0], oid + 1);
	case INDEX_IMPLIED:
		return put_octets(member, strnlen(member, part->size), oid);
	}
	return 0;
}

size_t index_write(const struct snapshot *s, const struct index_part *parts, const void *row,
		   uint32_t oid[OID_INDEX_MAX])
{
	size_t len = 0;

	for (const struct index_part *part = parts; part->name; part++)
		len += put_part(part, index_member(s, part, row), oid + len);
	return len;
}

/* A line in the making; end: of the room for it. */
struct line {
	char *at, *end;
};

/* What does not fit is cut. DisplayString is ASCII; a name as it is has a column of its own. */
static void put(struct line *line, const char *text)
{
	for (; *text && line->at < line->end; text++)
		*line->at++ = (char)(*text & 0x80 ? '?' : *text);
}

/* Without printf(), which takes longer than all the rest of an answer. */
static void put_number(struct line *line, const char *before, uint32_t number)
{
	char digits[] = "4294967295", *first = digits + sizeof(digits) - 1;

	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	put(line, before);
	put(line, first);
}

/* Who holds the socket, as far as the permissions let it be known. */
static void put_owner(struct line *line, const struct owner *owner, uint32_t inode)
{
	if (owner->pid > 0) {
		put(line, owner->name);
		put_number(line, "[", owner->pid);
		put(line, "]");
	} else {
		put(line, inode > 0 ? "unknown process" : "no process");
	}
	if (owner->service[0]) {
		put(line, owner->pid > 0 ? " " : " of ");
		put(line, owner->service);
	}
}

size_t index_conn_summary(const struct snapshot *s, const void *row, char *buf, size_t size)
{
	const struct conn *conn = row;
	struct line line = {buf, buf + size};

	put_owner(&line, snapshot_owner(s, conn->owner), conn->inode);
	if (conn->flags & CONN_HAS_INFO) {
		put_number(&line, ", silent ", conn->age_s);
		put(&line, " s");
	}
	put_number(&line, ", recvq ", conn->recv_queue);
	put_number(&line, ", sendq ", conn->send_queue);
	put_number(&line, ", retrans ", conn->retransmits);
	put_number(&line, ", uid ", conn->uid);
	return (size_t)(line.at - buf);
}
