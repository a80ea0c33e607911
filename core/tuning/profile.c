/* SPDX-License-Identifier: MIT */
#include "core/tuning/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/file.h"
#include "core/tuning/sysvalue.h"

enum { FILE_MAX = 64 * 1024, REASON_MAX = 240, RULES_MAX = 512 };

static const char blanks[] = " \t\r";

static const struct operator
{
	const char *sign;
	enum profile_rule_kind kind;
}
operators[] = {
    {"=", PROFILE_EQUAL},
    {">=", PROFILE_AT_LEAST},
    {"<=", PROFILE_AT_MOST},
    {"one-of", PROFILE_ONE_OF},
};

struct parser {
	struct profile profile;
	size_t capacity; /* of its rules */
	const char *path;
	uint32_t line;
	char *error;
};

static int fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct parser *p, const char *format, ...)
{
	int len = snprintf(p->error, PROFILE_ERROR_MAX, "%.200s:%" PRIu32 ": ", p->path, p->line);
	va_list args;

	va_start(args, format);
	vsnprintf(p->error + len, PROFILE_ERROR_MAX - (size_t)len, format, args);
	va_end(args);
	return -EINVAL;
}

/* Cuts the next word off. "" at the end of the line. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, blanks);
	char *end = word + strcspn(word, blanks);

	*line = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int parse_name(struct parser *p, char *word, struct profile_rule *rule)
{
	char *bracket = strchr(word, '[');
	int64_t element = 1;
	size_t len = strlen(word);

	if (bracket) {
		if (word[len - 1] == ']')
			word[len - 1] = '\0';
		else
			bracket[1] = '\0';
		*bracket++ = '\0';
		if (!sysvalue_number(bracket, &element) || element < 1 ||
		    element > SYSVALUE_ELEMENTS_MAX)
			return fail(p, "the element of %.60s is to be [1] to [%d]", word,
				    SYSVALUE_ELEMENTS_MAX);
	}
	if (!sysname_parse(word, rule->name))
		return fail(p,
			    "\"%.60s\" is no parameter; allowed are the names of net.ipv4 "
			    "(tcp_fin_timeout) and whole ones below net (net.core.somaxconn)",
			    word);
	rule->element = (uint32_t)element;
	if (profile_find(&p->profile, rule->name, rule->element))
		return fail(p, "%s[%" PRIu32 "] has a line already, at %" PRIu32, rule->name,
			    rule->element,
			    profile_find(&p->profile, rule->name, rule->element)->line);
	return 0;
}

static int parse_operator(struct parser *p, const char *word, struct profile_rule *rule)
{
	for (size_t i = 0; i < COUNT_OF(operators); i++) {
		if (strcmp(word, operators[i].sign) == 0) {
			rule->kind = operators[i].kind;
			return 0;
		}
	}
	return fail(p, "\"%.20s\" where =, >=, <= or one-of is allowed", word);
}

static int parse_values(struct parser *p, char *word, struct profile_rule *rule)
{
	bool ordered = rule->kind == PROFILE_AT_LEAST || rule->kind == PROFILE_AT_MOST;
	char *save = NULL;
	int64_t number;

	if (rule->kind != PROFILE_ONE_OF) {
		rule->values[rule->n_values++] = word;
	} else {
		for (char *v = strtok_r(word, ",", &save); v; v = strtok_r(NULL, ",", &save)) {
			if (rule->n_values == PROFILE_VALUES_MAX)
				return fail(p, "more than %d values", PROFILE_VALUES_MAX);
			rule->values[rule->n_values++] = v;
		}
	}
	if (rule->n_values == 0 || rule->values[0][0] == '\0')
		return fail(p, "no value; a number, a word or \"default\" is allowed");
	if (ordered && strcmp(rule->values[0], "default") != 0 &&
	    !sysvalue_number(rule->values[0], &number))
		return fail(p, "\"%.40s\" where a number or \"default\" is allowed",
			    rule->values[0]);
	return 0;
}

static int parse_reason(struct parser *p, char *line, struct profile_rule *rule)
{
	char *reason = line + strspn(line, blanks);
	size_t len = strlen(reason);

	while (len > 0 && strchr(blanks, reason[len - 1]))
		reason[--len] = '\0';
	if (len == 0)
		return fail(p, "no reason after the value");
	if (len > REASON_MAX)
		return fail(p, "a reason of %zu bytes; %d are allowed", len, REASON_MAX);
	for (size_t i = 0; i < len; i++)
		if (reason[i] < ' ' || reason[i] > '~')
			return fail(p, "the reason has characters other than printable ASCII");
	rule->reason = reason;
	return 0;
}

static int add_rule(struct parser *p, const struct profile_rule *rule)
{
	struct profile *profile = &p->profile;

	if (profile->count == RULES_MAX)
		return fail(p, "more than %d recommendations", RULES_MAX);
	if (ARRAY_RESERVE(profile->rules, &p->capacity, profile->count + 1) < 0)
		return -ENOMEM;
	profile->rules[profile->count++] = *rule;
	return 0;
}

/* What is read here goes to terminals and over SNMP. */
static bool is_printable(const char *text)
{
	while ((*text >= ' ' && *text <= '~') || (*text && strchr(blanks, *text)))
		text++;
	return *text == '\0';
}

static int parse_line(struct parser *p, char *line)
{
	struct profile_rule rule = {.line = p->line};
	int r;

	line += strspn(line, blanks);
	if (*line == '\0' || *line == '#')
		return 0;
	if (!is_printable(line))
		return fail(p, "characters other than printable ASCII");
	r = parse_name(p, next_word(&line), &rule);
	if (r == 0)
		r = parse_operator(p, next_word(&line), &rule);
	if (r == 0)
		r = parse_values(p, next_word(&line), &rule);
	if (r == 0)
		r = parse_reason(p, line, &rule);
	return r == 0 ? add_rule(p, &rule) : r;
}

static int parse(struct parser *p)
{
	char *line = p->profile.text, *next;
	int r = 0;

	for (; line && r == 0; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		p->line++;
		r = parse_line(p, line);
	}
	return r;
}

static int read_text(const char *path, char **ret_text)
{
	char *text;
	size_t len;
	int r = file_read_regular(AT_FDCWD, path, FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	if (strlen(text) != len) {
		free(text);
		return -EBADMSG;
	}
	*ret_text = text;
	return 0;
}

char *profile_path(const char *directory, const char *name)
{
	char *path;
	int r = strchr(name, '/')
		    ? asprintf(&path, "%s", name)
		    : asprintf(&path, "%s/%s.conf",
			       directory ? directory : TCPSTATE_DATADIR "/profiles", name);

	return r < 0 ? NULL : path;
}

int profile_read(const char *directory, const char *name, struct profile *ret_profile,
		 char error[PROFILE_ERROR_MAX])
{
	struct parser p = {.error = error};
	char *path = profile_path(directory, name);
	int r;

	if (!path)
		return -ENOMEM;
	p.path = path;
	r = read_text(path, &p.profile.text);
	if (r < 0)
		snprintf(error, PROFILE_ERROR_MAX, "%.240s: %s", path, strerror(-r));
	else
		r = parse(&p);
	if (r < 0)
		profile_done(&p.profile);
	else
		*ret_profile = p.profile;
	free(path);
	return r;
}

void profile_done(struct profile *profile)
{
	free(profile->rules);
	free(profile->text);
	*profile = (struct profile){0};
}

const struct profile_rule *profile_find(const struct profile *profile, const char *name,
					uint32_t element)
{
	for (size_t i = 0; i < profile->count; i++)
		if (profile->rules[i].element == element &&
		    strcmp(profile->rules[i].name, name) == 0)
			return &profile->rules[i];
	return NULL;
}
