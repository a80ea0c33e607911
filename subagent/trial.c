/* SPDX-License-Identifier: MIT */
#include "subagent/trial.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timing.h"
#include "subagent/agent.h"

/* The master may be slow, as long as it answers in the end. */
enum { PATIENCE_MS = 10000, STEP_MS = 200 };

/* The agent's own signal. */
static void block_alarm(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static enum agent_delivery deliver(struct agent *agent)
{
	uint64_t until_ms = timing_now_ms() + PATIENCE_MS;
	enum agent_delivery delivery = AGENT_PENDING;
	int ret = 0;

	while (ret == 0 && delivery == AGENT_PENDING && timing_now_ms() < until_ms) {
		agent_flush(agent);
		ret = agent_wait(agent, NULL, 0, STEP_MS);
		delivery = agent_delivery(agent);
	}
	return delivery;
}

int trial_run(const char *address)
{
	const struct agent_options options = {
	    .address = address, .retry_s = 1, .notifies_only = true};
	const struct transition test = {.test = true};
	enum agent_delivery delivery;
	struct agent *agent;
	int ret;

	block_alarm();
	ret = agent_open(&options, &agent);
	if (ret < 0) {
		fprintf(stderr, "tcpstated: AgentX: %s\n", strerror(-ret));
		return EXIT_FAILURE;
	}
	agent_notify(agent, &test);
	delivery = deliver(agent);
	agent_close(agent);
	if (delivery == AGENT_DELIVERED) {
		puts("snmpd has taken tcpStateTestNotification and sends it to its sinks.");
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	fputs(delivery == AGENT_REFUSED ? "tcpstated: snmpd refuses the notification\n"
					: "tcpstated: snmpd has not confirmed the notification\n",
	      stderr);
	return EXIT_FAILURE;
}
