/* SPDX-License-Identifier: MIT */
#include "core/tuning/tunable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/tuning/kerneldefault.h"
#include "core/base/text.h"
#include "core/base/portset.h"
#include "core/tuning/profile.h"
#include "core/tuning/sysname.h"
#include "core/tuning/sysvalue.h"
#include "core/base/textpool.h"
#include "core/tuning/tunabledata.h"
#include "core/tuning/tuningaudit.h"
#include "core/tuning/tuningrow.h"

/* Kernels have some hundred; what a directory of fixtures or a profile adds is bounded. */
enum { NAMES_MAX = 1024 };

struct reading {
	int proc_sys;
	char (*names)[SYSNAME_MAX];
	size_t n_names;
	struct tuning *rows;
	size_t n_rows;
	size_t capacity;
	struct textpool *pool;
	struct profile profile;
	struct sysctld *sysctld;
	struct portset reserved;
};

static void add_name(struct reading *r, const char *text)
{
	if (r->n_names < NAMES_MAX && sysname_parse(text, r->names[r->n_names]))
		r->n_names++;
}

static int name_cmp(const void *a, const void *b)
{
	return sysname_cmp(a, b);
}

static void sort_names(struct reading *r)
{
	size_t kept = 0;

	qsort(r->names, r->n_names, sizeof(r->names[0]), name_cmp);
	for (size_t i = 0; i < r->n_names; i++) {
		if (kept > 0 && strcmp(r->names[kept - 1], r->names[i]) == 0)
			continue;
		if (kept != i)
			memcpy(r->names[kept], r->names[i], sizeof(r->names[0]));
		kept++;
	}
	r->n_names = kept;
}

/* Every tcp_* file of net.ipv4. A kernel without that directory (no IPv4) has none. */
static int list_kernel_names(struct reading *r)
{
	struct dirent *entry;
	int fd, result;
	DIR *dir;

	fd = openat(r->proc_sys, "net/ipv4", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		result = -errno;
		close(fd);
		return result;
	}
	while ((entry = readdir(dir)))
		if (strncmp(entry->d_name, "tcp_", 4) == 0)
			add_name(r, entry->d_name);
	closedir(dir);
	return 0;
}

static int list_names(struct reading *r)
{
	int result = list_kernel_names(r);

	if (result < 0)
		return result;
	for (size_t i = 0; i < tunable_n_infos; i++)
		if (tunable_infos[i].named)
			add_name(r, tunable_infos[i].name);
	for (size_t i = 0; i < r->profile.count; i++)
		add_name(r, r->profile.rules[i].name);
	sort_names(r);
	return 0;
}

static struct tuning *add_row(struct reading *r, const char *name, uint32_t element)
{
	const struct tunable_info *info = tunable_info_find(name, element);
	struct tuning *row;

	if (ARRAY_RESERVE(r->rows, &r->capacity, r->n_rows + 1) < 0)
		return NULL;
	row = &r->rows[r->n_rows++];
	*row = (struct tuning){
	    .name = info ? info->name : textpool_add(r->pool, name, strlen(name)),
	    .element = element,
	    .status = TUNING_NO_RECOMMENDATION,
	    .drift = DRIFT_NOT_APPLICABLE,
	    .value = "",
	    .default_value = "",
	    .recommended = "",
	    .persisted = "",
	    .persisted_in = "",
	    .note = "",
	    .meaning = info ? info->meaning : "",
	    .reason = "",
	    .target = "",
	};
	return row->name ? row : NULL;
}

static int add_value(struct reading *r, const char *name, uint32_t element, const char *text)
{
	struct tuning *row = add_row(r, name, element);
	char printable[SYSVALUE_TEXT_MAX];
	int64_t number;

	if (!row)
		return -ENOMEM;
	sysvalue_printable(text, printable);
	row->value = textpool_add(r->pool, printable, strlen(printable));
	if (!row->value)
		return -ENOMEM;
	row->is_number =
	    sysvalue_number(printable, &number) && number >= INT32_MIN && number <= INT32_MAX;
	row->number = row->is_number ? (int32_t)number : 0;
	return 0;
}

/* The elements that are known of a parameter whose value is not. */
static int add_without_value(struct reading *r, const char *name, enum tuning_status status)
{
	uint32_t element = 1;

	do {
		struct tuning *row = add_row(r, name, element++);

		if (!row)
			return -ENOMEM;
		row->status = status;
	} while (tunable_info_find(name, element));
	return 0;
}

static int read_parameter(struct reading *r, const char *name)
{
	char path[SYSNAME_KEY_MAX];
	char *elements[SYSVALUE_ELEMENTS_MAX];
	char *value;
	size_t count;
	int result;

	sysname_path(name, path);
	result = sysvalue_read(r->proc_sys, path, &value);
	if (result == -ENOENT || result == -ENOTDIR)
		return add_without_value(r, name, TUNING_ABSENT);
	if (result == -ENOMEM)
		return result;
	if (result < 0)
		return add_without_value(r, name, TUNING_UNREADABLE);
	if (strcmp(name, "ip_local_reserved_ports") == 0)
		portset_parse(value, &r->reserved);
	count = sysvalue_split(value, elements);
	for (size_t i = 0; i < count && result == 0; i++)
		result = add_value(r, name, (uint32_t)i + 1, elements[i]);
	free(value);
	return result;
}

static int read_rows(struct reading *r)
{
	int result = list_names(r);

	for (size_t i = 0; i < r->n_names && result == 0; i++)
		result = read_parameter(r, r->names[i]);
	return result;
}

static void learn_kernel(const struct reading *r, struct kernel *ret_kernel)
{
	const struct tuning *buckets = tuningrow_find(r->rows, r->n_rows, "tcp_ehash_entries", 1);
	const struct tuning *memory = tuningrow_find(r->rows, r->n_rows, "tcp_mem", 1);
	char *release;

	*ret_kernel = (struct kernel){.page_size = (uint32_t)sysconf(_SC_PAGESIZE)};
	if (sysvalue_read(r->proc_sys, "kernel/osrelease", &release) == 0) {
		kerneldefault_release(release, &ret_kernel->release);
		free(release);
	}
	if (!buckets || !buckets->is_number)
		return;
	ret_kernel->hash_buckets =
	    (uint32_t)(buckets->number < 0 ? -(int64_t)buckets->number : buckets->number);
	/* A namespace with a table of its own has a positive number as the host has, but not
	 * tcp_mem, which only the host has. */
	if (buckets->number < 0 || (memory && memory->status != TUNING_ABSENT))
		ret_kernel->host_buckets = ret_kernel->hash_buckets;
}

static int judge(struct reading *r, const struct listener *listeners, size_t n_listeners)
{
	struct tuningaudit audit = {
	    .proc_sys = r->proc_sys,
	    .profile = &r->profile,
	    .sysctld = r->sysctld,
	    .reserved = &r->reserved,
	    .listeners = listeners,
	    .n_listeners = n_listeners,
	    .pool = r->pool,
	};

	learn_kernel(r, &audit.kernel);
	return tuningaudit_judge(&audit, r->rows, r->n_rows);
}

/* Hands the rows over and adds up. */
static void finish(struct reading *r, struct tuning_table *table)
{
	if (r->sysctld) {
		const struct sysctld_stats *stats = sysctld_stats(r->sysctld);

		table->persisted_by = stats->order == SYSCTLD_PROCPS ? "procps" : "systemd";
		table->persisted_unreadable = stats->unreadable;
		table->persisted_bad_lines = stats->bad_lines;
	}
	table->rows = r->rows;
	table->count = r->n_rows;
	table->pool = r->pool;
	r->rows = NULL;
	r->pool = NULL;
	for (size_t i = 0; i < table->count; i++) {
		table->harmful += table->rows[i].status == TUNING_HARMFUL;
		table->drifted += table->rows[i].drift == DRIFT_DIFFERS_FROM_PERSISTED;
		table->persisted_unknown += table->rows[i].drift == DRIFT_NOT_KNOWN;
		table->persisted_refused += table->rows[i].element == 1 && table->rows[i].refused;
	}
}

static int open_all(struct reading *r, const struct tunable_roots *roots, const char *profile,
		    struct tuning_table *table, char error[TUNABLE_ERROR_MAX])
{
	const char *proc_sys = roots->proc_sys ? roots->proc_sys : "/proc/sys";
	char *shown;
	int result;

	r->names = calloc(NAMES_MAX, sizeof(r->names[0]));
	if (!r->names || textpool_new(&r->pool) < 0)
		return -ENOMEM;
	shown = textpool_add(r->pool, profile, strlen(profile));
	if (!shown)
		return -ENOMEM;
	text_clean(shown);
	table->profile = shown;
	if (profile[0] != '\0') {
		result = profile_read(roots->profiles, profile, &r->profile, error);
		if (result < 0)
			return result;
	}
	r->proc_sys = open(proc_sys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->proc_sys < 0) {
		result = -errno;
		snprintf(error, TUNABLE_ERROR_MAX, "%.240s: %s", proc_sys, strerror(-result));
		return result;
	}
	table->persisted_by = "";
	table->persisted_error =
	    sysctld_read(roots->root ? roots->root : "/", roots->order, &r->sysctld);
	return table->persisted_error == -ENOMEM ? -ENOMEM : 0;
}

int tunable_read(const struct tunable_roots *roots, const char *profile,
		 const struct listener *listeners, size_t n_listeners,
		 struct tuning_table **ret_table, char error[TUNABLE_ERROR_MAX])
{
	struct tuning_table *table = calloc(1, sizeof(*table));
	struct reading r = {.proc_sys = -1};
	int result = -ENOMEM;

	error[0] = '\0';
	if (!table)
		goto out;
	result = open_all(&r, roots, profile ? profile : "", table, error);
	if (result == 0)
		result = read_rows(&r);
	if (result == 0)
		result = judge(&r, listeners, n_listeners);
	if (result < 0)
		goto out;
	finish(&r, table);
	*ret_table = table;
	table = NULL;
out:
	if (result < 0 && error[0] == '\0')
		snprintf(error, TUNABLE_ERROR_MAX, "%s", strerror(-result));
	text_clean(error);
	if (r.proc_sys >= 0)
		close(r.proc_sys);
	sysctld_free(r.sysctld);
	profile_done(&r.profile);
	free(r.rows);
	free(r.names);
	textpool_free(r.pool);
	free(table);
	return result;
}

void tunable_free(struct tuning_table *table)
{
	if (!table)
		return;
	textpool_free(table->pool);
	free(table->rows);
	free(table);
}
