/* SPDX-License-Identifier: MIT */
/*
 * Prints "name=value" for each parameter named on standard input that the sysctl.d files below a
 * folder set: sysctld_winners FOLDER systemd|procps
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/sysctld.h"

int main(int argc, char **argv)
{
	struct sysctld_setting setting;
	struct sysctld *s = NULL;
	char name[256];
	int r;

	if (argc != 3)
		return EXIT_FAILURE;
	r = sysctld_read(argv[1],
			 strcmp(argv[2], "systemd") == 0 ? SYSCTLD_SYSTEMD : SYSCTLD_PROCPS, &s);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
		return EXIT_FAILURE;
	}
	while (fgets(name, sizeof(name), stdin)) {
		name[strcspn(name, "\n")] = '\0';
		if (sysctld_find(s, name, &setting))
			printf("%s=%s\n", name, setting.value);
	}
	sysctld_free(s);
	return EXIT_SUCCESS;
}
