/* SPDX-License-Identifier: MIT */
#include "subagent/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "core/base/array.h"
#include "subagent/log.h"

/* --- capabilities ------------------------------------------------------------------------
 */

/* To tell which process of another user owns a socket; and, the last one, to enter other network
 * namespaces. */
static const int sampler_capabilities[] = {CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYS_ADMIN};

/* The bounding set can be emptied only by who may change it; without programs to run and with
 * no_new_privs it is a second lock. */
static int keep_capabilities(const int *capabilities, size_t n)
{
	bool held[CAP_LAST_CAP + 1] = {false};
	bool may_bound;

	capng_get_caps_process();
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (size_t i = 0; i < n; i++)
		held[i] = capng_have_capability(CAPNG_PERMITTED, (unsigned)capabilities[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < n; i++)
		if (held[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
				     (unsigned)capabilities[i]);
	if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS) != 0)
		return -EPERM;
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

int sandbox_daemon(bool namespaces)
{
	size_t n = COUNT_OF(sampler_capabilities);

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return keep_capabilities(sampler_capabilities, n - !namespaces);
}

/* --- system calls ------------------------------------------------------------------------
 */

/* What no process of the daemon does. Those that the C library may ask for in passing are not among
 * them: they are refused. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(add_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(request_key),
    SCMP_SYS(reboot),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(io_uring_setup),
};

/* What every process needs: memory without code in it, time, signals, its open files, its end. */
static const int common[] = {
    SCMP_SYS(brk),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_gettime64),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(fcntl),
    SCMP_SYS(fcntl64),
    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),
    SCMP_SYS(futex),
    SCMP_SYS(futex_time64),
    SCMP_SYS(getegid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt),
    SCMP_SYS(gettid),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getuid),
    SCMP_SYS(lseek),
    SCMP_SYS(_llseek),
    SCMP_SYS(madvise),
    SCMP_SYS(mremap),
    SCMP_SYS(munmap),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(ppoll_time64),
    SCMP_SYS(pread64),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(send),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(sigreturn),
    SCMP_SYS(sysinfo),
    SCMP_SYS(tgkill),
    SCMP_SYS(time),
    SCMP_SYS(uname),
    SCMP_SYS(write),
    SCMP_SYS(writev),
};

/* Looking at files, without opening them. */
static const int look[] = {
    SCMP_SYS(access),  SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(lstat),
    SCMP_SYS(lstat64), SCMP_SYS(fstatat64), SCMP_SYS(newfstatat), SCMP_SYS(stat),
    SCMP_SYS(stat64),  SCMP_SYS(statx),     SCMP_SYS(readlink),   SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
};

/* The sampler's: directories, a dump of the sockets, and its own files. */
static const int sampler[] = {
    SCMP_SYS(bind),      SCMP_SYS(fchmod),     SCMP_SYS(flock),        SCMP_SYS(fstatfs),
    SCMP_SYS(fstatfs64), SCMP_SYS(getdents64), SCMP_SYS(memfd_create), SCMP_SYS(prlimit64),
    SCMP_SYS(rename),    SCMP_SYS(renameat),   SCMP_SYS(renameat2),    SCMP_SYS(statfs),
    SCMP_SYS(statfs64),  SCMP_SYS(unlink),     SCMP_SYS(unlinkat),
};

/* The agent's: a connection to the master, waiting for it, and net-snmp's alarms. */
static const int agent[] = {
    SCMP_SYS(connect),  SCMP_SYS(getpeername),     SCMP_SYS(select),    SCMP_SYS(_newselect),
    SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(setitimer), SCMP_SYS(sendmmsg),
};

static int allow(scmp_filter_ctx filter, const int *calls, size_t n, uint32_t action)
{
	int ret = 0;

	/* A call that this architecture does not have is not an error. */
	for (size_t i = 0; i < n && ret == 0; i++)
		if (calls[i] >= 0)
			ret = seccomp_rule_add(filter, action, calls[i], 0);
	return ret;
}

#define ALLOW(filter, calls) allow(filter, calls, COUNT_OF(calls), SCMP_ACT_ALLOW)

/* One call, if its argument masked is this. */
static int allow_if(scmp_filter_ctx filter, int call, unsigned arg, uint64_t mask, uint64_t value)
{
	return call < 0 ? 0
			: seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
					   SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value));
}

static int allow_memory(scmp_filter_ctx filter)
{
	int ret = allow_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);

	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(mmap2), 2, PROT_EXEC, 0);
	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
	return ret;
}

static int allow_reading(scmp_filter_ctx filter)
{
	return allow_if(filter, SCMP_SYS(openat), 2, O_ACCMODE | O_TRUNC, O_RDONLY);
}

/* Whole values: the upper half of an argument that is an int is not looked at by the kernel. */
enum { INT = 0xffffffff };

static int allow_socket(scmp_filter_ctx filter, int family)
{
	return allow_if(filter, SCMP_SYS(socket), 0, INT, (uint64_t)family);
}

static int add_sampler(scmp_filter_ctx filter, bool namespaces)
{
	int ret = ALLOW(filter, look);

	if (ret == 0 && namespaces)
		ret = allow_if(filter, SCMP_SYS(setns), 1, INT, CLONE_NEWNET);
	if (ret == 0 && namespaces)
		ret = allow_if(filter, SCMP_SYS(ioctl), 1, INT, NS_GET_NSTYPE);

	if (ret == 0)
		ret = ALLOW(filter, sampler);
	if (ret == 0)
		ret = allow_reading(filter);
	/* A file that was there cannot be opened so. */
	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_EXCL,
			       O_WRONLY | O_CREAT | O_EXCL);
	if (ret == 0)
		ret = allow_socket(filter, AF_NETLINK);
	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(ioctl), 1, INT, SIOCGIFNAME);
	return ret;
}

static int add_agent(scmp_filter_ctx filter, bool names)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	/* The last is for getaddrinfo(). */
	size_t n = COUNT_OF(families) - !names;
	int ret = ALLOW(filter, look);

	if (ret == 0)
		ret = ALLOW(filter, agent);
	for (size_t i = 0; i < n && ret == 0; i++)
		ret = allow_socket(filter, families[i]);
	if (ret == 0 && names)
		ret = allow_reading(filter);
	if (ret == 0 && names)
		ret = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0);
	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(ioctl), 1, INT, FIONBIO);
	if (ret == 0)
		ret = allow_if(filter, SCMP_SYS(ioctl), 1, INT, FIONREAD);
	return ret;
}

/* The sanitizers' own calls are others. */
#ifdef TCPSTATE_SANITIZED
enum { FILTERS = false };
#else
enum { FILTERS = true };
#endif

/* A filter with what all of them have; NULL: out of memory. namespaces: other ones may be entered.
 */
static scmp_filter_ctx filter_new(bool namespaces)
{
	static const int enter[] = {SCMP_SYS(setns)};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return NULL;
	if (ALLOW(filter, common) != 0 || allow_memory(filter) != 0 ||
	    allow(filter, deadly, COUNT_OF(deadly), SCMP_ACT_KILL_PROCESS) != 0 ||
	    allow(filter, enter, !namespaces, SCMP_ACT_KILL_PROCESS) != 0) {
		seccomp_release(filter);
		return NULL;
	}
	return filter;
}

/* Frees it. */
static int load(scmp_filter_ctx filter, int ret)
{
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	/* A kernel that was built without it. */
	if (ret == -EINVAL || ret == -ECANCELED) {
		log_line(LOG_NOTICE, "this kernel has no filter of system calls (seccomp)");
		return 0;
	}
	return ret;
}

int sandbox_sampler(bool with_filter, bool namespaces)
{
	scmp_filter_ctx filter;

	if (!with_filter || !FILTERS)
		return 0;
	filter = filter_new(namespaces);
	return filter ? load(filter, add_sampler(filter, namespaces)) : -ENOMEM;
}

int sandbox_agent(bool with_filter, bool names)
{
	int ret = keep_capabilities(NULL, 0);
	scmp_filter_ctx filter;

	if (ret < 0 || !with_filter || !FILTERS)
		return ret;
	filter = filter_new(false);
	return filter ? load(filter, add_agent(filter, names)) : -ENOMEM;
}
