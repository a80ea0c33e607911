/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_BUILDER_PRIVATE_H
#define TCPSTATE_CORE_BUILDER_PRIVATE_H

/*
 * What the parts of builder share: builder.c takes the sockets in, builder_owners.c and
 * builder_suspects.c count whose they are and which are suspicious, builder_rows.c makes the rows.
 */

#include "core/count/builder.h"
#include "core/count/portcount.h"
#include "core/count/suspect.h"
#include "core/base/tally.h"

/* Whose the sockets are that were counted together. */
struct sole_owner {
	uint32_t owner; /* the first one; 0: none is known */
	bool several;   /* they are not all its */
};

/* Keys are hashed whole: their padding is zeroed. */
struct listener_entry {
	struct listener_key key;
	uint32_t sockets;
	uint32_t accept_queue;
	uint32_t accept_queue_limit;
	uint32_t syn_queue_limit;
	uint32_t syn_queue_least;
	uint32_t half_open; /* in the SYN queue */
	uint32_t unanswered;
	uint32_t states[STATE_COUNT];
	uint32_t row; /* index of the finished row */
	uint64_t drops;
	bool dual_stack;
	bool transparent;
};

struct remote_key {
	struct inet_addr addr;
	uint8_t state;
	uint8_t unused[2];
};

struct remote_entry {
	struct remote_key key;
	uint32_t count;
};

/* Whose suspects are looked at more closely. */
enum offender { OFFENDER_OWNER, OFFENDER_LISTENER, OFFENDER_REMOTE };

/* How the suspects of one kind are counted. */
struct suspect_kind {
	uint8_t condition; /* enum condition_id that they can be left out of; 0: none */
	uint8_t state;     /* whose remote_entry is used; some kinds are of several states */
	enum offender offender;
	bool endpoint; /* the peer is to be named with its port */
};

extern const struct suspect_kind builder_kinds[SUSPECT_COUNT]; /* by enum suspect */

/* One suspect of one kind. */
struct suspect_socket {
	uint32_t remote;   /* index into remotes, of the kind's own state */
	uint32_t listener; /* index into listeners; UINT32_MAX: none */
	uint32_t owner;    /* 0: nobody known */
	uint16_t local_port, remote_port;
	uint8_t kind;
	bool rested;
	uint16_t stale_s; /* both as in struct suspicion */
};

/* How many of the ports that are asked for are its. */
struct port_owner {
	uint32_t owner; /* the key */
	uint32_t count;
};

struct owner_counts {
	uint32_t states[STATE_COUNT];
};

struct ports_key {
	struct inet_addr local;
	struct inet_addr remote;
	uint16_t remote_port;
};

struct ports_entry {
	struct ports_key key;
	uint32_t used;
	uint32_t odd; /* of these, see builder_ports.c */
	struct sole_owner owner;
};

/* 256 local ports of one address. */
struct block_key {
	struct inet_addr local;
	uint8_t number;
	uint8_t unused[2];
};

struct block_entry {
	struct block_key key;
	struct sole_owner owner;
	uint32_t closed;    /* sockets that are bound and nothing else */
	uint32_t taken[8];  /* bit map: ports that a socket has */
	uint32_t shared[8]; /* bit map: ports that several have */
};

_Static_assert(sizeof(struct listener_key) % 4 == 0, "hashed in words of 4 bytes");
_Static_assert(sizeof(struct remote_key) % 4 == 0, "hashed in words of 4 bytes");
_Static_assert(sizeof(struct ports_key) % 4 == 0, "hashed in words of 4 bytes");
_Static_assert(sizeof(struct block_key) % 4 == 0, "hashed in words of 4 bytes");

/*
 * A socket on its way: what belongs to it in the large tables is being fetched from memory while
 * those before it are counted.
 */
struct lookahead {
	struct conn conn;
	uint64_t remote_hash, ports_hash;
};

enum {
	LOOKAHEAD = 16,
	/* With more transparent listeners it cannot be told which one is meant. */
	PROXIES_MAX = 8,
	/* So many sockets without a known owner are kept; a first sample has more. */
	PENDING_MAX = 16384,
};

/* Where a socket has been counted whose owner a scan may find; UINT32_MAX: not there. */
struct pending {
	uint64_t cgroup_id;
	uint32_t inode;
	uint32_t listener; /* LISTEN: index into listener_sockets */
	uint32_t ports;    /* index into ports */
	uint32_t block;    /* index into blocks */
	uint32_t row;      /* index into conns */
	uint32_t suspect;  /* index of the first one into suspects */
	uint8_t n_suspects;
	uint8_t state;
};

struct builder {
	struct builder_options options;
	struct tally listeners;     /* struct listener_entry */
	struct tally remotes;       /* struct remote_entry */
	struct tally ports;         /* struct ports_entry */
	struct tally blocks;        /* struct block_entry */
	struct tally port_owners;   /* struct port_owner: of the ports that are `asked` */
	struct builder_ports asked; /* the fullest use of the full sample before */
	bool asked_several;         /* which was that of several processes */
	struct since since;
	struct suspect_socket *suspects;
	size_t n_suspects, suspects_capacity;
	struct lookahead lookahead[LOOKAHEAD]; /* a ring */
	size_t n_read, n_taken;
	uint32_t counts[IP_VERSION_COUNT - 1][STATE_COUNT];
	struct portset listening;      /* local ports that have a listener */
	uint32_t proxies[PROXIES_MAX]; /* transparent listeners: indices into listeners */
	uint32_t n_proxies;
	struct owner_counts *by_owner;
	size_t n_by_owner;
	struct conn *conns;
	size_t n_conns, conns_capacity;
	uint32_t rows_of[STATE_COUNT]; /* how many of conns are in each state */
	/* Of a state, the rows from here on have given way or belong to others. */
	uint32_t evict_from[STATE_COUNT];
	struct pending *pending;
	size_t n_pending, pending_capacity;
	bool overflowed; /* more had to be kept */
	struct builder_listener_socket *listener_sockets;
	size_t n_listener_sockets, listener_sockets_capacity;
	struct portcount port_counts;
	uint32_t tw_fin2;
};

/* True if one more socket can be kept until its owner has been looked for. One that cannot is
 * counted with what is known of it, its service at the most. */
bool builder_may_pend(struct builder *b);

/* Keeps it. 0 or -ENOMEM. */
int builder_pend(struct builder *b, const struct pending *pending);

/* Credits an owner with a socket of this state. 0 or -ENOMEM. */
int builder_credit(struct builder *b, uint32_t owner, uint8_t state);

/* Gives the sockets that were seen before their owner was known to their owner. */
int builder_resolve(struct builder *b);

/* Keeps a suspect once for each of its kinds, and notes in pending where. listener: its index;
 * remote: that of the entry of its state. 0 or -ENOMEM. */
int builder_suspect(struct builder *b, const struct suspicion *suspicion, const struct conn *conn,
		    uint32_t listener, uint32_t remote, struct pending *pending);

/* Whether this host has opened the connection, as far as can be told. */
bool builder_opened(const struct builder *b, const struct suspect_socket *socket);

/* fresh, pooled and youngest_s of the suspects of a kind that have become stale. 0 or -ENOMEM. */
int builder_growth(const struct builder *b, unsigned kind, size_t n_owners, struct suspects *row);

/* How many of them there are and who has the most, of equal ones always the same, for the kinds
 * that this sample has seen (suspects_seen()). The owners are known and the listeners have their
 * rows, whose indices are put. 0 or -ENOMEM. */
int builder_suspects(struct builder *b, uint32_t seen, struct snapshot *now);

/* Takes those that options.ignores names away, and counts them in their rows. */
void builder_drop_ignored(struct builder *b, uint32_t seen, struct snapshot *now);

/* Notes whose a socket is that was counted there. 0 or -ENOMEM. */
int builder_port_owner(struct builder *b, const struct pending *pending, uint32_t owner);

struct ports_key builder_ports_key(const struct conn *conn);
bool builder_is_ephemeral(const struct builder *b, const struct conn *conn);
int builder_add_port(struct builder *b, const struct lookahead *c, struct pending *pending);

/* The fullest use of ephemeral ports. 0 or -ENOMEM. */
int builder_fullest_ports(struct builder *b, struct builder_ports *ret_ports);

/* The listener that a connection belongs to; NULL: none, or it cannot be told. */
struct listener_entry *builder_listener_of(struct builder *b, const struct conn *conn);

/* Its index in listeners; UINT32_MAX for NULL. */
uint32_t builder_listener_index(const struct builder *b, const struct listener_entry *entry);

/* Counts a listening socket. 0 or -ENOMEM. */
int builder_add_listener(struct builder *b, const struct conn *conn, struct pending *pending);

/* True if owner a comes before b: the lower pid, a known process before a mere service, that before
 * nobody. */
bool builder_is_lower(const struct snapshot *s, uint32_t a, uint32_t b);

/* The rows of the listeners and of their states. 0 or -ENOMEM. */
int builder_put_listeners(struct builder *b, struct snapshot *now);

#endif
