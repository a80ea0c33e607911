/* SPDX-License-Identifier: MIT */
#include "core/model/label.h"

#include <stddef.h>

#include "core/base/array.h"
#include "core/model/snapshot.h"

/* The words of an enumeration that starts with 1. */
#define LABELS(function, ...)                                                                      \
	const char *function(uint32_t number)                                                      \
	{                                                                                          \
		static const char *const words[] = {__VA_ARGS__};                                  \
                                                                                                   \
		return number >= 1 && number <= COUNT_OF(words) ? words[number - 1] : NULL;        \
	}

LABELS(label_ip_version, "ipv4", "ipv6", "total")
LABELS(label_severity, "normal", "warning", "critical", "unknown")
LABELS(label_source, "sockDiag", "procNet")
LABELS(label_tuning_status, "asRecommended", "differs", "harmful", "absent", "unreadable",
       "noRecommendation")
LABELS(label_tuning_drift, "none", "differsFromPersisted", "notPersisted", "notApplicable",
       "notKnown", "refused")
LABELS(label_netns_kind, "named", "docker", "podman", "containerd", "crio", "kubernetes", "nspawn",
       "lxc", "service", "process")

static const struct {
	const char *word, *metric, *title;
} limits[] = {
    [LIMIT_TIME_WAIT_BUCKETS] = {"timeWaitBuckets", "time_wait_buckets", "TIME_WAIT buckets"},
    [LIMIT_ORPHANS] = {"orphans", "orphans", "orphans"},
    [LIMIT_MEMORY] = {"memory", "memory", "TCP memory"},
    [LIMIT_EPHEMERAL_PORTS] = {"ephemeralPorts", "ephemeral_ports", "ephemeral ports"},
    [LIMIT_SYN_BACKLOG] = {"synBacklog", "syn_backlog", "SYN queue"},
    [LIMIT_ACCEPT_BACKLOG] = {"acceptBacklog", "accept_backlog", "accept queue"},
    [LIMIT_FILES] = {"openFiles", "files", "open files"},
    [LIMIT_DESCRIPTORS] = {"descriptors", "descriptors", "descriptors"},
};

const char *label_limit(uint32_t number)
{
	return number <= LIMIT_COUNT ? limits[number].word : NULL;
}

const char *label_limit_metric(uint32_t number)
{
	return number <= LIMIT_COUNT ? limits[number].metric : NULL;
}

const char *label_limit_title(uint32_t number)
{
	return number <= LIMIT_COUNT ? limits[number].title : NULL;
}
