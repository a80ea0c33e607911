/* SPDX-License-Identifier: MIT */
#include "core/sample/suspect.h"

#include <stdbool.h>

enum { CLOSE_WAIT_STALE_S = 60 };

static bool silent_for(const struct conn *conn, uint32_t seconds)
{
	return (conn->flags & CONN_HAS_INFO) && conn->age_s >= seconds;
}

unsigned suspect_kinds(const struct conn *conn, uint32_t fin_wait_stale_s)
{
	switch ((enum tcp_state)conn->state) {
	case STATE_SYN_SENT:
		return 1u << SUSPECT_SYN_SENT;
	case STATE_SYN_RECV:
		return 1u << SUSPECT_SYN_RECV |
		       (conn->flags & CONN_UNANSWERED ? 1u << SUSPECT_SYN_UNANSWERED : 0);
	case STATE_CLOSE_WAIT:
		if (!conn->inode)
			return 1u << SUSPECT_CLOSE_WAIT_UNACCEPTED;
		return silent_for(conn, CLOSE_WAIT_STALE_S) ? 1u << SUSPECT_CLOSE_WAIT_STALE : 0;
	case STATE_FIN_WAIT_2:
		if (conn->inode && silent_for(conn, fin_wait_stale_s))
			return 1u << SUSPECT_FIN_WAIT_2_STALE;
		return 0;
	case STATE_FIN_WAIT_1:
	case STATE_LAST_ACK:
	case STATE_CLOSING:
		return conn->retransmits ? 1u << SUSPECT_CLOSING_STUCK : 0;
	case STATE_CLOSED:
	case STATE_LISTEN:
	case STATE_ESTABLISHED:
	case STATE_TIME_WAIT:
		break;
	}
	return 0;
}
