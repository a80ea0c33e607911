/* SPDX-License-Identifier: MIT */
#include "core/kernel/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/number.h"

enum {
	FIRST_READ = 4096,
	NET_FILE_MAX = 256 * 1024,
	NUMBERS_FILE_MAX = 64 * 1024,
};

/* Reads to the end of the file; the size that stat() tells of files in /proc is 0. */
static int read_all(int fd, size_t max, char **ret_text, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0, size = FIRST_READ;
	int error = 0;

	for (;;) {
		char *larger = realloc(text, size + 1);
		ssize_t n;

		if (!larger) {
			error = -ENOMEM;
			goto out;
		}
		text = larger;
		n = read(fd, text + len, size - len);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR) {
			error = -errno;
			goto out;
		}
		if (n > 0)
			len += (size_t)n;
		if (len > max) {
			error = -EFBIG;
			goto out;
		}
		if (len == size)
			size *= 2;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	text = NULL;
out:
	free(text);
	return error;
}

int proc_read_file(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = read_all(fd, max, ret_text, ret_len);
	close(fd);
	return error;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* What stands behind a number or a word, a NUL included. */
static bool ends_word(char c)
{
	return strchr(" \t\n", c) != NULL;
}

/* A whole word that is a number; moves *text to the next word of the line. */
static bool take_number(const char **text, uint64_t *ret_number)
{
	const char *at = *text;
	uint64_t number;

	if (!number_take(&at, 10, UINT64_MAX, &number) || !ends_word(*at))
		return false;
	*text = skip_blanks(at);
	*ret_number = number;
	return true;
}

int proc_numbers(int dir_fd, const char *path, uint64_t *ret_numbers, int max)
{
	char *text;
	const char *at;
	size_t len;
	int count = 0;
	int error = proc_read_file(dir_fd, path, NUMBERS_FILE_MAX, &text, &len);

	if (error)
		return error;
	at = text;
	while (count < max && take_number(&at, &ret_numbers[count]))
		count++;
	free(text);
	return count > 0 ? count : -EBADMSG;
}

/* The line of `text` that begins with the label ("Tcp:"), behind it; NULL: none. */
static const char *find_line(const char *text, const char *label)
{
	size_t len = strlen(label);

	while (strncmp(text, label, len) != 0) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	return skip_blanks(text + len);
}

struct figure {
	const char *name;
	uint64_t *value;
};

/* Reads the figures of a line "label name value name value ..."; a line may have more. */
static int parse_figures(const char *text, const char *label, const struct figure *figures,
			 size_t n_figures)
{
	const char *at = find_line(text, label);
	unsigned found = 0;

	if (!at)
		return -EBADMSG;
	while (*at != '\0' && *at != '\n') {
		const char *name = at;
		size_t len = strcspn(at, " \t\n");
		uint64_t value;

		at = skip_blanks(at + len);
		if (!take_number(&at, &value))
			return -EBADMSG;
		for (size_t i = 0; i < n_figures; i++) {
			if (strlen(figures[i].name) == len &&
			    memcmp(figures[i].name, name, len) == 0) {
				*figures[i].value = value;
				found |= 1u << i;
			}
		}
	}
	return found == (1u << n_figures) - 1 ? 0 : -EBADMSG;
}

static int read_figures(int net_fd, const char *path, const char *label,
			const struct figure *figures, size_t n_figures)
{
	char *text;
	size_t len;
	int error = proc_read_file(net_fd, path, NET_FILE_MAX, &text, &len);

	if (error)
		return error;
	error = parse_figures(text, label, figures, n_figures);
	free(text);
	return error;
}

int proc_sockstat(int net_fd, struct sockstat *ret_sockstat)
{
	struct sockstat s = {.in_use = 0};
	const struct figure v4[] = {
	    {"inuse", &s.in_use},    {"orphan", &s.orphans},   {"tw", &s.time_wait},
	    {"alloc", &s.allocated}, {"mem", &s.memory_pages},
	};
	const struct figure v6[] = {{"inuse", &s.in_use_v6}};
	int error = read_figures(net_fd, "sockstat", "TCP:", v4, sizeof(v4) / sizeof(v4[0]));

	if (error)
		return error;
	error = read_figures(net_fd, "sockstat6", "TCP6:", v6, sizeof(v6) / sizeof(v6[0]));
	/* A kernel without IPv6 has no such file. */
	if (error && error != -ENOENT)
		return error;
	*ret_sockstat = s;
	return 0;
}

static int add_counter(struct counters *c, const char *group, const char *name, size_t len,
		       uint64_t value)
{
	size_t group_len = strlen(group);
	struct counter *row;

	/* A name that does not fit would be shown as that of another counter. */
	if (group_len + len >= sizeof(row->name))
		return 0;
	if ((c->count & (c->count - 1)) == 0) {
		size_t capacity = c->count ? 2 * c->count : 1;

		row = reallocarray(c->rows, capacity, sizeof(*row));
		if (!row)
			return -ENOMEM;
		c->rows = row;
	}
	row = &c->rows[c->count++];
	*row = (struct counter){.value = value};
	memcpy(row->name, group, group_len);
	memcpy(row->name + group_len, name, len);
	return 0;
}

/* Two lines, both with the label: the names, and below them the values. */
static int parse_counters(const char *text, const char *group, const char *label,
			  struct counters *c)
{
	const char *name = find_line(text, label);
	const char *value = name ? strchr(name, '\n') : NULL;
	size_t label_len = strlen(label);

	if (!value || strncmp(value + 1, label, label_len) != 0)
		return -EBADMSG;
	value = skip_blanks(value + 1 + label_len);
	while (*name != '\n') {
		size_t len = strcspn(name, " \t\n");
		/* "MaxConn -1": no limit, and no counter. */
		bool negative = *value == '-';
		uint64_t number;
		int error;

		value += negative;
		if (!take_number(&value, &number))
			return -EBADMSG;
		error = negative ? 0 : add_counter(c, group, name, len, number);
		if (error)
			return error;
		name = skip_blanks(name + len);
	}
	return *value == '\n' || *value == '\0' ? 0 : -EBADMSG;
}

static int read_counters(int net_fd, const char *path, const char *group, const char *label,
			 struct counters *c)
{
	char *text;
	size_t len;
	int error = proc_read_file(net_fd, path, NET_FILE_MAX, &text, &len);

	if (error)
		return error;
	error = parse_counters(text, group, label, c);
	free(text);
	return error;
}

static int by_name(const void *a, const void *b)
{
	const struct counter *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int proc_counters(int net_fd, struct counters *ret_counters)
{
	struct counters c = {.rows = NULL};
	int error = read_counters(net_fd, "snmp", "Tcp", "Tcp:", &c);

	if (!error)
		error = read_counters(net_fd, "netstat", "TcpExt", "TcpExt:", &c);
	if (error) {
		proc_counters_done(&c);
		return error;
	}
	if (c.count > 0)
		qsort(c.rows, c.count, sizeof(*c.rows), by_name);
	*ret_counters = c;
	return 0;
}

void proc_counters_done(struct counters *c)
{
	free(c->rows);
	*c = (struct counters){.rows = NULL};
}

static int name_cmp(const void *name, const void *row)
{
	return strcmp(name, ((const struct counter *)row)->name);
}

bool proc_counter(const struct counters *c, const char *name, uint64_t *ret_value)
{
	const struct counter *row =
	    c->count ? bsearch(name, c->rows, c->count, sizeof(*row), name_cmp) : NULL;

	if (!row)
		return false;
	*ret_value = row->value;
	return true;
}
