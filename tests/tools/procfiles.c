/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Other files in place of those of /proc/net, for a program that this is loaded into (LD_PRELOAD):
 * if the directory PROCFILES has one of that name it is opened instead; an empty name.absent beside
 * it says that there is none.
 */

int openat(int dir, const char *path, int flags, ...);
int openat64(int dir, const char *path, int flags, ...);

static int open_other(int dir, const char *path, int flags, mode_t mode)
{
	static const char *const names[] = {"snmp", "netstat", "sockstat"};
	const char *files = getenv("PROCFILES");
	char other[4096];

	for (size_t i = 0; files && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(path, names[i]) != 0)
			continue;
		snprintf(other, sizeof(other), "%s/%s.absent", files, path);
		if (access(other, F_OK) == 0) {
			errno = ENOENT;
			return -1;
		}
		snprintf(other, sizeof(other), "%s/%s", files, path);
		if (access(other, F_OK) == 0)
			return (int)syscall(SYS_openat, AT_FDCWD, other, flags, mode);
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_other(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	return open_other(dir, path, flags, mode);
}
