/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SNAPSHOT_H
#define TCPSTATE_CORE_SNAPSHOT_H

/*
 * This module is the model: everything known about the host's TCP at one moment, as arrays of rows
 * sorted the way SNMP indexes them. A snapshot is built whole by the sampler and read only after
 * that; the edges (SNMP, collectd, the report) see `const struct snapshot *` and nothing else. It
 * holds no pointer to anything outside itself but constants.
 *
 * Text in rows has been made printable UTF-8 when the row was filled.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/model/conn.h"
#include "core/model/counter.h"
#include "core/model/inet.h"
#include "core/model/netns.h"
#include "core/model/state.h"
#include "core/model/suspects.h"
#include "core/model/tuning.h"

/* TcpStateSeverity of TCPSTATE-MIB. */
enum severity { SEVERITY_NORMAL = 1, SEVERITY_WARNING, SEVERITY_CRITICAL, SEVERITY_UNKNOWN };

enum sample_source { SOURCE_SOCK_DIAG = 1, SOURCE_PROC_NET };

/* The scalars of the sampler. */
struct sample_info {
	char version[24];
	char netns[NETNS_NAME_MAX];   /* name of the namespace; "": the host's own */
	struct timespec start;        /* wall clock, when the sampler began */
	struct timespec time;         /* wall clock, when the sample was taken */
	struct timespec monotonic;    /* CLOCK_MONOTONIC, the same moment */
	struct timespec counted_at;   /* CLOCK_MONOTONIC of the newest fast or full sample */
	struct timespec detail_at;    /* CLOCK_MONOTONIC of the newest full sample */
	struct timespec attempted_at; /* CLOCK_MONOTONIC of the newest attempt, failed or not */
	uint32_t samples;             /* since the start, of any kind */
	uint32_t errors;              /* samples that failed */
	bool failing;                 /* one has, and none like it has succeeded since */
	char last_error[160];         /* what the last failed one said; "" */
	char tuning_error[320];       /* what the last reading of the tuning said; "" */
	uint32_t duration_us;         /* wall time that the newest sample took */
	uint32_t sockets;             /* sockets of all states */
	uint32_t source;              /* enum sample_source */
	uint32_t scan_us;             /* CPU time that it took to look for owners */
	uint32_t interval_ms;         /* effective, of the state counts */
	uint32_t detail_interval_ms;  /* effective, of full samples */
	uint32_t cpu_pptt;            /* CPU of the last minute, parts per ten thousand of a core */
	uint32_t rows_omitted;        /* connections left out of `conns` by its bound */
	uint32_t unknown_states;      /* sockets in a state this program does not know, ever */
	uint32_t malformed;           /* messages or lines on sockets that made no sense, ever */
	uint32_t suspects_omitted;    /* suspicious ones whose time in their state is not kept */
	uint32_t owners_unreadable;   /* processes whose descriptors may not be read */
	uint32_t counted_source;      /* enum sample_source, of the newest fast or full sample */
	char missing[256];            /* what /proc/net lacks and what that costs; "" */

	/* wall clock, since when the kernel's counters are known to have had no break */
	struct timespec counters_since;
	int64_t rated_ms; /* the time that the counters' last_minute is the gain of */

	bool always_cookies; /* the kernel sends a SYN cookie for each SYN, full queue or not */

	/* segments that were sent again, of all that were sent in that time, in hundredths of a
	 * percent */
	uint32_t resent_share;
	bool resent_known;

	/* Other namespaces; as `namespaces`, set by the edge that samples them. */
	bool others; /* they are looked for */
	uint32_t others_count;
	uint32_t others_excluded; /* not wanted, by their names */
	uint32_t others_beyond;   /* not sampled: more than namespaces-max */
	char others_error[160];   /* why they cannot be; "" */
};

struct state_row {
	uint32_t ip_version; /* enum ip_version */
	uint32_t state;      /* enum tcp_state */
	uint32_t count;
	uint32_t peak_1min; /* the highest count of any sample in the window */
	uint32_t peak_5min;
	uint32_t peak_15min;
};

/* A network interface that an address of the snapshot has as its zone. */
struct device {
	uint32_t index;
	char name[16]; /* made printable */
};

/* Who owns sockets. owners[0] is nobody: pid 0 and empty names. pid 0 with a service: the process
 * is not known (not permitted), its cgroup is. */
struct owner {
	uint32_t pid;
	char name[16];    /* /proc/PID/comm */
	char service[96]; /* last part of the cgroup's path: "nginx.service"; "" */
	/* Open descriptors at the last full sample, and the process's own limit of them; 0: not
	 * known. */
	uint32_t fds, fds_max;
};

/*
 * One listening address and port; the sockets that share it are summed. Percentages are 100 at the
 * most: a full queue holds one connection more than its limit.
 */
struct listener {
	struct inet_addr addr;
	uint16_t port;
	bool dual_stack;     /* an IPv6 wildcard that takes IPv4 as well */
	bool has_limits;     /* the source tells them; else they and the percentages are 0 */
	bool several_owners; /* not all of the sockets are those of `owner` */
	uint32_t sockets;
	uint32_t accept_queue;       /* connections waiting for accept(), all sockets */
	uint32_t accept_queue_limit; /* sum of min(backlog, somaxconn), at the most UINT32_MAX */
	uint32_t accept_queue_percent;
	uint32_t accept_queue_fullest; /* %, of the single socket whose accept queue is fullest */
	uint32_t accept_queue_peak;    /* 15 minutes */
	uint32_t syn_queue;            /* connections in SYN_RECV, without CONN_FAST_OPEN */
	uint32_t syn_queue_limit;      /* sum of what each socket takes */
	uint32_t syn_queue_least;      /* the lowest limit of a single socket */
	uint32_t syn_queue_percent;
	uint32_t syn_queue_peak; /* 15 minutes */
	uint32_t syn_unanswered; /* of those half-open: the SYN-ACK has been sent again */
	uint64_t drops;          /* sk_drops, SYNs sent again included; never falls */
	uint32_t owner;          /* index into owners; the lowest pid of several */
	uint32_t fullest_queue;  /* the accept queue of the single socket whose queue is fullest */
	uint32_t fullest_limit;
	uint32_t fullest_owner; /* index into owners: who holds that socket */
	uint32_t drops_sockets; /* those that have dropped any since the sample before */
	uint32_t drops_owner;   /* index into owners: who holds all of those; 0: several */
	struct timespec since;  /* wall clock, since when drops have been counted without a break */
	int64_t dropped_ms;     /* CLOCK_MONOTONIC of the newest drop that was seen; 0: none */
};

/* n_listeners * STATE_COUNT rows, in the listeners' order. */
struct listener_state {
	uint32_t listener; /* index into listeners */
	uint32_t state;    /* enum tcp_state */
	uint32_t count;
};

/* The connections of one local or remote port, whichever listener they belong to: for the ports
 * that config->ports names, and all that have a listener if it says so. As with all counts, those
 * of ESTABLISHED, TIME_WAIT and CLOSED are the newest full sample's. */
struct port {
	uint16_t port;
	bool remote;                 /* counted by the remote port; a listening socket has none */
	uint32_t count[STATE_COUNT]; /* by state - 1 */
};

struct remote {
	uint32_t state; /* enum tcp_state */
	uint32_t count;
	struct inet_addr addr;
};

/* How a state spreads; STATE_COUNT rows. */
struct spread {
	uint32_t state;     /* enum tcp_state */
	uint32_t remotes;   /* different remote addresses, complete */
	uint32_t processes; /* different processes, complete */
};

struct process {
	uint32_t pid;
	uint32_t state; /* enum tcp_state */
	uint32_t count;
	uint32_t owner; /* index into owners */
};

/* An arc of the state diagram, or several, that the kernel counts. */
struct arc {
	uint32_t number;    /* 1 to ARC_COUNT */
	uint32_t from, to;  /* enum tcp_state; 0: not a single one */
	const char *name;   /* a constant: "activeOpens" */
	const char *phrase; /* a constant: "opened from here" */
	uint64_t count;     /* since boot */
	uint32_t rate;      /* of the last minute, in hundredths a second */
	bool rated;         /* rate is known: it takes two samples */
};

enum { ARC_COUNT = 10 };

enum limit_id {
	LIMIT_TIME_WAIT_BUCKETS = 1,
	LIMIT_ORPHANS,
	LIMIT_MEMORY,
	LIMIT_EPHEMERAL_PORTS,
	LIMIT_SYN_BACKLOG,
	LIMIT_ACCEPT_BACKLOG,
	LIMIT_FILES,
	LIMIT_DESCRIPTORS,
};

enum { LIMIT_COUNT = 8 };

/* A row is absent where its figures could not be read. 64 bits: fs.file-max needs them. */
struct limit {
	uint32_t id; /* enum limit_id */
	uint64_t usage;
	uint64_t capacity;
	uint32_t percent;
	uint32_t peak_percent; /* 15 minutes */
	uint64_t overflows;    /* how often the kernel hit it */
	uint32_t owner;        /* index into owners: of a listener or of the ports; 0 */
	char bound[64];        /* the sysctl, or "listen() backlog" */
	char detail[160];      /* which listener; which remote address and port; "" */
	bool has_overflows;    /* the kernel counts how often it was hit */
	bool growing;          /* it has grown in each of the last ten minutes */
	uint32_t left_s;       /* when growing: until it is full at that pace */
};

struct condition {
	uint32_t id;      /* enum condition_id of core/diagnosis/rule.h */
	uint32_t element; /* enum tcp_state for stateCount and stateSurge, else 0 */
	char name[32];    /* "closeWaitStale", "stateCount.SYN_RECV" */
	int32_t value;
	const char *unit; /* a constant */
	int32_t warning;  /* threshold in the same unit; -1: switched off */
	int32_t critical;
	uint32_t severity;     /* enum severity */
	struct timespec since; /* wall clock, of the last change of severity */
	char offender[192];
	const char *advice; /* a constant */
	uint32_t ignored;   /* sockets, listeners or processes that the user has it leave out */
	/* What the value was made from, at the last sample; where the condition is unknown: why. */
	char figures[192];
	uint32_t
	    counted; /* connections that the rule's floor is held against; stateSurge: the mean */
	/* Why a value at the threshold does not raise it. */
	uint32_t turning_s; /* for how long it has been there; the hold is not over */
	uint64_t traffic;   /* what the value must be a share of, where the rule has one */
	bool small;         /* it concerns fewer connections than the rule's floor */
	bool still;         /* it does not grow */
};

/* A change of a condition's severity. */
struct event {
	uint32_t number;      /* grows by one, over restarts */
	struct timespec time; /* wall clock */
	uint32_t id;          /* enum condition_id of core/diagnosis/rule.h */
	uint32_t element;     /* enum tcp_state, as in struct condition */
	uint32_t severity;    /* enum severity, after the change */
	uint32_t was;         /* enum severity, before it */
	int32_t value;
	int32_t threshold;          /* that was crossed */
	char netns[NETNS_NAME_MAX]; /* whose condition it is; "": the host's own */
	char offender[192];
};

/* The top process and the top remote of one state; STATE_COUNT rows. */
struct state_top {
	uint32_t owner; /* index into owners */
	uint32_t owner_count;
	struct inet_addr remote;
	uint32_t remote_count;
};

struct diagnosis {
	uint32_t worst;              /* enum severity */
	uint32_t warning;            /* conditions at warning */
	uint32_t critical;           /* conditions at critical */
	uint32_t notifications_lost; /* 0; the subagent fills it in the copy that it shows */
};

struct snapshot {
	struct sample_info info;
	struct state_row states[IP_VERSION_COUNT * STATE_COUNT];
	struct spread spreads[STATE_COUNT];
	struct suspects suspects[SUSPECT_COUNT];
	struct state_top tops[STATE_COUNT];
	struct diagnosis diagnosis;
	struct limit limits[LIMIT_COUNT]; /* n_limits of them, by id */
	size_t n_limits;
	struct arc arcs[ARC_COUNT]; /* n_arcs of them: those that this kernel counts */
	size_t n_arcs;
	struct owner *owners;
	size_t n_owners;
	struct listener *listeners;
	size_t n_listeners;
	struct listener_state *listener_states;
	struct port *ports; /* sorted: the local ones first, then by port */
	size_t n_ports;
	struct conn *conns;
	size_t n_conns;
	struct remote *remotes;
	size_t n_remotes;
	struct process *processes;
	size_t n_processes;
	struct device *devices; /* those whose names are known */
	size_t n_devices;
	struct counter *counters;
	size_t n_counters;
	struct condition *conditions;
	size_t n_conditions;
	struct tuning_table *tuning; /* NULL: not read yet */
	/* Oldest first; not the snapshot's own: the edge that keeps them sets both in its copy. */
	const struct event *events;
	size_t n_events;
	/* The host's other namespaces, by name; not the snapshot's own either. */
	const struct netns *namespaces;
	size_t n_namespaces;
	struct snapshot *next; /* the hand-over's list; not for readers */
};

/* The arrays that a snapshot owns, for what copies or moves all of them. */
struct snapshot_array {
	size_t rows;  /* offset of the pointer in struct snapshot */
	size_t count; /* offset of the number that `size` belongs to */
	size_t size;  /* bytes for each one counted */
};

enum { SNAPSHOT_ARRAYS = 10 };

extern const struct snapshot_array snapshot_arrays[SNAPSHOT_ARRAYS];

/* A copy, rows included; its tuning is the same table, whose users the caller counts. The caller
 * frees it. NULL: out of memory. */
struct snapshot *snapshot_copy(const struct snapshot *s);

/* Frees a snapshot, but not its tuning (see sampler_release()); NULL is allowed. */
void snapshot_free(struct snapshot *s);

/* The count of one cell of tcpStateTable. */
static inline uint32_t snapshot_count(const struct snapshot *s, enum ip_version version,
				      enum tcp_state state)
{
	return s->states[(version - 1) * STATE_COUNT + state - 1].count;
}

/* How many sockets of these states (STATE_BIT()s) there are. */
uint64_t snapshot_sockets(const struct snapshot *s, uint32_t states);

/* The listener's count of one state. */
static inline uint32_t snapshot_listener_count(const struct snapshot *s, size_t listener,
					       enum tcp_state state)
{
	return s->listener_states[listener * STATE_COUNT + state - 1].count;
}

/* The order of the listeners: <0, 0, >0. */
int listener_cmp(const struct listener *a, const struct listener *b);

/* The listener of an address and port; NULL: there is none. */
const struct listener *snapshot_listener(const struct snapshot *s, const struct inet_addr *addr,
					 uint16_t port);

/* A counter by its name; NULL: it is not there. */
const struct counter *snapshot_counter(const struct snapshot *s, const char *name);

/* An address, and one with its port, as inet.h writes them, with the name of the device that the
 * zone stands for where it is known: "0.0.0.0%eth1:80". buf: INET_TEXT_MAX; returned. */
char *snapshot_addr_format(const struct snapshot *s, const struct inet_addr *addr, char *buf);
char *snapshot_endpoint_format(const struct snapshot *s, const struct inet_addr *addr,
			       uint16_t port, char *buf);

/* The listener whose SYN queue, or of whose sockets one accept queue, is fullest in percent; of
 * equal ones the one with the longer queue. NULL: no limits are known. */
const struct listener *snapshot_fullest_syn_queue(const struct snapshot *s);
const struct listener *snapshot_fullest_accept_queue(const struct snapshot *s);

/* True if the SYN queue of a is fuller than that of b. */
static inline bool snapshot_is_fuller_syn(const struct listener *a, const struct listener *b)
{
	return a->syn_queue_percent != b->syn_queue_percent
		   ? a->syn_queue_percent > b->syn_queue_percent
		   : a->syn_queue > b->syn_queue;
}

/* The same for the fullest accept queue of one socket. */
static inline bool snapshot_is_fuller_accept(const struct listener *a, const struct listener *b)
{
	return a->accept_queue_fullest != b->accept_queue_fullest
		   ? a->accept_queue_fullest > b->accept_queue_fullest
		   : a->fullest_queue > b->fullest_queue;
}

/* The owner of a row; owners[0] where none is known. */
static inline const struct owner *snapshot_owner(const struct snapshot *s, uint32_t owner)
{
	return &s->owners[owner < s->n_owners ? owner : 0];
}

#endif
