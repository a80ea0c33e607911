/* SPDX-License-Identifier: MIT */
/*
 * nodiag [-e ERRNO] COMMAND [ARGUMENT]...: runs a command to which the kernel refuses sock_diag
 * with that number, EPERM by default, as a strict container does. Other netlink sockets work.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A filter sees 64 bits an argument; an int is in the lower half. */
#define LOWER_HALF   (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)
#define ARGUMENT(n)  (offsetof(struct seccomp_data, args[n]) + LOWER_HALF)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
/* Goes on if equal, skips `else_skip` instructions if not. */
#define UNLESS_EQUAL(value, else_skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (else_skip))

static void refuse_sock_diag(int error)
{
	struct sock_filter filter[] = {
	    LOAD(offsetof(struct seccomp_data, nr)),
	    UNLESS_EQUAL(SYS_socket, 5),
	    LOAD(ARGUMENT(0)),
	    UNLESS_EQUAL(AF_NETLINK, 3),
	    LOAD(ARGUMENT(2)),
	    UNLESS_EQUAL(NETLINK_SOCK_DIAG, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		err(125, "seccomp");
}

int main(int argc, char **argv)
{
	int error = EPERM;

	if (argc > 2 && strcmp(argv[1], "-e") == 0) {
		error = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2)
		errx(125, "usage: nodiag [-e ERRNO] COMMAND [ARGUMENT]...");
	refuse_sock_diag(error);
	/* A test that rests on the refusal must not run without it. */
	if (socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) >= 0 || errno != error)
		errx(125, "the filter does not refuse sock_diag");
	execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
