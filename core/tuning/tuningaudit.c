/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningaudit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tuning/nextboot.h"
#include "core/tuning/sysvalue.h"
#include "core/tuning/tuningharm.h"
#include "core/tuning/tuningports.h"
#include "core/tuning/tuningrow.h"

enum {
	TEXT_MAX = 256,
	UNPRIVILEGED_PORTS = 1024, /* ip_unprivileged_port_start of a fresh kernel */
};

static int set_default(const struct tuningaudit *a, struct tuning *row)
{
	char value[KERNELDEFAULT_MAX];

	if (row->status == TUNING_ABSENT ||
	    !kerneldefault_find(&a->kernel, row->name, row->element, value))
		return 0;
	row->default_value = textpool_add(a->pool, value, strlen(value));
	return row->default_value ? 0 : -ENOMEM;
}

/* A value of a rule on this host; NULL: it is a default that is not known. */
static const char *resolve(const struct tuning *row, const char *value)
{
	if (strcmp(value, "default") != 0)
		return value;
	return row->default_value[0] != '\0' ? row->default_value : NULL;
}

static bool is_equal(const char *a, const char *b)
{
	int64_t x, y;

	if (sysvalue_number(a, &x) && sysvalue_number(b, &y))
		return x == y;
	return strcmp(a, b) == 0;
}

static bool meets(const struct profile_rule *rule, const struct tuning *row,
		  const char *const *values)
{
	int64_t running, bound;

	if (rule->kind == PROFILE_EQUAL || rule->kind == PROFILE_ONE_OF) {
		for (size_t i = 0; i < rule->n_values; i++)
			if (is_equal(row->value, values[i]))
				return true;
		return false;
	}
	if (!sysvalue_number(row->value, &running) || !sysvalue_number(values[0], &bound))
		return false;
	return rule->kind == PROFILE_AT_LEAST ? running >= bound : running <= bound;
}

static void describe(const struct profile_rule *rule, const char *const *values,
		     char text[TEXT_MAX])
{
	static const char *const words[] = {
	    [PROFILE_EQUAL] = "",
	    [PROFILE_AT_LEAST] = "at least ",
	    [PROFILE_AT_MOST] = "at most ",
	    [PROFILE_ONE_OF] = "",
	};
	size_t len = (size_t)snprintf(text, TEXT_MAX, "%s%.200s", words[rule->kind], values[0]);

	for (size_t i = 1; i < rule->n_values && len < TEXT_MAX; i++)
		len += (size_t)snprintf(text + len, TEXT_MAX - len, " or %s", values[i]);
}

static int set_recommended(const struct tuningaudit *a, struct tuning *row)
{
	const struct profile_rule *rule = profile_find(a->profile, row->name, row->element);
	const char *values[PROFILE_VALUES_MAX];
	char text[TEXT_MAX];

	if (!rule)
		return 0;
	for (size_t i = 0; i < rule->n_values; i++) {
		values[i] = resolve(row, rule->values[i]);
		if (!values[i])
			return 0;
	}
	describe(rule, values, text);
	row->recommended = textpool_add(a->pool, text, strlen(text));
	row->reason = textpool_add(a->pool, rule->reason, strlen(rule->reason));
	if (!row->recommended || !row->reason)
		return -ENOMEM;
	if (!tuningrow_has_value(row))
		return 0;
	row->status = meets(rule, row, values) ? TUNING_AS_RECOMMENDED : TUNING_DIFFERS;
	if (row->status == TUNING_DIFFERS)
		row->target = textpool_add(a->pool, values[0], strlen(values[0]));
	return row->target ? 0 : -ENOMEM;
}

static void count_write(void *data, const struct sysctld_write *write)
{
	(void)write;
	++*(size_t *)data;
}

/* What the next boot leaves, parameter by parameter. */
static int set_persisted(const struct tuningaudit *a, struct tuning *rows, size_t count)
{
	struct nextboot boot = {
	    .proc_sys = a->proc_sys,
	    .sysctld = a->sysctld,
	    .kernel = {.release = a->kernel.release},
	    .reserved = a->reserved,
	    .pool = a->pool,
	};
	const struct tuning *allowed =
	    tuningrow_find(rows, count, "tcp_allowed_congestion_control", 1);
	size_t writes = 0, end;
	int r = 0;

	if (!a->sysctld)
		return 0;
	sysctld_replay(a->sysctld, "ip_unprivileged_port_start", count_write, &writes);
	boot.kernel.port_start = writes == 0 ? UNPRIVILEGED_PORTS : 0;
	boot.kernel.congestion_allowed = allowed ? allowed->value : "";
	for (size_t first = 0; first < count && r == 0; first = end) {
		for (end = first + 1; end < count && rows[end].element > 1; end++)
			;
		r = nextboot_fill(&boot, rows + first, end - first);
	}
	return r;
}

static int set_harm(const struct tuningaudit *a, const struct tuningharm *h, struct tuning *row)
{
	char reason[TUNINGHARM_REASON_MAX];

	if (!tuningrow_has_value(row))
		return 0;
	if (row->target[0] != '\0')
		row->target_harmful = tuningharm_judge(h, row, row->target, reason);
	if (!tuningharm_judge(h, row, row->value, reason))
		return 0;
	row->status = TUNING_HARMFUL;
	row->reason = textpool_add(a->pool, reason, strlen(reason));
	return row->reason ? 0 : -ENOMEM;
}

int tuningaudit_judge(const struct tuningaudit *a, struct tuning *rows, size_t count)
{
	struct tuningharm harm = {
	    .rows = rows,
	    .n_rows = count,
	    .listeners = a->listeners,
	    .n_listeners = a->n_listeners,
	};
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = set_default(a, &rows[i]);
		if (r == 0)
			r = set_recommended(a, &rows[i]);
	}
	if (r == 0)
		r = tuningports_recommend(a->listeners, a->n_listeners, a->reserved, a->pool, rows,
					  count);
	if (r == 0)
		r = set_persisted(a, rows, count);
	for (size_t i = 0; i < count && r == 0; i++)
		r = set_harm(a, &harm, &rows[i]);
	return r;
}
