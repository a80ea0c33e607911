/* SPDX-License-Identifier: MIT */
#include "subagent/prometheus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/model/state.h"
#include "subagent/oidtable.h"
#include "subagent/tables.h"

enum { LABELS_MAX = 3 };

/* A label and the column whose text it carries. */
struct label {
	const char *name, *column;
};

/* A total beside its parts would count twice in sum(). */
enum rows { ALL_ROWS, IPV4_AND_IPV6, TOTALS };

struct family {
	const char *name, *help;
	const char *table, *column;
	double unit; /* what the column's number is multiplied with; 0: it is as it is */
	enum rows rows;
	struct label labels[LABELS_MAX];
};

/* clang-format off */
#define STATE_LABEL    {"state", "tcpStateName"}
#define VERSION_LABEL  {"ip_version", "tcpStateIpVersionName"}
#define LISTENER(n, h, c) \
	{"tcpstate_listener_" n, h, "tcpStateListenerTable", "tcpStateListener" c, 0, ALL_ROWS, \
	 {{"listener", "tcpStateListenerName"}, {"process", "tcpStateListenerProcessName"}, \
	  {"service", "tcpStateListenerService"}}}
#define LIMIT(n, h, c) \
	{"tcpstate_limit_" n, h, "tcpStateLimitTable", "tcpStateLimit" c, 0, ALL_ROWS, \
	 {{"limit", "tcpStateLimitName"}}}
#define CONDITION(n, h, c) \
	{"tcpstate_condition_" n, h, "tcpStateConditionTable", "tcpStateCondition" c, 0, ALL_ROWS, \
	 {{"condition", "tcpStateConditionName"}}}
#define NAMESPACE(n, h, c, u) \
	{"tcpstate_namespace_" n, h, "tcpStateNamespaceTable", "tcpStateNamespace" c, u, ALL_ROWS, \
	 {{"namespace", "tcpStateNamespaceLabel"}}}
#define DIAGNOSIS(n, h, c) {"tcpstate_" n, h, "tcpStateDiagnosis", c, 0, ALL_ROWS, {{0}}}
#define SAMPLER(n, h, c, u) {"tcpstate_" n, h, "tcpStateSampler", c, u, ALL_ROWS, {{0}}}

static const struct family families[] = {
	{"tcpstate_connections", "TCP sockets in a state, by IP version.",
	 "tcpStateTable", "tcpStateCount", 0, IPV4_AND_IPV6, {STATE_LABEL, VERSION_LABEL}},
	{"tcpstate_connections_peak_1min", "The highest number of sockets in a state in the last minute.",
	 "tcpStateTable", "tcpStatePeak1Min", 0, TOTALS, {STATE_LABEL}},
	{"tcpstate_connections_peak_15min", "The highest number of sockets in a state in 15 minutes.",
	 "tcpStateTable", "tcpStatePeak15Min", 0, TOTALS, {STATE_LABEL}},
	{"tcpstate_remotes", "Different remote addresses of a state.",
	 "tcpStateSpreadTable", "tcpStateSpreadRemotes", 0, ALL_ROWS, {STATE_LABEL}},
	{"tcpstate_processes", "Processes that own sockets in a state.",
	 "tcpStateSpreadTable", "tcpStateSpreadProcesses", 0, ALL_ROWS, {STATE_LABEL}},
	LISTENER("sockets", "Sockets that listen on this address and port.", "Sockets"),
	LISTENER("accept_queue", "Connections that wait for accept().", "AcceptQueue"),
	LISTENER("accept_queue_limit", "How many may wait for accept().", "AcceptQueueLimit"),
	LISTENER("accept_queue_percent", "How full the accept queues are.", "AcceptQueuePercent"),
	LISTENER("accept_queue_fullest_percent", "How full the fullest socket's accept queue is.",
		 "AcceptQueueFullest"),
	LISTENER("syn_queue", "Half-open connections.", "SynQueue"),
	LISTENER("syn_queue_limit", "How many may be half-open.", "SynQueueLimit"),
	LISTENER("syn_queue_percent", "How full the SYN queue is.", "SynQueuePercent"),
	LISTENER("syn_unanswered", "Half-open connections whose SYN-ACK was sent again.",
		 "SynUnanswered"),
	LISTENER("drops_total", "Connections that the kernel dropped at the listener.", "Drops"),
	LIMIT("usage", "How much of the limit is in use.", "Usage"),
	LIMIT("capacity", "The limit.", "Capacity"),
	LIMIT("percent", "The usage in percent of the limit.", "Percent"),
	LIMIT("peak_percent", "The highest percentage in 15 minutes.", "PeakPercent"),
	LIMIT("hits_total", "How often the kernel hit the limit.", "Overflows"),
	LIMIT("time_left_seconds", "Until the limit is reached at the pace of ten minutes.", "TimeLeft"),
	{"tcpstate_kernel_total", "A counter of the kernel, by nstat's name.",
	 "tcpStateCounterTable", "tcpStateCounterValue", 0, ALL_ROWS, {{"name", "tcpStateCounterLabel"}}},
	CONDITION("severity", "1 normal, 2 warning, 3 critical, 4 unknown.", "Severity"),
	CONDITION("value", "What is measured, in the condition's own unit.", "Value"),
	CONDITION("warning", "The value that is a warning.", "Warning"),
	CONDITION("critical", "The value that is critical.", "Critical"),
	NAMESPACE("sockets", "TCP sockets in another network namespace.", "Sockets", 0),
	NAMESPACE("processes", "Processes in the namespace.", "Processes", 0),
	NAMESPACE("severity", "1 normal, 2 warning, 3 critical, 4 unknown.", "Severity", 0),
	NAMESPACE("age_seconds", "How long ago the namespace was looked at.", "Age", 1e-3),
	DIAGNOSIS("worst_severity", "The worst severity of all conditions.", "tcpStateWorstSeverity"),
	DIAGNOSIS("conditions_warning", "Conditions at warning.", "tcpStateConditionsWarning"),
	DIAGNOSIS("conditions_critical", "Conditions at critical.", "tcpStateConditionsCritical"),
	DIAGNOSIS("notifications_lost_total", "Notifications that snmpd never got.",
		  "tcpStateNotificationsLost"),
	SAMPLER("sample_time_seconds", "When the sample was taken, since 1970.",
		"tcpStateSampleTime", 1),
	SAMPLER("start_time_seconds", "When the sampler started, since 1970.", "tcpStateStartTime", 1),
	SAMPLER("samples_total", "Samples taken.", "tcpStateSamples", 0),
	SAMPLER("sample_errors_total", "Samples that failed.", "tcpStateSampleErrors", 0),
	SAMPLER("sample_duration_seconds", "How long the sample took.", "tcpStateSampleDuration", 1e-6),
	SAMPLER("sample_sockets", "Sockets in the newest full sample.", "tcpStateSampleSockets", 0),
	SAMPLER("sample_interval_seconds", "Between two samples.", "tcpStateSampleInterval", 1e-3),
	SAMPLER("detail_interval_seconds", "Between two full samples.", "tcpStateDetailInterval", 1e-3),
	SAMPLER("sample_cpu_ratio", "CPU time of sampling in the last minute, of one core.",
		"tcpStateSampleCpu", 1e-4),
	SAMPLER("sample_rows_omitted", "Rows of tables that had no place.", "tcpStateSampleRowsOmitted", 0),
};
/* clang-format on */

static const struct table *find_table(const char *name)
{
	for (size_t i = 0; i < tables_tree.n_tables; i++)
		if (strcmp(tables_tree.tables[i].name, name) == 0)
			return &tables_tree.tables[i];
	return NULL;
}

/* A column of any table: tcpStateName belongs to the states, whichever table counts them. */
static const struct column *find_column(const char *name)
{
	for (size_t t = 0; t < tables_tree.n_tables; t++) {
		const struct table *table = &tables_tree.tables[t];

		for (size_t c = 0; c < table->n_columns; c++)
			if (strcmp(table->columns[c].name, name) == 0)
				return &table->columns[c];
	}
	return NULL;
}

/* The row of tcpStateInfoTable for a row of another table that counts by state. */
static const void *state_of(const struct family *family, const void *row)
{
	uint32_t state = strcmp(family->table, "tcpStateTable") == 0
			     ? ((const struct state_row *)row)->state
			     : ((const struct spread *)row)->state;

	return &state_table[state - 1];
}

static void print_quoted(FILE *out, const char *text, size_t len)
{
	char clean[VALUE_TEXT_MAX + 1];

	memcpy(clean, text, len);
	clean[len] = '\0';
	text_clean(clean);
	fputc('"', out);
	for (const char *p = clean; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', out);
		fputc(*p, out);
	}
	fputc('"', out);
}

static void print_labels(FILE *out, const struct snapshot *s, const struct family *family,
			 const void *row)
{
	struct value value;

	for (size_t i = 0; i < LABELS_MAX && family->labels[i].name; i++) {
		const struct label *label = &family->labels[i];
		bool is_state = strcmp(label->name, "state") == 0;

		fprintf(out, "%s%s=", i ? "," : "{", label->name);
		if (oidtable_value(s, find_column(label->column),
				   is_state ? state_of(family, row) : row, &value))
			print_quoted(out, value.text, value.text_len);
		else
			fputs("\"\"", out);
	}
	if (family->labels[0].name)
		fputc('}', out);
}

static void print_number(FILE *out, const struct family *family, const struct column *column,
			 const void *row, const struct value *value)
{
	const void *member = (const unsigned char *)row + column->offset;
	uint64_t number = 0;

	switch (column->syntax) {
	case SYNTAX_INTEGER:
		fprintf(out, " %" PRId32 "\n", value->integer);
		return;
	case SYNTAX_DATE:
		number = (uint64_t)((const struct timespec *)member)->tv_sec;
		break;
	case SYNTAX_GAUGE32_64:
		number = *(const uint64_t *)member;
		break;
	case SYNTAX_COUNTER64:
		number = value->counter64;
		break;
	default:
		number = value->unsigned32;
	}
	if (family->unit == 0 || family->unit == 1)
		fprintf(out, " %" PRIu64 "\n", number);
	else
		fprintf(out, " %.6f\n", (double)number * family->unit);
}

static bool is_counter(const struct family *family)
{
	size_t len = strlen(family->name);

	return len > 6 && strcmp(family->name + len - 6, "_total") == 0;
}

static bool is_left_out(const struct family *family, const void *row, size_t i)
{
	if (family->rows != ALL_ROWS) {
		bool total = ((const struct state_row *)row)->ip_version == IP_TOTAL;

		return total != (family->rows == TOTALS);
	}
	return i >= PROMETHEUS_LISTENERS_MAX && strcmp(family->table, "tcpStateListenerTable") == 0;
}

static void print_family(FILE *out, const struct snapshot *s, const struct family *family)
{
	const struct table *table = find_table(family->table);
	const struct column *column = find_column(family->column);
	bool begun = false;
	struct value value;
	size_t count;
	const unsigned char *row = table->rows(s, &count);

	for (size_t i = 0; i < count; i++, row += table->row_size) {
		if (is_left_out(family, row, i) || !oidtable_value(s, column, row, &value))
			continue;
		if (!begun)
			fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
				family->name, is_counter(family) ? "counter" : "gauge");
		begun = true;
		fputs(family->name, out);
		print_labels(out, s, family, row);
		print_number(out, family, column, row, &value);
	}
}

/* By state as well, which is a column each in the MIB. */
static void print_namespace_states(FILE *out, const struct snapshot *s)
{
	static const char name[] = "tcpstate_namespace_connections";

	if (s->n_namespaces)
		fprintf(out,
			"# HELP %s TCP sockets in a state, in another network namespace.\n"
			"# TYPE %s gauge\n",
			name, name);
	for (size_t i = 0; i < s->n_namespaces; i++) {
		const struct netns *row = &s->namespaces[i];

		for (uint32_t state = 1; row->counted_at.tv_sec && state <= STATE_COUNT; state++) {
			fprintf(out, "%s{namespace=", name);
			print_quoted(out, row->name, strlen(row->name));
			fprintf(out, ",state=\"%s\"} %" PRIu32 "\n", state_name(state),
				row->count[state - 1]);
		}
	}
}

void prometheus_print(FILE *out, const struct snapshot *s)
{
	fprintf(out,
		"# HELP tcpstate_info The version of tcpstate.\n# TYPE tcpstate_info gauge\n"
		"tcpstate_info{version=\"%s\"} 1\n",
		s->info.version);
	for (size_t i = 0; i < COUNT_OF(families); i++)
		print_family(out, s, &families[i]);
	print_namespace_states(out, s);
	fprintf(out,
		"# HELP tcpstate_listeners_omitted Listeners without series of their own.\n"
		"# TYPE tcpstate_listeners_omitted gauge\ntcpstate_listeners_omitted %zu\n",
		s->n_listeners > PROMETHEUS_LISTENERS_MAX
		    ? s->n_listeners - PROMETHEUS_LISTENERS_MAX
		    : 0);
}

int prometheus_write(const char *path, const struct snapshot *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret;

	if (!out)
		return -ENOMEM;
	prometheus_print(out, s);
	ret = fclose(out) == EOF ? -ENOMEM : file_replace(path, 0644, text, len);
	free(text);
	return ret;
}
