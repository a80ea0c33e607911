/* SPDX-License-Identifier: MIT */
/* The name of a service in the path of a cgroup, and of a container in /proc/PID/cgroup. */
#include <string.h>

#include "core/kernel/container.h"
#include "core/kernel/service.h"
#include "tests/fuzz/fuzz.h"

static void name_container(const char *cgroup)
{
	char name[NETNS_NAME_MAX];
	enum netns_kind kind = container_name(cgroup, name);

	REQUIRE(kind <= NETNS_SERVICE && (kind != 0) == (name[0] != '\0'));
	REQUIRE(strnlen(name, sizeof(name)) < sizeof(name));
	for (const char *c = name; *c != '\0'; c++)
		REQUIRE(*c > ' ' && *c <= '~' && *c != '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = fuzz_text((struct fuzz_input){data, size});
	char name[SERVICE_NAME_MAX], cut[8];
	size_t len;

	service_name(path, sizeof(name), name);
	len = strnlen(name, sizeof(name));
	REQUIRE(len < sizeof(name));
	REQUIRE(!strchr(name, '/') && strcmp(name, "..") != 0);
	REQUIRE(strstr(path, name));
	service_name(path, sizeof(cut), cut);
	REQUIRE(strncmp(cut, name, sizeof(cut) - 1) == 0);
	name_container(path);
	free(path);
	return 0;
}
