/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysctld.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tuning/sysctldfiles.h"
#include "core/tuning/sysctlpattern.h"
#include "core/tuning/sysname.h"
#include "core/base/textpool.h"

enum {
	FILE_MAX = 1024 * 1024,
	TOTAL_MAX = 16 * 1024 * 1024,
	ASSIGNMENTS_MAX = 65536,
	PATTERNS_MAX = 1024,
};

static const char blanks[] = " \t\r\n";

struct assignment {
	const char *name;  /* as sysname_parse() gives it, or a pattern with slashes */
	const char *value; /* NULL: a line "-name" */
	const char *file;
	uint32_t line;
	uint32_t sequence; /* its place in the order of reading */
};

struct assignments {
	struct assignment *rows;
	size_t count;
	size_t capacity;
	size_t max;
};

struct sysctld {
	struct sysctld_stats stats;
	struct assignments plain;    /* by name, then in the order of reading */
	struct assignments patterns; /* in the order in which they are applied */
	struct textpool *pool;
};

struct position {
	const char *file;
	uint32_t line;
};

static int append(struct assignments *list, const struct assignment *a)
{
	if (list->count == list->max)
		return -EFBIG;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 32;
		struct assignment *rows = reallocarray(list->rows, capacity, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		list->rows = rows;
		list->capacity = capacity;
	}
	list->rows[list->count++] = *a;
	return 0;
}

/*
 * Dots become slashes and slashes dots, if the first separator is a dot ("net.ipv4.x",
 * "net.ipv4.conf.eth0/100.x"); then superfluous slashes go.
 */
static void normalize(char *name)
{
	char *first = strpbrk(name, "/."), *to = name;

	if (first && *first == '.')
		for (char *p = first; *p; p++)
			*p = *p == '.' ? '/' : *p == '/' ? '.' : *p;
	for (const char *from = name; *from; from++)
		if (*from != '/' || (to > name && to[-1] != '/'))
			*to++ = *from;
	if (to > name && to[-1] == '/')
		to--;
	*to = '\0';
}

/* systemd keeps one entry a pattern: a new value moves it to the end, the old one does not.
 * Patterns are applied in that order. */
static int add_pattern(struct sysctld *s, const struct assignment *a)
{
	struct assignments *list = &s->patterns;

	for (size_t i = 0; i < list->count && s->stats.order == SYSCTLD_SYSTEMD; i++) {
		struct assignment *old = &list->rows[i];

		if (strcmp(old->name, a->name) != 0)
			continue;
		if (old->value && a->value && strcmp(old->value, a->value) == 0)
			return 0;
		memmove(old, old + 1, (list->count - i - 1) * sizeof(*old));
		list->count--;
		break;
	}
	return append(list, a);
}

static int keep(struct sysctld *s, const char *name, const char *value, const struct position *at,
		bool pattern)
{
	struct assignment a = {
	    .file = at->file,
	    .line = at->line,
	    .sequence = (uint32_t)s->plain.count,
	};

	a.name = textpool_add(s->pool, name, strlen(name));
	if (value)
		a.value = textpool_add(s->pool, value, strlen(value));
	if (!a.name || (value && !a.value))
		return -ENOMEM;
	return pattern ? add_pattern(s, &a) : append(&s->plain, &a);
}

static char *strip(char *text)
{
	char *end;

	text += strspn(text, blanks);
	end = text + strlen(text);
	while (end > text && strchr(blanks, end[-1]))
		*--end = '\0';
	return text;
}

static int parse_line(struct sysctld *s, char *line, const struct position *at)
{
	char name[SYSNAME_MAX];
	char *key = strip(line), *value;

	if (*key == '\0' || *key == '#' || *key == ';')
		return 0;
	value = strchr(key, '=');
	if (value)
		*value++ = '\0';
	else if (*key != '-') {
		s->stats.bad_lines++;
		return 0;
	}
	if (*key == '-')
		key++;
	key = strip(key);
	normalize(key);
	if (value)
		value = strip(value);
	if (sysctlpattern_is(key))
		return keep(s, key, value, at, true);
	/* A dot that is left is part of an interface's name; no parameter of ours has one. */
	if (strchr(key, '.') || strncmp(key, "net/", 4) != 0 || !sysname_parse(key, name))
		return 0;
	return keep(s, name, value, at, false);
}

static int parse(struct sysctld *s, char *text, size_t len, const char *file)
{
	struct position at = {.file = file, .line = 1};
	size_t start = 0;
	int r = 0;

	/* text[len] is a NUL. For systemd a NUL and a CR end a line, too. */
	for (size_t i = 0; i <= len && r == 0; i++) {
		char c = text[i];
		bool newline = c == '\n';

		if (i < len && !newline &&
		    (s->stats.order == SYSCTLD_PROCPS || (c != '\0' && c != '\r')))
			continue;
		text[i] = '\0';
		r = parse_line(s, text + start, &at);
		start = i + 1;
		at.line += newline;
	}
	return r;
}

/* Opens a file that is to be read. *ret_size is 0 for what is no file, as /dev/null. */
static int open_file(int root, const char *path, size_t *ret_size)
{
	struct stat st;
	int fd;

	fd = openat(root, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode) || st.st_size > FILE_MAX) {
		close(fd);
		return -EFBIG;
	}
	*ret_size = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
	return fd;
}

/* Reads one file; what cannot be read is counted. 0, -ENOMEM or -EFBIG (in all). */
static int read_file(struct sysctld *s, int root, const char *path, char *buffer, size_t *total)
{
	size_t size = 0, len = 0;
	ssize_t got = 1;
	const char *file;
	int fd;

	fd = open_file(root, path, &size);
	if (fd == -ENOENT && strcmp(path, "etc/sysctl.conf") == 0)
		return 0;
	if (fd < 0) {
		s->stats.unreadable++;
		return 0;
	}
	while (len < size && got > 0) {
		got = read(fd, buffer + len, size - len);
		if (got > 0)
			len += (size_t)got;
	}
	close(fd);
	if (got < 0) {
		s->stats.unreadable++;
		return 0;
	}
	s->stats.files++;
	*total += len;
	if (*total > TOTAL_MAX)
		return -EFBIG;
	if (len == 0)
		return 0;
	file = textpool_format(s->pool, "/%s", path);
	if (!file)
		return -ENOMEM;
	buffer[len] = '\0';
	return parse(s, buffer, len, file);
}

static enum sysctld_order choose_order(int root, enum sysctld_order order)
{
	if (order != SYSCTLD_AUTO)
		return order;
	return faccessat(root, "run/systemd/system", F_OK, 0) == 0 ? SYSCTLD_SYSTEMD
								   : SYSCTLD_PROCPS;
}

static int assignment_cmp(const void *va, const void *vb)
{
	const struct assignment *a = va, *b = vb;

	int cmp = strcmp(a->name, b->name);

	if (cmp != 0)
		return cmp;
	return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static int read_all(struct sysctld *s, int root)
{
	struct sysctldfiles files = {0};
	char *buffer = malloc(FILE_MAX + 1);
	size_t total = 0;
	int r = buffer ? sysctldfiles_list(root, s->stats.order, &files) : -ENOMEM;

	for (size_t i = 0; i < files.count && r == 0; i++)
		r = read_file(s, root, files.paths[i], buffer, &total);
	free(buffer);
	sysctldfiles_done(&files);
	if (r == 0 && s->plain.count > 0)
		qsort(s->plain.rows, s->plain.count, sizeof(s->plain.rows[0]), assignment_cmp);
	return r;
}

int sysctld_read(const char *root, enum sysctld_order order, struct sysctld **ret_sysctld)
{
	struct sysctld *s = calloc(1, sizeof(*s));
	int root_fd = -1, r = -ENOMEM;

	if (!s || textpool_new(&s->pool) < 0)
		goto out;
	s->plain.max = ASSIGNMENTS_MAX;
	s->patterns.max = PATTERNS_MAX;
	root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0) {
		r = -errno;
		goto out;
	}
	s->stats.order = choose_order(root_fd, order);
	r = read_all(s, root_fd);
	if (r < 0)
		goto out;
	*ret_sysctld = s;
	s = NULL;
out:
	if (root_fd >= 0)
		close(root_fd);
	sysctld_free(s);
	return r;
}

void sysctld_free(struct sysctld *s)
{
	if (!s)
		return;
	free(s->plain.rows);
	free(s->patterns.rows);
	textpool_free(s->pool);
	free(s);
}

/* The row behind the last one with this name. */
static size_t find_end(const struct assignments *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->rows[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The assignment that names the parameter and counts. *ret_named: there is any, or a line "-name",
 * so that patterns do not apply. */
static const struct assignment *find_plain(const struct sysctld *s, const char *name,
					   bool *ret_named)
{
	const struct assignment *rows = s->plain.rows;
	size_t end = find_end(&s->plain, name);

	*ret_named = end > 0 && strcmp(rows[end - 1].name, name) == 0;
	for (size_t i = end; i > 0 && strcmp(rows[i - 1].name, name) == 0; i--) {
		if (rows[i - 1].value)
			return &rows[i - 1];
		if (s->stats.order == SYSCTLD_SYSTEMD)
			return NULL;
	}
	return NULL;
}

static const struct assignment *find_pattern(const struct sysctld *s, const char *name)
{
	bool systemd = s->stats.order == SYSCTLD_SYSTEMD;
	const struct assignment *found = NULL;
	char path[SYSNAME_KEY_MAX];

	sysname_path(name, path);
	for (size_t i = 0; i < s->patterns.count; i++) {
		const struct assignment *a = &s->patterns.rows[i];

		if (a->value && sysctlpattern_matches(a->name, path, systemd))
			found = a;
	}
	return found;
}

bool sysctld_find(const struct sysctld *s, const char *name, struct sysctld_setting *ret_setting)
{
	bool named = false;
	const struct assignment *a = find_plain(s, name, &named);
	bool by_pattern = false;

	if (!a && !named) {
		a = find_pattern(s, name);
		by_pattern = true;
	}
	if (!a)
		return false;
	*ret_setting = (struct sysctld_setting){
	    .value = a->value,
	    .file = a->file,
	    .line = a->line,
	    .by_pattern = by_pattern,
	};
	return true;
}

const struct sysctld_stats *sysctld_stats(const struct sysctld *s)
{
	return &s->stats;
}
