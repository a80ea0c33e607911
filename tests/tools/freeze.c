/* SPDX-License-Identifier: MIT */
/*
 * freeze TID: stops one thread of another process, as a read that never ends would, until this
 * program ends. Prints a line when it stands.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	int status;
	pid_t tid = argc == 2 ? atoi(argv[1]) : 0;

	if (tid <= 0)
		errx(2, "usage: freeze TID");
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		err(1, "thread %d", tid);
	if (waitpid(tid, NULL, __WALL) < 0)
		err(1, "waitpid");
	puts("frozen");
	fflush(stdout);
	/* If its process ends meanwhile: it does so only when all its threads have been waited for.
	 */
	while (waitpid(tid, &status, __WALL) == tid && !WIFEXITED(status) && !WIFSIGNALED(status))
		;
	return EXIT_SUCCESS;
}
