/* SPDX-License-Identifier: MIT */
/*
 * An SNMPv2c client that measures; it prints one line of KEY=VALUE.
 *
 *   tests/bench/walk walk ADDRESS COMMUNITY OID...
 *       GETBULK over the columns, all of them in each request, until one of them ends:
 *       cells, seconds, cells_per_s.
 *   tests/bench/walk get ADDRESS COMMUNITY OID RATE SECONDS
 *       GETs at a fixed rhythm of RATE a second, without waiting for the answers; a GET's
 *       time begins when it was due, so that a late answer delays none of the others: n,
 *       p50_us, p99_us, max_us, lost (no answer within a second).
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

/* The variables of an answer take some 100 KiB: given back to the kernel and asked for again each
 * time, they would cost the client more than all else. */
enum { KEPT_MEMORY = 16 * 1024 * 1024 };

enum { COLUMNS_MAX = 16, CELLS_A_REQUEST = 96, ANSWER_S = 1 };

struct column {
	oid base[MAX_OID_LEN], at[MAX_OID_LEN];
	size_t base_len, at_len;
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "walk: %s\n", what);
	exit(EXIT_FAILURE);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static netsnmp_session *open_session(char *address, char *community, int retries)
{
	netsnmp_session wanted, *session;

	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	init_snmp("walk");
	snmp_sess_init(&wanted);
	wanted.version = SNMP_VERSION_2c;
	wanted.peername = address;
	wanted.community = (u_char *)community;
	wanted.community_len = strlen(community);
	wanted.timeout = ANSWER_S * 1000000L;
	wanted.retries = retries;
	session = snmp_open(&wanted);
	if (!session)
		fail("cannot open a session");
	return session;
}

static void parse_oid(const char *text, oid *ret_oid, size_t *ret_len)
{
	*ret_len = MAX_OID_LEN;
	if (!read_objid(text, ret_oid, ret_len))
		fail("not an OID");
}

/* Takes an answer, if one comes in that time; what has none for too long is given up. */
static void receive(int64_t us)
{
	struct timeval timeout = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};
	int n_fds = 0, block = 0;
	fd_set fds;

	FD_ZERO(&fds);
	snmp_select_info(&n_fds, &fds, &timeout, &block);
	if (select(n_fds, &fds, NULL, NULL, &timeout) > 0)
		snmp_read(&fds);
	else
		snmp_timeout();
}

/* --- walk -----------------------------------------------------------------------------
 */

struct walk {
	struct column columns[COLUMNS_MAX];
	size_t n;
	uint64_t cells;
	bool waiting, more;
};

/* Counts the cells of an answer and moves on behind them. False: a column has ended. */
static bool take(const netsnmp_pdu *answer, struct walk *walk)
{
	size_t i = 0;

	for (const netsnmp_variable_list *vb = answer->variables; vb; vb = vb->next_variable) {
		struct column *column = &walk->columns[i++ % walk->n];

		if (vb->type == SNMP_ENDOFMIBVIEW ||
		    netsnmp_oid_is_subtree(column->base, column->base_len, vb->name,
					   vb->name_length) != 0)
			return false;
		memcpy(column->at, vb->name, vb->name_length * sizeof(oid));
		column->at_len = vb->name_length;
		walk->cells++;
	}
	return i > 0;
}

static int on_cells(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct walk *walk = arg;

	(void)session, (void)id;
	if (operation == NETSNMP_CALLBACK_OP_RESEND)
		return 1;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE || pdu->errstat != SNMP_ERR_NOERROR)
		fail("a GETBULK was not answered");
	walk->more = take(pdu, walk);
	walk->waiting = false;
	return 1;
}

/* Not by snmp_synch_response(), which makes a copy of each answer. */
static void ask(netsnmp_session *session, struct walk *walk)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);

	if (!pdu)
		fail("out of memory");
	pdu->non_repeaters = 0;
	pdu->max_repetitions = CELLS_A_REQUEST / (long)walk->n;
	for (size_t i = 0; i < walk->n; i++)
		snmp_add_null_var(pdu, walk->columns[i].at, walk->columns[i].at_len);
	if (!snmp_async_send(session, pdu, on_cells, walk))
		fail("cannot send");
	for (walk->waiting = true; walk->waiting;)
		receive(ANSWER_S * INT64_C(1000000));
}

static void walk(netsnmp_session *session, int n, char **oids)
{
	struct walk walk = {.n = (size_t)n, .more = true};
	int64_t start, us;

	if (n > COLUMNS_MAX)
		fail("too many columns");
	for (int i = 0; i < n; i++) {
		struct column *column = &walk.columns[i];

		parse_oid(oids[i], column->base, &column->base_len);
		memcpy(column->at, column->base, sizeof(column->at));
		column->at_len = column->base_len;
	}
	start = now_us();
	while (walk.more)
		ask(session, &walk);
	us = now_us() - start;
	printf("cells=%llu seconds=%.3f cells_per_s=%.0f\n", (unsigned long long)walk.cells,
	       (double)us / 1e6, (double)walk.cells * 1e6 / (double)us);
}

/* --- get ------------------------------------------------------------------------------
 */

struct rhythm {
	int64_t *took_us; /* of those answered */
	size_t n, answered, lost;
};

struct request {
	struct rhythm *rhythm;
	int64_t due_us;
};

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int on_answer(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu, void *arg)
{
	struct request *request = arg;
	struct rhythm *rhythm = request->rhythm;

	(void)session, (void)id;
	if (operation != NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE) {
		rhythm->lost++;
	} else {
		if (pdu->errstat != SNMP_ERR_NOERROR ||
		    pdu->variables->type == SNMP_NOSUCHINSTANCE ||
		    pdu->variables->type == SNMP_NOSUCHOBJECT)
			fail("the object is not there");
		rhythm->took_us[rhythm->answered++] = now_us() - request->due_us;
	}
	free(request);
	return 1;
}

static void send_get(netsnmp_session *session, struct rhythm *rhythm, int64_t due_us,
		     const oid *name, size_t len)
{
	struct request *request = malloc(sizeof(*request));
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);

	if (!request || !pdu)
		fail("out of memory");
	*request = (struct request){rhythm, due_us};
	snmp_add_null_var(pdu, name, len);
	if (!snmp_async_send(session, pdu, on_answer, request))
		fail("cannot send");
}

static void receive_until(int64_t until_us)
{
	int64_t left;

	while ((left = until_us - now_us()) > 0)
		receive(left);
}

static void get(netsnmp_session *session, char **argv)
{
	struct rhythm rhythm = {0};
	long rate = atol(argv[1]), seconds = atol(argv[2]);
	oid name[MAX_OID_LEN];
	int64_t start;
	size_t len, last;

	if (rate < 1 || rate > 100000 || seconds < 1 || seconds > 3600)
		fail("not a rate or not a number of seconds");
	parse_oid(argv[0], name, &len);
	rhythm.n = (size_t)(rate * seconds);
	rhythm.took_us = calloc(rhythm.n, sizeof(*rhythm.took_us));
	if (!rhythm.took_us)
		fail("out of memory");
	start = now_us();
	for (size_t i = 0; i < rhythm.n; i++) {
		int64_t due = start + (int64_t)i * 1000000 / rate;

		receive_until(due);
		send_get(session, &rhythm, due, name, len);
	}
	while (rhythm.answered + rhythm.lost < rhythm.n)
		receive_until(now_us() + 10000);
	if (rhythm.answered == 0)
		fail("no GET was answered");
	qsort(rhythm.took_us, rhythm.answered, sizeof(*rhythm.took_us), compare);
	last = rhythm.answered - 1;
	printf("n=%zu p50_us=%lld p99_us=%lld max_us=%lld lost=%zu\n", rhythm.n,
	       (long long)rhythm.took_us[last / 2], (long long)rhythm.took_us[last * 99 / 100],
	       (long long)rhythm.took_us[last], rhythm.lost);
	free(rhythm.took_us);
}

int main(int argc, char **argv)
{
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
	if (argc >= 5 && strcmp(argv[1], "walk") == 0)
		walk(open_session(argv[2], argv[3], 3), argc - 4, argv + 4);
	else if (argc == 7 && strcmp(argv[1], "get") == 0)
		get(open_session(argv[2], argv[3], 0), argv + 4);
	else
		fail("walk ADDRESS COMMUNITY OID... | get ADDRESS COMMUNITY OID RATE "
		     "SECONDS");
	snmp_close_sessions();
	return EXIT_SUCCESS;
}
