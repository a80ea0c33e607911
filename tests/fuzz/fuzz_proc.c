/* SPDX-License-Identifier: MIT */
/* /proc/net/snmp, netstat and sockstat, and files that begin with numbers. */
#include <errno.h>
#include <string.h>

#include "core/kernel/proc.h"
#include "tests/fuzz/fuzz.h"

static void check_counters(const struct counters *c)
{
	for (size_t i = 0; i < c->count; i++) {
		uint64_t value;

		REQUIRE(strncmp(c->rows[i].name, "Tcp", 3) == 0);
		REQUIRE(i == 0 || strcmp(c->rows[i - 1].name, c->rows[i].name) <= 0);
		REQUIRE(proc_counter(c, c->rows[i].name, &value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_directory net = {.fd = -1};
	struct fuzz_input input = {data, size};
	struct counters counters;
	struct sockstat sockstat;
	uint64_t numbers[3];
	int n;

	if (net.fd < 0)
		net = fuzz_directory();
	fuzz_put(&net, "snmp", fuzz_take(&input));
	fuzz_put(&net, "netstat", fuzz_take(&input));
	fuzz_put(&net, "sockstat", fuzz_take(&input));
	REQUIRE(proc_counters(net.fd, &counters) == 0);
	check_counters(&counters);
	proc_counters_done(&counters);
	REQUIRE(proc_sockstat(net.fd, &sockstat) == 0);
	n = proc_numbers(net.fd, "sockstat", numbers, 3);
	REQUIRE(n == -EBADMSG || (n >= 1 && n <= 3));
	return 0;
}
