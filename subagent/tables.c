/* SPDX-License-Identifier: MIT */
#include "subagent/tables.h"

#include "core/base/array.h"
#include "core/diagnosis/rule.h"
#include "core/model/label.h"
#include "subagent/index.h"
#include "subagent/rowname.h"

#define MEMBER(type, member) .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/* A member of the row. */
#define COLUMN(a, n, x, type, member)                                                              \
	.arc = (a), .name = (n), .syntax = (x), MEMBER(type, member), .owner = SIZE_MAX

/* The same, a number that words() names. */
#define WORD(a, n, type, member, words) COLUMN(a, n, SYNTAX_INTEGER, type, member), .label = (words)

/* A member of the row, only in the rows whose bool `flag` is true. */
#define COLUMN_IF(a, n, x, type, member, flag_)                                                    \
	COLUMN(a, n, x, type, member), .flag = offsetof(type, flag_)

/* The same, only in the rows for which known() is true. */
#define COLUMN_WHEN(a, n, x, type, member, known) COLUMN(a, n, x, type, member), .present = (known)

/* A member of the owner that the row names. */
#define OWNER(a, n, x, type, member)                                                               \
	.arc = (a), .name = (n), .syntax = (x), MEMBER(struct owner, member),                      \
	.owner = offsetof(type, owner)

#define FORMAT(a, n, function)                                                                     \
	.arc = (a), .name = (n), .syntax = SYNTAX_FORMAT, .owner = SIZE_MAX, .format = (function)

static const struct column sampler_columns[] = {
    {COLUMN(1, "tcpStateVersion", SYNTAX_CHARS, struct sample_info, version)},
    {COLUMN(2, "tcpStateSampleTime", SYNTAX_DATE, struct sample_info, time)},
    {COLUMN(3, "tcpStateSampleAge", SYNTAX_AGE, struct sample_info, monotonic)},
    {COLUMN(4, "tcpStateSamples", SYNTAX_COUNTER32, struct sample_info, samples)},
    {COLUMN(5, "tcpStateSampleErrors", SYNTAX_COUNTER32, struct sample_info, errors)},
    {COLUMN(6, "tcpStateSampleLastError", SYNTAX_CHARS, struct sample_info, last_error)},
    {COLUMN(7, "tcpStateSampleDuration", SYNTAX_GAUGE32, struct sample_info, duration_us)},
    {COLUMN(8, "tcpStateSampleSockets", SYNTAX_GAUGE32, struct sample_info, sockets)},
    {WORD(9, "tcpStateSampleSource", struct sample_info, source, label_source)},
    {COLUMN(10, "tcpStateDetailAge", SYNTAX_AGE, struct sample_info, detail_at)},
    {COLUMN(11, "tcpStateSampleInterval", SYNTAX_GAUGE32, struct sample_info, interval_ms)},
    {COLUMN(12, "tcpStateDetailInterval", SYNTAX_GAUGE32, struct sample_info, detail_interval_ms)},
    {COLUMN(13, "tcpStateSampleCpu", SYNTAX_GAUGE32, struct sample_info, cpu_pptt)},
    {COLUMN(14, "tcpStateSampleRowsOmitted", SYNTAX_GAUGE32, struct sample_info, rows_omitted)},
    {COLUMN(15, "tcpStateSampleUnknownStates", SYNTAX_COUNTER32, struct sample_info,
	    unknown_states)},
    {COLUMN(16, "tcpStateSampleOwnersUnreadable", SYNTAX_GAUGE32, struct sample_info,
	    owners_unreadable)},
    {COLUMN(17, "tcpStateStartTime", SYNTAX_DATE, struct sample_info, start)},
    {COLUMN(18, "tcpStateCounterDiscontinuityTime", SYNTAX_DATE, struct sample_info,
	    counters_since)},
    {COLUMN(19, "tcpStateSampleMissing", SYNTAX_CHARS, struct sample_info, missing)},
    {COLUMN(20, "tcpStateSampleMalformed", SYNTAX_COUNTER32, struct sample_info, malformed)},
    {COLUMN(21, "tcpStateSampleSuspectsOmitted", SYNTAX_GAUGE32, struct sample_info,
	    suspects_omitted)},
    {COLUMN_IF(22, "tcpStateRetransmittedShare", SYNTAX_GAUGE32, struct sample_info, resent_share,
	       resent_known)},
};

static const struct column state_columns[] = {
    {COLUMN(3, "tcpStateCount", SYNTAX_GAUGE32, struct state_row, count)},
    {COLUMN(4, "tcpStatePeak1Min", SYNTAX_GAUGE32, struct state_row, peak_1min)},
    {COLUMN(5, "tcpStatePeak5Min", SYNTAX_GAUGE32, struct state_row, peak_5min)},
    {COLUMN(6, "tcpStatePeak15Min", SYNTAX_GAUGE32, struct state_row, peak_15min)},
    {FORMAT(7, "tcpStateIpVersionName", rowname_ip_version)},
};

static const struct column info_columns[] = {
    {COLUMN(1, "tcpStateName", SYNTAX_TEXT, struct state_info, name)},
    {COLUMN(2, "tcpStateMeaning", SYNTAX_TEXT, struct state_info, meaning)},
    {COLUMN(3, "tcpStateAdvice", SYNTAX_TEXT, struct state_info, advice)},
};

/* What only a source that tells the limits knows. */
#define LISTENER_LIMIT(a, n, member)                                                               \
	COLUMN_IF(a, n, SYNTAX_GAUGE32, struct listener, member, has_limits)

/* A member of the owner of the socket whose accept queue is fullest. */
#define FULLEST_OWNER(a, n, x, member)                                                             \
	.arc = (a), .name = (n), .syntax = (x), MEMBER(struct owner, member),                      \
	.owner = offsetof(struct listener, fullest_owner),                                         \
	.flag = offsetof(struct listener, has_limits)

static const struct column listener_columns[] = {
    {COLUMN(4, "tcpStateListenerSockets", SYNTAX_GAUGE32, struct listener, sockets)},
    {COLUMN(5, "tcpStateListenerAcceptQueue", SYNTAX_GAUGE32, struct listener, accept_queue)},
    {LISTENER_LIMIT(6, "tcpStateListenerAcceptQueueLimit", accept_queue_limit)},
    {LISTENER_LIMIT(7, "tcpStateListenerAcceptQueueFullest", accept_queue_fullest)},
    {COLUMN(8, "tcpStateListenerAcceptQueuePeak", SYNTAX_GAUGE32, struct listener,
	    accept_queue_peak)},
    {COLUMN(9, "tcpStateListenerSynQueue", SYNTAX_GAUGE32, struct listener, syn_queue)},
    {COLUMN(10, "tcpStateListenerSynQueuePeak", SYNTAX_GAUGE32, struct listener, syn_queue_peak)},
    {COLUMN(11, "tcpStateListenerSynUnanswered", SYNTAX_GAUGE32, struct listener, syn_unanswered)},
    {COLUMN(12, "tcpStateListenerDrops", SYNTAX_COUNTER64, struct listener, drops)},
    {OWNER(13, "tcpStateListenerProcessId", SYNTAX_GAUGE32, struct listener, pid)},
    {OWNER(14, "tcpStateListenerProcessName", SYNTAX_CHARS, struct listener, name)},
    {OWNER(15, "tcpStateListenerService", SYNTAX_CHARS, struct listener, service)},
    {LISTENER_LIMIT(16, "tcpStateListenerSynQueueLimit", syn_queue_limit)},
    {LISTENER_LIMIT(17, "tcpStateListenerSynQueuePercent", syn_queue_percent)},
    {LISTENER_LIMIT(18, "tcpStateListenerAcceptQueuePercent", accept_queue_percent)},
    {LISTENER_LIMIT(19, "tcpStateListenerFullestQueue", fullest_queue)},
    {LISTENER_LIMIT(20, "tcpStateListenerFullestLimit", fullest_limit)},
    {FULLEST_OWNER(21, "tcpStateListenerFullestProcessId", SYNTAX_GAUGE32, pid)},
    {FULLEST_OWNER(22, "tcpStateListenerFullestProcessName", SYNTAX_CHARS, name)},
    {FULLEST_OWNER(23, "tcpStateListenerFullestService", SYNTAX_CHARS, service)},
    {COLUMN(24, "tcpStateListenerDiscontinuityTime", SYNTAX_DATE, struct listener, since)},
    {FORMAT(25, "tcpStateListenerName", rowname_listener)},
};

static const struct column listener_state_columns[] = {
    {COLUMN(1, "tcpStateListenerStateCount", SYNTAX_GAUGE32, struct listener_state, count)},
};

static bool conn_has_info(const void *row)
{
	const struct conn *conn = row;

	return conn->flags & CONN_HAS_INFO;
}

static const struct column conn_columns[] = {
    {FORMAT(8, "tcpStateConnSummary", index_conn_summary)},
    {COLUMN_WHEN(9, "tcpStateConnAge", SYNTAX_GAUGE32, struct conn, age_s, conn_has_info)},
    {COLUMN(10, "tcpStateConnRecvQueue", SYNTAX_GAUGE32, struct conn, recv_queue)},
    {COLUMN(11, "tcpStateConnSendQueue", SYNTAX_GAUGE32, struct conn, send_queue)},
    {COLUMN(12, "tcpStateConnRetransmits", SYNTAX_GAUGE32, struct conn, retransmits)},
    {COLUMN_WHEN(13, "tcpStateConnRtt", SYNTAX_GAUGE32, struct conn, rtt_us, conn_has_info)},
    {COLUMN(14, "tcpStateConnUid", SYNTAX_GAUGE32, struct conn, uid)},
    {OWNER(15, "tcpStateConnProcessId", SYNTAX_GAUGE32, struct conn, pid)},
    {OWNER(16, "tcpStateConnProcessName", SYNTAX_CHARS, struct conn, name)},
    {OWNER(17, "tcpStateConnService", SYNTAX_CHARS, struct conn, service)},
};

static const struct column remote_columns[] = {
    {COLUMN(3, "tcpStateRemoteCount", SYNTAX_GAUGE32, struct remote, count)},
};

static const struct column spread_columns[] = {
    {COLUMN(1, "tcpStateSpreadRemotes", SYNTAX_GAUGE32, struct spread, remotes)},
    {COLUMN(2, "tcpStateSpreadProcesses", SYNTAX_GAUGE32, struct spread, processes)},
};

static const struct column process_columns[] = {
    {COLUMN(2, "tcpStateProcessCount", SYNTAX_GAUGE32, struct process, count)},
    {OWNER(3, "tcpStateProcessName", SYNTAX_CHARS, struct process, name)},
    {OWNER(4, "tcpStateProcessService", SYNTAX_CHARS, struct process, service)},
};

static const struct column limit_columns[] = {
    {COLUMN(2, "tcpStateLimitUsage", SYNTAX_GAUGE32_64, struct limit, usage)},
    {COLUMN(3, "tcpStateLimitCapacity", SYNTAX_GAUGE32_64, struct limit, capacity)},
    {COLUMN(4, "tcpStateLimitPercent", SYNTAX_GAUGE32, struct limit, percent)},
    {COLUMN(5, "tcpStateLimitPeakPercent", SYNTAX_GAUGE32, struct limit, peak_percent)},
    {COLUMN_IF(6, "tcpStateLimitOverflows", SYNTAX_COUNTER64, struct limit, overflows,
	       has_overflows)},
    {COLUMN(7, "tcpStateLimitBound", SYNTAX_CHARS, struct limit, bound)},
    {COLUMN(8, "tcpStateLimitDetail", SYNTAX_CHARS, struct limit, detail)},
    {FORMAT(9, "tcpStateLimitName", rowname_limit)},
    {COLUMN_IF(10, "tcpStateLimitTimeLeft", SYNTAX_GAUGE32, struct limit, left_s, growing)},
};

static const struct column counter_columns[] = {
    {COLUMN(2, "tcpStateCounterValue", SYNTAX_COUNTER64, struct counter, value)},
    {COLUMN(3, "tcpStateCounterLabel", SYNTAX_CHARS, struct counter, name)},
};

static const struct column tuning_columns[] = {
    {COLUMN(3, "tcpStateTuningValue", SYNTAX_TEXT, struct tuning, value)},
    {COLUMN_IF(4, "tcpStateTuningNumber", SYNTAX_INTEGER, struct tuning, number, is_number)},
    {COLUMN(5, "tcpStateTuningDefault", SYNTAX_TEXT, struct tuning, default_value)},
    {COLUMN(6, "tcpStateTuningRecommended", SYNTAX_TEXT, struct tuning, recommended)},
    {COLUMN(7, "tcpStateTuningPersisted", SYNTAX_TEXT, struct tuning, persisted)},
    {COLUMN(8, "tcpStateTuningPersistedIn", SYNTAX_TEXT, struct tuning, persisted_in)},
    {WORD(9, "tcpStateTuningStatus", struct tuning, status, label_tuning_status)},
    {WORD(10, "tcpStateTuningDrift", struct tuning, drift, label_tuning_drift)},
    {COLUMN(11, "tcpStateTuningMeaning", SYNTAX_TEXT, struct tuning, meaning)},
    {COLUMN(12, "tcpStateTuningReason", SYNTAX_TEXT, struct tuning, reason)},
    {COLUMN(13, "tcpStateTuningNote", SYNTAX_TEXT, struct tuning, note)},
    {FORMAT(14, "tcpStateTuningLabel", rowname_tuning)},
};

static bool condition_is_known(const void *row)
{
	const struct condition *condition = row;

	return condition->severity != SEVERITY_UNKNOWN;
}

static const struct column condition_columns[] = {
    {COLUMN(3, "tcpStateConditionName", SYNTAX_CHARS, struct condition, name)},
    {COLUMN_WHEN(4, "tcpStateConditionValue", SYNTAX_INTEGER, struct condition, value,
		 condition_is_known)},
    {COLUMN(5, "tcpStateConditionUnit", SYNTAX_TEXT, struct condition, unit)},
    {COLUMN(6, "tcpStateConditionWarning", SYNTAX_INTEGER, struct condition, warning)},
    {COLUMN(7, "tcpStateConditionCritical", SYNTAX_INTEGER, struct condition, critical)},
    {WORD(8, "tcpStateConditionSeverity", struct condition, severity, label_severity)},
    {COLUMN(9, "tcpStateConditionSince", SYNTAX_DATE, struct condition, since)},
    {COLUMN(10, "tcpStateConditionOffender", SYNTAX_CHARS, struct condition, offender)},
    {COLUMN(11, "tcpStateConditionAdvice", SYNTAX_TEXT, struct condition, advice)},
    {COLUMN(12, "tcpStateConditionIgnored", SYNTAX_GAUGE32, struct condition, ignored)},
};

static const struct column event_columns[] = {
    {COLUMN(2, "tcpStateEventTime", SYNTAX_DATE, struct event, time)},
    {WORD(3, "tcpStateEventCondition", struct event, id, condition_name)},
    {COLUMN(4, "tcpStateEventElement", SYNTAX_GAUGE32, struct event, element)},
    {WORD(5, "tcpStateEventSeverity", struct event, severity, label_severity)},
    {WORD(6, "tcpStateEventWas", struct event, was, label_severity)},
    {COLUMN(7, "tcpStateEventValue", SYNTAX_INTEGER, struct event, value)},
    {COLUMN(8, "tcpStateEventThreshold", SYNTAX_INTEGER, struct event, threshold)},
    {COLUMN(9, "tcpStateEventOffender", SYNTAX_CHARS, struct event, offender)},
    {FORMAT(10, "tcpStateEventName", rowname_event)},
    {COLUMN(11, "tcpStateEventNamespace", SYNTAX_CHARS, struct event, netns)},
};

static const struct column arc_columns[] = {
    {COLUMN(2, "tcpStateTransitionName", SYNTAX_TEXT, struct arc, name)},
    {COLUMN(3, "tcpStateTransitionFrom", SYNTAX_GAUGE32, struct arc, from)},
    {COLUMN(4, "tcpStateTransitionTo", SYNTAX_GAUGE32, struct arc, to)},
    {COLUMN(5, "tcpStateTransitionCount", SYNTAX_COUNTER64, struct arc, count)},
    {COLUMN_IF(6, "tcpStateTransitionRate", SYNTAX_GAUGE32, struct arc, rate, rated)},
};

static bool namespace_is_sampled(const void *row)
{
	const struct netns *netns = row;

	return netns->counted_at.tv_sec || netns->counted_at.tv_nsec;
}

/* What a sample tells. */
#define SAMPLED(a, n, x, member) COLUMN_WHEN(a, n, x, struct netns, member, namespace_is_sampled)

static const struct column namespace_columns[] = {
    {COLUMN(2, "tcpStateNamespaceLabel", SYNTAX_CHARS, struct netns, name)},
    {COLUMN(3, "tcpStateNamespaceInode", SYNTAX_GAUGE32_64, struct netns, inode)},
    {WORD(4, "tcpStateNamespaceKind", struct netns, kind, label_netns_kind)},
    {COLUMN(5, "tcpStateNamespaceProcesses", SYNTAX_GAUGE32, struct netns, processes)},
    {SAMPLED(6, "tcpStateNamespaceSockets", SYNTAX_GAUGE32, sockets)},
    {SAMPLED(7, "tcpStateNamespaceClosed", SYNTAX_GAUGE32, count[0])},
    {SAMPLED(8, "tcpStateNamespaceListen", SYNTAX_GAUGE32, count[1])},
    {SAMPLED(9, "tcpStateNamespaceSynSent", SYNTAX_GAUGE32, count[2])},
    {SAMPLED(10, "tcpStateNamespaceSynReceived", SYNTAX_GAUGE32, count[3])},
    {SAMPLED(11, "tcpStateNamespaceEstablished", SYNTAX_GAUGE32, count[4])},
    {SAMPLED(12, "tcpStateNamespaceFinWait1", SYNTAX_GAUGE32, count[5])},
    {SAMPLED(13, "tcpStateNamespaceFinWait2", SYNTAX_GAUGE32, count[6])},
    {SAMPLED(14, "tcpStateNamespaceCloseWait", SYNTAX_GAUGE32, count[7])},
    {SAMPLED(15, "tcpStateNamespaceLastAck", SYNTAX_GAUGE32, count[8])},
    {SAMPLED(16, "tcpStateNamespaceClosing", SYNTAX_GAUGE32, count[9])},
    {SAMPLED(17, "tcpStateNamespaceTimeWait", SYNTAX_GAUGE32, count[10])},
    {SAMPLED(18, "tcpStateNamespaceAge", SYNTAX_AGE, counted_at)},
    {WORD(19, "tcpStateNamespaceSeverity", struct netns, worst, label_severity)},
    {COLUMN(20, "tcpStateNamespaceCondition", SYNTAX_CHARS, struct netns, condition)},
    {COLUMN(21, "tcpStateNamespaceOffender", SYNTAX_CHARS, struct netns, offender)},
};

#define OTHERS(a, n, x, member) COLUMN_IF(a, n, x, struct sample_info, member, others)

static const struct column namespaces_columns[] = {
    {OTHERS(1, "tcpStateNamespacesCount", SYNTAX_GAUGE32, others_count)},
    {OTHERS(2, "tcpStateNamespacesExcluded", SYNTAX_GAUGE32, others_excluded)},
    {OTHERS(3, "tcpStateNamespacesBeyond", SYNTAX_GAUGE32, others_beyond)},
    {OTHERS(4, "tcpStateNamespacesError", SYNTAX_CHARS, others_error)},
};

static const struct column diagnosis_columns[] = {
    {WORD(1, "tcpStateWorstSeverity", struct diagnosis, worst, label_severity)},
    {COLUMN(2, "tcpStateConditionsWarning", SYNTAX_GAUGE32, struct diagnosis, warning)},
    {COLUMN(3, "tcpStateConditionsCritical", SYNTAX_GAUGE32, struct diagnosis, critical)},
    {COLUMN(4, "tcpStateNotificationsLost", SYNTAX_COUNTER32, struct diagnosis,
	    notifications_lost)},
};

/* The rows of an array of the snapshot. */
#define ROWS(name, array, count)                                                                   \
	static const void *name(const struct snapshot *s, size_t *ret_count)                       \
	{                                                                                          \
		*ret_count = (count);                                                              \
		return (array);                                                                    \
	}

ROWS(sampler_rows, &s->info, 1)
ROWS(state_rows, s->states, COUNT_OF(s->states))
ROWS(listener_rows, s->listeners, s->n_listeners)
ROWS(listener_state_rows, s->listener_states, (s->n_listeners * STATE_COUNT))
ROWS(conn_rows, s->conns, s->n_conns)
ROWS(remote_rows, s->remotes, s->n_remotes)
ROWS(spread_rows, s->spreads, STATE_COUNT)
ROWS(process_rows, s->processes, s->n_processes)
ROWS(limit_rows, s->limits, s->n_limits)
ROWS(counter_rows, s->counters, s->n_counters)
ROWS(tuning_rows, s->tuning ? s->tuning->rows : NULL, s->tuning ? s->tuning->count : 0)
ROWS(condition_rows, s->conditions, s->n_conditions)
ROWS(diagnosis_rows, &s->diagnosis, 1)
ROWS(arc_rows, s->arcs, s->n_arcs)
ROWS(event_rows, s->events, s->n_events)
ROWS(namespace_rows, s->namespaces, s->n_namespaces)

static const void *info_rows(const struct snapshot *s, size_t *ret_count)
{
	(void)s;
	*ret_count = STATE_COUNT;
	return state_table;
}

#define ROW_OF(columns_of, type, rows_of, index_of)                                                \
	.columns = (columns_of), .n_columns = COUNT_OF(columns_of), .row_size = sizeof(type),      \
	.rows = (rows_of), .index = (index_of)

/* Columns directly below tcpStateObjects.arc. */
#define SCALARS(arc, n, columns_of, type, rows_of)                                                 \
	.name = (n), .prefix = {1, (arc)}, .prefix_len = 2, ROW_OF(columns_of, type, rows_of, NULL)

/* Columns below the entry of tcpStateObjects.arc. */
#define TABLE(arc, n, columns_of, type, rows_of, index_of)                                         \
	.name = (n), .prefix = {1, (arc), 1}, .prefix_len = 3,                                     \
	ROW_OF(columns_of, type, rows_of, index_of)

static const struct table tables[] = {
    {SCALARS(1, "tcpStateSampler", sampler_columns, struct sample_info, sampler_rows)},
    {TABLE(2, "tcpStateTable", state_columns, struct state_row, state_rows, index_state)},
    {TABLE(3, "tcpStateInfoTable", info_columns, struct state_info, info_rows, index_info)},
    {TABLE(4, "tcpStateListenerTable", listener_columns, struct listener, listener_rows,
	   index_listener)},
    {TABLE(5, "tcpStateListenerStateTable", listener_state_columns, struct listener_state,
	   listener_state_rows, index_listener_state)},
    {TABLE(6, "tcpStateConnTable", conn_columns, struct conn, conn_rows, index_conn)},
    {TABLE(7, "tcpStateRemoteTable", remote_columns, struct remote, remote_rows, index_remote)},
    {TABLE(8, "tcpStateSpreadTable", spread_columns, struct spread, spread_rows, index_spread)},
    {TABLE(9, "tcpStateProcessTable", process_columns, struct process, process_rows,
	   index_process)},
    {TABLE(10, "tcpStateLimitTable", limit_columns, struct limit, limit_rows, index_limit)},
    {TABLE(11, "tcpStateCounterTable", counter_columns, struct counter, counter_rows,
	   index_counter)},
    {TABLE(12, "tcpStateTuningTable", tuning_columns, struct tuning, tuning_rows, index_tuning)},
    {TABLE(13, "tcpStateConditionTable", condition_columns, struct condition, condition_rows,
	   index_condition)},
    {SCALARS(14, "tcpStateDiagnosis", diagnosis_columns, struct diagnosis, diagnosis_rows)},
    {TABLE(20, "tcpStateEventTable", event_columns, struct event, event_rows, index_event)},
    {TABLE(21, "tcpStateTransitionTable", arc_columns, struct arc, arc_rows, index_arc)},
    {TABLE(22, "tcpStateNamespaceTable", namespace_columns, struct netns, namespace_rows,
	   index_namespace)},
    {SCALARS(23, "tcpStateNamespaces", namespaces_columns, struct sample_info, sampler_rows)},
};

const struct oidtree tables_tree = {tables, COUNT_OF(tables)};
