/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_TIMING_H
#define TCPSTATE_CORE_TIMING_H

/*
 * This module takes times and turns them into milliseconds and microseconds.
 */

#include <stdint.h>
#include <time.h>

static inline int64_t timing_us(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

static inline int64_t timing_ms(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

static inline struct timespec timing_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t;
}

static inline uint64_t timing_now_us(clockid_t clock)
{
	struct timespec t = timing_now(clock);

	return (uint64_t)timing_us(&t);
}

/* CPU time of the calling thread. */
static inline uint64_t timing_cpu_us(void)
{
	return timing_now_us(CLOCK_THREAD_CPUTIME_ID);
}

/* CLOCK_MONOTONIC. */
static inline uint64_t timing_now_ms(void)
{
	return timing_now_us(CLOCK_MONOTONIC) / 1000;
}

#endif
