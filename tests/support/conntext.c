/* SPDX-License-Identifier: MIT */
#include "tests/support/conntext.h"

#include <inttypes.h>
#include <string.h>

#include "core/model/state.h"
#include "tests/support/suite.h"

enum { LINE_SIZE = 512 };

static void format(const struct conn *c, char line[LINE_SIZE])
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
	    {CONN_DUAL_STACK, "dual"},
	    {CONN_HAS_INFO, "info"},
	    {CONN_TW_SOCKET, "tw"},
	    {CONN_UNANSWERED, "unanswered"},
	};
	char local[INET_TEXT_MAX], remote[INET_TEXT_MAX], flags[64] = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (c->flags & names[i].flag) {
			strcat(flags, flags[0] ? "+" : "");
			strcat(flags, names[i].name);
		}
	}
	snprintf(line, LINE_SIZE,
		 "%s ipv%d %s %s %s retrans %" PRIu32 " recvq %" PRIu32 " sendq %" PRIu32
		 " age %" PRIu32 " rtt %" PRIu32 " uid %" PRIu32 " inode %" PRIu32 " drops %" PRIu32
		 " cgroup %" PRIu64 "\n",
		 state_name(c->state), c->ip_version == IP_V4 ? 4 : 6,
		 inet_endpoint_format(&c->local, c->local_port, NULL, local),
		 inet_endpoint_format(&c->remote, c->remote_port, NULL, remote),
		 flags[0] ? flags : "-", (uint32_t)c->retransmits, c->recv_queue, c->send_queue,
		 c->age_s, c->state == STATE_LISTEN ? 0 : c->rtt_us, c->uid, c->inode,
		 c->state == STATE_LISTEN ? c->drops : 0, c->cgroup_id);
}

/* The next line that is no comment; "" at the end. */
static void next_line(struct conntext *text, char line[LINE_SIZE])
{
	do {
		if (!fgets(line, LINE_SIZE, text->file))
			line[0] = '\0';
	} while (line[0] == '#');
}

void conntext_open(struct conntext *text, const char *name)
{
	*text = (struct conntext){.file = fopen(suite_data(name), "re")};
	CU_ASSERT_PTR_NOT_NULL_FATAL(text->file);
}

int conntext_compare(const struct conn *conn, void *arg)
{
	struct conntext *text = arg;
	char got[LINE_SIZE], expected[LINE_SIZE];

	format(conn, got);
	next_line(text, expected);
	text->lines++;
	if (strcmp(got, expected) != 0) {
		text->wrong++;
		printf("\n  got      %s  expected %s", got, expected);
	}
	return 0;
}

void conntext_close(struct conntext *text)
{
	char rest[LINE_SIZE];

	next_line(text, rest);
	CHECK_EQ_STR(rest, "");
	CU_ASSERT(text->lines > 0);
	CHECK_EQ_INT(text->wrong, 0);
	fclose(text->file);
}
