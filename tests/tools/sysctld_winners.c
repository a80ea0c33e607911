/* SPDX-License-Identifier: MIT */
/*
 * Prints "NAME ELEMENT VALUE" for each of the kernel's TCP parameters, as the sysctl.d files below
 * a directory will leave it in a network namespace as this one is now: sysctld_winners DIRECTORY
 * systemd|procps. What is not known is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/tunable.h"

int main(int argc, char **argv)
{
	struct tunable_roots roots = {0};
	struct tuning_table *table = NULL;
	char error[TUNABLE_ERROR_MAX];

	if (argc != 3)
		return EXIT_FAILURE;
	roots.root = argv[1];
	roots.order = strcmp(argv[2], "systemd") == 0 ? SYSCTLD_SYSTEMD : SYSCTLD_PROCPS;
	if (tunable_read(&roots, NULL, NULL, 0, &table, error) < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], error);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct tuning *row = &table->rows[i];
		bool is_set = row->persisted_in[0] != '\0';

		if (row->status != TUNING_ABSENT && row->status != TUNING_UNREADABLE &&
		    row->drift != DRIFT_NOT_KNOWN)
			printf("%s %u %s\n", row->name, row->element,
			       is_set ? row->persisted : row->value);
	}
	tunable_free(table);
	return EXIT_SUCCESS;
}
