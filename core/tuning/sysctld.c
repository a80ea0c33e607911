/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysctld.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/file.h"
#include "core/tuning/sysctld_private.h"
#include "core/tuning/sysctldfiles.h"
#include "core/tuning/sysctlpattern.h"
#include "core/tuning/sysname.h"

enum {
	FILE_MAX = 1024 * 1024,
	TOTAL_MAX = 16 * 1024 * 1024,
	ASSIGNMENTS_MAX = 65536,
	PATTERNS_MAX = 1024,
	UNSEEN_MAX = 16384,
};

static const char blanks[] = " \t\r\n", isspaces[] = " \t\r\n\v\f";

static int append(struct assignments *list, const struct assignment *a)
{
	if (list->count == list->max)
		return -EFBIG;
	if (ARRAY_RESERVE(list->rows, &list->capacity, list->count + 1) < 0)
		return -ENOMEM;
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
	bool dedupe = s->stats.order == SYSCTLD_SYSTEMD && a->phase == PHASE_FILES;

	for (size_t i = 0; i < list->count && dedupe; i++) {
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
		struct assignments *list)
{
	struct assignment a = {
	    .file = at->file,
	    .line = at->line,
	    .sequence = s->sequence++,
	    .phase = s->phase,
	};

	a.name = textpool_add(s->pool, name, strlen(name));
	if (value)
		a.value = textpool_add(s->pool, value, strlen(value));
	if (!a.name || (value && !a.value))
		return -ENOMEM;
	return list == &s->patterns ? add_pattern(s, &a) : append(list, &a);
}

static char *strip(char *text, const char *of)
{
	char *end;

	text += strspn(text, of);
	end = text + strlen(text);
	while (end > text && strchr(of, end[-1]))
		*--end = '\0';
	return text;
}

char *sysctld_strip(char *text)
{
	return strip(text, blanks);
}

/* Whether sysctl(8) reads it, as it does ufw's file on any host. */
static bool is_for_procps(const struct sysctld *s)
{
	return s->stats.order == SYSCTLD_PROCPS || s->phase == PHASE_UFW;
}

/* The name after "-"; NULL: there is no such parameter. sysctl(8) leaves a blank after the "-", and
 * a separator at the end, in the name; but it takes a second "-" away. */
static char *take_key(char *key, bool procps)
{
	size_t len;

	if (!procps)
		return strip(key, blanks);
	key += *key == '-';
	len = strlen(key);
	return isspace((unsigned char)*key) || (len > 0 && strchr("./", key[len - 1])) ? NULL : key;
}

/* A parameter below net by its key. A dot that is left is part of an interface's name; no
 * parameter of ours has one. */
static bool is_ours(const char *key, char ret_name[SYSNAME_MAX])
{
	return !strchr(key, '.') && strncmp(key, "net/", 4) == 0 && sysname_parse(key, ret_name);
}

int sysctld_assign(struct sysctld *s, char *key, const char *value, const struct position *at)
{
	char name[SYSNAME_MAX];

	normalize(key);
	if (sysctlpattern_is(key))
		return keep(s, key, value, at, &s->patterns);
	return is_ours(key, name) ? keep(s, name, value, at, &s->plain) : 0;
}

int sysctld_assign_unknown(struct sysctld *s, char *key, const struct position *at)
{
	char name[SYSNAME_MAX];
	int r;

	normalize(key);
	if (!is_ours(key, name))
		return 0;
	r = keep(s, name, NULL, at, &s->plain);
	if (r == 0)
		s->plain.rows[s->plain.count - 1].unknown = true;
	return r;
}

int sysctld_add_unseen(struct sysctld *s, const char *path)
{
	struct position at = {.file = textpool_format(s->pool, "/%s", path)};
	int r = at.file ? keep(s, "", NULL, &at, &s->unseen) : -ENOMEM;

	if (r == 0)
		s->unseen.rows[s->unseen.count - 1].unknown = true;
	return r;
}

static int parse_line(struct sysctld *s, char *line, const struct position *at)
{
	bool procps = is_for_procps(s);
	const char *around = procps ? isspaces : blanks;
	char *key = strip(line, around), *value;

	if (*key == '\0' || *key == '#' || *key == ';')
		return 0;
	value = strchr(key, '=');
	if (value)
		*value++ = '\0';
	else if (*key != '-') {
		s->stats.bad_lines++;
		return 0;
	}
	key = strip(key, around);
	key = take_key(key + (*key == '-'), procps);
	return key ? sysctld_assign(s, key, value ? strip(value, around) : NULL, at) : 0;
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

		if (i < len && !newline && (is_for_procps(s) || (c != '\0' && c != '\r')))
			continue;
		text[i] = '\0';
		r = parse_line(s, text + start, &at);
		start = i + 1;
		at.line += newline;
	}
	return r;
}

int sysctld_load(int root, const char *path, char **ret_text, size_t *ret_len)
{
	int r = file_read_regular(root, path, FILE_MAX, ret_text, ret_len);

	if (r != -EINVAL)
		return r;
	/* What is no file, as /dev/null, is empty. */
	*ret_text = calloc(1, 1);
	*ret_len = 0;
	return *ret_text ? 0 : -ENOMEM;
}

/* What cannot be read is counted. What leads nowhere sets nothing; all else may set anything. */
static int skip_file(struct sysctld *s, const char *path, int error)
{
	if (error == -ENOMEM)
		return error;
	s->stats.unreadable++;
	if (error == -ENOENT || error == -ELOOP || error == -EISDIR || error == -ENOTDIR)
		return 0;
	return sysctld_add_unseen(s, path);
}

int sysctld_read_file(struct sysctld *s, int root, const char *path)
{
	const char *file = textpool_format(s->pool, "/%s", path);
	size_t len = 0;
	char *text;
	int r;

	if (!file)
		return -ENOMEM;
	r = sysctld_load(root, path, &text, &len);
	if (r == -ENOENT && (strcmp(path, "etc/sysctl.conf") == 0 || s->phase != PHASE_FILES))
		return 0;
	if (r < 0)
		return skip_file(s, path, r);
	s->total += len;
	r = s->total > TOTAL_MAX ? -EFBIG : len > 0 ? parse(s, text, len, file) : 0;
	free(text);
	return r;
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

static int read_files(struct sysctld *s, int root)
{
	struct sysctldfiles files = {0};
	int r = sysctldfiles_list(root, s->stats.order, &files);

	for (size_t i = 0; i < files.count && r == 0; i++)
		r = sysctld_read_file(s, root, files.paths[i]);
	if (r == 0 && files.unseen) {
		s->stats.unreadable++;
		r = sysctld_add_unseen(s, files.unseen);
	}
	sysctldfiles_done(&files);
	return r;
}

static int read_all(struct sysctld *s, int root)
{
	int r = sysctldother_kernel(s, root);

	s->phase = PHASE_FILES;
	if (r == 0)
		r = read_files(s, root);
	if (r == 0)
		r = sysctldother_later(s, root);
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
	s->unseen.max = UNSEEN_MAX;
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
	free(s->unseen.rows);
	textpool_free(s->pool);
	free(s);
}

const struct sysctld_stats *sysctld_stats(const struct sysctld *s)
{
	return &s->stats;
}
