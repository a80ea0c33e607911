/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_LABEL_H
#define TCPSTATE_CORE_LABEL_H

/*
 * This module names the numbers of the model's enumerations: one table for each, with the words of
 * TCPSTATE-MIB. Whatever shows a number as a word reads it here. The states have state.h, the
 * conditions core/diagnosis/rule.h.
 */

#include <stdint.h>

/* The word of the MIB for a number that the enumeration has; NULL: it has no such number. */
const char *label_ip_version(uint32_t number);
const char *label_severity(uint32_t number);
const char *label_source(uint32_t number);
const char *label_tuning_status(uint32_t number);
const char *label_tuning_drift(uint32_t number);
const char *label_netns_kind(uint32_t number);

/* What the limits are called: an enum limit_id in the words of the MIB ("timeWaitBuckets"), as a
 * metric ("time_wait_buckets"), and for a reader ("TIME_WAIT buckets"). NULL: no such number. */
const char *label_limit(uint32_t number);
const char *label_limit_metric(uint32_t number);
const char *label_limit_title(uint32_t number);

#endif
