/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_STATE_H
#define TCPSTATE_CORE_STATE_H

/*
 * This module names the eleven TCP states and the address families they are counted by.
 *
 * The numbers are those of TCP-MIB's tcpConnectionState (RFC 4022). The kernel numbers the same
 * states differently (include/net/tcp_states.h); state_from_kernel() is the only place where one
 * becomes the other.
 */

#include <stdbool.h>
#include <stdint.h>

enum tcp_state {
	STATE_CLOSED = 1,
	STATE_LISTEN,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_CLOSING,
	STATE_TIME_WAIT,
};

enum { STATE_COUNT = 11 };

/* TcpStateIpVersion of TCPSTATE-MIB. IPv4-mapped IPv6 addresses count as IP_V4. */
enum ip_version { IP_V4 = 1, IP_V6, IP_TOTAL };

enum { IP_VERSION_COUNT = 3 };

/* The label and the reading aid of one state: a row of tcpStateInfoTable. */
struct state_info {
	uint32_t state;      /* enum tcp_state */
	const char *name;    /* "SYN_RECV": the spelling of ss and of collectd's tcpconns */
	const char *meaning; /* what the state is */
	const char *advice;  /* what many sockets in it tell, and what to look at first */
};

/* All states, in the order of enum tcp_state. */
extern const struct state_info state_table[STATE_COUNT];

/* The name of a state; "UNKNOWN" for a number outside enum tcp_state. */
const char *state_name(enum tcp_state state);

/* Looks a state up by its name, in any case, without regard to "-" and "_" ("FIN_WAIT1",
 * "fin-wait-1"). False: no such state. */
bool state_by_name(const char *name, enum tcp_state *ret_state);

/*
 * Translates the kernel's number. BOUND_INACTIVE (13) and CLOSE (7) are both CLOSED, NEW_SYN_RECV
 * (12) is SYN_RECV. False: a number this program does not know.
 */
bool state_from_kernel(unsigned kernel_state, enum tcp_state *ret_state);

/* A set of states: bit 1 << state. */
#define STATE_BIT(state) (1u << (state))
#define STATE_MASK_ALL   0xffeu

/* What asks the kernel for these states (STATE_BIT()s): inet_diag_req.idiag_states. CLOSED asks for
 * the bound, unconnected sockets that Linux reports since 6.8. */
uint32_t state_kernel_masks(uint32_t state_bits);

#endif
