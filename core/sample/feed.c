/* SPDX-License-Identifier: MIT */
#include "core/sample/feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/number.h"
#include "core/base/timing.h"
#include "core/sample/sampler.h"
#include "core/sample/schedule.h"

/* How long a sample may take to end; a large host needs most of it for a full one. */
enum { END_S = 1 };

struct feed {
	pthread_t thread;
	int ready_fd;                        /* readable: a snapshot is ready */
	int wake_fd;                         /* readable: something for the thread to do */
	_Atomic(struct snapshot *) ready;    /* newest, not taken yet */
	_Atomic(struct snapshot *) returned; /* list of those given back */
	_Atomic(char *) trouble;             /* why there is no first one */
	_Atomic(struct config *) config;     /* new one for the thread */
	atomic_uint_fast64_t reader_us;      /* CPU time of the reader's, not yet counted */
	atomic_bool stop;
	struct sampler *sampler; /* from here on the thread's own */
	struct schedule schedule;
	uint64_t counted_us; /* of the thread's CPU time, by schedule_done() */
	struct config first_config;
	int start_error;
	sem_t started;
};

static void ring(int event_fd)
{
	uint64_t one = 1;

	/* Can only fail with a full counter, and then it is readable already. */
	while (write(event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void clear(int event_fd)
{
	uint64_t count;

	while (read(event_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static void free_returned(struct feed *feed)
{
	struct snapshot *s = atomic_exchange(&feed->returned, NULL);

	while (s) {
		struct snapshot *next = s->next;

		sampler_release(feed->sampler, s);
		s = next;
	}
}

static void take_config(struct feed *feed)
{
	struct config *config = atomic_exchange(&feed->config, NULL);

	if (!config)
		return;
	sampler_configure(feed->sampler, config);
	schedule_configure(&feed->schedule, config, timing_now_ms());
	free(config);
}

/* Waits until the next sample is due, in a way that can be woken. */
static void wait_until(struct feed *feed, uint64_t at_ms)
{
	struct pollfd p = {.fd = feed->wake_fd, .events = POLLIN};
	uint64_t now = timing_now_ms();
	uint64_t left = sub_sat(at_ms, now);

	if (poll(&p, 1, left > 3600 * 1000 ? 3600 * 1000 : (int)left) > 0)
		clear(feed->wake_fd);
}

/* The CPU time of the thread, and of what the reader did for it, since the last call. */
static uint64_t spent_us(struct feed *feed)
{
	uint64_t now_us = timing_cpu_us();
	uint64_t spent = now_us - feed->counted_us;

	feed->counted_us = now_us;
	return spent + atomic_exchange(&feed->reader_us, 0);
}

static void tell_trouble(struct feed *feed)
{
	free(atomic_exchange(&feed->trouble, strdup(sampler_error(feed->sampler))));
	ring(feed->ready_fd);
}

/* Takes a sample and hands it over. Returns the snapshot that the next one builds on; it is freed
 * only after a newer one was handed over and it came back. */
static const struct snapshot *sample(struct feed *feed, enum sample_kind kind,
				     const struct snapshot *last)
{
	uint64_t started = timing_now_ms(), scan_us = 0;
	struct pace pace;
	struct snapshot *snapshot = NULL, *unread;

	kind = sampler_kind(feed->sampler, kind, last);
	pace = schedule_pace(&feed->schedule, kind, started);
	free_returned(feed);
	/* The error is in the snapshot, for the reader to tell. */
	(void)sampler_take(feed->sampler, kind, &pace, last, &snapshot);
	if (snapshot) {
		scan_us = snapshot->info.scan_us;
		unread = atomic_exchange(&feed->ready, snapshot);
		sampler_release(feed->sampler, unread);
		ring(feed->ready_fd);
		last = snapshot;
	}
	if (!last) {
		tell_trouble(feed);
		schedule_failed_first(&feed->schedule, started, spent_us(feed));
		return NULL;
	}
	schedule_done(&feed->schedule, kind, started, spent_us(feed), scan_us);
	return last;
}

static void *run(void *arg)
{
	struct feed *feed = arg;
	const struct snapshot *last = NULL;
	uint64_t at_ms;

	/* In this thread, because the sources belong to the thread that opens them. */
	feed->start_error = sampler_new(&feed->first_config, &feed->sampler);
	sem_post(&feed->started);
	if (!feed->sampler)
		return NULL;
	schedule_init(&feed->schedule, &feed->first_config, timing_now_ms());
	while (!atomic_load(&feed->stop)) {
		enum sample_kind kind = schedule_next(&feed->schedule, timing_now_ms(), &at_ms);

		if (at_ms > timing_now_ms())
			wait_until(feed, at_ms);
		else
			last = sample(feed, kind, last);
		take_config(feed);
	}
	return NULL;
}

static int start_thread(struct feed *feed)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	ret = -pthread_create(&feed->thread, NULL, run, feed);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ret < 0)
		return ret;
	while (sem_wait(&feed->started) < 0 && errno == EINTR)
		;
	if (feed->start_error < 0)
		pthread_join(feed->thread, NULL);
	return feed->start_error;
}

static void feed_free(struct feed *feed)
{
	if (feed->ready_fd >= 0)
		close(feed->ready_fd);
	if (feed->wake_fd >= 0)
		close(feed->wake_fd);
	sem_destroy(&feed->started);
	free(feed);
}

int feed_start(const struct config *config, struct feed **ret_feed)
{
	struct feed *feed = calloc(1, sizeof(*feed));
	int ret;

	if (!feed)
		return -ENOMEM;
	sem_init(&feed->started, 0, 0);
	feed->first_config = *config;
	feed->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	feed->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = feed->ready_fd < 0 || feed->wake_fd < 0 ? -errno : start_thread(feed);
	if (ret < 0) {
		feed_free(feed);
		return ret;
	}
	*ret_feed = feed;
	return 0;
}

int feed_stop(struct feed *feed)
{
	struct timespec until = timing_now(CLOCK_REALTIME);

	if (!feed)
		return 0;
	until.tv_sec += END_S;
	atomic_store(&feed->stop, true);
	ring(feed->wake_fd);
	if (pthread_timedjoin_np(feed->thread, NULL, &until) != 0)
		return -ETIMEDOUT;
	free_returned(feed);
	sampler_release(feed->sampler, atomic_exchange(&feed->ready, NULL));
	sampler_free(feed->sampler);
	free(atomic_exchange(&feed->config, NULL));
	free(atomic_exchange(&feed->trouble, NULL));
	feed_free(feed);
	return 0;
}

int feed_fd(const struct feed *feed)
{
	return feed->ready_fd;
}

const struct snapshot *feed_take(struct feed *feed)
{
	clear(feed->ready_fd);
	return atomic_exchange(&feed->ready, NULL);
}

char *feed_trouble(struct feed *feed)
{
	return atomic_exchange(&feed->trouble, NULL);
}

void feed_return(struct feed *feed, const struct snapshot *snapshot)
{
	struct snapshot *s = (struct snapshot *)snapshot;

	if (!s)
		return;
	s->next = atomic_load(&feed->returned);
	while (!atomic_compare_exchange_weak(&feed->returned, &s->next, s))
		;
}

int feed_configure(struct feed *feed, const struct config *config)
{
	struct config *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *config;
	free(atomic_exchange(&feed->config, copy));
	ring(feed->wake_fd);
	return 0;
}

void feed_spent(struct feed *feed, uint64_t us)
{
	atomic_fetch_add(&feed->reader_us, us);
}
