/* SPDX-License-Identifier: MIT */
/* The name of a service in the path of a cgroup. */
#include <string.h>

#include "core/kernel/service.h"
#include "tests/fuzz/fuzz.h"

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
	free(path);
	return 0;
}
