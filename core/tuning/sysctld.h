/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SYSCTLD_H
#define TCPSTATE_CORE_SYSCTLD_H

/*
 * This module tells what the next boot writes to a kernel parameter: what the kernel's command
 * line says, then the files of sysctl.d(5), then those that ufw and tuned have.
 *
 * The directories /etc/sysctl.d, /run/sysctl.d, /usr/local/lib/sysctl.d, /usr/lib/sysctl.d and
 * /lib/sysctl.d are one: of files with the same name the one in the directory named first hides the
 * others (so an empty file or a link to /dev/null switches a file off). What is left is read in the
 * order of the names, and a later assignment wins over an earlier one, whatever directory it comes
 * from. Patterns do not touch a parameter that is named explicitly.
 *
 * Two programs read these files, and differ:
 * - systemd-sysctl writes only the last assignment of a name: what the kernel refuses leaves the
 *   parameter as it was, whatever an earlier line says. `sysctl --system` writes them all.
 * - systemd-sysctl (at the boot of a systemd host) does not read /etc/sysctl.conf, unless a link
 *   such as 99-sysctl.conf leads there. A line "-name" without a value takes back an earlier
 *   assignment of that name. Files whose names begin with a dot are left out.
 * - `sysctl --system` (as of procps 4.0.2) reads /etc/sysctl.conf last. A line "-name" only keeps
 *   patterns off.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/tuning/sysctldfiles.h"

/* What was found while reading. */
struct sysctld_stats {
	enum sysctld_order order; /* that was followed, never SYSCTLD_AUTO */
	uint32_t unreadable;      /* that should have been read: dangling, looping, too large */
	uint32_t bad_lines;       /* neither assignment nor comment */
};

/* One write of the next boot. */
struct sysctld_write {
	/* As written, without blanks around it; may be "". NULL: cannot be told, because the file
	 * may not be read or the value is not plain. */
	const char *value;
	const char *file; /* "/etc/sysctl.d/50-web.conf", "kernel command line" */
	uint32_t line;    /* 1..; 0: not a line of a file, or none that is known */
	bool by_pattern;  /* applies only where the kernel has the parameter */
};

struct sysctld;

/*
 * Reads all files below root ("/" is the host's own; links that are absolute lead out of any
 * other). Only parameters below net are kept. 0 or -errno: -ENOENT without root; -EFBIG where the
 * files hold more than any sane host does (16384 files after hiding, 1 MiB a file, 16 MiB in all,
 * 65536 assignments, 1024 patterns): then it is not known which assignment is the last.
 */
int sysctld_read(const char *root, enum sysctld_order order, struct sysctld **ret_sysctld);
void sysctld_free(struct sysctld *s);

/* Called for one write; the texts live as long as the sysctld. */
typedef void sysctld_visitor(void *data, const struct sysctld_write *write);

/* All that the next boot writes to a parameter, in its order; name: as sysname_parse() gives it. */
void sysctld_replay(const struct sysctld *s, const char *name, sysctld_visitor *visit, void *data);

const struct sysctld_stats *sysctld_stats(const struct sysctld *s);

#endif
