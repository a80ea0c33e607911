/* SPDX-License-Identifier: MIT */
#include "subagent/tuningreport.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/model/label.h"
#include "subagent/rowname.h"

enum { WIDTH = 100, NAME_WIDTH = 34, CELL_MAX = 64 };

static bool has_drift(const struct tuning *row)
{
	return row->drift == DRIFT_DIFFERS_FROM_PERSISTED || row->drift == DRIFT_NOT_PERSISTED;
}

static bool is_set_but_absent(const struct tuning *row)
{
	return row->status == TUNING_ABSENT && row->persisted_in[0] != '\0';
}

static bool deserves_a_look(const struct tuning *row)
{
	return row->status == TUNING_HARMFUL || row->status == TUNING_DIFFERS || has_drift(row) ||
	       is_set_but_absent(row) || row->refused;
}

/* Prints words, broken into lines of at most WIDTH, each after the prefix. */
static void print_wrapped(FILE *out, const char *prefix, const char *text)
{
	size_t column = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");

		if (column > 0 && column + 1 + len > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column == 0)
			column = (size_t)fprintf(out, "%s", prefix);
		else
			column += (size_t)fprintf(out, " ");
		column += (size_t)fprintf(out, "%.*s", (int)len, text);
		text += len;
	}
	if (column > 0)
		fputc('\n', out);
}

/* Cuts a text to the width of its column. */
static const char *cell(const char *text, size_t width, char buffer[CELL_MAX])
{
	if (text[0] == '\0')
		return "-";
	if (strlen(text) <= width)
		return text;
	snprintf(buffer, CELL_MAX, "%.*s...", (int)width - 3, text);
	return buffer;
}

static void print_row(FILE *out, const struct tuning_table *table, size_t i)
{
	const struct tuning *row = &table->rows[i];
	char name[CELL_MAX + 16], running[CELL_MAX], normal[CELL_MAX], wanted[CELL_MAX];
	char boot[CELL_MAX];

	if (rowname_is_vector(table, i))
		snprintf(name, sizeof(name), "%.*s[%" PRIu32 "]", NAME_WIDTH, row->name,
			 row->element);
	else
		snprintf(name, sizeof(name), "%s", row->name);
	fprintf(out, "%-*s %14s %12s %-20s %14s\n", NAME_WIDTH, name, cell(row->value, 14, running),
		cell(row->default_value, 12, normal), cell(row->recommended, 20, wanted),
		cell(row->persisted, 14, boot));
}

static void print_note(FILE *out, const char *text)
{
	print_wrapped(out, "    ", text);
}

static void print_notes(FILE *out, const struct tuning *row, bool all)
{
	char text[1024];

	if (row->status == TUNING_HARMFUL || row->status == TUNING_DIFFERS) {
		snprintf(text, sizeof(text), "%s: %s",
			 row->status == TUNING_HARMFUL ? "HARMFUL" : "differs", row->reason);
		print_note(out, text);
	}
	if (row->drift == DRIFT_DIFFERS_FROM_PERSISTED) {
		snprintf(text, sizeof(text), "drift: the next boot sets \"%s\" (%s)",
			 row->persisted, row->persisted_in);
		print_note(out, text);
	}
	if (row->drift == DRIFT_NOT_PERSISTED)
		print_note(out, "drift: no file sets it, the next boot goes back to the default");
	if (row->note[0] != '\0' && (row->element == 1 || row->drift == DRIFT_NOT_KNOWN))
		print_note(out, row->note);
	if (is_set_but_absent(row)) {
		snprintf(text, sizeof(text), "absent: %s sets what this kernel does not have",
			 row->persisted_in);
		print_note(out, text);
	} else if (all && (row->status == TUNING_ABSENT || row->status == TUNING_UNREADABLE)) {
		print_note(out, label_tuning_status(row->status));
	}
	if (all)
		print_note(out, row->meaning);
}

static void print_head(FILE *out, const struct tuning_table *table)
{
	fprintf(out, "profile %s; next boot as %s reads sysctl.d\n",
		table->profile[0] ? table->profile : "none",
		table->persisted_by[0] ? table->persisted_by : "nobody");
	if (table->persisted_error < 0)
		fprintf(out, "sysctl.d could not be read: %s\n", strerror(-table->persisted_error));
	if (table->persisted_unreadable > 0)
		fprintf(out, "%" PRIu32 " files that the next boot reads could not be read\n",
			table->persisted_unreadable);
	if (table->persisted_unknown > 0)
		fprintf(out, "what the next boot sets is not known of %" PRIu32 " values\n",
			table->persisted_unknown);
	if (table->persisted_refused > 0)
		fprintf(out,
			"the kernel refuses the newest line of %" PRIu32
			" parameters, which does nothing\n",
			table->persisted_refused);
	if (table->persisted_bad_lines > 0)
		fprintf(out, "%" PRIu32 " lines in sysctl.d are neither assignment nor comment\n",
			table->persisted_bad_lines);
	fputc('\n', out);
}

static void print_sum(FILE *out, const struct tuning_table *table, size_t shown, bool all)
{
	size_t differ = 0, unpersisted = 0;

	for (size_t i = 0; i < table->count; i++) {
		differ += table->rows[i].status == TUNING_DIFFERS;
		unpersisted += table->rows[i].drift == DRIFT_NOT_PERSISTED;
	}
	fprintf(out,
		"%s%zu values: %" PRIu32 " harmful, %zu differ from the profile, %" PRIu32
		" differ from the next boot, %zu not persisted\n",
		shown > 0 ? "\n" : "", table->count, table->harmful, differ, table->drifted,
		unpersisted);
	if (!all && shown < table->count)
		fprintf(out, "--all shows all of them, with their meanings\n");
}

/* Prints the harmful rows or the others; how many. */
static size_t print_rows(FILE *out, const struct tuning_table *table, bool harmful, bool all)
{
	size_t shown = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct tuning *row = &table->rows[i];

		if ((row->status == TUNING_HARMFUL) != harmful || (!all && !deserves_a_look(row)))
			continue;
		if (shown++ == 0)
			fprintf(out, "%-*s %14s %12s %-20s %14s\n", NAME_WIDTH, "PARAMETER",
				"RUNNING", "DEFAULT", "RECOMMENDED", "NEXT BOOT");
		print_row(out, table, i);
		print_notes(out, row, all);
	}
	return shown;
}

int tuningreport_print(FILE *out, const struct tuning_table *table, bool all)
{
	size_t shown = 0;

	print_head(out, table);
	shown += print_rows(out, table, true, all);
	if (shown > 0)
		fputc('\n', out);
	shown += print_rows(out, table, false, all);
	print_sum(out, table, shown, all);
	return ferror(out) ? -EIO : 0;
}

/* A row that the fragment speaks of: away from the profile, or there until the next boot. */
static bool needs_setting(const struct tuning *row)
{
	return row->target[0] != '\0' || (row->recommended[0] != '\0' && has_drift(row));
}

/* The parameter's elements, first to last, as they should be. */
static void print_setting(FILE *out, const struct tuning_table *table, size_t first, size_t end,
			  bool harmful)
{
	const char *name = table->rows[first].name;

	fprintf(out, "%s%s%s =", harmful ? "# " : "", strchr(name, '.') ? "" : "net.ipv4.", name);
	for (size_t i = first; i < end; i++) {
		const struct tuning *row = &table->rows[i];

		fprintf(out, " %s", row->target[0] ? row->target : row->value);
	}
	fprintf(out, "%s\n\n", harmful ? "  (left out: known to do harm)" : "");
}

static void explain_setting(FILE *out, const struct tuning_table *table, size_t i)
{
	const struct tuning *row = &table->rows[i];
	char text[1024];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "running %s, recommended %s", row->value,
			       row->recommended);
	if (rowname_is_vector(table, i))
		len = (size_t)snprintf(text, sizeof(text),
				       "element %" PRIu32 ": running %s, recommended %s",
				       row->element, row->value, row->recommended);
	if (row->persisted_in[0] != '\0')
		snprintf(text + len, sizeof(text) - len, ", set to %s in %s", row->persisted,
			 row->persisted_in);
	else if (has_drift(row))
		snprintf(text + len, sizeof(text) - len, ", in no file");
	print_wrapped(out, "# ", text);
	print_wrapped(out, "# ", row->reason);
}

static bool print_parameter(FILE *out, const struct tuning_table *table, size_t first, size_t end)
{
	bool needed = false, harmful = false;

	for (size_t i = first; i < end; i++) {
		if (!needs_setting(&table->rows[i]))
			continue;
		needed = true;
		harmful |=
		    table->rows[i].target_harmful ||
		    (table->rows[i].target[0] == '\0' && table->rows[i].status == TUNING_HARMFUL);
		explain_setting(out, table, i);
	}
	if (needed)
		print_setting(out, table, first, end, harmful);
	return needed;
}

int tuningreport_sysctl(FILE *out, const struct tuning_table *table)
{
	bool any = false;
	size_t end;

	fprintf(out,
		"# What would bring this host to the profile \"%s\". Nothing has been "
		"changed.\n"
		"# Review it, store it as /etc/sysctl.d/90-tcpstate.conf, apply it with\n"
		"# \"sysctl -p /etc/sysctl.d/90-tcpstate.conf\". A file that is named as "
		"the place of\n"
		"# an older setting wins if its name sorts after: change it there.\n\n",
		table->profile);
	for (size_t first = 0; first < table->count; first = end) {
		for (end = first + 1; end < table->count && table->rows[end].element > 1; end++)
			;
		any |= print_parameter(out, table, first, end);
	}
	if (!any)
		fputs("# There is nothing to change.\n", out);
	return ferror(out) ? -EIO : 0;
}

static json_t *row_to_json(const struct tuning *row)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
			 "name", row->name, "element", (json_int_t)row->element, "value",
			 row->value, "number",
			 row->is_number ? json_integer(row->number) : json_null(), "default",
			 row->default_value, "recommended", row->recommended, "persisted",
			 row->persisted, "persistedIn", row->persisted_in, "status",
			 label_tuning_status(row->status), "drift", label_tuning_drift(row->drift),
			 "reason", row->reason, "note", row->note, "meaning", row->meaning);
}

json_t *tuningreport_json(const struct tuning_table *table)
{
	json_t *rows = json_array();
	json_t *object;

	for (size_t i = 0; i < table->count; i++) {
		if (json_array_append_new(rows, row_to_json(&table->rows[i])) < 0) {
			json_decref(rows);
			return NULL;
		}
	}
	object =
	    json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "profile",
		      table->profile, "persistedBy", table->persisted_by, "persistedError",
		      table->persisted_error ? strerror(-table->persisted_error) : "",
		      "persistedUnreadable", (json_int_t)table->persisted_unreadable,
		      "persistedBadLines", (json_int_t)table->persisted_bad_lines,
		      "persistedRefused", (json_int_t)table->persisted_refused, "persistedUnknown",
		      (json_int_t)table->persisted_unknown, "harmful", (json_int_t)table->harmful,
		      "drifted", (json_int_t)table->drifted, "parameters", rows);
	return object;
}
