/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysvalue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads up to size bytes from the beginning, in one read() where the file is a parameter: the
 * kernel prints a list of ports only to a reader that asks for all of it. */
static int read_at_start(int fd, char *buffer, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t got;

	while (len < size) {
		got = pread(fd, buffer + len, size - len, (off_t)len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return 0;
}

static int read_whole(int fd, char **ret_text, size_t *ret_len)
{
	static const size_t sizes[] = {1024, SYSVALUE_FILE_MAX};
	char *text = NULL;
	size_t len = 0;
	int r = -EFBIG;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && r == -EFBIG; i++) {
		free(text);
		text = malloc(sizes[i]);
		if (!text)
			return -ENOMEM;
		r = read_at_start(fd, text, sizes[i], &len);
		if (r == 0 && len == sizes[i])
			r = -EFBIG;
	}
	if (r < 0) {
		free(text);
		return r;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

int sysvalue_read(int proc_sys, const char *path, char **ret_value)
{
	char *text;
	size_t len;
	int fd, r;

	fd = openat(proc_sys, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = read_whole(fd, &text, &len);
	close(fd);
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
