/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/config/config_private.h"

/* Nobody writes such a file by hand; a device or a log given by mistake ends here. */
enum { FILE_MAX = 256 * 1024 };

/* Copies one word from *in to *out, both moved on; its terminator overwrites the blank. */
static int split_word(char **in, char **out, char *error)
{
	bool quoted = **in == '"';
	bool last;

	if (quoted)
		(*in)++;
	while (**in != '\0' && !strchr(quoted ? "\"" : " \t\"", **in)) {
		if (quoted && **in == '\\' && ((*in)[1] == '"' || (*in)[1] == '\\'))
			(*in)++;
		*(*out)++ = *(*in)++;
	}
	if (quoted && **in == '\0')
		return option_refuse(error, "a quote is not closed");
	if (quoted)
		(*in)++;
	last = **in == '\0';
	if (!last && **in != ' ' && **in != '\t')
		return option_refuse(error, "a quote inside a word");
	if (!last)
		(*in)++;
	*(*out)++ = '\0';
	return last ? 0 : 1;
}

int config_split(char *line, const char *argv[CONFIG_ARGS_MAX], char error[CONFIG_ERROR_MAX])
{
	char *in = line, *out = line;
	int argc = 0;
	int more = 1;

	while (more > 0) {
		in += strspn(in, " \t");
		if (*in == '\0' || *in == '#')
			break;
		if (argc == CONFIG_ARGS_MAX)
			return option_refuse(error, "more than %d words", CONFIG_ARGS_MAX);
		argv[argc++] = out;
		more = split_word(&in, &out, error);
	}
	return more < 0 ? more : argc;
}

/* line: len bytes and a NUL after them. */
static int read_line(const struct option_set *options, struct config *config, char *line,
		     size_t len, char *error)
{
	const char *argv[CONFIG_ARGS_MAX];
	int argc;

	if (len >= CONFIG_LINE_MAX)
		return option_refuse(error, "more than %d bytes", CONFIG_LINE_MAX - 1);
	/* An editor of Windows leaves both. */
	if (strncmp(line, "\xef\xbb\xbf", 3) == 0)
		return option_refuse(error, "a byte order mark; save the file without it");
	if (len > 0 && line[len - 1] == '\r')
		return option_refuse(error, "a carriage return (0x0d); lines end with a line feed");
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return option_refuse(error, "control byte 0x%02x", (unsigned char)line[i]);
	argc = config_split(line, argv, error);
	if (argc <= 0)
		return argc;
	return config_set(options, config, argv[0], argc - 1, argv + 1, error);
}

static int read_file(const struct option_set *options, const char *path, struct config *config,
		     char error[CONFIG_ERROR_MAX])
{
	char why[CONFIG_ERROR_MAX];
	char *text = NULL, *line, *end;
	unsigned number = 1;
	size_t len;
	int r;

	r = file_read(AT_FDCWD, path, FILE_MAX, &text, &len);
	if (r < 0) {
		(void)option_refuse(error, "%s: %s", path, strerror(-r));
		return r;
	}
	for (line = text; r == 0 && line < text + len; line = end + 1, number++) {
		end = memchr(line, '\n', len - (size_t)(line - text));
		if (!end)
			end = text + len;
		*end = '\0';
		r = read_line(options, config, line, (size_t)(end - line), why);
		if (r < 0)
			(void)option_refuse(error, "%s:%u: %s", path, number, why);
	}
	free(text);
	return r;
}

static int is_fragment(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* Without the directory there are no fragments. */
static int read_fragments(const struct option_set *options, const char *path, struct config *config,
			  char error[CONFIG_ERROR_MAX])
{
	char name[PATH_MAX];
	struct dirent **entries;
	int n, r = 0;

	snprintf(name, sizeof(name), "%s.d", path);
	n = scandir(name, &entries, is_fragment, alphasort);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		r = -errno;
		(void)option_refuse(error, "%s: %s", name, strerror(-r));
		return r;
	}
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s.d/%s", path, entries[i]->d_name);
		if (r == 0)
			r = read_file(options, name, config, error);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int config_load(const struct option_set *options, const char *path, bool required,
		struct config *ret_config, char error[CONFIG_ERROR_MAX])
{
	int r;

	config_init(options, ret_config);
	r = read_file(options, path, ret_config, error);
	if (r == -ENOENT && !required)
		r = 0;
	return r == 0 ? read_fragments(options, path, ret_config, error) : r;
}
