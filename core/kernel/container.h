/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONTAINER_H
#define TCPSTATE_CORE_CONTAINER_H

/*
 * This module names containers by the cgroup of their processes. Pure.
 */

#include "core/model/netns.h"

/*
 * cgroup: what /proc/PID/cgroup holds, of cgroup v1, v2 or both. Returns enum netns_kind and a name
 * such as "docker-3f4e5d6c7b8a", "pod-3fa85f64-5717" or "nginx.service", of printable ASCII; 0 and
 * "": the cgroup tells of no container and no service.
 */
enum netns_kind container_name(const char *cgroup, char ret_name[NETNS_NAME_MAX]);

#endif
