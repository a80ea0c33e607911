/* SPDX-License-Identifier: MIT */
#include "subagent/connections.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/number.h"
#include "core/base/text.h"
#include "subagent/json.h"
#include "subagent/page.h"
#include "subagent/report_private.h"

/* What ss and the MIB call a state that the kernel has another name for. */
static bool by_other_name(const char *name, enum tcp_state *ret_state)
{
	static const struct {
		const char *name;
		enum tcp_state state;
	} names[] = {
	    {"estab", STATE_ESTABLISHED},    {"listening", STATE_LISTEN},
	    {"unconn", STATE_CLOSED},        {"bound-inactive", STATE_CLOSED},
	    {"synReceived", STATE_SYN_RECV},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcasecmp(name, names[i].name) == 0) {
			*ret_state = names[i].state;
			return true;
		}
	}
	return false;
}

int connections_states(const char *text, uint32_t *ret_states, const char **ret_wrong, int *ret_len)
{
	uint32_t states = 0;

	for (const char *end;; text = end + 1) {
		enum tcp_state state;
		char name[32];
		size_t len;

		end = text + strcspn(text, ",");
		len = (size_t)(end - text);
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (len >= sizeof(name) ||
		    (!state_by_name(name, &state) && !by_other_name(name, &state))) {
			*ret_wrong = text;
			*ret_len = (int)len;
			return -EINVAL;
		}
		states |= STATE_BIT(state);
		if (!*end)
			break;
	}
	*ret_states = states;
	return 0;
}

void connections_configure(struct config *config)
{
	/* Listening sockets are no rows of that table. */
	config->conn_states = STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN);
	config->conn_rows = UINT32_MAX;
}

static bool is_wanted(uint32_t states, uint32_t state)
{
	return states & STATE_BIT(state);
}

uint32_t connections_omitted(const struct snapshot *s, uint32_t states)
{
	uint32_t rows[STATE_COUNT + 1] = {0}, omitted = 0;

	for (size_t i = 0; i < s->n_conns; i++)
		rows[s->conns[i].state]++;
	for (uint32_t state = 1; state <= STATE_COUNT; state++)
		if (state != STATE_LISTEN && is_wanted(states, state))
			omitted +=
			    (uint32_t)sub_sat(snapshot_count(s, IP_TOTAL, state), rows[state]);
	return omitted;
}

/* --- the rows, in the order in which they are shown --- */

static int compare_owners(const struct owner *a, const struct owner *b)
{
	int order = strcmp(a->name, b->name);

	return order ? order : (a->pid > b->pid) - (a->pid < b->pid);
}

static int64_t age_of(const struct conn *conn)
{
	return conn->flags & CONN_HAS_INFO ? (int64_t)conn->age_s : -1;
}

static int compare_rows(const void *a, const void *b, void *snapshot)
{
	const struct snapshot *s = snapshot;
	const struct conn *x = *(const struct conn *const *)a, *y = *(const struct conn *const *)b;
	int order;

	if (x->state != y->state)
		return x->state - y->state;
	if (age_of(x) != age_of(y))
		return age_of(x) > age_of(y) ? -1 : 1;
	order = compare_owners(snapshot_owner(s, x->owner), snapshot_owner(s, y->owner));
	if (order)
		return order;
	/* As the snapshot has them, which is by address. */
	return (x > y) - (x < y);
}

struct rows {
	struct conn *listening; /* a row for each listener */
	const struct conn **list;
	size_t count;
};

static struct conn row_of(const struct listener *l)
{
	struct conn conn = {
	    .state = STATE_LISTEN,
	    .local = l->addr,
	    .local_port = l->port,
	    .recv_queue = l->accept_queue,
	    .send_queue = l->accept_queue_limit,
	    .owner = l->owner,
	};

	return conn;
}

static void rows_done(struct rows *rows)
{
	free(rows->listening);
	free(rows->list);
}

static int rows_make(const struct snapshot *s, uint32_t states, struct rows *ret_rows)
{
	struct rows rows = {
	    .listening = array_new(s->n_listeners, sizeof(*rows.listening)),
	    .list = array_new(s->n_listeners + s->n_conns, sizeof(*rows.list)),
	};

	if (!rows.listening || !rows.list) {
		rows_done(&rows);
		return -ENOMEM;
	}
	for (size_t i = 0; i < s->n_listeners && is_wanted(states, STATE_LISTEN); i++) {
		rows.listening[i] = row_of(&s->listeners[i]);
		rows.list[rows.count++] = &rows.listening[i];
	}
	for (size_t i = 0; i < s->n_conns; i++)
		if (is_wanted(states, s->conns[i].state))
			rows.list[rows.count++] = &s->conns[i];
	qsort_r(rows.list, rows.count, sizeof(*rows.list), compare_rows, (void *)s);
	*ret_rows = rows;
	return 0;
}

/* --- as a table --- */

enum column { STATE, AGE, PROGRAM, PID, LOCAL, REMOTE, RECV_Q, SEND_Q, SERVICE, RETRANS, RTT, UID };

/* The last ones are those that a narrow window can best do without. */
static const struct page_column columns[] = {
    [STATE] = {"STATE", PAGE_LEFT},     [AGE] = {"AGE s", PAGE_RIGHT},
    [PROGRAM] = {"PROGRAM", PAGE_CLIP}, [PID] = {"PID", PAGE_RIGHT},
    [LOCAL] = {"LOCAL", PAGE_CLIP},     [REMOTE] = {"REMOTE", PAGE_CLIP},
    [RECV_Q] = {"RECV-Q", PAGE_RIGHT},  [SEND_Q] = {"SEND-Q", PAGE_RIGHT},
    [SERVICE] = {"SERVICE", PAGE_CLIP}, [RETRANS] = {"RETRANS", PAGE_RIGHT},
    [RTT] = {"RTT ms", PAGE_RIGHT},     [UID] = {"UID", PAGE_RIGHT},
};

_Static_assert(COUNT_OF(columns) <= PAGE_COLUMNS, "a table has room for them");

/* "-" where it is not known. */
static void number_cell(struct page_table *table, enum column column, bool known, uint32_t number)
{
	if (known)
		page_cell(table, column, "%u", number);
	else
		page_cell(table, column, "-");
}

static void text_cell(struct page_table *table, enum column column, const char *text)
{
	page_cell(table, column, "%s", text[0] ? text : "-");
}

static void owner_cells(struct page_table *table, const struct owner *owner)
{
	text_cell(table, PROGRAM, owner->name);
	number_cell(table, PID, owner->pid > 0, owner->pid);
	text_cell(table, SERVICE, owner->service);
}

static void put_conn(struct page_table *table, const struct snapshot *s, const struct conn *conn)
{
	bool listening = conn->state == STATE_LISTEN, timed = conn->flags & CONN_HAS_INFO;
	bool has_user =
	    !listening && conn->state != STATE_SYN_RECV && conn->state != STATE_TIME_WAIT;
	char end[INET_TEXT_MAX];

	page_row(table);
	page_cell(table, STATE, "%s", state_name(conn->state));
	number_cell(table, AGE, timed, conn->age_s);
	owner_cells(table, snapshot_owner(s, conn->owner));
	page_cell(table, LOCAL, "%s",
		  snapshot_endpoint_format(s, &conn->local, conn->local_port, end));
	page_cell(table, REMOTE, "%s",
		  listening ? "-"
			    : snapshot_endpoint_format(s, &conn->remote, conn->remote_port, end));
	number_cell(table, RECV_Q, true, conn->recv_queue);
	number_cell(table, SEND_Q, !listening || s->info.source == SOURCE_SOCK_DIAG,
		    conn->send_queue);
	number_cell(table, RETRANS, !listening, conn->retransmits);
	if (timed)
		page_cell(table, RTT, "%u.%03u", conn->rtt_us / 1000, conn->rtt_us % 1000);
	else
		page_cell(table, RTT, "-");
	number_cell(table, UID, has_user, conn->uid);
}

static void print_foot(FILE *out, const struct snapshot *s, uint32_t states, size_t shown,
		       const char *origin)
{
	uint32_t omitted = connections_omitted(s, states);
	char number[PAGE_NUMBER_MAX];

	if (shown > 0)
		fputc('\n', out);
	page_text(out, 0, 0, "%s row%s. %s.", page_number(shown, number), shown == 1 ? "" : "s",
		  origin);
	if (omitted)
		page_text(out, 0, 0, "Not shown: %s with the same two ends as one that is.",
			  page_number(omitted, number));
	report_access(out, &s->info);
}

int connections_print(FILE *out, const struct snapshot *s, uint32_t states, const char *origin,
		      size_t width)
{
	struct page_table table = {.columns = columns,
				   .n_columns = COUNT_OF(columns),
				   .n_needed = SERVICE,
				   .width = width};
	struct rows rows;
	int ret = rows_make(s, states, &rows);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < rows.count; i++)
		put_conn(&table, s, rows.list[i]);
	if (rows.count > 0)
		page_table(out, &table);
	print_foot(out, s, states, rows.count, origin);
	rows_done(&rows);
	return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

/* --- as JSON: a line for each row, for there may be very many --- */

/* Takes the JSON over. */
static int put_json(FILE *out, const char *before, json_t *json)
{
	int ret = json && fputs(before, out) >= 0 ? json_dumpf(json, out, JSON_COMPACT) : -1;

	json_decref(json);
	return ret < 0 ? -EIO : 0;
}

static int put_rows(FILE *out, const struct snapshot *s, const struct rows *rows)
{
	const char *before = "\n ";
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < rows->count; i++) {
		if (rows->list[i]->state == STATE_LISTEN)
			continue;
		ret = put_json(out, before, json_row(s, "tcpStateConnTable", rows->list[i]));
		before = ",\n ";
	}
	return ret;
}

static int put_listeners(FILE *out, const struct snapshot *s, uint32_t states)
{
	const char *before = "\n ";
	int ret = 0;

	for (size_t i = 0; ret == 0 && is_wanted(states, STATE_LISTEN) && i < s->n_listeners; i++) {
		ret = put_json(out, before, json_row(s, "tcpStateListenerTable", &s->listeners[i]));
		before = ",\n ";
	}
	return ret;
}

int connections_json(FILE *out, const struct snapshot *s, uint32_t states, const char *origin)
{
	struct rows rows;
	int ret = rows_make(s, states, &rows);

	if (ret < 0)
		return ret;
	fprintf(out, "{\"origin\": \"%s\", \"omitted\": %u,\n", origin,
		connections_omitted(s, states));
	ret = put_json(out, "\"sampler\": ", json_row(s, "tcpStateSampler", &s->info));
	fputs(",\n\"connections\": [", out);
	if (ret == 0)
		ret = put_rows(out, s, &rows);
	fputs("],\n\"listeners\": [", out);
	if (ret == 0)
		ret = put_listeners(out, s, states);
	fputs("]}\n", out);
	rows_done(&rows);
	return fflush(out) != 0 || ferror(out) ? -EIO : ret;
}
