/* SPDX-License-Identifier: MIT */
#include "core/snapshot.h"

#include <stdlib.h>

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	free(s->owners);
	free(s->listeners);
	free(s->listener_states);
	free(s->ports);
	free(s->conns);
	free(s->remotes);
	free(s->processes);
	free(s->counters);
	free(s->conditions);
	free(s);
}
