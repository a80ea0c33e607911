/* SPDX-License-Identifier: MIT */
#include "subagent/report_private.h"

#include <string.h>

#include "core/base/array.h"
#include "core/diagnosis/offender.h"
#include "core/model/label.h"
#include "subagent/page.h"

enum { LISTENERS_SHOWN = 10, HOLDERS_SHOWN = 3, TOP_MAX = 10 };

/* The rows with the highest keys; of equal ones those that came first. */
struct top {
	size_t size; /* wanted, up to TOP_MAX */
	size_t count;
	struct {
		uint64_t key;
		const void *row;
	} picks[TOP_MAX];
};

static void top_offer(struct top *top, uint64_t key, const void *row)
{
	size_t at = top->count;

	while (at > 0 && top->picks[at - 1].key < key)
		at--;
	if (at == top->size)
		return;
	if (top->count < top->size)
		top->count++;
	memmove(&top->picks[at + 1], &top->picks[at],
		(top->count - at - 1) * sizeof(top->picks[0]));
	top->picks[at].key = key;
	top->picks[at].row = row;
}

/* A process that has started a moment ago has no peaks to tell of. */
static bool has_peaks(const struct snapshot *s)
{
	const struct state_row *rows = &s->states[(IP_TOTAL - 1) * STATE_COUNT];

	for (size_t i = 0; i < STATE_COUNT; i++)
		if (rows[i].peak_15min > rows[i].count)
			return true;
	return false;
}

void report_states(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	static const struct page_column columns[] = {
	    {"STATE", PAGE_LEFT}, {"TOTAL", PAGE_RIGHT},       {"IPv4", PAGE_RIGHT},
	    {"IPv6", PAGE_RIGHT}, {"PEAK 15 min", PAGE_RIGHT},
	};
	struct page_table table = {.columns = columns,
				   .n_columns = COUNT_OF(columns) - !has_peaks(s),
				   .marked = options->watched};

	for (uint32_t state = 1; state <= STATE_COUNT; state++) {
		page_row(&table);
		page_mark(&table, report_mark_state(options->before, state,
						    snapshot_count(s, IP_TOTAL, state)));
		page_cell(&table, 0, "%s", state_name(state));
		page_number_cell(&table, 1, snapshot_count(s, IP_TOTAL, state));
		page_number_cell(&table, 2, snapshot_count(s, IP_V4, state));
		page_number_cell(&table, 3, snapshot_count(s, IP_V6, state));
		page_number_cell(&table, 4,
				 s->states[(IP_TOTAL - 1) * STATE_COUNT + state - 1].peak_15min);
	}
	fputc('\n', out);
	page_table(out, &table);
}

/* "97 / 512"; "! 129 / 128" where the queue is full. */
static bool queue_cell(struct page_table *table, size_t column, uint32_t queue, uint32_t limit,
		       bool limited, bool full)
{
	char used[PAGE_NUMBER_MAX], most[PAGE_NUMBER_MAX];

	page_number(queue, used);
	if (limited)
		page_cell(table, column, "%s%s / %s", full ? "! " : "", used,
			  page_number(limit, most));
	else
		page_cell(table, column, "%s", used);
	return limited && full;
}

static uint64_t listener_key(const struct listener *row)
{
	uint32_t syn = row->syn_queue_percent, accept = row->accept_queue_fullest;
	uint64_t queues = (uint64_t)row->accept_queue + row->syn_queue;

	if (queues > UINT32_MAX)
		queues = UINT32_MAX;
	return (uint64_t)(syn > accept ? syn : accept) << 32 | queues;
}

/* Returns whether one of its queues is full. */
static bool listener_row(struct page_table *table, const struct snapshot *s,
			 const struct listener *row)
{
	bool limited = row->has_limits, full;
	char endpoint[INET_TEXT_MAX], who[PAGE_CELL];
	struct text text = text_begin(who, sizeof(who));

	page_row(table);
	page_cell(table, 0, "%s", snapshot_endpoint_format(s, &row->addr, row->port, endpoint));
	page_number_cell(table, 1, row->sockets);
	full = queue_cell(table, 2, row->accept_queue, row->accept_queue_limit, limited,
			  row->accept_queue_fullest >= 100);
	full |= queue_cell(table, 3, row->syn_queue, row->syn_queue_limit, limited,
			   row->syn_queue_percent >= 100);
	page_number_cell(table, 4, row->drops);
	/* Of several sockets, whose accept queue holds the most. */
	offender_owner(&text, "", s, row->accept_queue_fullest ? row->fullest_owner : row->owner);
	page_cell(table, 5, "%s", who);
	return full;
}

/* Those that listen no more: as they were. */
static bool gone_listeners(struct page_table *table, const struct snapshot *s,
			   const struct snapshot *before)
{
	size_t shown = 0;
	bool full = false;

	for (size_t i = 0; before && i < before->n_listeners && shown < LISTENERS_SHOWN; i++) {
		const struct listener *row = &before->listeners[i];

		if (snapshot_listener(s, &row->addr, row->port))
			continue;
		full |= listener_row(table, before, row);
		page_mark(table, REPORT_GONE);
		shown++;
	}
	return full;
}

void report_listeners(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	static const struct page_column columns[] = {
	    {"LISTENER", PAGE_CLIP},   {"SOCKETS", PAGE_RIGHT}, {"ACCEPT QUEUE", PAGE_RIGHT},
	    {"SYN QUEUE", PAGE_RIGHT}, {"DROPS", PAGE_RIGHT},   {"PROCESS", PAGE_CLIP},
	};
	struct page_table table = {
	    .columns = columns, .n_columns = COUNT_OF(columns), .marked = options->watched};
	struct top top = {.size = LISTENERS_SHOWN};
	char more[PAGE_NUMBER_MAX];
	bool full = false;

	for (size_t i = 0; i < s->n_listeners; i++)
		top_offer(&top, listener_key(&s->listeners[i]), &s->listeners[i]);
	for (size_t i = 0; i < top.count; i++) {
		full |= listener_row(&table, s, top.picks[i].row);
		page_mark(&table, report_mark_listener(options->before, top.picks[i].row));
	}
	full |= gone_listeners(&table, s, options->before);
	if (!table.n_rows)
		return;
	fputc('\n', out);
	page_table(out, &table);
	if (s->n_listeners > top.count)
		page_text(out, 0, 0, "and %s more, none of them fuller",
			  page_number(s->n_listeners - top.count, more));
	if (full)
		page_text(out, 0, 0,
			  "! full, or one of its sockets is: new connections are "
			  "dropped, or kept by SYN cookies");
}

static struct top top_processes(const struct snapshot *s, uint32_t state)
{
	struct top top = {.size = HOLDERS_SHOWN};

	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].state == state)
			top_offer(&top, s->processes[i].count, &s->processes[i]);
	return top;
}

static struct top top_remotes(const struct snapshot *s, uint32_t state)
{
	struct top top = {.size = HOLDERS_SHOWN};

	for (size_t i = 0; i < s->n_remotes; i++)
		if (s->remotes[i].state == state)
			top_offer(&top, s->remotes[i].count, &s->remotes[i]);
	return top;
}

static void holder_cells(struct page_table *table, const struct snapshot *s, uint32_t owner,
			 uint32_t count)
{
	char who[PAGE_CELL];
	struct text text = text_begin(who, sizeof(who));

	offender_owner(&text, "", s, owner);
	page_number_cell(table, 1, count);
	page_cell(table, 2, "%s", who);
}

static void remote_cells(struct page_table *table, const struct snapshot *s,
			 const struct remote *remote)
{
	char addr[INET_TEXT_MAX];

	page_number_cell(table, 3, remote->count);
	page_cell(table, 4, "%s", snapshot_addr_format(s, &remote->addr, addr));
}

static void more_cells(struct page_table *table, size_t column, uint32_t all, size_t shown)
{
	char more[PAGE_NUMBER_MAX];

	if (shown > 0 && all > shown)
		page_cell(table, column, "and %s more", page_number(all - shown, more));
}

/* Of those that had most of the sockets: who has none any more. */
static void gone_holders(struct page_table *table, const struct snapshot *s,
			 const struct snapshot *before, uint32_t state)
{
	struct top top = top_processes(before, state);

	for (size_t i = 0; i < top.count; i++) {
		const struct process *row = top.picks[i].row;

		if (report_find_process(s, row))
			continue;
		page_row(table);
		page_mark(table, REPORT_GONE);
		page_cell(table, 0, "%s", state_name(state));
		holder_cells(table, before, row->owner, row->count);
	}
}

static void holder_rows(struct page_table *table, const struct snapshot *s, uint32_t state,
			const struct snapshot *before)
{
	const struct spread *spread = &s->spreads[state - 1];
	const struct state_top *known = &s->tops[state - 1];
	struct top processes = top_processes(s, state), remotes = top_remotes(s, state);
	size_t rows = processes.count > remotes.count ? processes.count : remotes.count;

	/* Without permission to see the process, its service may still be known. */
	if (rows == 0 && known->owner != 0)
		rows = 1;
	for (size_t i = 0; i < rows; i++) {
		page_row(table);
		if (i == 0)
			page_cell(table, 0, "%s", state_name(state));
		if (i < processes.count) {
			const struct process *row = processes.picks[i].row;

			holder_cells(table, s, row->owner, row->count);
			page_mark(table, report_mark_process(before, row));
		} else if (i == 0 && known->owner != 0) {
			holder_cells(table, s, known->owner, known->owner_count);
		}
		if (i < remotes.count)
			remote_cells(table, s, remotes.picks[i].row);
	}
	if ((processes.count && spread->processes > processes.count) ||
	    (remotes.count && spread->remotes > remotes.count)) {
		page_row(table);
		more_cells(table, 2, spread->processes, processes.count);
		more_cells(table, 4, spread->remotes, remotes.count);
	}
}

void report_holders(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	static const enum tcp_state states[] = {
	    STATE_SYN_SENT,   STATE_SYN_RECV, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2,
	    STATE_CLOSE_WAIT, STATE_LAST_ACK, STATE_CLOSING,    STATE_TIME_WAIT,
	};
	static const struct page_column columns[] = {
	    {"STATE", PAGE_LEFT},    {"SOCKETS", PAGE_RIGHT},    {"OF PROCESS", PAGE_CLIP},
	    {"SOCKETS", PAGE_RIGHT}, {"WITH REMOTE", PAGE_CLIP},
	};
	struct page_table table = {
	    .columns = columns, .n_columns = COUNT_OF(columns), .marked = options->watched};

	for (size_t i = 0; i < COUNT_OF(states); i++) {
		holder_rows(&table, s, states[i], options->before);
		if (options->before)
			gone_holders(&table, s, options->before, states[i]);
	}
	if (!table.n_rows)
		return;
	fputc('\n', out);
	page_table(out, &table);
}

static void limit_row(struct page_table *table, const struct limit *limit,
		      const struct snapshot *before)
{
	const char *title = label_limit_title(limit->id);
	char bound[PAGE_CELL];
	struct text text = text_begin(bound, sizeof(bound));

	if (!title)
		return;
	page_row(table);
	page_mark(table, report_mark_limit(before, limit));
	page_cell(table, 0, "%s", title);
	page_number_cell(table, 1, limit->usage);
	/* The kernel's way to write no limit (fs.file-max). */
	if (limit->capacity >= INT64_MAX)
		page_cell(table, 2, "no limit");
	else
		page_number_cell(table, 2, limit->capacity);
	page_number_cell(table, 3, limit->percent);
	if (limit->has_overflows)
		page_number_cell(table, 4, limit->overflows);
	else
		page_cell(table, 4, "-");
	text_add(&text, "", "%s", limit->bound);
	if (limit->detail[0])
		text_add(&text, ", ", "%s", limit->detail);
	offender_time_left(&text, limit);
	page_cell(table, 5, "%s", bound);
}

void report_limits(FILE *out, const struct snapshot *s, const struct report_options *options)
{
	static const struct page_column columns[] = {
	    {"LIMIT", PAGE_LEFT}, {"USED", PAGE_RIGHT}, {"OF", PAGE_RIGHT},
	    {"%", PAGE_RIGHT},    {"HIT", PAGE_RIGHT},  {"SET BY", PAGE_WRAP},
	};
	struct page_table table = {
	    .columns = columns, .n_columns = COUNT_OF(columns), .marked = options->watched};

	for (size_t i = 0; i < s->n_limits; i++)
		limit_row(&table, &s->limits[i], options->before);
	if (!table.n_rows)
		return;
	fputc('\n', out);
	page_table(out, &table);
}
