/* SPDX-License-Identifier: MIT */
#include "core/sample/limit.h"

#include "tests/support/suite.h"

/* What bounds the SYN queue of sockets that share a port, with this sum of limits. */
static const char *syn_bound(uint32_t somaxconn, uint32_t sockets, uint32_t sum,
			     struct snapshot *now)
{
	static struct owner nobody;
	static struct listener row;
	struct bounds bounds = {.somaxconn = somaxconn};
	struct builder_ports ports = {0};
	struct counters counters = {0};
	struct sockstat sockstat = {0};

	row = (struct listener){.addr = {.type = INET_IPV4},
				.port = 80,
				.has_limits = true,
				.sockets = sockets,
				.accept_queue_limit = sum,
				.syn_queue_limit = sum};
	*now = (struct snapshot){
	    .listeners = &row, .n_listeners = 1, .owners = &nobody, .n_owners = 1};
	limit_fill(&bounds, &sockstat, &counters, &ports, now);
	for (size_t i = 0; i < now->n_limits; i++)
		if (now->limits[i].id == LIMIT_SYN_BACKLOG)
			return now->limits[i].bound;
	return "";
}

static void bound_is_named(void)
{
	struct snapshot now;

	CHECK_EQ_STR(syn_bound(4096, 2, 8192, &now), "net.core.somaxconn");
	CHECK_EQ_STR(syn_bound(4096, 2, 4224, &now), "listen() backlog");
	/* A sum that has no room in 32 bits. */
	CHECK_EQ_STR(syn_bound(1u << 30, 4, UINT32_MAX, &now), "net.core.somaxconn");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the bound is named", bound_is_named},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("limit", tests);
}
