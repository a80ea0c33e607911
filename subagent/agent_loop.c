/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/timing.h"

/* net-snmp tells its descriptors as an fd_set; the set changes with each reconnection. */
static int collect_fds(struct agent *agent, int n_fds, struct pollfd *own, size_t n_own,
		       size_t *ret_count)
{
	size_t count = n_own;
	int ret = ARRAY_RESERVE(agent->polled, &agent->n_polled_max, n_own + (size_t)n_fds);

	if (ret < 0)
		return ret;
	memcpy(agent->polled, own, n_own * sizeof(*own));
	for (int fd = 0; fd < n_fds; fd++)
		if (NETSNMP_LARGE_FD_ISSET(fd, &agent->fds))
			agent->polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	*ret_count = count;
	return 0;
}

/* After an answer the next request of a walk is some microseconds away: less than falling asleep
 * and being woken take. All descriptors are looked at, so nothing waits for it. */
static int poll_awake(struct agent *agent, size_t count)
{
	uint64_t until = timing_now_us(CLOCK_MONOTONIC) + agent->busy_poll_us;
	int ready;

	do
		ready = poll(agent->polled, count, 0);
	while (ready == 0 && timing_now_us(CLOCK_MONOTONIC) < until);
	return ready;
}

static int poll_all(struct agent *agent, size_t count, int timeout_ms)
{
	int ready = 0;

	if (agent->asked && agent->busy_poll_us > 0)
		ready = poll_awake(agent, count);
	agent->asked = false;
	return ready != 0 ? ready : poll(agent->polled, count, timeout_ms);
}

void agent_busy_poll(struct agent *agent, uint32_t us)
{
	agent->busy_poll_us = us;
}

int agent_wait(struct agent *agent, struct pollfd *own, size_t n_own, int timeout_ms)
{
	struct timeval timeout = {.tv_sec = 3600};
	int n_fds = 0, block = 1, ready, ret;
	size_t count;

	NETSNMP_LARGE_FD_ZERO(&agent->fds);
	snmp_select_info2(&n_fds, &agent->fds, &timeout, &block);
	ret = collect_fds(agent, n_fds, own, n_own, &count);
	if (ret < 0)
		return ret;
	if (!block) {
		long ms = timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000;

		if (timeout_ms < 0 || ms < timeout_ms)
			timeout_ms = (int)ms;
	}
	ready = poll_all(agent, count, timeout_ms);
	if (ready < 0 && errno != EINTR)
		return -errno;
	memcpy(own, agent->polled, n_own * sizeof(*own));
	NETSNMP_LARGE_FD_ZERO(&agent->fds);
	for (size_t i = n_own; ready > 0 && i < count; i++)
		if (agent->polled[i].revents)
			NETSNMP_LARGE_FD_SET(agent->polled[i].fd, &agent->fds);
	if (ready > 0)
		snmp_read2(&agent->fds);
	snmp_timeout();
	run_alarms();
	agent_session_settle(agent);
	return 0;
}
