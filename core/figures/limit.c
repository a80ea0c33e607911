/* SPDX-License-Identifier: MIT */
#include "core/figures/limit.h"

#include <stdio.h>
#include <string.h>

#include "core/diagnosis/offender.h"
#include "core/base/text.h"

static uint32_t percent(uint64_t usage, uint64_t capacity)
{
	long double p;

	if (capacity == 0)
		return usage ? 100 : 0;
	p = (long double)usage * 100 / (long double)capacity;
	return p > UINT32_MAX ? UINT32_MAX : (uint32_t)p;
}

static struct limit *add(struct snapshot *now, enum limit_id id, uint64_t usage, uint64_t capacity,
			 const char *bound)
{
	struct limit *limit = &now->limits[now->n_limits++];

	memset(limit, 0, sizeof(*limit));
	limit->id = id;
	limit->usage = usage;
	limit->capacity = capacity;
	limit->percent = percent(usage, capacity);
	snprintf(limit->bound, sizeof(limit->bound), "%s", bound);
	return limit;
}

/* Nothing where the kernel lacks one of them. */
static void put_overflows(const struct counters *counters, const char *const *names,
			  struct limit *limit)
{
	uint64_t total = 0, value;

	for (; *names; names++, total += value)
		if (!proc_counter(counters, *names, &value))
			return;
	limit->overflows = total;
	limit->has_overflows = true;
}

#define COUNTERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct text detail_of(struct limit *limit)
{
	return text_begin(limit->detail, sizeof(limit->detail));
}

static void add_ports(const struct bounds *bounds, const struct builder_ports *ports,
		      struct snapshot *now)
{
	char local[INET_TEXT_MAX], remote[INET_TEXT_MAX];
	struct limit *limit;
	struct text detail;

	limit = add(now, LIMIT_EPHEMERAL_PORTS, ports->used, bounds->ports_usable,
		    "net.ipv4.ip_local_port_range");
	if (!ports->used)
		return;
	detail = detail_of(limit);
	if (ports->bound)
		text_add(&detail, "", "bound on %s, for all remote addresses",
			 snapshot_addr_format(now, &ports->local, local));
	else
		text_add(&detail, "", "from %s towards %s",
			 snapshot_addr_format(now, &ports->local, local),
			 snapshot_endpoint_format(now, &ports->remote, ports->remote_port, remote));
	offender_owner(&detail, ", ", now, ports->owner);
	limit->owner = ports->owner;
}

static const char *backlog_bound(const struct bounds *bounds, uint64_t limit, uint32_t sockets)
{
	uint64_t most = (uint64_t)bounds->somaxconn * sockets;

	if (most > UINT32_MAX) /* where the sum of the sockets' limits ends, too */
		most = UINT32_MAX;
	return most && limit == most ? "net.core.somaxconn" : "listen() backlog";
}

static void name_listener(const struct snapshot *now, const struct listener *row, uint32_t owner,
			  struct limit *limit)
{
	struct text detail = detail_of(limit);

	offender_listener(&detail, now, (size_t)(row - now->listeners), owner);
	limit->owner = owner;
}

static void add_syn_backlog(const struct bounds *bounds, const struct counters *counters,
			    struct snapshot *now)
{
	const struct listener *fullest = snapshot_fullest_syn_queue(now);
	struct limit *limit;

	if (!fullest)
		return;
	limit = add(now, LIMIT_SYN_BACKLOG, fullest->syn_queue, fullest->syn_queue_limit,
		    fullest->syn_queue_limit < fullest->accept_queue_limit
			? "net.ipv4.tcp_max_syn_backlog"
			: backlog_bound(bounds, fullest->syn_queue_limit, fullest->sockets));
	limit->percent = fullest->syn_queue_percent;
	if (!bounds->always_cookies)
		put_overflows(counters,
			      COUNTERS("TcpExtTCPReqQFullDrop", "TcpExtTCPReqQFullDoCookies"),
			      limit);
	name_listener(now, fullest, fullest->owner, limit);
}

/* Of a group that shares the address, the one socket whose queue is fullest. */
static void add_accept_backlog(const struct bounds *bounds, const struct counters *counters,
			       struct snapshot *now)
{
	const struct listener *fullest = snapshot_fullest_accept_queue(now);
	struct limit *limit;

	if (!fullest)
		return;
	limit = add(now, LIMIT_ACCEPT_BACKLOG, fullest->fullest_queue, fullest->fullest_limit,
		    backlog_bound(bounds, fullest->fullest_limit, 1));
	limit->percent = fullest->accept_queue_fullest;
	put_overflows(counters, COUNTERS("TcpExtListenOverflows"), limit);
	name_listener(now, fullest, fullest->fullest_owner, limit);
}

/* The process that is nearest to its own limit. */
static void add_descriptors(struct snapshot *now)
{
	const struct owner *top = NULL;
	struct limit *limit;
	struct text detail;

	for (const struct owner *owner = now->owners; owner < now->owners + now->n_owners; owner++)
		if (offender_fds_max(owner) > 0 &&
		    (!top || offender_descriptors(owner) > offender_descriptors(top)))
			top = owner;
	if (!top)
		return;
	limit = add(now, LIMIT_DESCRIPTORS, top->fds, top->fds_max, "RLIMIT_NOFILE");
	detail = detail_of(limit);
	limit->owner = (uint32_t)(top - now->owners);
	offender_owner(&detail, "", now, limit->owner);
}

void limit_fill(const struct bounds *bounds, const struct sockstat *sockstat,
		const struct counters *counters, const struct builder_ports *ports,
		struct snapshot *now)
{
	struct limit *limit;

	now->n_limits = 0;
	if (bounds->has_tw && sockstat->has_time_wait) {
		limit = add(now, LIMIT_TIME_WAIT_BUCKETS, sockstat->time_wait,
			    bounds->max_tw_buckets, "net.ipv4.tcp_max_tw_buckets");
		put_overflows(counters, COUNTERS("TcpExtTCPTimeWaitOverflow"), limit);
	}
	if (bounds->has_orphans && sockstat->has_orphans) {
		limit = add(now, LIMIT_ORPHANS, sockstat->orphans, bounds->max_orphans,
			    "net.ipv4.tcp_max_orphans");
		put_overflows(counters, COUNTERS("TcpExtTCPAbortOnMemory"), limit);
		snprintf(limit->detail, sizeof(limit->detail), "of the whole machine");
	}
	if (bounds->has_memory && sockstat->has_memory) {
		limit = add(now, LIMIT_MEMORY, sockstat->memory_pages, bounds->memory_max,
			    "net.ipv4.tcp_mem");
		put_overflows(counters, COUNTERS("TcpExtTCPMemoryPressures"), limit);
		snprintf(limit->detail, sizeof(limit->detail), "pages, of the whole machine");
	}
	if (bounds->has_ports)
		add_ports(bounds, ports, now);
	add_syn_backlog(bounds, counters, now);
	add_accept_backlog(bounds, counters, now);
	if (bounds->has_files)
		add(now, LIMIT_FILES, bounds->files_used, bounds->files_max, "fs.file-max");
	add_descriptors(now);
}
