/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SERVICE_H
#define TCPSTATE_CORE_SERVICE_H

/*
 * This module names the services that cgroups belong to. The kernel gives a socket's cgroup as an
 * id: the inode number of the cgroup's directory in the cgroup2 file system. That file system is
 * walked when an id turns up that is not known, once a round at most.
 *
 * A service's name is the last part of the path that ends in ".service" or ".scope", else the last
 * part: services and containers may divide their own cgroup further. Names may hold any bytes but
 * NUL, '/' and newline.
 */

#include <stddef.h>
#include <stdint.h>

enum { SERVICE_NAME_MAX = 96 };

/* The service of one cgroup. */
struct service {
	uint64_t id;     /* of the cgroup */
	uint64_t named;  /* id of the cgroup that has the name: this one or one above it */
	uint32_t owner;  /* for the caller; 0 again after services_begin() */
	uint32_t rounds; /* that it will be kept for after its directory has gone */
	char name[SERVICE_NAME_MAX];
};

struct services;

/* cgroup_fd: directory handle of the cgroup2 mount, -1: none; it stays the caller's and must
 * outlive the services. -ENOMEM. */
int services_new(int cgroup_fd, struct services **ret_services);
void services_free(struct services *s);

/* Starts a round: an unknown id may cause a walk again. */
void services_begin(struct services *s);

/* The service of a cgroup, one and the same for all the cgroups that have its name from one above
 * them. NULL: none, or unknown. Valid until the next call. */
struct service *services_find(struct services *s, uint64_t cgroup_id);

/* The service's name in the path of a cgroup, cut to `size` bytes with the NUL; "": none. */
void service_name(const char *path, size_t size, char *ret_name);

#endif
