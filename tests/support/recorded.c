/* SPDX-License-Identifier: MIT */
#include "tests/support/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/tunable.h"
#include "tests/support/suite.h"

void recorded_expand(const struct tree *t, const char *release)
{
	char name[64], line[512], path[600];
	FILE *file;

	snprintf(name, sizeof(name), "tunable/%s.txt", release);
	file = fopen(suite_data(name), "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while (fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '=');

		CU_ASSERT_PTR_NOT_NULL_FATAL(value);
		*value++ = '\0';
		snprintf(path, sizeof(path), "sys/%s", line);
		tree_file(t, path, value);
	}
	fclose(file);
}

struct tuning_table *recorded_audit(const struct tree *t, const char *profile,
				    const struct listener *listeners, size_t n_listeners)
{
	const char *profiles = getenv("PROFILES");
	struct tunable_roots roots = {
	    .proc_sys = tree_path(t, "sys"),
	    .root = t->path,
	    .profiles = profiles ? profiles : "profiles",
	    .order = SYSCTLD_SYSTEMD,
	};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX] = "";
	int r = tunable_read(&roots, profile, listeners, n_listeners, &table, error);

	if (r < 0)
		printf("%s\n", error);
	CHECK_EQ_INT_FATAL(r, 0);
	return table;
}

const struct tuning *recorded_find(const struct tuning_table *table, const char *name,
				   uint32_t element)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].name, name) == 0 && table->rows[i].element == element)
			return &table->rows[i];
	return NULL;
}
