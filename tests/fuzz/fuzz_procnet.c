/* SPDX-License-Identifier: MIT */
/* /proc/net/tcp and tcp6. */
#include <errno.h>

#include "core/kernel/procnet.h"
#include "core/model/state.h"
#include "tests/fuzz/fuzz.h"

static int take(const struct conn *conn, void *arg)
{
	uint32_t *count = arg;

	fuzz_check_conn(conn);
	++*count;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_directory net = {.fd = -1};
	struct fuzz_input input = {data, size};
	struct diag_stats stats;
	uint32_t count = 0;
	int ret;

	if (net.fd < 0)
		net = fuzz_directory();
	fuzz_put(&net, "tcp", fuzz_take(&input));
	fuzz_put(&net, "tcp6", fuzz_take(&input));
	ret = procnet_dump(net.fd, STATE_MASK_ALL, take, &count, &stats);
	REQUIRE(ret == 0 || ret == -EBADMSG);
	REQUIRE(ret < 0 || stats.sockets == count);
	return 0;
}
