/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysvalue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"

int sysvalue_read(int proc_sys, const char *path, char **ret_value)
{
	char *text;
	size_t len;
	int r = file_read_parameter(proc_sys, path, SYSVALUE_FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	if (memchr(text, '\0', len)) {
		free(text);
		return -EBADMSG;
	}
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	*ret_value = text;
	return 0;
}

bool sysvalue_number(const char *text, int64_t *ret_number)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	intmax_t number;
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	number = strtoimax(text, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	*ret_number = number;
	return true;
}

static bool is_vector(const char *value)
{
	return strchr(value, '\t') && value[strspn(value, "-0123456789\t")] == '\0';
}

size_t sysvalue_split(char *value, char *ret_elements[SYSVALUE_ELEMENTS_MAX])
{
	size_t count = 0;
	char *save = NULL;

	if (is_vector(value)) {
		for (char *word = strtok_r(value, "\t", &save);
		     word && count < SYSVALUE_ELEMENTS_MAX; word = strtok_r(NULL, "\t", &save))
			ret_elements[count++] = word;
	}
	if (count == 0)
		ret_elements[count++] = value;
	return count;
}

void sysvalue_printable(const char *text, char ret_text[SYSVALUE_TEXT_MAX])
{
	size_t i;

	for (i = 0; i < SYSVALUE_TEXT_MAX - 1 && text[i]; i++) {
		if (text[i] == '\t')
			ret_text[i] = ' ';
		else
			ret_text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	}
	ret_text[i] = '\0';
	if (text[i] != '\0')
		memcpy(ret_text + SYSVALUE_TEXT_MAX - 4, "...", 4);
}
