/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysctlpattern.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { ALTERNATIVES_MAX = 256, PATTERN_MAX = 512 };

bool sysctlpattern_is(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* The comma or brace that ends the alternative at text; NULL: none. */
static const char *alternative_end(const char *text)
{
	int depth = 0;

	for (; *text; text++) {
		if (depth == 0 && (*text == ',' || *text == '}'))
			return text;
		if (*text == '{')
			depth++;
		else if (*text == '}')
			depth--;
	}
	return NULL;
}

/* The "}" of the brace that begins right before text; NULL: none. */
static const char *brace_end(const char *text)
{
	const char *end = alternative_end(text);

	while (end && *end == ',')
		end = alternative_end(end + 1);
	return end;
}

static bool match(const char *pattern, const char *path, int *left)
{
	const char *open = strchr(pattern, '{');
	const char *close = open ? brace_end(open + 1) : NULL;
	char one[PATTERN_MAX];

	if (!close)
		return --*left >= 0 && fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
	for (const char *part = open + 1; part <= close && *left > 0;) {
		const char *end = alternative_end(part);

		if (snprintf(one, sizeof(one), "%.*s%.*s%s", (int)(open - pattern), pattern,
			     (int)(end - part), part, close + 1) >= (int)sizeof(one))
			return false;
		if (match(one, path, left))
			return true;
		part = end + 1;
	}
	return false;
}

bool sysctlpattern_matches(const char *pattern, const char *path, bool braces)
{
	int left = ALTERNATIVES_MAX;

	if (strlen(pattern) >= PATTERN_MAX)
		return false;
	if (braces)
		return match(pattern, path, &left);
	return fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0;
}
