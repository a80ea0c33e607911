/* SPDX-License-Identifier: MIT */
#include "core/tuning/tuningaudit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/tuning/sysvalue.h"
#include "core/tuning/tuningharm.h"

enum { TEXT_MAX = 256, WORDS_MAX = 64 };

static const char blanks[] = " \t";

/* A number as the kernel reads it from a written value: hexadecimal and octal, too. */
static bool written_number(const char *text, int64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoimax(text, &end, 0);
	return end != text && *end == '\0' && errno == 0;
}

static bool has_value(const struct tuning *row)
{
	return row->status != TUNING_ABSENT && row->status != TUNING_UNREADABLE;
}

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

	if (sysvalue_number(a, &x) && written_number(b, &y))
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
	if (!has_value(row))
		return 0;
	row->status = meets(rule, row, values) ? TUNING_AS_RECOMMENDED : TUNING_DIFFERS;
	if (row->status == TUNING_DIFFERS)
		row->target = textpool_add(a->pool, values[0], strlen(values[0]));
	return row->target ? 0 : -ENOMEM;
}

static int word_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t sorted_words(char *text, char *words[WORDS_MAX])
{
	size_t count = 0;
	char *save = NULL;

	for (char *w = strtok_r(text, blanks, &save); w && count < WORDS_MAX;
	     w = strtok_r(NULL, blanks, &save))
		words[count++] = w;
	qsort(words, count, sizeof(words[0]), word_cmp);
	return count;
}

/* The kernel lists what it was told (tcp_allowed_congestion_control) in its own order. */
static bool same_words(const char *a, const char *b)
{
	char *a_words[WORDS_MAX], *b_words[WORDS_MAX];
	char *a_copy = strdup(a), *b_copy = strdup(b);
	bool same = false;

	if (a_copy && b_copy) {
		size_t n = sorted_words(a_copy, a_words);

		same = n == sorted_words(b_copy, b_words);
		for (size_t i = 0; i < n && same; i++)
			same = strcmp(a_words[i], b_words[i]) == 0;
	}
	free(a_copy);
	free(b_copy);
	return same;
}

/* Whether writing `persisted` would leave the running value as it is. */
static bool is_persisted(const struct tuningaudit *a, const struct tuning *row,
			 const char *persisted)
{
	struct portset ports;

	if (strcmp(row->name, "ip_local_reserved_ports") == 0)
		return portset_parse(persisted, &ports) &&
		       memcmp(&ports, a->reserved, sizeof(ports)) == 0;
	return is_equal(row->value, persisted) || same_words(row->value, persisted);
}

/* The word of a written value that is for this element; the whole of it where the parameter is no
 * vector. False: the value ends before it, the element stays as it is. */
static bool element_of(const char *value, uint32_t element, bool vector, const char **ret_start,
		       size_t *ret_len)
{
	const char *start = value;

	for (uint32_t i = 1; vector; i++) {
		start += strspn(start, blanks);
		if (*start == '\0')
			return false;
		if (i == element)
			break;
		start += strcspn(start, blanks);
	}
	*ret_start = start;
	*ret_len = vector ? strcspn(start, blanks) : strlen(start);
	return true;
}

static enum tuning_drift unpersisted_drift(const struct tuning *row)
{
	if (row->default_value[0] == '\0' && strcmp(row->name, "ip_local_reserved_ports") != 0)
		return DRIFT_NOT_APPLICABLE;
	return is_equal(row->value, row->default_value) ? DRIFT_NONE : DRIFT_NOT_PERSISTED;
}

static int set_persisted(const struct tuningaudit *a, struct tuning *row, bool vector)
{
	struct sysctld_setting setting;
	char text[SYSVALUE_TEXT_MAX];
	const char *start, *whole;
	char *place;
	size_t len;

	if (!a->sysctld)
		return 0;
	if (!sysctld_find(a->sysctld, row->name, &setting) ||
	    (setting.by_pattern && row->status == TUNING_ABSENT) ||
	    !element_of(setting.value, row->element, vector, &start, &len)) {
		if (has_value(row))
			row->drift = unpersisted_drift(row);
		return 0;
	}
	whole = textpool_add(a->pool, start, len);
	if (!whole)
		return -ENOMEM;
	sysvalue_printable(whole, text);
	row->persisted = textpool_add(a->pool, text, strlen(text));
	snprintf(text, sizeof(text), ":%" PRIu32, setting.line);
	place = textpool_format(a->pool, "%.*s%s", (int)(SYSVALUE_TEXT_MAX - 1 - strlen(text)),
				setting.file, text);
	if (!row->persisted || !place)
		return -ENOMEM;
	text_clean(place);
	row->persisted_in = place;
	if (has_value(row))
		row->drift =
		    is_persisted(a, row, whole) ? DRIFT_NONE : DRIFT_DIFFERS_FROM_PERSISTED;
	return 0;
}

static int set_harm(const struct tuningaudit *a, const struct tuningharm *h, struct tuning *row)
{
	char reason[TUNINGHARM_REASON_MAX];

	if (!has_value(row))
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
	    .reserved = a->reserved,
	};
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		bool vector = rows[i].element > 1 || (i + 1 < count && rows[i + 1].element > 1);

		r = set_default(a, &rows[i]);
		if (r == 0)
			r = set_recommended(a, &rows[i]);
		if (r == 0)
			r = set_persisted(a, &rows[i], vector);
	}
	for (size_t i = 0; i < count && r == 0; i++)
		r = set_harm(a, &harm, &rows[i]);
	return r;
}
