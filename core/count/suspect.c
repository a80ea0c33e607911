/* SPDX-License-Identifier: MIT */
#include "core/count/suspect.h"

enum {
	/* As many say that no answer comes; one is lost on any path. */
	RETRANSMITS_MIN = 3,
	/* A closed connection whose peer keeps the window shut: half of what the hold of the
	 * condition takes again. The answered probes set their count back. */
	SHUT_S = 15,
	/* A busy server has connections in its accept queue at any moment, other ones each time. */
	UNACCEPTED_S = 10,
	/* By how much the kernel's times and ours may differ. */
	CLOCKS_S = 2,
};

static const struct suspicion unsuspicious = {.stale_s = SUSPECT_AGE_MAX};

uint32_t suspects_seen(uint32_t states)
{
	const uint32_t of_established =
	    1u << SUSPECT_PEER_SILENT | 1u << SUSPECT_PEER_NOT_READING | 1u << SUSPECT_NOT_READING;
	const uint32_t all = (1u << SUSPECT_COUNT) - 1;

	if (states & STATE_BIT(STATE_ESTABLISHED))
		return all;
	return states & STATE_BIT(STATE_SYN_RECV) ? all & ~of_established : 0;
}

static bool is_unanswered(const struct conn *conn)
{
	return conn->flags & CONN_UNACKED && conn->retransmits >= RETRANSMITS_MIN;
}

static struct suspicion look_stale(struct since *since, const struct conn *conn, enum suspect kind,
				   uint32_t stale_s)
{
	struct suspicion s = unsuspicious;
	uint32_t idle_s;

	if (!(conn->flags & CONN_HAS_INFO))
		return s;
	idle_s = since_idle(since, conn, &s.rested);
	if (idle_s < stale_s)
		return s;
	s.kinds = 1u << kind;
	if (idle_s - stale_s < SUSPECT_AGE_MAX)
		s.stale_s = (uint16_t)(idle_s - stale_s);
	return s;
}

static struct suspicion look_closing(struct since *since, const struct conn *conn)
{
	struct suspicion s = unsuspicious;

	if (is_unanswered(conn))
		s.kinds = 1u << SUSPECT_CLOSING_STUCK;
	else if (conn->flags & CONN_PROBING)
		s = look_stale(since, conn, SUSPECT_CLOSING_STUCK, SHUT_S);
	return s;
}

/*
 * That as many bytes wait as before may be a sender's doing that adds what a slow reader takes:
 * tcp_info tells when data was last sent, and is asked for of ESTABLISHED ones in time.
 */
static bool is_shut_out(struct since *since, const struct conn *conn)
{
	uint32_t waited_s;

	if (!(conn->flags & CONN_PROBING) || conn->send_queue == 0)
		return false;
	waited_s = since_waiting(since, SINCE_PROBING, conn, conn->send_queue);
	if (conn->state != STATE_ESTABLISHED || !since->info_comes)
		return waited_s >= SUSPECT_STALE_S;
	if (conn->flags & CONN_HAS_INFO && waited_s > (uint32_t)conn->idle_s + CLOCKS_S) {
		since_waiting(since, SINCE_PROBING, conn, 0);
		return false;
	}
	since->info_wanted |= waited_s >= SUSPECT_STALE_S / 2;
	return waited_s >= SUSPECT_STALE_S && conn->flags & CONN_HAS_INFO;
}

/* What sockets that can still send are in for. */
static uint32_t look_open(struct since *since, const struct conn *conn)
{
	uint32_t kinds = 0;

	if (is_shut_out(since, conn))
		kinds |= 1u << SUSPECT_PEER_NOT_READING;
	if (conn->state != STATE_ESTABLISHED)
		return kinds;
	if (is_unanswered(conn) && conn->send_queue > 0)
		kinds |= 1u << SUSPECT_PEER_SILENT;
	if (conn->recv_queue > 0 && conn->inode != 0 &&
	    since_waiting(since, SINCE_UNREAD, conn, conn->recv_queue) >= SUSPECT_STALE_S)
		kinds |= 1u << SUSPECT_NOT_READING;
	return kinds;
}

static struct suspicion look_close_wait(struct since *since, const struct conn *conn, bool all)
{
	struct suspicion s = {.kinds = 1u << SUSPECT_CLOSE_WAIT_UNACCEPTED,
			      .stale_s = SUSPECT_AGE_MAX};

	if (conn->inode != 0)
		s = look_stale(since, conn, SUSPECT_CLOSE_WAIT_STALE, SUSPECT_STALE_S);
	else if (conn->flags & CONN_HAS_INFO)
		s = look_stale(since, conn, SUSPECT_CLOSE_WAIT_UNACCEPTED, UNACCEPTED_S);
	if (all)
		s.kinds |= look_open(since, conn);
	return s;
}

struct suspicion suspect_look(struct since *since, const struct conn *conn,
			      uint32_t fin_wait_stale_s, bool all)
{
	struct suspicion s = unsuspicious;

	switch ((enum tcp_state)conn->state) {
	case STATE_ESTABLISHED:
		s.kinds = look_open(since, conn);
		break;
	case STATE_SYN_SENT:
		s.kinds = conn->retransmits > 0
			      ? 1u << SUSPECT_SYN_SENT | 1u << SUSPECT_UPSTREAM_SILENT
			      : 0;
		break;
	case STATE_SYN_RECV:
		s.kinds = 1u << SUSPECT_SYN_RECV |
			  (conn->flags & CONN_UNANSWERED ? 1u << SUSPECT_SYN_UNANSWERED : 0);
		break;
	case STATE_CLOSE_WAIT:
		s = look_close_wait(since, conn, all);
		break;
	case STATE_FIN_WAIT_2:
		if (conn->inode != 0)
			s = look_stale(since, conn, SUSPECT_FIN_WAIT_2_STALE, fin_wait_stale_s);
		break;
	case STATE_FIN_WAIT_1:
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		s = look_closing(since, conn);
		break;
	case STATE_CLOSED:
	case STATE_LISTEN:
	case STATE_TIME_WAIT:
		break;
	}
	return s;
}
