/* SPDX-License-Identifier: MIT */
/* /proc/PID/stat, limits and cgroup. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/kernel/procpid.h"
#include "core/kernel/service.h"
#include "tests/fuzz/fuzz.h"

enum { OPEN = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_directory pid = {.fd = -1};
	struct fuzz_input input = {data, size};
	struct procpid process;
	uint32_t open, limit;
	char service[SERVICE_NAME_MAX];
	struct stat fds;
	int ret;

	if (pid.fd < 0) {
		pid = fuzz_directory();
		REQUIRE(mkdirat(pid.fd, "fd", 0700) == 0);
	}
	fuzz_put(&pid, "stat", fuzz_take(&input));
	fuzz_put(&pid, "limits", fuzz_take(&input));
	fuzz_put(&pid, "cgroup", fuzz_take(&input));
	ret = procpid_identify(pid.fd, &process);
	REQUIRE(ret == 0 || ret == -EBADMSG || ret == -EFBIG);
	REQUIRE(ret < 0 || strnlen(process.name, sizeof(process.name)) < sizeof(process.name));
	ret = procpid_descriptors(pid.fd, OPEN, &open, &limit);
	REQUIRE(ret == 0 || ret == -EBADMSG || ret == -ENODATA || ret == -EFBIG);
	REQUIRE(fstatat(pid.fd, "fd", &fds, 0) == 0);
	REQUIRE(ret < 0 || open == (fds.st_size > 0 ? (uint32_t)fds.st_size : OPEN));
	procpid_service(pid.fd, sizeof(service), service);
	REQUIRE(strnlen(service, sizeof(service)) < sizeof(service));
	REQUIRE(!strpbrk(service, "/\n"));
	return 0;
}
