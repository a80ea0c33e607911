/* SPDX-License-Identifier: MIT */
#include "core/count/portcount.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

enum { LOCAL, REMOTE, SIDES };

/* A row for this port where there is none yet. There are 2 * 65535 at the most, and more than fit
 * into the index only if everything listens and is named: those go without. */
static int want_port(struct portcount *p, uint16_t port, bool remote)
{
	uint16_t *index = &p->index[remote][port];

	if (*index || p->count == UINT16_MAX)
		return 0;
	if (ARRAY_RESERVE(p->rows, &p->capacity, p->count + 1) < 0)
		return -ENOMEM;
	memset(&p->rows[p->count], 0, sizeof(*p->rows));
	p->rows[p->count].port = port;
	p->rows[p->count++].remote = remote;
	*index = (uint16_t)p->count;
	return 0;
}

static int want_ports(struct portcount *p, const struct config_ports *ports, bool remote)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < ports->count; i++)
		ret = want_port(p, ports->port[i], remote);
	return ret;
}

int portcount_begin(struct portcount *p, const struct counted_ports *wanted)
{
	int ret;

	p->wanted = wanted;
	if (!wanted)
		return 0;
	if (!p->index)
		p->index = calloc(SIDES, sizeof(*p->index));
	if (!p->index)
		return -ENOMEM;
	for (size_t i = 0; i < p->count; i++)
		p->index[p->rows[i].remote][p->rows[i].port] = 0;
	p->count = 0;
	ret = want_ports(p, &wanted->local, false);
	return ret ? ret : want_ports(p, &wanted->remote, true);
}

int portcount_add(struct portcount *p, const struct conn *conn)
{
	uint16_t row;
	int ret = 0;

	if (!p->wanted)
		return 0;
	if (conn->state == STATE_LISTEN && p->wanted->listening)
		ret = want_port(p, conn->local_port, false);
	row = p->index[LOCAL][conn->local_port];
	if (row)
		p->rows[row - 1].count[conn->state - 1]++;
	row = p->index[REMOTE][conn->remote_port];
	if (row)
		p->rows[row - 1].count[conn->state - 1]++;
	return ret;
}

static int compare_ports(const void *left, const void *right)
{
	const struct port *a = left;
	const struct port *b = right;

	if (a->remote != b->remote)
		return a->remote ? 1 : -1;
	return (int)a->port - (int)b->port;
}

int portcount_finish(struct portcount *p, struct snapshot *now)
{
	if (!p->wanted || p->count == 0)
		return 0;
	now->ports = malloc(p->count * sizeof(*now->ports));
	if (!now->ports)
		return -ENOMEM;
	memcpy(now->ports, p->rows, p->count * sizeof(*now->ports));
	now->n_ports = p->count;
	qsort(now->ports, now->n_ports, sizeof(*now->ports), compare_ports);
	return 0;
}

void portcount_done(struct portcount *p)
{
	free(p->rows);
	free(p->index);
	*p = (struct portcount){0};
}
