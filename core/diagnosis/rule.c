/* SPDX-License-Identifier: MIT */
#include "core/diagnosis/rule.h"

#include <stddef.h>
#include <strings.h>

#define RULE_WITH(warning_, critical_, hold_, ...)                                                 \
	{                                                                                          \
		.enabled = true, .warning = (warning_), .critical = (critical_),                   \
		.hold_s = (hold_), .clear_percent = 80, __VA_ARGS__                                \
	}
#define RULE(warning, critical, hold) RULE_WITH(warning, critical, hold, .floor = 0)
#define RULE_FLOOR(warning, critical, hold, least)                                                 \
	RULE_WITH(warning, critical, hold, .floor = (least))
#define RULE_SHARE(warning, critical, hold, share)                                                 \
	RULE_WITH(warning, critical, hold, .share_percent = (share))

/* What a condition's sockets, or listeners, can be told by. */
#define BY_PROCESS  (IGNORE_BIT(IGNORE_PROCESS) | IGNORE_BIT(IGNORE_SERVICE))
#define BY_REMOTE   (IGNORE_BIT(IGNORE_REMOTE) | IGNORE_BIT(IGNORE_NETWORK))
#define BY_LISTENER (IGNORE_BIT(IGNORE_PORT) | IGNORE_BIT(IGNORE_LISTENER))
#define BY_ALL      (BY_PROCESS | BY_REMOTE | BY_LISTENER)

/* The first sentence of an advice stands in traps and pagers: short, and true alone. An advice is
 * a DisplayString: 255 bytes at the most. */
const struct condition_info condition_table[CONDITION_COUNT] = {
    {
	.id = CONDITION_SYN_QUEUE,
	.name = "synQueue",
	.unit = "%",
	.phrase = "% of a listener's backlog half-open",
	.advice = "A SYN flood, or clients that get no SYN-ACK, unless TCP_DEFER_ACCEPT is named. "
		  "Keep tcp_syncookies at 1, lower tcp_synack_retries; block one network if it "
		  "stands out; else raise the listen() backlog and net.core.somaxconn together.",
	.ignores = BY_PROCESS | BY_LISTENER,
	.rule = RULE_FLOOR(50, 90, 10, 16),
    },
    {
	.id = CONDITION_SYN_UNANSWERED,
	.name = "synUnanswered",
	.unit = "%",
	.phrase = "% of the handshakes of a minute do not get past our SYN-ACK",
	.advice = "The peers do not answer our SYN-ACK. Spoofed addresses of a SYN flood, or a "
		  "route or firewall that loses the way back: capture on the interface, block "
		  "the network named, lower tcp_synack_retries.",
	.ignores = BY_ALL,
	.rule = RULE_FLOOR(25, 75, 30, 64),
    },
    {
	.id = CONDITION_SYN_COOKIES,
	.name = "synCookies",
	.unit = "1/min",
	.phrase = "SYN cookies sent or SYNs dropped in a minute",
	.one = "SYN cookie sent or SYN dropped in a minute",
	.advice = "A SYN queue is overflowing. With cookies clients still get in; without "
		  "(TCPReqQFullDrop counts) they do not: set tcp_syncookies to 1. Raise the "
		  "listener's backlog if the clients are real.",
	.events = true,
	.rule = RULE(6, 3000, 0),
    },
    {
	.id = CONDITION_ACCEPT_QUEUE,
	.name = "acceptQueue",
	.unit = "%",
	.phrase = "% of an accept queue filled",
	.advice = "The application does not call accept() fast enough. Look at its worker "
		  "threads and at what they wait for; raising the backlog hides it for "
		  "seconds only.",
	.ignores = BY_PROCESS | BY_LISTENER,
	.rule = RULE_FLOOR(50, 90, 10, 16),
    },
    {
	.id = CONDITION_ACCEPT_DROPS,
	.name = "acceptDrops",
	.unit = "1/min",
	.phrase = "connections lost at a full accept queue in a minute",
	.one = "connection lost at a full accept queue in a minute",
	.advice = "Clients are being turned away. The accept queue is or was full: see why the "
		  "process does not accept(); for bursts raise both the listen() backlog and "
		  "net.core.somaxconn, then restart it.",
	.events = true,
	.rule = RULE(6, 600, 0),
    },
    {
	.id = CONDITION_CLOSE_WAIT_STALE,
	.name = "closeWaitStale",
	.unit = "connections",
	.phrase = "connections in CLOSE_WAIT, silent for 60 s or more",
	.one = "connection in CLOSE_WAIT, silent for 60 s or more",
	.advice = "The application does not close(). The peer has closed long ago; no kernel "
		  "setting helps. Look for a missing close() in this process; it ends in \"too "
		  "many open files\", a restart buys time.",
	/* With 60 s of silence and an interval of 5 s, within 90 s of the leak. */
	.ignores = BY_ALL,
	.rule = RULE(20, 200, 15),
    },
    {
	.id = CONDITION_CLOSE_WAIT_UNACCEPTED,
	.name = "closeWaitUnaccepted",
	.unit = "connections",
	.phrase = "connections in CLOSE_WAIT, not accepted for 10 s or more",
	.one = "connection in CLOSE_WAIT, not accepted for 10 s or more",
	.advice = "The application has stopped calling accept(). The clients gave up while "
		  "they waited; this is no leak of descriptors. Look at what its accepting thread "
		  "hangs in; restart it.",
	.ignores = BY_ALL,
	/* With 10 s in the queue and full samples each 15 s, within 45 s. */
	.rule = RULE(5, 50, 15),
    },
    {
	.id = CONDITION_FIN_WAIT_2_STALE,
	.name = "finWait2Stale",
	.unit = "connections",
	.phrase = "connections in FIN_WAIT_2, owned and long silent",
	.one = "connection in FIN_WAIT_2, owned and long silent",
	.advice = "The application waits for peers that never close. tcp_fin_timeout does not "
		  "bound sockets that a process still owns: it must close() after shutdown(), "
		  "or give up after a timeout.",
	.ignores = BY_ALL,
	.rule = RULE(100, 1000, 60),
    },
    {
	.id = CONDITION_CLOSING_STUCK,
	.name = "closingStuck",
	.unit = "connections",
	.phrase = "closed connections whose last segments stay unacknowledged",
	.whole = "sockets",
	.one = "closed connection whose last segments stay unacknowledged",
	.advice = "The peers are gone or packets are lost. Check the path to the remote named; "
		  "tcp_orphan_retries bounds how long each one is kept, tcp_max_orphans how "
		  "many.",
	.ignores = BY_LISTENER | BY_REMOTE,
	.rule = RULE_SHARE(100, 1000, 30, 10),
    },
    {
	.id = CONDITION_SYN_SENT_FANOUT,
	.name = "synSentFanout",
	.unit = "addresses",
	.phrase = "remote addresses that do not answer our SYN",
	.whole = "connection attempts of a minute",
	.one = "remote address that does not answer our SYN",
	.advice = "A process here is scanning, or its upstreams are dead. Many hosts on one "
		  "port from a program that has no business there is a worm or scanner: stop "
		  "it. Else check the upstream and the firewall.",
	.ignores = BY_PROCESS | IGNORE_BIT(IGNORE_PORT) | BY_REMOTE,
	.rule = RULE_SHARE(100, 1000, 10, 10),
    },
    {
	.id = CONDITION_TIME_WAIT,
	.name = "timeWait",
	.unit = "%",
	.phrase = "% of tcp_max_tw_buckets in TIME_WAIT",
	.advice = "This side closes first, at a high rate. Reuse connections (keep-alive, "
		  "pools) or let the peer close; never lower tcp_max_tw_buckets, and do not "
		  "use SO_LINGER 0: it resets connections.",
	.rule = RULE(60, 90, 30),
    },
    {
	.id = CONDITION_EPHEMERAL_PORTS,
	.name = "ephemeralPorts",
	.unit = "%",
	.phrase = "% of the local ports in use towards one remote or on one address",
	.advice = "New connections will soon find no local port. Reuse connections (a pool); "
		  "where ports are bound, set IP_BIND_ADDRESS_NO_PORT before bind(); then "
		  "tcp_tw_reuse 1, a wider ip_local_port_range, or more addresses.",
	.rule = RULE(70, 90, 30),
    },
    {
	.id = CONDITION_ORPHANS,
	.name = "orphans",
	.unit = "%",
	.phrase = "% of tcp_max_orphans in use",
	.advice = "Closed connections do not drain. Beyond the limit the kernel resets them, "
		  "and counts bad ones up to four times. See closingStuck for the peers; lower "
		  "tcp_orphan_retries, never tcp_max_orphans.",
	.rule = RULE(25, 50, 30),
    },
    {
	.id = CONDITION_MEMORY,
	.name = "memory",
	.unit = "%",
	.phrase = "% of tcp_mem's maximum in use",
	.advice = "TCP's buffers near the bound of tcp_mem. Find the connections with large "
		  "queues (ss -tm): readers that do not read, peers that do not take. Raise "
		  "tcp_mem only if the host has the memory.",
	.rule = RULE(60, 90, 30),
    },
    {
	.id = CONDITION_STATE_COUNT,
	.name = "stateCount",
	.unit = "connections",
	.phrase = "connections in this state",
	.one = "connection in this state",
	.advice = "More connections in this state than the configuration allows. "
		  "tcpStateInfoTable says what many of them mean and what to look at first.",
	.rule = {.warning = -1, .critical = -1, .hold_s = 30, .clear_percent = 80},
    },
    {
	.id = CONDITION_STATE_SURGE,
	.name = "stateSurge",
	.unit = "tenths",
	.phrase = "times the mean of the hour before in this state",
	.advice = "Far more connections in this state than in the last hour. Look at what has "
		  "changed: a release, a client, an attack; tcpStateInfoTable says what the "
		  "state tells.",
	.tenths = true,
	.rule = RULE_FLOOR(10, 50, 30, 100),
    },
    {
	.id = CONDITION_TUNING_HARMFUL,
	.name = "tuningHarmful",
	.unit = "parameters",
	.phrase = "kernel parameters whose value does harm",
	.one = "kernel parameter whose value does harm",
	.advice =
	    "Set the parameter back. tcpStateTuningTable has the default, the "
	    "recommended value and the reason; correct the sysctl.d file as well, or it comes back "
	    "at the next boot.",
	.rule = RULE(1, -1, 0),
    },
    {
	.id = CONDITION_TUNING_DRIFT,
	.name = "tuningDrift",
	.unit = "parameters",
	.phrase = "kernel parameters that differ from the persisted value",
	.one = "kernel parameter that differs from the persisted value",
	.advice = "The next boot changes the running value. Somebody set it by hand, or the "
		  "file was never applied: either write the running value to the file named, or "
		  "apply the file (sysctl --system).",
	.rule = RULE(1, -1, 60),
    },
    {
	.id = CONDITION_SAMPLING,
	.name = "sampling",
	.unit = "times",
	.phrase = "times the interval: no sample is newer",
	.advice = "The figures are old: samples fail, or do not end. Where an error is named, "
		  "they fail with it; else see what the sampler waits for, and the "
		  "daemon's log. Until they work again, no condition can be trusted.",
	.rule = RULE(3, 10, 30),
    },
    {
	.id = CONDITION_UPSTREAM_SILENT,
	.name = "upstreamSilent",
	.unit = "connections",
	.phrase = "connection attempts that one remote does not answer",
	.one = "connection attempt that one remote does not answer",
	.advice = "This upstream does not answer. Its host is down, or a firewall on the way drops "
		  "the SYN: a port that is merely closed would refuse. Take it out of the pool; "
		  "give connect() a timeout of its own.",
	.ignores = BY_PROCESS | IGNORE_BIT(IGNORE_PORT) | BY_REMOTE,
	.rule = RULE(10, 100, 20),
    },
    {
	.id = CONDITION_PEER_SILENT,
	.name = "peerSilent",
	.unit = "connections",
	.phrase = "established connections to one remote that acknowledges nothing",
	.one = "established connection to one remote that acknowledges nothing",
	.advice = "The peer has gone without a word. Its host died, or a firewall has forgotten "
		  "the connections; the kernel tries for some 15 minutes (tcp_retries2). Restart "
		  "the pool; set TCP_USER_TIMEOUT.",
	.ignores = BY_ALL,
	.rule = RULE(10, 100, 20),
    },
    {
	.id = CONDITION_PEER_NOT_READING,
	.name = "peerNotReading",
	.unit = "connections",
	.phrase = "connections whose peer has kept its window shut for 60 s or more",
	.whole = "sockets",
	.one = "connection whose peer has kept its window shut for 60 s or more",
	.advice =
	    "The peers do not read what is sent to them. They hang or are overloaded, or hold "
	    "connections open on purpose; each ties up a send buffer. Give writes a timeout; "
	    "block the network named.",
	.ignores = BY_ALL,
	.rule = RULE_SHARE(50, 500, 30, 5),
    },
    {
	.id = CONDITION_NOT_READING,
	.name = "notReading",
	.unit = "connections",
	.phrase = "established connections with data unread for 60 s or more",
	.one = "established connection with data unread for 60 s or more",
	.advice = "The application does not read what its peers sent. Requests wait although they "
		  "are accepted: look at what its worker threads hang in (a lock, a database); a "
		  "restart buys time.",
	.ignores = BY_ALL,
	.rule = RULE(50, 500, 30),
    },
    {
	.id = CONDITION_DESCRIPTORS,
	.name = "descriptors",
	.unit = "%",
	.phrase = "% of a process's own limit of descriptors open",
	.advice =
	    "The process will soon fail with EMFILE, \"too many open files\". It cannot accept "
	    "or connect then. See whether closeWaitStale tells of a leak; else raise its limit "
	    "(LimitNOFILE=, ulimit -n) and restart it.",
	.ignores = BY_PROCESS,
	.rule = RULE(80, 95, 30),
    },
};

void rules_init(struct rules *ret_rules)
{
	*ret_rules = (struct rules){.surge_states = 0};
	for (size_t i = 0; i < CONDITION_COUNT; i++)
		ret_rules->of[condition_table[i].id] = condition_table[i].rule;
	for (size_t i = 0; i < STATE_COUNT; i++)
		ret_rules->of_state[i] = ret_rules->of[CONDITION_STATE_COUNT];
}

const char *condition_name(uint32_t id)
{
	return id >= 1 && id <= CONDITION_COUNT ? condition_table[id - 1].name : NULL;
}

const struct condition_info *condition_by_name(const char *name)
{
	for (size_t i = 0; i < CONDITION_COUNT; i++)
		if (strcasecmp(name, condition_table[i].name) == 0)
			return &condition_table[i];
	return NULL;
}
