/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_NEXTBOOT_H
#define TCPSTATE_CORE_NEXTBOOT_H

/*
 * This module tells what the next boot leaves in a parameter: it applies what sysctld found,
 * write by write, as the kernel takes it (syswrite), and compares the outcome with the running
 * value.
 * For tuningaudit only.
 */

#include "core/base/textpool.h"
#include "core/model/snapshot.h"
#include "core/tuning/sysctld.h"
#include "core/tuning/syswrite.h"

struct nextboot {
	int proc_sys;
	const struct sysctld *sysctld;
	struct syswrite_kernel kernel;  /* its port_range is not used */
	const struct portset *reserved; /* ip_local_reserved_ports, running */
	struct textpool *pool;          /* the rows' texts are added here */
};

/* Fills persisted, persisted_in, drift and note of the rows of one parameter, element by element;
 * value and default are there already. 0 or -ENOMEM. */
int nextboot_fill(const struct nextboot *boot, struct tuning *rows, size_t count);

#endif
