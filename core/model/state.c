/* SPDX-License-Identifier: MIT */
#include "core/model/state.h"

#include <stddef.h>

#include "core/base/text.h"

/* clang-format off */
const struct state_info state_table[STATE_COUNT] = {
	{STATE_CLOSED, "CLOSED",
	 "No connection: where every connection begins and ends. Linux 6.8 and later report "
	 "here the sockets that are bound to a port and neither listen nor connect.",
	 "Many: a program binds sockets and never uses them, and each one holds its port and "
	 "a descriptor. Look at the process that owns them."},
	{STATE_LISTEN, "LISTEN",
	 "A server waits for connections on this address and port. Usually one socket a "
	 "service, or one a worker where they share the port (SO_REUSEPORT).",
	 "The count alone is no sign of trouble. Look at the listeners' accept queues, SYN "
	 "queues and drops: a full queue turns clients away."},
	{STATE_SYN_SENT, "SYN_SENT",
	 "This host has sent a SYN to open a connection and has no SYN-ACK yet. It normally "
	 "takes milliseconds.",
	 "Many to many different hosts: a worm or a scanner runs on this host, find the "
	 "process. Many to one host: that upstream is dead, or a firewall drops the packets. "
	 "tcp_syn_retries bounds how long a connect() keeps trying."},
	{STATE_SYN_RECV, "SYN_RECV",
	 "A SYN came in, the SYN-ACK went out, and the ACK that completes the handshake is "
	 "missing (half-open). So short that you hardly ever see one.",
	 "Many: a SYN flood, or clients that the answers do not reach. Look at the remote "
	 "addresses and at the listener's backlog, which is the bound; then tcp_syncookies, "
	 "tcp_synack_retries and, with SYN cookies off, tcp_max_syn_backlog."},
	{STATE_ESTABLISHED, "ESTABLISHED",
	 "The connection is open and both sides can send. On a busy host the bulk of all "
	 "connections.",
	 "Compare with the usual load. Connections that never carry a request may be an "
	 "attack that only holds them open: look at the remote addresses and the age. "
	 "tcp_keepalive_time, _intvl and _probes find dead peers, for sockets with "
	 "SO_KEEPALIVE only."},
	{STATE_FIN_WAIT_1, "FIN_WAIT_1",
	 "This side closed the connection; the peer has not acknowledged the FIN yet. Hardly "
	 "ever seen.",
	 "Many: the peers are gone, or do not read what was sent before the FIN. Look at "
	 "send queues and retransmissions by remote address. tcp_orphan_retries bounds the "
	 "time of a socket without an owner, tcp_max_orphans the number of them."},
	{STATE_FIN_WAIT_2, "FIN_WAIT_2",
	 "This side closed and the peer acknowledged it, but the peer has not closed its own "
	 "side: half-closed. Seen at times.",
	 "Many: the peers keep their side open; faulty clients do so for days. "
	 "tcp_fin_timeout ends only the sockets that no process owns any more. For owned ones "
	 "look at the process: it called shutdown() and not close()."},
	{STATE_CLOSE_WAIT, "CLOSE_WAIT",
	 "The peer closed the connection; the application on this host has not closed its "
	 "side yet. Normally short.",
	 "Many: the application forgets close(), a leak that ends in \"too many open files\". "
	 "No kernel parameter helps: find the process and correct it. Those without an owner "
	 "still wait in an accept queue: there the process does not call accept()."},
	{STATE_LAST_ACK, "LAST_ACK",
	 "The peer closed first, then this side; our FIN is not acknowledged yet. Normally "
	 "short.",
	 "Many: the peers are gone, or the way to them is lossy. Look at the retransmissions "
	 "by remote address; tcp_orphan_retries bounds how long the kernel tries."},
	{STATE_CLOSING, "CLOSING",
	 "Both sides closed at the same moment; the FINs crossed and ours is not acknowledged "
	 "yet. Very rare.",
	 "Many: packets are lost while connections close. Look at the retransmissions and the "
	 "network path to the remote addresses."},
	{STATE_TIME_WAIT, "TIME_WAIT",
	 "Both FINs are exchanged. The side that closed first waits 2 MSL (60 s on Linux), so "
	 "that a lost last ACK can be sent again and old segments die out. Follows the rate "
	 "of closes.",
	 "Many: this side closes first, at a high rate. They cost little memory; local ports "
	 "run out first. Look at who closes first, then tcp_max_tw_buckets, tcp_tw_reuse and "
	 "ip_local_port_range. Keep connections open for reuse; do not set SO_LINGER 0, which "
	 "resets them."},
};
/* clang-format on */

/* By the kernel's number (include/net/tcp_states.h). */
static const uint8_t from_kernel[] = {
    [1] = STATE_ESTABLISHED, [2] = STATE_SYN_SENT,   [3] = STATE_SYN_RECV,
    [4] = STATE_FIN_WAIT_1,  [5] = STATE_FIN_WAIT_2, [6] = STATE_TIME_WAIT,
    [7] = STATE_CLOSED,      [8] = STATE_CLOSE_WAIT, [9] = STATE_LAST_ACK,
    [10] = STATE_LISTEN,     [11] = STATE_CLOSING,   [12] = STATE_SYN_RECV, /* NEW_SYN_RECV */
    [13] = STATE_CLOSED,                                                    /* BOUND_INACTIVE */
};

/*
 * The number of the bit that asks for a state. SYN_RECV stands for the request sockets too. CLOSED
 * must not set the bit of CLOSE: no socket in a hash table has that state, and the kernel would
 * walk all connections to look for one.
 */
static const uint8_t to_kernel[STATE_COUNT + 1] = {
    [STATE_CLOSED] = 13,     [STATE_LISTEN] = 10,    [STATE_SYN_SENT] = 2,   [STATE_SYN_RECV] = 3,
    [STATE_ESTABLISHED] = 1, [STATE_FIN_WAIT_1] = 4, [STATE_FIN_WAIT_2] = 5, [STATE_CLOSE_WAIT] = 8,
    [STATE_LAST_ACK] = 9,    [STATE_CLOSING] = 11,   [STATE_TIME_WAIT] = 6,
};

const char *state_name(enum tcp_state state)
{
	if (state < STATE_CLOSED || state > STATE_TIME_WAIT)
		return "UNKNOWN";
	return state_table[state - 1].name;
}

bool state_by_name(const char *name, enum tcp_state *ret_state)
{
	for (size_t i = 0; i < STATE_COUNT; i++) {
		if (text_is_same_name(name, state_table[i].name, "-_")) {
			*ret_state = state_table[i].state;
			return true;
		}
	}
	return false;
}

bool state_from_kernel(unsigned kernel_state, enum tcp_state *ret_state)
{
	if (kernel_state >= sizeof(from_kernel) || from_kernel[kernel_state] == 0)
		return false;
	*ret_state = from_kernel[kernel_state];
	return true;
}

uint32_t state_kernel_masks(uint32_t state_bits)
{
	uint32_t mask = 0;

	for (unsigned state = STATE_CLOSED; state <= STATE_COUNT; state++) {
		if (state_bits & STATE_BIT(state))
			mask |= UINT32_C(1) << to_kernel[state];
	}
	return mask;
}
