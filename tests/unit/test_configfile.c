/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/config/config_private.h"
#include "tests/support/suite.h"

/* Writes `len` bytes to a new file and reads it as a configuration. */
static int read_bytes(const char *bytes, size_t len, struct config *ret_config, char *path,
		      char *error)
{
	int fd = mkstemp(strcpy(path, "/tmp/tcpstate-config-XXXXXX"));
	int r;

	CU_ASSERT_FATAL(fd >= 0);
	CHECK_EQ_INT_FATAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	r = config_load(&config_core_options, path, true, ret_config, error);
	unlink(path);
	return r;
}

struct raw {
	const char *bytes;
	size_t len;
	const char *error; /* behind the path; NULL: good */
	uint32_t interval;
};

#define BYTES(text_) text_, sizeof(text_) - 1

static void test_files(void)
{
	static const struct raw cases[] = {
	    {BYTES(""), NULL, 5},
	    {BYTES("\n\n"), NULL, 5},
	    {BYTES("interval 7"), NULL, 7},
	    {BYTES("interval 7\ninterval 8\n"), NULL, 8},
	    {BYTES("  \tinterval\t 7 # why\n#interval 8"), NULL, 7},
	    {BYTES("# first\ninterval 9\ninterval 0\nfoo\n"),
	     ":3: interval: \"0\" is no whole number from 1 to 3600", 0},
	    {BYTES("\n\ninterval 9\nprofile \"x"), ":4: a quote is not closed", 0},
	    {BYTES("interval 7\0\n"), ":1: control byte 0x00", 0},
	    {BYTES("\n#\0"), ":2: control byte 0x00", 0},
	    {BYTES("#\ninterval 7\r\n"), ":2: a carriage return (0x0d); lines end with a line feed",
	     0},
	    {BYTES("interval\r7\n"), ":1: control byte 0x0d", 0},
	    {BYTES("\xef\xbb\xbfinterval 7\n"), ":1: a byte order mark; save the file without it",
	     0},
	    {BYTES("interval 7\x1b\n"), ":1: control byte 0x1b", 0},
	    {BYTES("\n\n\x7f"), ":3: control byte 0x7f", 0},
	    {BYTES("interval \xe9\xc3\xa9\xc2\x9b"),
	     ":1: interval: \"?\xc3\xa9\?\?\" is no whole number from 1 to 3600", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[CONFIG_ERROR_MAX] = "", want[CONFIG_ERROR_MAX], path[64];
		struct config c = {0};
		int r = read_bytes(cases[i].bytes, cases[i].len, &c, path, error);

		CHECK_EQ_INT(r, cases[i].error ? -EINVAL : 0);
		if (r == 0)
			CHECK_EQ_INT(c.interval_s, cases[i].interval);
		snprintf(want, sizeof(want), "%s%s", path, cases[i].error ? cases[i].error : "");
		CHECK_EQ_STR(error, cases[i].error ? want : "");
	}
}

static void test_bounds(void)
{
	char error[CONFIG_ERROR_MAX] = "", path[64], want[128];
	static char big[300 * 1024];
	struct config c;
	size_t len;

	memset(big, '#', CONFIG_LINE_MAX);
	CHECK_EQ_INT(read_bytes(big, CONFIG_LINE_MAX - 1, &c, path, error), 0);
	CHECK_EQ_INT(read_bytes(big, CONFIG_LINE_MAX, &c, path, error), -EINVAL);
	snprintf(want, sizeof(want), "%s:1: more than 1023 bytes", path);
	CHECK_EQ_STR(error, want);

	len = (size_t)snprintf(big, sizeof(big), "counter");
	for (int i = 0; i < CONFIG_ARGS_MAX; i++)
		len += (size_t)snprintf(big + len, sizeof(big) - len, " TcpN%d", i);
	CHECK_EQ_INT(read_bytes(big, len, &c, path, error), -EINVAL);
	snprintf(want, sizeof(want), "%s:1: more than 33 words", path);
	CHECK_EQ_STR(error, want);

	memset(big, '\n', sizeof(big));
	CHECK_EQ_INT(read_bytes(big, sizeof(big), &c, path, error), -EFBIG);
	snprintf(want, sizeof(want), "%s: File too large", path);
	CHECK_EQ_STR(error, want);

	CHECK_EQ_INT(
	    config_load(&config_core_options, "/nonexistent/tcpstate.conf", true, &c, error),
	    -ENOENT);
	CHECK_EQ_STR(error, "/nonexistent/tcpstate.conf: No such file or directory");
	CHECK_EQ_INT(
	    config_load(&config_core_options, "/nonexistent/tcpstate.conf", false, &c, error), 0);
	CHECK_EQ_INT(c.interval_s, 5);
	CHECK_EQ_INT(config_load(&config_core_options, "/", false, &c, error), -EISDIR);
	CHECK_EQ_STR(error, "/: Is a directory");
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	file = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(text, file);
	fclose(file);
}

/* FILE, then FILE.d in the order of the names; each error names the file it is in. */
static void test_fragments(void)
{
	char error[CONFIG_ERROR_MAX] = "", want[CONFIG_ERROR_MAX], remove[256];
	char dir[] = "/tmp/tcpstate-config-XXXXXX", path[64], file[64];
	struct config c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	snprintf(file, sizeof(file), "%s/a.d", dir);
	CHECK_EQ_INT_FATAL(mkdir(file, 0700), 0);
	put_file(path, ".d/10-fleet.conf", "interval 7\nremotes 7\ndetail-interval 70\n");
	put_file(path, ".d/9-host.conf", "remotes 9\n");
	put_file(path, ".d/.conf", "remotes 1\n");
	put_file(path, ".d/.x.conf", "remotes 1\n");
	put_file(path, ".d/x.conf.dpkg-old", "remotes 1\n");
	CHECK_EQ_INT(config_load(&config_core_options, path, true, &c, error), -ENOENT);
	CHECK_EQ_INT(config_load(&config_core_options, path, false, &c, error), 0);
	CHECK_EQ_INT(c.interval_s, 7);
	put_file(path, "", "interval 6\ntuning-interval 60\n");
	CHECK_EQ_INT(config_load(&config_core_options, path, true, &c, error), 0);
	CHECK_EQ_INT(c.interval_s, 7);
	CHECK_EQ_INT(c.remotes, 9);
	CHECK_EQ_INT(c.tuning_interval_s, 60);
	put_file(path, ".d/9-host.conf", "\nremotes x\n");
	CHECK_EQ_INT(config_load(&config_core_options, path, true, &c, error), -EINVAL);
	snprintf(want, sizeof(want),
		 "%s.d/9-host.conf:2: remotes: \"x\" is no whole number from 0 to 1000", path);
	CHECK_EQ_STR(error, want);
	snprintf(remove, sizeof(remove), "rm -r %s.d && : >%s.d", path, path);
	CHECK_EQ_INT(system(remove), 0);
	CHECK_EQ_INT(config_load(&config_core_options, path, true, &c, error), -ENOTDIR);
	snprintf(want, sizeof(want), "%s.d: Not a directory", path);
	CHECK_EQ_STR(error, want);
	snprintf(remove, sizeof(remove), "rm -r %s", dir);
	CHECK_EQ_INT(system(remove), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"files", test_files},
	    {"bounds", test_bounds},
	    {"fragments", test_fragments},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("configfile", tests);
}
