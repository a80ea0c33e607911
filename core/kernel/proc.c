/* SPDX-License-Identifier: MIT */
#include "core/kernel/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/file.h"
#include "core/base/number.h"

enum {
	NET_FILE_MAX = 256 * 1024,
	NUMBERS_FILE_MAX = 64 * 1024,
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* What may follow a number or a word, a NUL included. */
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

int proc_open_net(int proc_fd)
{
	int fd = openat(proc_fd, "thread-self/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int proc_open(int *ret_proc_fd, int *ret_net_fd)
{
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int net_fd = proc_fd < 0 ? -errno : proc_open_net(proc_fd);

	if (net_fd < 0 && proc_fd >= 0)
		close(proc_fd);
	*ret_proc_fd = net_fd < 0 ? -1 : proc_fd;
	*ret_net_fd = net_fd < 0 ? -1 : net_fd;
	return net_fd < 0 ? net_fd : 0;
}

int proc_numbers(int dir_fd, const char *path, uint64_t *ret_numbers, int max)
{
	char *text;
	const char *at;
	size_t len;
	int count = 0;
	int error = file_read(dir_fd, path, NUMBERS_FILE_MAX, &text, &len);

	if (error)
		return error;
	at = text;
	while (count < max && take_number(&at, &ret_numbers[count]))
		count++;
	free(text);
	return count > 0 ? count : -EBADMSG;
}

/* The line of `text` that begins with the label ("Tcp:"), after it; NULL: none. */
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

/* What kernels lack (gVisor, WSL, old ones) takes away just that; what this process lacks now is an
 * error. *ret_text: for the caller to free, NULL: there is no such file. */
static int read_net_file(int net_fd, const char *path, char **ret_text)
{
	char *text = NULL;
	size_t len;
	int error = file_read(net_fd, path, NET_FILE_MAX, &text, &len);

	if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
		return error;
	*ret_text = text;
	return 0;
}

/* A word of a line, blanks after it skipped; false: the line ends here. A word that the text ends
 * with may have been cut. */
static bool take_word(const char **text, const char **ret_word, size_t *ret_len)
{
	const char *word = *text;
	size_t len = strcspn(word, " \t\n");

	if (len == 0 || word[len] == '\0')
		return false;
	*text = skip_blanks(word + len);
	*ret_word = word;
	*ret_len = len;
	return true;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(word, name, len) == 0;
}

/* A figure of sockstat, and where it goes. */
struct figure {
	const char *name;
	uint64_t *value;
	bool *has;
};

/* The figures of one line, each after its name: "TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1". */
static int read_figures(int net_fd, const char *file, const char *line,
			const struct figure *figures, size_t n)
{
	const char *at, *name, *value;
	size_t name_len, len;
	char *text;
	int error = read_net_file(net_fd, file, &text);

	if (error)
		return error;
	at = text ? find_line(text, line) : NULL;
	while (at && take_word(&at, &name, &name_len) && take_word(&at, &value, &len))
		for (size_t i = 0; i < n; i++)
			if (word_is(name, name_len, figures[i].name))
				*figures[i].has = take_number(&value, figures[i].value);
	free(text);
	return 0;
}

bool proc_in_use(int net_fd, uint64_t *ret_sockets)
{
	uint64_t v4, v6 = 0;
	bool has_v4 = false, has_v6;

	/* A kernel without IPv6 has no sockstat6. */
	if (read_figures(net_fd, "sockstat", "TCP:", &(struct figure){"inuse", &v4, &has_v4}, 1) ||
	    read_figures(net_fd, "sockstat6", "TCP6:", &(struct figure){"inuse", &v6, &has_v6}, 1))
		return false;
	*ret_sockets = has_v4 ? v4 + v6 : 0;
	return has_v4;
}

int proc_sockstat(int net_fd, struct sockstat *ret_sockstat)
{
	struct sockstat s = {0};
	const struct figure figures[] = {
	    {"orphan", &s.orphans, &s.has_orphans},
	    {"tw", &s.time_wait, &s.has_time_wait},
	    {"mem", &s.memory_pages, &s.has_memory},
	};
	int error = read_figures(net_fd, "sockstat", "TCP:", figures, COUNT_OF(figures));

	if (!error)
		*ret_sockstat = s;
	return error;
}

static int add_counter(struct counters *c, const char *group, const char *name, size_t len,
		       uint64_t value)
{
	size_t group_len = strlen(group);
	struct counter *row;

	/* A name that does not fit would be shown as that of another counter. */
	if (group_len + len >= sizeof(row->name))
		return 0;
	if (ARRAY_RESERVE(c->rows, &c->capacity, c->count + 1) < 0)
		return -ENOMEM;
	row = &c->rows[c->count++];
	*row = (struct counter){.value = value};
	memcpy(row->name, group, group_len);
	memcpy(row->name + group_len, name, len);
	return 0;
}

static size_t count_words(const char *at)
{
	const char *word;
	size_t len, count = 0;

	while (take_word(&at, &word, &len))
		count++;
	return count;
}

/* Two lines, both with the label: the names, and below them the values. Where they are not equally
 * many, nothing tells which is whose, unless the file has been cut short. */
static int parse_counters(const char *text, const char *group, const char *label,
			  struct counters *c)
{
	const char *names = find_line(text, label);
	const char *values = names ? strchr(names, '\n') : NULL;
	size_t label_len = strlen(label), len, value_len, n_names, n_values;
	const char *name, *value;
	int error = 0;

	if (!values || strncmp(values + 1, label, label_len) != 0)
		return 0;
	values = skip_blanks(values + 1 + label_len);
	n_names = count_words(names);
	n_values = count_words(values);
	if (n_values > n_names || (n_values < n_names && strchr(values, '\n')))
		return 0;
	while (!error && take_word(&names, &name, &len) && take_word(&values, &value, &value_len)) {
		uint64_t number;

		/* "MaxConn -1": no limit, and no counter. */
		if (take_number(&value, &number))
			error = add_counter(c, group, name, len, number);
	}
	return error;
}

static int read_counters(int net_fd, const char *path, const char *group, const char *label,
			 struct counters *c)
{
	char *text = NULL;
	int error = read_net_file(net_fd, path, &text);

	if (text)
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
