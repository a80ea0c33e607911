/* SPDX-License-Identifier: MIT */
/* A tuning profile. */
#include <string.h>

#include "core/tuning/profile.h"
#include "core/tuning/sysvalue.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct profile *profile)
{
	for (size_t i = 0; i < profile->count; i++) {
		const struct profile_rule *rule = &profile->rules[i];
		char name[SYSNAME_MAX];

		REQUIRE(sysname_parse(rule->name, name) && strcmp(name, rule->name) == 0);
		REQUIRE(rule->element >= 1 && rule->element <= SYSVALUE_ELEMENTS_MAX);
		REQUIRE(profile_find(profile, rule->name, rule->element) == rule);
		REQUIRE(rule->n_values >= 1 && rule->n_values <= PROFILE_VALUES_MAX);
		REQUIRE(rule->n_values == 1 || rule->kind == PROFILE_ONE_OF);
		for (size_t k = 0; k < rule->n_values; k++)
			REQUIRE(rule->values[k][0] && fuzz_is_printable(rule->values[k]));
		REQUIRE(rule->reason[0] && fuzz_is_printable(rule->reason));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file((struct fuzz_input){data, size});
	char error[PROFILE_ERROR_MAX] = "";
	struct profile profile;

	if (profile_read(NULL, path, &profile, error) < 0) {
		REQUIRE(strncmp(error, path, strlen(path)) == 0 && fuzz_is_printable(error));
	} else {
		check(&profile);
		profile_done(&profile);
	}
	return 0;
}
