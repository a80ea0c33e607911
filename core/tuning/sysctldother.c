/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/tuning/sysctld_private.h"
#include "core/tuning/sysctlpattern.h"

enum { INCLUDES_MAX = 8 };

/* Cuts the next argument off, as the kernel does: blanks within double quotes belong to it. */
static char *next_argument(char **text)
{
	char *start = *text + strspn(*text, " \t\n");
	bool quoted = false;
	char *p = start;

	for (; *p && (quoted || !isspace((unsigned char)*p)); p++)
		quoted ^= *p == '"';
	*text = *p ? p + 1 : p;
	*p = '\0';
	return *start ? start : NULL;
}

/* The word of the shell at a text: within quotes, or up to a blank or the NUL. */
static char *shell_word(char *text)
{
	char *end = strchr("\"'", text[0]) && text[0] ? strchr(text + 1, text[0]) : NULL;

	if (end)
		text++;
	else
		end = text + strcspn(text, " \t");
	*end = '\0';
	return text;
}

/* One pair of quotes around a text, if it has it. */
static char *unquote(char *text, const char *quotes)
{
	size_t len = strlen(text);

	if (len < 2 || !strchr(quotes, text[0]) || text[len - 1] != text[0])
		return text;
	text[len - 1] = '\0';
	return text + 1;
}

/* As next_arg() of the kernel, for which a quote that is not closed ends with the line. */
static char *drop_quotes(char *text)
{
	size_t len = strlen(text);

	if (text[0] != '"')
		return text;
	if (text[len - 1] == '"')
		text[len - 1] = '\0';
	return text[0] ? text + 1 : text;
}

static int assign_argument(struct sysctld *s, char *argument, const struct position *at)
{
	char *key = drop_quotes(argument), *value;

	if (strncmp(key, "sysctl.", 7) != 0 && strncmp(key, "sysctl/", 7) != 0)
		return 0;
	key += 7;
	value = strchr(key, '=');
	if (!value)
		return 0;
	*value++ = '\0';
	value = drop_quotes(value);
	/* The kernel makes each dot a slash, and knows no patterns. */
	for (char *p = key; *p; p++)
		*p = *p == '.' ? '/' : *p;
	return value[0] && !sysctlpattern_is(key) ? sysctld_assign(s, key, value, at) : 0;
}

int sysctldother_kernel(struct sysctld *s, int root)
{
	static const struct position at = {.file = "kernel command line"};
	char *text = NULL, *rest, *argument;
	size_t len = 0;
	int r;

	s->phase = PHASE_KERNEL;
	r = sysctld_load(root, "proc/cmdline", &text, &len);
	if (r < 0)
		return r == -ENOMEM ? r : r == -ENOENT ? 0 : sysctld_add_unseen(s, "proc/cmdline");
	rest = text;
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	/* What follows "--" is for init. */
	while (r == 0 && (argument = next_argument(&rest)) && strcmp(argument, "--") != 0)
		r = assign_argument(s, argument, &at);
	free(text);
	return r;
}

/* The value that a file of assignments (ufw: of the shell) gives to a name, which the caller frees;
 * NULL: none. 0, or why the file could not be read. */
static int shell_value(int root, const char *path, const char *name, char **ret_value)
{
	size_t len = 0;
	char *text, *save = NULL, *found = NULL;
	int r = sysctld_load(root, path, &text, &len);

	if (r < 0)
		return r;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(sysctld_strip(line), name) == 0)
			found = shell_word(sysctld_strip(value));
	}
	*ret_value = found ? strdup(found) : NULL;
	free(text);
	return found && !*ret_value ? -ENOMEM : 0;
}

/* Nothing where a file is missing: the program is not there. */
static int without(struct sysctld *s, const char *path, int error)
{
	if (error == -ENOENT || error == -ENOTDIR)
		return 0;
	if (error == -ENOMEM)
		return error;
	s->stats.unreadable++;
	return sysctld_add_unseen(s, path);
}

/* `sysctl -p` of the file that /etc/default/ufw names. */
static int read_ufw(struct sysctld *s, int root)
{
	char *enabled = NULL, *file = NULL;
	int r;

	s->phase = PHASE_UFW;
	r = shell_value(root, "etc/ufw/ufw.conf", "ENABLED", &enabled);
	if (r < 0)
		return without(s, "etc/ufw/ufw.conf", r);
	if (!enabled || strcasecmp(enabled, "yes") != 0)
		goto out;
	r = shell_value(root, "etc/default/ufw", "IPT_SYSCTL", &file);
	if (r < 0)
		r = without(s, "etc/default/ufw", r);
	else if (file && strpbrk(file, "$`"))
		r = sysctld_add_unseen(s, "etc/default/ufw");
	else if (file && file[0] == '/')
		r = sysctld_read_file(s, root, file + 1);
out:
	free(enabled);
	free(file);
	return r;
}

struct tuned {
	struct sysctld *s;
	int root;
	bool runs; /* for certain; else it may set these values */
	bool sets; /* a profile has a section [sysctl] */
	int depth; /* of includes */
};

static int read_profiles(struct tuned *t, char *names);

static bool exists(int root, const char *path)
{
	return faccessat(root, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A value that is written as it stands: no variable, no function, no "at least". */
static bool is_plain(const char *value)
{
	return value[0] != '\0' && !strpbrk(value, "$") && !strchr("<>", value[0]);
}

static int assign_tuned(struct tuned *t, char *key, char *value, const struct position *at)
{
	value = unquote(value, "\"'");
	/* What switches the section, or drops what other profiles say. */
	if (!strpbrk(key, "./"))
		return strcmp(key, "type") == 0 || strcmp(key, "priority") == 0
			   ? 0
			   : sysctld_add_unseen(t->s, at->file + 1);
	if (!t->runs || !is_plain(value))
		return sysctld_assign_unknown(t->s, key, at);
	return sysctld_assign(t->s, key, value, at);
}

/* The lines of a profile: `include` of [main], and [sysctl]. Another section of that type has a
 * name of its own, and mostly conditions. */
static int parse_profile(struct tuned *t, char *text, const char *file)
{
	struct position at = {.file = file};
	bool in_main = false, in_sysctl = false;
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&text, "\n"))) {
		char *value;

		at.line++;
		line = sysctld_strip(line);
		if (line[0] == '[') {
			in_main = strcmp(line, "[main]") == 0;
			in_sysctl = strcmp(line, "[sysctl]") == 0;
			t->sets |= in_sysctl;
			continue;
		}
		value = strchr(line, '=');
		if (line[0] == '#' || line[0] == ';' || !value)
			continue;
		*value++ = '\0';
		line = sysctld_strip(line);
		value = sysctld_strip(value);
		if (in_main && strcmp(line, "include") == 0)
			r = read_profiles(t, value);
		else if (in_sysctl)
			r = assign_tuned(t, line, value, &at);
		else if (!in_main && strcmp(line, "type") == 0 && strcmp(value, "sysctl") == 0)
			r = sysctld_add_unseen(t->s, file + 1);
	}
	return r;
}

static int read_profile(struct tuned *t, const char *name)
{
	static const char *const places[] = {"etc/tuned/profiles", "etc/tuned",
					     "usr/lib/tuned/profiles", "usr/lib/tuned"};
	char *text = NULL;
	char *path = NULL;
	size_t len = 0;
	int r = -ENOENT;

	for (size_t i = 0; i < COUNT_OF(places) && r == -ENOENT; i++) {
		path = textpool_format(t->s->pool, "/%s/%s/tuned.conf", places[i], name);
		if (!path)
			return -ENOMEM;
		r = sysctld_load(t->root, path + 1, &text, &len);
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		t->s->stats.unreadable++;
		return sysctld_add_unseen(t->s, path + 1);
	}
	r = parse_profile(t, text, path);
	free(text);
	return r;
}

/* Names with blanks or commas between them; a later profile has the last word. */
static int read_profiles(struct tuned *t, char *names)
{
	char *save = NULL;
	int r = 0;

	if (strpbrk(names, "$/") || t->depth == INCLUDES_MAX)
		return sysctld_add_unseen(t->s, "etc/tuned/active_profile");
	t->depth++;
	for (char *name = strtok_r(names, " ,\t\n", &save); name && r == 0;
	     name = strtok_r(NULL, " ,\t\n", &save))
		r = read_profile(t, name);
	t->depth--;
	return r;
}

static int read_tuned(struct sysctld *s, int root)
{
	struct tuned t = {.s = s, .root = root};
	char *names = NULL, *reapply = NULL;
	size_t len = 0;
	int r;

	s->phase = PHASE_TUNED;
	r = sysctld_load(root, "etc/tuned/active_profile", &names, &len);
	if (r < 0)
		return without(s, "etc/tuned/active_profile", r);
	t.runs = exists(root, "etc/systemd/system/multi-user.target.wants/tuned.service") ||
		 exists(root, "run/tuned/tuned.pid");
	r = read_profiles(&t, names);
	free(names);
	if (r < 0)
		return r;
	r = shell_value(root, "etc/tuned/tuned-main.conf", "reapply_sysctl", &reapply);
	if (r == -ENOMEM)
		return r;
	/* It does by default. */
	s->tuned_reapplies = t.sets && (!reapply || strpbrk(reapply, "1yYtT") == reapply);
	free(reapply);
	s->phase = PHASE_TUNED_AGAIN;
	return s->tuned_reapplies && t.runs && s->stats.order == SYSCTLD_SYSTEMD
		   ? sysctld_read_file(s, root, "etc/sysctl.conf")
		   : 0;
}

int sysctldother_later(struct sysctld *s, int root)
{
	int r = read_ufw(s, root);

	return r < 0 ? r : read_tuned(s, root);
}
