/* SPDX-License-Identifier: MIT */
#include "core/tuning/nextboot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/tuning/sysname.h"
#include "core/tuning/tuningrow.h"

enum { WORDS_MAX = 64, NUMBER_MAX = 24, PORTS_MAX = SYSVALUE_TEXT_MAX + NUMBER_MAX };

enum certainty {
	UNSET, /* nothing writes it: it keeps the default */
	SET,
	UNSURE, /* written, to what cannot be told */
};

struct element {
	enum certainty certainty;
	const char *value; /* NULL: not known at all */
	struct sysctld_write by;
};

/* One parameter while its writes are played. */
struct play {
	const struct nextboot *boot;
	const struct tuning *rows;
	size_t count;
	struct element elements[SYSVALUE_ELEMENTS_MAX];
	struct portset ports;
	struct sysctld_write refused; /* the newest, if none was taken after it */
	bool is_refused;
	bool read_only; /* nobody can write it, here */
	bool out_of_memory;
};

static void put_unsure(struct play *p, const struct sysctld_write *write)
{
	for (size_t i = 0; i < p->count; i++)
		p->elements[i] =
		    (struct element){.certainty = UNSURE, .value = write->value, .by = *write};
}

/* As the kernel prints them: "80,8000-8010"; what is too long for a value is not complete. */
static void print_ports(const struct portset *ports, char text[PORTS_MAX])
{
	size_t len = 0;

	text[0] = '\0';
	for (uint32_t first = 0, end; first < 65536 && len < SYSVALUE_TEXT_MAX; first = end + 1) {
		for (end = first; end < 65536 && portset_has(ports, (uint16_t)end); end++)
			;
		if (end == first)
			continue;
		len += (size_t)snprintf(text + len, PORTS_MAX - len, "%s%" PRIu32,
					len > 0 ? "," : "", first);
		if (end - first > 1)
			len += (size_t)snprintf(text + len, PORTS_MAX - len, "-%" PRIu32, end - 1);
	}
}

/* What the kernel prints of an element that was set. */
static const char *printed(struct play *p, const struct syswrite *outcome, size_t element)
{
	char text[PORTS_MAX];
	const char *kept;

	if (outcome->form == SYSWRITE_PORTS)
		print_ports(&outcome->ports, text);
	else
		snprintf(text, sizeof(text), "%" PRId64, outcome->numbers[element]);
	kept = textpool_add(p->boot->pool, text, strlen(text));
	p->out_of_memory |= !kept;
	return kept;
}

static void put(struct play *p, const struct syswrite *outcome, const struct sysctld_write *write)
{
	for (size_t i = 0; i < outcome->count && i < p->count; i++)
		p->elements[i] = (struct element){
		    .certainty = SET,
		    .value =
			outcome->form == SYSWRITE_WORDS ? write->value : printed(p, outcome, i),
		    .by = *write,
		};
	if (outcome->form == SYSWRITE_PORTS && outcome->count > 0)
		p->ports = outcome->ports;
}

/* What an element has before the next write; 0: not known. */
static int64_t before(const struct play *p, size_t i)
{
	const struct element *e = &p->elements[i];
	int64_t number;

	if (i >= p->count || e->certainty == UNSURE)
		return 0;
	return sysvalue_number(e->certainty == SET ? e->value : p->rows[i].default_value, &number)
		   ? number
		   : 0;
}

static void visit(void *data, const struct sysctld_write *write)
{
	struct play *p = data;
	struct syswrite_kernel kernel = p->boot->kernel;
	struct syswrite outcome;
	enum syswrite_result result;

	if ((write->by_pattern && p->rows[0].status == TUNING_ABSENT) || p->out_of_memory)
		return;
	if (!write->value) {
		put_unsure(p, write);
		return;
	}
	for (size_t i = 0; i < 2; i++)
		kernel.port_range[i] = before(p, i);
	result = p->read_only ? SYSWRITE_REFUSED
			      : syswrite_try(&kernel, p->rows[0].name, p->rows[0].value,
					     write->value, &outcome);
	if (!p->read_only)
		put(p, &outcome, write);
	p->is_refused = result == SYSWRITE_REFUSED;
	if (p->is_refused)
		p->refused = *write;
	if (result == SYSWRITE_UNKNOWN)
		put_unsure(p, write);
}

static int word_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t sorted_words(char *text, char *words[WORDS_MAX])
{
	size_t count = 0;
	char *save = NULL;

	for (char *w = strtok_r(text, " \t", &save); w && count < WORDS_MAX;
	     w = strtok_r(NULL, " \t", &save))
		words[count++] = w;
	qsort(words, count, sizeof(words[0]), word_cmp);
	return count;
}

/* The kernel lists what it was told (tcp_allowed_congestion_control) in its own order. */
static bool same_words(const char *a, const char *b)
{
	char *a_words[WORDS_MAX] = {0}, *b_words[WORDS_MAX] = {0};
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

static bool is_port_list(const struct tuning *row)
{
	return strcmp(row->name, "ip_local_reserved_ports") == 0;
}

static enum tuning_drift default_drift(const struct tuning *row)
{
	if (row->default_value[0] == '\0' && !is_port_list(row))
		return DRIFT_NOT_APPLICABLE;
	return strcmp(row->value, row->default_value) == 0 ? DRIFT_NONE : DRIFT_NOT_PERSISTED;
}

static enum tuning_drift drift_of(const struct play *p, const struct tuning *row,
				  const struct element *e)
{
	enum tuning_drift drift = DRIFT_NONE;

	if (!tuningrow_has_value(row))
		return DRIFT_NOT_APPLICABLE;
	if (e->certainty == UNSURE)
		return DRIFT_NOT_KNOWN;
	if (e->certainty == UNSET)
		drift = default_drift(row);
	else if (is_port_list(row) ? memcmp(&p->ports, p->boot->reserved, sizeof(p->ports)) != 0
				   : !same_words(row->value, e->value))
		drift = DRIFT_DIFFERS_FROM_PERSISTED;
	if (p->is_refused && (drift == DRIFT_NONE || drift == DRIFT_NOT_APPLICABLE))
		return DRIFT_REFUSED;
	return drift;
}

/* "/etc/sysctl.d/50-web.conf:3", printable and cut where it is too long. */
static const char *place_of(const struct play *p, const struct sysctld_write *write)
{
	char line[NUMBER_MAX] = "";
	char *place;

	if (write->line > 0)
		snprintf(line, sizeof(line), ":%" PRIu32, write->line);
	place = textpool_format(p->boot->pool, "%.*s%s",
				(int)(SYSVALUE_TEXT_MAX - 1 - strlen(line)), write->file, line);
	if (place)
		text_clean(place);
	return place;
}

static const char *note_of(const struct play *p, const struct element *e)
{
	char value[SYSVALUE_TEXT_MAX];
	const char *place = "";
	char *note = NULL;

	if (e->certainty != UNSURE && !p->is_refused)
		return "";
	place = place_of(p, p->is_refused ? &p->refused : &e->by);
	if (!place)
		return NULL;
	if (p->is_refused) {
		sysvalue_printable(p->refused.value, value);
		note = textpool_format(p->boot->pool, "refused by the kernel: %.160s \"%.60s\"",
				       place, value);
	} else if (e->value) {
		sysvalue_printable(e->value, value);
		note = textpool_format(p->boot->pool,
				       "not known whether the kernel takes \"%.60s\" (%.140s)",
				       value, place);
	} else {
		note = textpool_format(p->boot->pool, "not known what %.200s sets", place);
	}
	/* A character may have been cut in two. */
	if (note)
		text_clean(note);
	return note;
}

static int fill_row(const struct play *p, const struct element *e, struct tuning *row)
{
	char text[SYSVALUE_TEXT_MAX];

	row->drift = drift_of(p, row, e);
	row->refused = p->is_refused;
	row->note = note_of(p, e);
	if (!row->note)
		return -ENOMEM;
	if (e->certainty == UNSET || !e->value)
		return 0;
	sysvalue_printable(e->value, text);
	row->persisted = textpool_add(p->boot->pool, text, strlen(text));
	row->persisted_in = place_of(p, &e->by);
	return row->persisted && row->persisted_in ? 0 : -ENOMEM;
}

/* What belongs to all of the host is read-only in a network namespace, where it is shown. */
static bool is_read_only(const struct nextboot *boot, const char *name)
{
	char path[SYSNAME_KEY_MAX];
	struct stat st;

	sysname_path(name, path);
	return fstatat(boot->proc_sys, path, &st, 0) == 0 && (st.st_mode & 0222) == 0;
}

int nextboot_fill(const struct nextboot *boot, struct tuning *rows, size_t count)
{
	struct play p = {.boot = boot, .rows = rows, .count = count};
	int r = 0;

	if (count > SYSVALUE_ELEMENTS_MAX)
		p.count = SYSVALUE_ELEMENTS_MAX;
	p.read_only = is_read_only(boot, rows[0].name);
	sysctld_replay(boot->sysctld, rows[0].name, visit, &p);
	if (p.out_of_memory)
		return -ENOMEM;
	for (size_t i = 0; i < p.count && r == 0; i++)
		r = fill_row(&p, &p.elements[i], &rows[i]);
	return r;
}
