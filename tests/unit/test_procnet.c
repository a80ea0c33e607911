/* SPDX-License-Identifier: MIT */
#include "core/kernel/procnet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/model/state.h"
#include "tests/support/conntext.h"
#include "tests/support/tree.h"
#include "tests/support/suite.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HEADER                                                                                     \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "           \
	"uid\n"
#define LISTEN_LINE                                                                                \
	"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  "            \
	"1000"                                                                                     \
	"        0 12345 1 0000000000000000 100 0 0 10 0\n"
#define LISTEN6_LINE                                                                               \
	"   0: 00000000000000000000000000000000:0016 "                                             \
	"00000000000000000000000000000000:0000 0A "                                                \
	"00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 "             \
	"100 0 0\n"

static int count(const struct conn *conn, void *arg)
{
	(void)conn;
	++*(unsigned *)arg;
	return 0;
}

static int refuse_second(const struct conn *conn, void *arg)
{
	(void)conn;
	return ++*(unsigned *)arg == 2 ? -ECANCELED : 0;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* The kernel prints addresses as numbers in the byte order of the machine. */
static void recorded_files_are_read(void)
{
	int fd = suite_open_data("procnet/linux-6.18");
	struct diag_stats stats = {.sockets = 0};
	struct conntext text;

	conntext_open(&text, "procnet/linux-6.18/sockets.txt");
	CHECK_EQ_INT(procnet_dump(fd, STATE_MASK_ALL, conntext_compare, &text, &stats), 0);
	conntext_close(&text);
	CHECK_EQ_INT(stats.sockets, 53);
	CHECK_EQ_INT(stats.unknown_states + stats.malformed, 0);
	close(fd);
}
#endif

/* `tail` is what follows the addresses. */
static int parse(const char *tail, struct conn *ret_conn)
{
	char line[256];

	snprintf(line, sizeof(line), "   7: 0100007F:1F90 0100007F:C001 %s", tail);
	return procnet_parse(line, AF_INET, ret_conn);
}

static void columns_are_translated(void)
{
	static const struct {
		const char *tail;
		uint8_t state, flags;
		uint32_t retransmits, recv_queue, send_queue, uid, inode;
	} cases[] = {
	    {"01 FFFFFFFF:00000064 01:00000014 00000003 4294967294        0 4294967295 1",
	     STATE_ESTABLISHED, CONN_UNACKED, 3, 100, UINT32_MAX, 4294967294u, UINT32_MAX},
	    {"01 00000000:00000000 01:00000014 00000100     0        0 9 1", STATE_ESTABLISHED,
	     CONN_UNACKED, 255, 0, 0, 0, 9},
	    /* Probes: of a closed window (4), of keepalive (2). */
	    {"04 00000001:00000000 04:00000014 00000000     0        5 0 1", STATE_FIN_WAIT_1,
	     CONN_PROBING, 5, 0, 1, 0, 0},
	    {"01 00000000:00000000 02:00000014 00000000    33        2 9 1", STATE_ESTABLISHED, 0,
	     2, 0, 0, 33, 9},
	    {"03 00000000:00000000 01:00000014 00000000    33        0 0 1", STATE_SYN_RECV, 0, 0,
	     0, 0, 0, 0},
	    {"03 00000000:00000000 01:00000014 00000002    33        0 0 1", STATE_SYN_RECV,
	     CONN_UNANSWERED, 2, 0, 0, 0, 0},
	    {"05 00000000:00000000 03:00000014 00000000     0        0 0 3", STATE_FIN_WAIT_2,
	     CONN_TW_SOCKET, 0, 0, 0, 0, 0},
	    {"06 00000000:00000000 03:000000000000154A 00000000     0        0 0 3",
	     STATE_TIME_WAIT, CONN_TW_SOCKET | CONN_REUSABLE, 0, 0, 0, 0, 0},
	    {"06 00000000:00000000 03:0000170D 00000000     0        0 0 3", STATE_TIME_WAIT,
	     CONN_TW_SOCKET, 0, 0, 0, 0, 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conn c = {.state = 0};

		CHECK_EQ_INT(parse(cases[i].tail, &c), 0);
		CHECK_EQ_INT(c.state, cases[i].state);
		CHECK_EQ_INT(c.flags, cases[i].flags);
		CHECK_EQ_INT(c.retransmits, cases[i].retransmits);
		CHECK_EQ_INT(c.recv_queue, cases[i].recv_queue);
		CHECK_EQ_INT(c.send_queue, cases[i].send_queue);
		CHECK_EQ_INT(c.uid, cases[i].uid);
		CHECK_EQ_INT(c.inode, cases[i].inode);
		CHECK_EQ_INT(c.id, cases[i].inode);
		CHECK_EQ_INT(c.ip_version, IP_V4);
		CHECK_EQ_INT(c.local_port, 8080);
		CHECK_EQ_INT(c.remote_port, 49153);
	}
}

static void odd_lines_are_refused(void)
{
	static const struct {
		const char *line;
		int error;
	} cases[] = {
	    {"", -EBADMSG},
	    {":", -EBADMSG},
	    {"garbage", -EBADMSG},
	    {HEADER, -EBADMSG},
	    {"   0: 0100007F", -EBADMSG},
	    {"   0: 0100007F:", -EBADMSG},
	    {"   0: 0100007:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 00100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007G:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:11F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1 1", 0},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 4294967296 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 4294967296 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 100000000 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 100000000:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 100:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 -1 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 0A 0-0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 100 0:0 0:0 0 0 0 1 1", -EBADMSG},
	    {"   0: 0100007F:1F90 00000000:0000 00 0:0 0:0 0 0 0 1 1", -ENOTSUP},
	    {"   0: 0100007F:1F90 00000000:0000 0E 0:0 0:0 0 0 0 1 1", -ENOTSUP},
	    {"   0: 0100007F:1F90 00000000:0000 FF 0:0 0:0 0 0 0 1 1", -ENOTSUP},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct conn c, before;

		memset(&c, 0xa5, sizeof(c));
		before = c;
		CHECK_EQ_INT(procnet_parse(cases[i].line, AF_INET, &c), cases[i].error);
		CHECK_EQ_INT(memcmp(&c, &before, sizeof(c)) == 0, cases[i].error != 0);
		CHECK_EQ_INT(procnet_parse(cases[i].line, AF_INET6, &c), -EBADMSG);
	}
}

static void files_may_be_odd(void)
{
	static const struct {
		const char *tcp, *tcp6;
		int error;
		uint32_t sockets, unknown_states, malformed;
	} cases[] = {
	    {HEADER LISTEN_LINE, HEADER LISTEN6_LINE, 0, 2, 0, 0},
	    {HEADER LISTEN_LINE LISTEN_LINE, NULL, 0, 2, 0, 0},
	    {HEADER, HEADER, 0, 0, 0, 0},
	    {HEADER LISTEN_LINE "garbage\n\n\x01\xff\n" LISTEN_LINE, HEADER, 0, 2, 0, 3},
	    {HEADER LISTEN_LINE, HEADER LISTEN_LINE, 0, 1, 0, 1},
	    {HEADER LISTEN_LINE "   1: 0100007F:1F90 00000000:0000 0A 00000000:0", HEADER, 0, 1, 0,
	     1},
	    {HEADER "   0: 0100007F:1F90 00000000:0000 0D 0:0 0:0 0 0 0 1 1\n"
		    "   0: 0100007F:1F90 00000000:0000 0E 0:0 0:0 0 0 0 1 1\n",
	     HEADER, 0, 1, 1, 0},
	    {NULL, HEADER, -ENOENT, 0, 0, 0},
	    {"", HEADER, -EBADMSG, 0, 0, 0},
	    {"garbage\n" LISTEN_LINE, HEADER, -EBADMSG, 0, 0, 0},
	    {LISTEN_LINE, HEADER, -EBADMSG, 0, 0, 0},
	    {HEADER, "", -EBADMSG, 0, 0, 0},
	};
	struct tree f;

	tree_make(&f);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct diag_stats stats = {.sockets = 99};
		unsigned calls = 0;

		tree_file(&f, "tcp", cases[i].tcp);
		tree_file(&f, "tcp6", cases[i].tcp6);
		CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats),
			     cases[i].error);
		if (cases[i].error) {
			CHECK_EQ_INT(stats.sockets, 99);
			continue;
		}
		CHECK_EQ_INT(calls, cases[i].sockets);
		CHECK_EQ_INT(stats.sockets, cases[i].sockets);
		CHECK_EQ_INT(stats.unknown_states, cases[i].unknown_states);
		CHECK_EQ_INT(stats.malformed, cases[i].malformed);
	}
	tree_remove(&f);
}

/* A kernel without IPv6 has no tcp6. One that has IPv6 is hiding it. */
static void tcp6_may_be_hidden(void)
{
	struct diag_stats stats;
	struct tree f;
	unsigned calls = 0;

	tree_make(&f);
	tree_file(&f, "tcp", HEADER LISTEN_LINE);
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats), 0);
	tree_file(&f, "if_inet6", "");
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats), -ENOENT);
	tree_file(&f, "tcp6", HEADER);
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats), 0);
	tree_remove(&f);
}

static void mask_and_callback_are_heeded(void)
{
	struct diag_stats stats = {.sockets = 0};
	struct tree f;
	unsigned calls = 0;

	tree_make(&f);
	tree_file(&f, "tcp", HEADER LISTEN_LINE LISTEN_LINE LISTEN_LINE);
	CHECK_EQ_INT(
	    procnet_dump(f.fd, STATE_MASK_ALL & ~STATE_BIT(STATE_LISTEN), count, &calls, &stats),
	    0);
	CHECK_EQ_INT(calls, 0);
	CHECK_EQ_INT(stats.sockets + stats.malformed, 0);
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_BIT(STATE_LISTEN), refuse_second, &calls, &stats),
		     -ECANCELED);
	CHECK_EQ_INT(calls, 2);
	tree_remove(&f);
}

/* A file of many buffers, with lines of any length across their borders. */
static void long_files_are_streamed(void)
{
	enum { LINES = 20000, PAD = 90 };
	size_t size = sizeof(HEADER) + LINES * (sizeof(LISTEN_LINE) + PAD), len;
	char *text = malloc(size);
	struct diag_stats stats = {.sockets = 0};
	unsigned calls = 0;
	struct tree f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	len = (size_t)sprintf(text, "%s", HEADER);
	for (unsigned i = 0; i < LINES; i++)
		len += (size_t)sprintf(text + len, "%.*s%*s\n", (int)sizeof(LISTEN_LINE) - 2,
				       LISTEN_LINE, (int)(i % PAD), "");
	tree_make(&f);
	tree_file(&f, "tcp", text);
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats), 0);
	CHECK_EQ_INT(calls, LINES);
	CHECK_EQ_INT(stats.malformed, 0);
	/* One line that fills more than a buffer. */
	memset(text + sizeof(HEADER), 'x', size - sizeof(HEADER) - 1);
	text[size - 1] = '\0';
	tree_file(&f, "tcp", text);
	CHECK_EQ_INT(procnet_dump(f.fd, STATE_MASK_ALL, count, &calls, &stats), -EBADMSG);
	tree_remove(&f);
	free(text);
}

/* Each line in memory of its exact size, so that ASan sees a read behind it. */
static void random_lines_do_no_harm(void)
{
	static const char alphabet[] = "0123456789ABCDEF0000::::     \xff\x01-+x";
	uint32_t seed = 1;
	unsigned refused = 0, wrong = 0;

	for (unsigned i = 0; i < 100000; i++) {
		bool v6 = i & 1;
		char *line = strdup(v6 ? LISTEN6_LINE : LISTEN_LINE);
		size_t len;
		struct conn c = {.state = STATE_LISTEN};
		int error;

		CU_ASSERT_PTR_NOT_NULL_FATAL(line);
		len = strlen(line);
		for (unsigned n = 0; n < i % 5; n++) {
			seed = seed * 1664525u + 1013904223u;
			line[(seed >> 8) % len] = alphabet[(seed >> 20) % sizeof(alphabet)];
		}
		error = procnet_parse(line, v6 ? AF_INET6 : AF_INET, &c);
		refused += error != 0;
		wrong += (error != 0 && error != -EBADMSG && error != -ENOTSUP) ||
			 c.state < STATE_CLOSED || c.state > STATE_TIME_WAIT;
		free(line);
	}
	CHECK_EQ_INT(wrong, 0);
	CU_ASSERT(refused > 1000 && refused < 99000);
}

int main(void)
{
	CU_TestInfo tests[] = {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		{"recorded files are read", recorded_files_are_read},
#endif
		{"columns are translated", columns_are_translated},
		{"odd lines are refused", odd_lines_are_refused},
		{"files may be odd", files_may_be_odd},
		{"tcp6 may be hidden", tcp6_may_be_hidden},
		{"mask and callback are heeded", mask_and_callback_are_heeded},
		{"long files are streamed", long_files_are_streamed},
		{"random lines do no harm", random_lines_do_no_harm},
		CU_TEST_INFO_NULL,
	};

	return suite_run("procnet", tests);
}
