/* SPDX-License-Identifier: MIT */
#include "core/tuning/kerneldefault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/tuning/tunabledata.h"

#define OLDEST KERNEL_RELEASE(3, 10)

struct change {
	const char *name;
	uint32_t element;
	uint32_t since;
	const char *value; /* NULL: not known for certain from here on */
};

/* Defaults that have changed; the last row of an element whose release has come counts. */
static const struct change changes[] = {
    {"ip_local_port_range", 2, OLDEST, "61000"},
    {"ip_local_port_range", 2, KERNEL_RELEASE(4, 2), "60999"},
    {"net.core.somaxconn", 1, OLDEST, "128"},
    {"net.core.somaxconn", 1, KERNEL_RELEASE(5, 4), "4096"},
    {"tcp_base_mss", 1, OLDEST, "512"},
    {"tcp_base_mss", 1, KERNEL_RELEASE(4, 1), "1024"},
    {"tcp_challenge_ack_limit", 1, KERNEL_RELEASE(4, 7), "1000"},
    {"tcp_challenge_ack_limit", 1, KERNEL_RELEASE(6, 0), "2147483647"},
    {"tcp_comp_sack_slack_ns", 1, OLDEST, "100000"},
    {"tcp_comp_sack_slack_ns", 1, KERNEL_RELEASE(6, 19), NULL},
    {"tcp_fack", 1, OLDEST, "1"},
    {"tcp_fack", 1, KERNEL_RELEASE(4, 15), "0"},
    {"tcp_fastopen", 1, OLDEST, "0"},
    {"tcp_fastopen", 1, KERNEL_RELEASE(3, 12), NULL},
    {"tcp_fastopen", 1, KERNEL_RELEASE(3, 14), "1"},
    {"tcp_fastopen_blackhole_timeout_sec", 1, KERNEL_RELEASE(5, 15), "0"},
    {"tcp_limit_output_bytes", 1, KERNEL_RELEASE(5, 4), "1048576"},
    {"tcp_limit_output_bytes", 1, KERNEL_RELEASE(6, 16), "4194304"},
    {"tcp_notsent_lowat", 1, KERNEL_RELEASE(4, 19), "4294967295"},
    {"tcp_rmem", 2, OLDEST, "87380"},
    {"tcp_rmem", 2, KERNEL_RELEASE(4, 20), "131072"},
    {"tcp_tw_recycle", 1, OLDEST, "0"},
    {"tcp_tw_reuse", 1, OLDEST, "0"},
    {"tcp_tw_reuse", 1, KERNEL_RELEASE(4, 19), "2"},
};

/* Parameters sized by the connection table: buckets / divisor, but at least `least`. */
static const struct scaled {
	const char *name;
	uint32_t divisor;
	uint32_t least;
} scaled[] = {
    {"tcp_max_orphans", 2, 0},
    {"tcp_max_syn_backlog", 128, 128},
    {"tcp_max_tw_buckets", 2, 0},
};

/*
 * The largest buffers are the smaller one of a constant and 1/128 of the memory that is free when
 * the kernel starts. That memory cannot be asked for later; but the table has a bucket for each
 * 128 KiB of memory, rounded up to a power of two, so that from enough buckets follows at least
 * twice the memory that the constant takes. (Only the boot parameter thash_entries= could make the
 * table larger.)
 */
static const struct bounded {
	const char *name;
	uint32_t since;
	uint32_t buckets; /* from here on the constant holds */
	const char *value;
} bounded[] = {
    {"tcp_rmem", OLDEST, 32768, "6291456"},
    {"tcp_rmem", KERNEL_RELEASE(6, 16), 131072, "33554432"},
    {"tcp_wmem", OLDEST, 32768, "4194304"},
};

bool kerneldefault_release(const char *text, uint32_t *ret_release)
{
	unsigned major, minor;

	if (sscanf(text, "%3u.%3u", &major, &minor) != 2)
		return false;
	*ret_release = KERNEL_RELEASE(major, minor);
	return true;
}

static const char *find_constant(const struct kernel *kernel, const char *name, uint32_t element)
{
	const struct tunable_info *info = tunable_info_find(name, element);
	const char *value = info ? info->constant : NULL;

	for (size_t i = 0; i < COUNT_OF(changes); i++)
		if (changes[i].element == element && kernel->release >= changes[i].since &&
		    strcmp(changes[i].name, name) == 0)
			value = changes[i].value;
	return value;
}

static const char *find_bounded(const struct kernel *kernel, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < COUNT_OF(bounded); i++)
		if (strcmp(bounded[i].name, name) == 0 && kernel->release >= bounded[i].since)
			value =
			    kernel->host_buckets >= bounded[i].buckets ? bounded[i].value : NULL;
	return value;
}

static bool find_scaled(const struct kernel *kernel, const char *name,
			char ret_value[KERNELDEFAULT_MAX])
{
	for (size_t i = 0; i < COUNT_OF(scaled); i++) {
		uint32_t value = kernel->hash_buckets / scaled[i].divisor;

		if (strcmp(scaled[i].name, name) != 0)
			continue;
		if (kernel->hash_buckets == 0)
			return false;
		snprintf(ret_value, KERNELDEFAULT_MAX, "%" PRIu32,
			 value > scaled[i].least ? value : scaled[i].least);
		return true;
	}
	return false;
}

static bool is_buffer(const char *name)
{
	return strcmp(name, "tcp_rmem") == 0 || strcmp(name, "tcp_wmem") == 0;
}

bool kerneldefault_find(const struct kernel *kernel, const char *name, uint32_t element,
			char ret_value[KERNELDEFAULT_MAX])
{
	const char *value = NULL;

	if (kernel->release < OLDEST)
		return false;
	/* The least buffer is a page; kernels before 6.0 took 4 KiB for one everywhere. */
	if (is_buffer(name) && element == 1)
		value = kernel->page_size == 4096 ? "4096" : NULL;
	else if (is_buffer(name) && element == 3)
		value = find_bounded(kernel, name);
	else if (element == 1 && find_scaled(kernel, name, ret_value))
		return true;
	else
		value = find_constant(kernel, name, element);
	if (!value)
		return false;
	snprintf(ret_value, KERNELDEFAULT_MAX, "%s", value);
	return true;
}
