/* SPDX-License-Identifier: MIT */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/tree.h"
#include "tests/support/suite.h"

static void files_are_read_whole_or_not_at_all(void)
{
	enum { SIZE = 10000 };
	char *big = malloc(SIZE + 1), *text = NULL;
	struct tree f;
	size_t len = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 'x', SIZE);
	big[SIZE] = '\0';
	tree_make(&f);
	tree_file(&f, "file", big);
	CHECK_EQ_INT(file_read(f.fd, "file", SIZE - 1, &text, &len), -EFBIG);
	CHECK_EQ_INT(file_read(f.fd, "file", 0, &text, &len), -EFBIG);
	CHECK_EQ_INT(file_read(f.fd, "absent", SIZE, &text, &len), -ENOENT);
	CHECK_EQ_INT(file_read(f.fd, ".", SIZE, &text, &len), -EISDIR);
	CHECK_EQ_INT(file_read(-1, "file", SIZE, &text, &len), -EBADF);
	CU_ASSERT_PTR_NULL(text);
	CHECK_EQ_INT_FATAL(file_read(f.fd, "file", SIZE, &text, &len), 0);
	CHECK_EQ_INT(len, SIZE);
	CHECK_EQ_STR(text, big);
	free(text);
	tree_file(&f, "file", "");
	CHECK_EQ_INT_FATAL(file_read(f.fd, "file", 0, &text, &len), 0);
	CHECK_EQ_INT(len, 0);
	CHECK_EQ_STR(text, "");
	free(text);
	free(big);
	tree_remove(&f);
}

/* Each size around those of the buffer, by both ways of reading. */
static void every_size_is_whole(void)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 8191, 8192, 8193, 20000};
	struct tree f;

	tree_make(&f);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = malloc(sizes[i] + 1), *read;
		size_t len;

		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		for (size_t j = 0; j < sizes[i]; j++)
			text[j] = (char)('a' + j % 26);
		text[sizes[i]] = '\0';
		tree_file(&f, "file", text);
		CHECK_EQ_INT_FATAL(file_read(f.fd, "file", sizes[i], &read, &len), 0);
		CHECK_EQ_INT(len, sizes[i]);
		CHECK_EQ_STR(read, text);
		free(read);
		CHECK_EQ_INT_FATAL(file_read_parameter(f.fd, "file", sizes[i], &read, &len), 0);
		CHECK_EQ_INT(len, sizes[i]);
		CHECK_EQ_STR(read, text);
		free(read);
		CHECK_EQ_INT(file_read(f.fd, "file", sizes[i] - 1, &read, &len), -EFBIG);
		CHECK_EQ_INT(file_read_parameter(f.fd, "file", sizes[i] - 1, &read, &len), -EFBIG);
		free(text);
	}
	tree_remove(&f);
}

static void only_regular_files(void)
{
	struct tree f;
	char *text;
	size_t len;

	tree_make(&f);
	tree_file(&f, "file", "x");
	CHECK_EQ_INT_FATAL(symlinkat("file", f.fd, "link"), 0);
	CHECK_EQ_INT_FATAL(mkfifoat(f.fd, "fifo", 0600), 0);
	CHECK_EQ_INT(file_read_regular(f.fd, ".", 10, &text, &len), -EISDIR);
	CHECK_EQ_INT(file_read_regular(f.fd, "fifo", 10, &text, &len), -EINVAL);
	CHECK_EQ_INT(file_read_regular(AT_FDCWD, "/dev/null", 10, &text, &len), -EINVAL);
	CHECK_EQ_INT(file_read_regular(f.fd, "absent", 10, &text, &len), -ENOENT);
	CHECK_EQ_INT(file_read_parameter(f.fd, "link", 10, &text, &len), -ELOOP);
	CHECK_EQ_INT_FATAL(file_read_regular(f.fd, "link", 10, &text, &len), 0);
	CHECK_EQ_STR(text, "x");
	free(text);
	CHECK_EQ_INT(unlinkat(f.fd, "link", 0), 0);
	CHECK_EQ_INT(unlinkat(f.fd, "fifo", 0), 0);
	tree_remove(&f);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"files are read whole or not at all", files_are_read_whole_or_not_at_all},
	    {"every size is whole", every_size_is_whole},
	    {"only regular files", only_regular_files},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("file", tests);
}
