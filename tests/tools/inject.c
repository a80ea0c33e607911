/* SPDX-License-Identifier: MIT */
/*
 * inject PID CALL [ARGUMENT...]: has another process make a system call, as somebody who has taken
 * it over would, and prints what it got: a number, the name of an error, or "killed". CALL is a
 * name; an argument is a number or text, which is put on the process's stack. Where there is no
 * way to do that on this machine, exit code 77.
 */
#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#ifdef __x86_64__

enum { ARGUMENTS = 6, RED_ZONE = 4096, INSTRUCTION = 2 };

static void put_text(pid_t pid, uint64_t at, const char *text)
{
	struct iovec own = {.iov_base = (void *)text, .iov_len = strlen(text) + 1};
	struct iovec theirs = {.iov_base = (void *)(uintptr_t)at, .iov_len = own.iov_len};

	if (process_vm_writev(pid, &own, 1, &theirs, 1, 0) != (ssize_t)own.iov_len)
		err(1, "its stack");
}

static void set_arguments(pid_t pid, struct user_regs_struct *regs, char **argv)
{
	unsigned long long *places[ARGUMENTS] = {&regs->rdi, &regs->rsi, &regs->rdx,
						 &regs->r10, &regs->r8,  &regs->r9};
	uint64_t stack = (regs->rsp - RED_ZONE) & ~UINT64_C(15);

	for (size_t i = 0; i < ARGUMENTS && argv[i]; i++) {
		char *end;

		*places[i] = strtoull(argv[i], &end, 0);
		if (argv[i][0] != '\0' && *end == '\0')
			continue;
		stack -= 256;
		put_text(pid, stack, argv[i]);
		*places[i] = stack;
	}
}

/* False: it is no more, or will be when it gets its signal. */
static bool wait_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) < 0)
		err(1, "waitpid");
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS)
		ptrace(PTRACE_DETACH, pid, NULL, (void *)SIGSYS);
	return WIFSTOPPED(status) && WSTOPSIG(status) != SIGSYS;
}

/* It stands in a system call, or just before or behind one: at the next one it is at the
 * instruction that makes them. */
static void step_to_call(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		err(1, "process %d", pid);
	if (!wait_stop(pid) || ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || !wait_stop(pid) ||
	    ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || !wait_stop(pid))
		errx(1, "process %d does not stop", pid);
}

static void show(int64_t result)
{
	if (result < 0 && result > -4096)
		puts(strerrorname_np((int)-result));
	else
		printf("%lld\n", (long long)result);
}

static void inject(pid_t pid, int call, char **argv)
{
	struct user_regs_struct before, regs;

	step_to_call(pid);
	if (ptrace(PTRACE_GETREGS, pid, NULL, &before) < 0)
		err(1, "its registers");
	regs = before;
	regs.rip -= INSTRUCTION;
	regs.rax = (unsigned long long)call;
	set_arguments(pid, &regs, argv);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) < 0)
		err(1, "its registers");
	for (int i = 0; i < 2; i++)
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || !wait_stop(pid)) {
			puts("killed");
			return;
		}
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		err(1, "its registers");
	/* The number of the call in place of a result: the signal is still to come. */
	if (regs.rax == (unsigned long long)call &&
	    (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 || !wait_stop(pid))) {
		puts("killed");
		return;
	}
	show((int64_t)regs.rax);
	ptrace(PTRACE_SETREGS, pid, NULL, &before);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

int main(int argc, char **argv)
{
	int call;

	if (argc < 3)
		errx(2, "usage: inject PID CALL [ARGUMENT...]");
	call = seccomp_syscall_resolve_name(argv[2]);
	if (call < 0)
		errx(2, "%s: no such system call", argv[2]);
	inject(atoi(argv[1]), call, argv + 3);
	return EXIT_SUCCESS;
}

#else

int main(void)
{
	errx(77, "only written for x86_64");
}

#endif
