/* SPDX-License-Identifier: MIT */
#include "core/figures/limit.h"

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

static const struct limit *find(const struct snapshot *now, enum limit_id id)
{
	for (size_t i = 0; i < now->n_limits; i++)
		if (now->limits[i].id == id)
			return &now->limits[i];
	return NULL;
}

/* A host without listeners. */
static struct snapshot filled(const struct bounds *bounds, const struct sockstat *sockstat,
			      const struct counters *counters, const struct builder_ports *ports)
{
	static struct owner owners[] = {
	    {0},
	    {.pid = 7, .name = "idle", .fds = 3},
	    {.pid = 8, .name = "even", .fds = 50, .fds_max = 100},
	    {.pid = 9, .name = "nginx", .service = "nginx.service", .fds = 60, .fds_max = 120},
	    {.pid = 10, .name = "java", .fds = 1, .fds_max = 3},
	    {.pid = 11, .name = "sshd", .fds = 7, .fds_max = 1}, /* before the login */
	};
	struct snapshot now = {.owners = owners, .n_owners = 6};

	limit_fill(bounds, sockstat, counters, ports, &now);
	return now;
}

static void percent_of_the_bound(void)
{
	static const struct {
		uint64_t usage, capacity;
		uint32_t percent;
	} cases[] = {
	    {0, 0, 0},
	    {1, 0, 100},
	    {0, 200, 0},
	    {1, 200, 0},
	    {2, 200, 1},
	    {199, 200, 99},
	    {200, 200, 100},
	    {201, 200, 100},
	    {202, 200, 101},
	    {UINT64_MAX, UINT64_MAX, 100},
	    {UINT64_MAX, 1, UINT32_MAX},
	    {UINT32_MAX, 100, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bounds bounds = {.has_files = true,
					.files_used = cases[i].usage,
					.files_max = cases[i].capacity};
		struct snapshot now = filled(&bounds, &(struct sockstat){0}, &(struct counters){0},
					     &(struct builder_ports){0});
		const struct limit *limit = find(&now, LIMIT_FILES);

		CU_ASSERT_PTR_NOT_NULL_FATAL(limit);
		CHECK_EQ_INT(limit->usage, cases[i].usage);
		CHECK_EQ_INT(limit->capacity, cases[i].capacity);
		CHECK_EQ_INT(limit->percent, cases[i].percent);
		CU_ASSERT_FALSE(limit->has_overflows);
	}
}

/* Neither the usage nor the bound is guessed. */
static void what_is_not_known_is_absent(void)
{
	static const struct bounds bounds = {.has_tw = true,
					     .has_orphans = true,
					     .has_memory = true,
					     .max_tw_buckets = 1000,
					     .max_orphans = 200,
					     .memory_max = 400};
	static const struct sockstat sockstat = {.has_time_wait = true,
						 .has_orphans = true,
						 .has_memory = true,
						 .time_wait = 100,
						 .orphans = 50,
						 .memory_pages = 300};
	static const enum limit_id ids[] = {LIMIT_TIME_WAIT_BUCKETS, LIMIT_ORPHANS, LIMIT_MEMORY};
	static const uint32_t percent[] = {10, 25, 75};
	const struct counters none = {0};
	struct snapshot now = filled(&bounds, &sockstat, &none, &(struct builder_ports){0});

	for (size_t i = 0; i < 3; i++) {
		const struct limit *limit = find(&now, ids[i]);

		CU_ASSERT_PTR_NOT_NULL_FATAL(limit);
		CHECK_EQ_INT(limit->percent, percent[i]);
		CU_ASSERT_FALSE(limit->has_overflows);
	}
	CHECK_EQ_INT(now.n_limits, 4); /* and the descriptors */
	now = filled(&bounds, &(struct sockstat){0}, &none, &(struct builder_ports){0});
	CHECK_EQ_INT(now.n_limits, 1);
	now = filled(&(struct bounds){0}, &sockstat, &none, &(struct builder_ports){0});
	CHECK_EQ_INT(now.n_limits, 1);
}

/* The counters' names are sorted. A sum of which the kernel lacks a part is none. */
static void overflows_are_the_kernels(void)
{
	struct counter rows[] = {{.name = "TcpExtTCPAbortOnMemory", .value = 3},
				 {.name = "TcpExtTCPReqQFullDoCookies", .value = 20},
				 {.name = "TcpExtTCPReqQFullDrop", .value = 4},
				 {.name = "TcpExtTCPTimeWaitOverflow", .value = 5}};
	struct counters counters = {.rows = rows, .count = 4};
	const struct bounds bounds = {.has_tw = true, .has_orphans = true};
	const struct sockstat sockstat = {.has_time_wait = true, .has_orphans = true};
	struct listener row = {.addr = {.type = INET_IPV4}, .has_limits = true};
	struct owner nobody = {0};
	struct snapshot now = {
	    .owners = &nobody, .n_owners = 1, .listeners = &row, .n_listeners = 1};

	limit_fill(&bounds, &sockstat, &counters, &(struct builder_ports){0}, &now);
	CHECK_EQ_INT(find(&now, LIMIT_TIME_WAIT_BUCKETS)->overflows, 5);
	CHECK_EQ_INT(find(&now, LIMIT_ORPHANS)->overflows, 3);
	CHECK_EQ_INT(find(&now, LIMIT_SYN_BACKLOG)->overflows, 24);
	CU_ASSERT_TRUE(find(&now, LIMIT_SYN_BACKLOG)->has_overflows);
	CU_ASSERT_FALSE(find(&now, LIMIT_ACCEPT_BACKLOG)->has_overflows);
	CU_ASSERT_PTR_NULL(find(&now, LIMIT_DESCRIPTORS));
	limit_fill(&(struct bounds){.always_cookies = true}, &sockstat, &counters,
		   &(struct builder_ports){0}, &now);
	CU_ASSERT_FALSE(find(&now, LIMIT_SYN_BACKLOG)->has_overflows);
	counters.count = 2;
	limit_fill(&bounds, &sockstat, &counters, &(struct builder_ports){0}, &now);
	CU_ASSERT_FALSE(find(&now, LIMIT_SYN_BACKLOG)->has_overflows);
	CHECK_EQ_INT(find(&now, LIMIT_SYN_BACKLOG)->overflows, 0);
}

static void ports_say_where_to(void)
{
	const struct bounds bounds = {.has_ports = true, .ports_usable = 200};
	struct builder_ports ports = {
	    .used = 50,
	    .local = {.type = INET_IPV4, .bytes = {10, 0, 0, 1}},
	    .remote = {.type = INET_IPV4, .bytes = {10, 0, 0, 2}},
	    .remote_port = 5432,
	    .owner = 3,
	};
	struct snapshot now;
	const struct limit *limit;

	now = filled(&bounds, &(struct sockstat){0}, &(struct counters){0}, &ports);
	limit = find(&now, LIMIT_EPHEMERAL_PORTS);
	CHECK_EQ_INT(limit->percent, 25);
	CHECK_EQ_INT(limit->owner, 3);
	CHECK_EQ_STR(limit->detail, "from 10.0.0.1 towards 10.0.0.2:5432, nginx[9] nginx.service");
	ports.bound = true;
	now = filled(&bounds, &(struct sockstat){0}, &(struct counters){0}, &ports);
	CHECK_EQ_STR(find(&now, LIMIT_EPHEMERAL_PORTS)->detail,
		     "bound on 10.0.0.1, for all remote addresses, nginx[9] nginx.service");
	ports.used = 0;
	now = filled(&bounds, &(struct sockstat){0}, &(struct counters){0}, &ports);
	limit = find(&now, LIMIT_EPHEMERAL_PORTS);
	CHECK_EQ_INT(limit->percent, 0);
	CHECK_EQ_INT(limit->owner, 0);
	CHECK_EQ_STR(limit->detail, "");
}

/* Of equal ones the first; one whose limit is not known is none. */
static void the_process_nearest_to_its_own_limit(void)
{
	const struct bounds bounds = {0};
	struct snapshot now = filled(&bounds, &(struct sockstat){0}, &(struct counters){0},
				     &(struct builder_ports){0});
	const struct limit *limit = find(&now, LIMIT_DESCRIPTORS);

	CU_ASSERT_PTR_NOT_NULL_FATAL(limit);
	CHECK_EQ_INT(limit->usage, 50);
	CHECK_EQ_INT(limit->capacity, 100);
	CHECK_EQ_INT(limit->owner, 2);
	CHECK_EQ_STR(limit->detail, "even[8]");
	CHECK_EQ_STR(limit->bound, "RLIMIT_NOFILE");
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"the bound is named", bound_is_named},
	    {"percent of the bound", percent_of_the_bound},
	    {"what is not known is absent", what_is_not_known_is_absent},
	    {"overflows are the kernel's", overflows_are_the_kernels},
	    {"ports say where to", ports_say_where_to},
	    {"the process nearest to its own limit", the_process_nearest_to_its_own_limit},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("limit", tests);
}
