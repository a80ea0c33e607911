/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningharm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/tuning/sysvalue.h"
#include "core/tuning/tuningrow.h"

enum { SOMAXCONN_TODAY = 4096 };

static bool number_of(const struct tuningharm *h, const char *name, int64_t *ret_number)
{
	const struct tuning *row = tuningrow_find(h->rows, h->n_rows, name, 1);

	return row && sysvalue_number(row->value, ret_number);
}

static bool time_wait_is_reused(const struct tuningharm *h, int64_t value,
				char ret_detail[TUNINGHARM_DETAIL_MAX])
{
	int64_t reuse;

	(void)value;
	(void)ret_detail;
	return number_of(h, "tcp_tw_reuse", &reuse) && reuse == 1;
}

/* A listener whose backlog is cut to somaxconn (the kernel does not tell what it asked for) and
 * whose accept queue was half full within 15 minutes. Its drops say nothing: sk_drops also counts
 * each SYN that a client sends again because our SYN-ACK was lost. */
static bool cuts_a_backlog(const struct tuningharm *h, int64_t somaxconn,
			   char ret_detail[TUNINGHARM_DETAIL_MAX])
{
	for (size_t i = 0; i < h->n_listeners; i++) {
		const struct listener *l = &h->listeners[i];

		if (l->sockets == 0 || l->accept_queue_limit / l->sockets != somaxconn ||
		    l->accept_queue_peak < l->accept_queue_limit / 2)
			continue;
		snprintf(ret_detail, TUNINGHARM_DETAIL_MAX, ": port %u", l->port);
		return true;
	}
	return false;
}

const struct tuningharm_rule tuningharm_rules[] = {
    {"net.core.somaxconn", 1, HARM_BELOW, SOMAXCONN_TODAY, cuts_a_backlog,
     "cuts the backlog of a listener whose accept queue runs full"},
    {"tcp_abort_on_overflow", 1, HARM_IS_NOT, 0, NULL,
     "clients are reset whenever a short burst fills an accept queue; without it they "
     "try again and get through"},
    {"tcp_max_orphans", 1, HARM_BELOW_HALF_OF_DEFAULT, 0, NULL,
     "far below the kernel's own value, which its documentation forbids to lower: closed "
     "connections are reset instead of finished"},
    {"tcp_max_tw_buckets", 1, HARM_BELOW_HALF_OF_DEFAULT, 0, NULL,
     "far below the kernel's own value, which its documentation forbids to lower: "
     "TIME_WAIT ends early and late segments reach new connections"},
    {"tcp_retries2", 1, HARM_BELOW, 8, NULL,
     "connections are dropped after less than the 100 s that RFC 1122 demands; a short "
     "outage on the way is enough"},
    {"tcp_sack", 1, HARM_IS, 0, NULL,
     "without selective acknowledgements one round trip repairs one loss only, and the "
     "kernel's newer loss recovery (RACK, tail loss probes) is off"},
    {"tcp_syncookies", 1, HARM_IS, 0, NULL,
     "a SYN flood that fills a listener's SYN queue locks all clients out"},
    {"tcp_syncookies", 1, HARM_IS, 2, NULL,
     "meant for tests only: every connection begins with a cookie, which carries few of "
     "its TCP options"},
    {"tcp_timestamps", 1, HARM_IS, 0, time_wait_is_reused,
     "tcp_tw_reuse is on and needs timestamps to tell old segments from new ones: it "
     "does nothing now, and protection against wrapped sequence numbers is off"},
    {"tcp_tw_recycle", 1, HARM_IS_NOT, 0, NULL,
     "drops connections of clients behind address translation, whose timestamps differ; "
     "taken out of Linux 4.12 for that"},
    {"tcp_window_scaling", 1, HARM_IS, 0, NULL,
     "no connection can have more than 64 KiB on the way, whatever its buffers"},
};

const size_t tuningharm_n_rules = COUNT_OF(tuningharm_rules);

static bool passes(const struct tuningharm_rule *rule, const struct tuning *row, int64_t value)
{
	int64_t normal;

	switch (rule->test) {
	case HARM_IS:
		return value == rule->bound;
	case HARM_IS_NOT:
		return value != rule->bound;
	case HARM_BELOW:
		return value < rule->bound;
	case HARM_BELOW_HALF_OF_DEFAULT:
		return sysvalue_number(row->default_value, &normal) && value < normal / 2;
	}
	return false;
}

bool tuningharm_judge(const struct tuningharm *h, const struct tuning *row, const char *value,
		      char ret_reason[TUNINGHARM_REASON_MAX])
{
	char detail[TUNINGHARM_DETAIL_MAX] = "";
	int64_t number;

	if (!sysvalue_number(value, &number))
		return false;
	for (size_t i = 0; i < tuningharm_n_rules; i++) {
		const struct tuningharm_rule *rule = &tuningharm_rules[i];

		if (rule->element != row->element || strcmp(rule->name, row->name) != 0 ||
		    !passes(rule, row, number) || (rule->also && !rule->also(h, number, detail)))
			continue;
		snprintf(ret_reason, TUNINGHARM_REASON_MAX, "%s%s", rule->reason, detail);
		return true;
	}
	return false;
}
