/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TUNINGHARM_H
#define TCPSTATE_CORE_TUNINGHARM_H

/*
 * This module knows values of kernel parameters that do harm, by the kernel's documentation or an
 * RFC, on their own or together with others and with the host's listeners.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/portset.h"
#include "core/model/snapshot.h"

enum { TUNINGHARM_REASON_MAX = 256, TUNINGHARM_DETAIL_MAX = 64 };

enum tuningharm_test {
	HARM_IS,
	HARM_IS_NOT,
	HARM_BELOW,
	HARM_BELOW_HALF_OF_DEFAULT,
};

/* What a value is judged by. */
struct tuningharm {
	struct tuning *rows;
	size_t n_rows;
	const struct listener *listeners;
	size_t n_listeners;
};

struct tuningharm_rule {
	const char *name;
	uint32_t element;
	enum tuningharm_test test;
	int64_t bound;
	/* A further condition, which may name its case; NULL: none. */
	bool (*also)(const struct tuningharm *h, int64_t value,
		     char ret_detail[TUNINGHARM_DETAIL_MAX]);
	const char *reason;
};

extern const struct tuningharm_rule tuningharm_rules[];
extern const size_t tuningharm_n_rules;

/* Whether it does harm that row has this value, and why. */
bool tuningharm_judge(const struct tuningharm *h, const struct tuning *row, const char *value,
		      char ret_reason[TUNINGHARM_REASON_MAX]);

#endif
