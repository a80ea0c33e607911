/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningports.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/tuning/sysvalue.h"
#include "core/tuning/tuningrow.h"

/*
 * The kernel's own range. Ports inside of it say nothing: a listener there may have got its port
 * from the kernel. A range that was widened reaches services with ports of their own.
 */
enum { FIRST_PORT = 32768, LAST_PORT = 60999 };

static const char reason[] =
    "ip_local_port_range, as it is or as the profile wants it, covers ports that services listen "
    "on: an outgoing connection can take one while its service restarts";

/* Where the profile wants a wider range, its ports are to be reserved along with it. */
static bool is_in_range(const char *first, const char *last, uint16_t port)
{
	int64_t low, high;

	return sysvalue_number(first, &low) && sysvalue_number(last, &high) && port >= low &&
	       port <= high;
}

/* The port is in the widened part of the range. */
static bool is_covered(const struct tuning *first, const struct tuning *last, uint16_t port)
{
	return (port < FIRST_PORT || port > LAST_PORT) &&
	       (is_in_range(first->value, last->value, port) ||
		is_in_range(first->target[0] ? first->target : first->value,
			    last->target[0] ? last->target : last->value, port));
}

/* "80,8080": what is reserved now, and these. False: too long for a text. */
static bool list_ports(const struct tuning *row, const struct portset *ports,
		       char text[SYSVALUE_TEXT_MAX])
{
	size_t len = (size_t)snprintf(text, SYSVALUE_TEXT_MAX, "%s", row->value);

	/* A value of that length may have been cut. */
	if (len + 1 >= SYSVALUE_TEXT_MAX)
		return false;
	for (uint32_t port = 0; port < 65536; port++) {
		if (!portset_has(ports, (uint16_t)port))
			continue;
		len += (size_t)snprintf(text + len, SYSVALUE_TEXT_MAX - len, "%s%" PRIu32,
					len > 0 ? "," : "", port);
		if (len >= SYSVALUE_TEXT_MAX)
			return false;
	}
	return true;
}

int tuningports_recommend(const struct listener *listeners, size_t n_listeners,
			  const struct portset *reserved, struct textpool *pool,
			  struct tuning *rows, size_t count)
{
	const struct tuning *first = tuningrow_find(rows, count, "ip_local_port_range", 1);
	const struct tuning *last = tuningrow_find(rows, count, "ip_local_port_range", 2);
	struct tuning *row = tuningrow_find(rows, count, "ip_local_reserved_ports", 1);
	char text[SYSVALUE_TEXT_MAX];
	struct portset ports = {0};
	size_t covered = 0;

	if (!first || !last || !row || row->status != TUNING_NO_RECOMMENDATION ||
	    row->recommended[0] != '\0')
		return 0;
	for (size_t i = 0; i < n_listeners; i++) {
		uint16_t port = listeners[i].port;

		if (!is_covered(first, last, port) || portset_has(reserved, port) ||
		    portset_has(&ports, port))
			continue;
		portset_add(&ports, port);
		covered++;
	}
	if (covered == 0)
		return 0;
	row->status = TUNING_DIFFERS;
	row->reason = reason;
	if (list_ports(row, &ports, text))
		row->target = textpool_add(pool, text, strlen(text));
	else
		snprintf(text, sizeof(text), "%zu ports more", covered);
	row->recommended = textpool_add(pool, text, strlen(text));
	return row->recommended && row->target ? 0 : -ENOMEM;
}
