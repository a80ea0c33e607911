/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_SAMPLER_H
#define TCPSTATE_CORE_SAMPLER_H

/*
 * This module takes samples: it asks the sources (diag or procnet, proc, tunable, owner) and builds
 * one complete snapshot. It keeps what outlives a sample: open sockets and directories, the known
 * owners, the peaks, the listeners' drops. It has no thread of its own and belongs to the network
 * namespace of the thread that made it.
 */

#include "core/config/config.h"
#include "core/model/snapshot.h"

struct sampler;

enum sample_kind {
	/* LISTEN and the totals; all else is that of the snapshot before. */
	SAMPLE_LISTENERS,
	/* Every state but ESTABLISHED, TIME_WAIT and CLOSED, one pass; the first two are derived
	 * from the kernel's totals, details of the three are the last full one's. */
	SAMPLE_FAST,
	/* Every state, and the owners. */
	SAMPLE_FULL,
};

/* What the caller's schedule has to show in the snapshot, and what it allows. */
struct pace {
	uint32_t interval_ms;        /* effective, of the state counts */
	uint32_t detail_interval_ms; /* effective, of full samples */
	uint32_t cpu_pptt;           /* last minute, parts per ten thousand of a core */
	uint32_t scan_us;            /* CPU time that looking for owners may take, 0: do not look */
};

/* config is copied. 0; -ENOMEM; or -errno: /proc cannot be opened. */
int sampler_new(const struct config *config, struct sampler **ret_sampler);
void sampler_free(struct sampler *s);

/*
 * A sampler of another namespace than the caller's own. The caller must be in it during each
 * sampler_take(); nothing of it stays open afterwards. What concerns the whole machine is left out,
 * with its conditions: the limits of memory, orphans and files, the tuning, the age of samples.
 * netns: its name, for the snapshots. proc_fd: directory handle of /proc; it stays the caller's
 * and must outlive the sampler. 0 or -ENOMEM.
 */
int sampler_new_in(const struct config *config, const char *netns, int proc_fd,
		   struct sampler **ret_sampler);

/* The processes whose sockets the next sample is likely to see, ascending; they stay the caller's
 * and must outlive it. */
void sampler_near(struct sampler *s, const uint32_t *pids, size_t count);

/* Takes over a new configuration with the next sample, which also reads the kernel's parameters
 * again. */
void sampler_configure(struct sampler *s, const struct config *config);

/* The kind that a sample which is due as `due` will have: the first one is full, so is the first
 * with a new configuration, and a fast one where /proc/net/tcp has to be read whole anyway. */
enum sample_kind sampler_kind(const struct sampler *s, enum sample_kind due,
			      const struct snapshot *last);

/*
 * Takes one sample, of sampler_kind(). last: the snapshot before, NULL for the first. On failure,
 * *ret_snapshot is still set if there was a last one and memory for its copy, with the error
 * counted and named; else it is untouched.
 */
int sampler_take(struct sampler *s, enum sample_kind kind, const struct pace *pace,
		 const struct snapshot *last, struct snapshot **ret_snapshot);

/* The error of the last sample that failed; "": none has. */
const char *sampler_error(const struct sampler *s);

/* Frees a snapshot that a sampler has made; NULL is allowed. */
void sampler_release(struct snapshot *snapshot);

#endif
