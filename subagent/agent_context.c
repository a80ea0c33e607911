/* SPDX-License-Identifier: MIT */
#include "subagent/agent_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"

struct agent_context *agent_context_find(struct agent *agent, const char *name, size_t len)
{
	for (size_t i = 0; i < agent->n_contexts; i++) {
		struct agent_context *context = &agent->contexts[i];

		if (strlen(context->name) == len && memcmp(context->name, name, len) == 0)
			return context;
	}
	return NULL;
}

static void drop(struct agent *agent, struct agent_context *context)
{
	size_t at = (size_t)(context - agent->contexts);

	agent->n_contexts--;
	memmove(context, context + 1, (agent->n_contexts - at) * sizeof(*context));
}

int agent_show_in(struct agent *agent, const char *netns, const struct snapshot *snapshot)
{
	struct agent_context *context = agent_context_find(agent, netns, strlen(netns));

	agent->contexts_changed |= !context || !snapshot;
	if (!context && snapshot) {
		if (ARRAY_RESERVE(agent->contexts, &agent->contexts_capacity,
				  agent->n_contexts + 1) < 0)
			return -ENOMEM;
		context = &agent->contexts[agent->n_contexts++];
		*context = (struct agent_context){.snapshot = snapshot};
		snprintf(context->name, sizeof(context->name), "%s", netns);
	}
	if (context)
		context->snapshot = snapshot;
	/* A registration is given back first, and one that is under way awaited. */
	if (context && !snapshot && !context->registered && strcmp(agent->context, netns) != 0)
		drop(agent, context);
	return 0;
}

struct agent_context *agent_context_due(struct agent *agent)
{
	for (size_t i = 0; agent->contexts_changed && i < agent->n_contexts; i++) {
		struct agent_context *context = &agent->contexts[i];

		if (context->snapshot ? !context->registered && !context->refused
				      : context->registered)
			return context;
	}
	agent->contexts_changed = false;
	return NULL;
}

void agent_context_answered(struct agent *agent, u_char type, bool done)
{
	struct agent_context *context =
	    agent_context_find(agent, agent->context, strlen(agent->context));

	agent->context[0] = '\0';
	agent->contexts_changed = true;
	if (!context)
		return;
	context->registered = type == AGENTX_REGISTER_PDU && done;
	context->refused = !done;
	if (!context->snapshot && !context->registered)
		drop(agent, context);
}

void agent_context_reset(struct agent *agent)
{
	agent->context[0] = '\0';
	agent->contexts_changed = true;
	for (size_t i = agent->n_contexts; i-- > 0;) {
		agent->contexts[i].registered = agent->contexts[i].refused = false;
		if (!agent->contexts[i].snapshot)
			drop(agent, &agent->contexts[i]);
	}
}
