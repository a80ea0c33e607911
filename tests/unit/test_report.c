/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "core/diagnosis/rule.h"
#include "subagent/page.h"
#include "subagent/report.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

static const struct report_options plain = {.host = "web-03"};

static struct snapshot *(*const samples[])(void) = {sample_empty, sample_quiet, sample_trouble,
						    sample_hostile};

/* What is printed; the caller frees it. */
static char *print(const struct snapshot *s, const struct report_options *options)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CHECK_EQ_INT(report_print(out, s, options), 0);
	fclose(out);
	return text;
}

static char *read_fixture(const char *name)
{
	FILE *file = fopen(suite_data(name), "re");
	char *text = calloc(1, 65536);

	CU_ASSERT_FATAL(file && text);
	CU_ASSERT(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void expect_fixture(struct snapshot *s, const struct report_options *options,
			   const char *name)
{
	char *printed = print(s, options), *expected = read_fixture(name);

	if (strcmp(printed, expected) != 0)
		printf("\n%s has changed:\n%s", name, printed);
	CHECK_EQ_STR(printed, expected);
	free(printed);
	free(expected);
	sample_free(s);
}

static void test_whole(void)
{
	expect_fixture(sample_empty(), &plain, "report/empty.txt");
	expect_fixture(sample_quiet(), &plain, "report/quiet.txt");
	expect_fixture(sample_trouble(), &plain, "report/trouble.txt");
}

/* What has come, and what has gone again. */
static void test_watched(void)
{
	struct snapshot *quiet = sample_quiet(), *trouble = sample_trouble();
	struct report_options options = {.host = "web-03", .watched = true};

	expect_fixture(sample_quiet(), &options, "report/watched.txt");
	options.before = quiet;
	expect_fixture(sample_trouble(), &options, "report/come.txt");
	options.before = trouble;
	expect_fixture(sample_quiet(), &options, "report/gone.txt");
	sample_free(quiet);
	sample_free(trouble);
}

/* By the C library's own idea of what a character takes. */
static void check_line(char *line)
{
	static wchar_t wide[1024];
	size_t len = mbstowcs(wide, line, 1024);
	int columns = 0;

	CU_ASSERT_FATAL(len < 1024);
	for (size_t i = 0; i < len; i++) {
		CU_ASSERT(iswprint((wint_t)wide[i]));
		columns += wcwidth(wide[i]);
	}
	if (columns > PAGE_WIDTH)
		printf("\n    %d columns: %s", columns, line);
	CU_ASSERT(columns <= PAGE_WIDTH);
	CU_ASSERT(len == 0 || line[strlen(line) - 1] != ' ');
}

static void check_page(const struct snapshot *s, const struct report_options *options)
{
	char *text = print(s, options), *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		check_line(line);
	free(text);
}

static void test_width(void)
{
	char host[256];
	struct report_options options = {.host = host};
	struct snapshot *hostile = sample_hostile(), *quiet = sample_quiet();
	struct report_options watched[] = {
	    {.host = host, .watched = true},
	    {.host = host, .watched = true, .before = hostile},
	    {.host = host, .watched = true, .before = quiet},
	};

	memset(host, 'x', sizeof(host));
	memcpy(host, "\033[1m\n\xff", 6);
	host[sizeof(host) - 1] = '\0';
	CU_ASSERT_PTR_NOT_NULL_FATAL(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct snapshot *s = samples[i]();

		check_page(s, &plain);
		check_page(s, &options);
		for (size_t k = 0; k < sizeof(watched) / sizeof(watched[0]); k++)
			check_page(s, &watched[k]);
		sample_free(s);
	}
	sample_free(hostile);
	sample_free(quiet);
}

/* Takes the escape sequences out, in place; returns how many there were. */
static size_t strip(char *text)
{
	size_t count = 0;
	char *to = text;

	for (char *from = text; *from; from++) {
		if (*from != '\033') {
			*to++ = *from;
			continue;
		}
		from = strchr(from, 'm');
		CU_ASSERT_PTR_NOT_NULL_FATAL(from);
		count++;
	}
	*to = '\0';
	return count;
}

static void test_colour(void)
{
	static const struct report_options options = {.host = "web-03", .colour = true};
	struct snapshot *s = sample_trouble();
	char *text = print(s, &options), *uncoloured = print(s, &plain);

	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n\033[1;31mCRITICAL\033[0m  synQueue"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n\033[1;33mWARNING\033[0m   ephemeral"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n\033[1mUNKNOWN\033[0m   synCookies"));
	CU_ASSERT_PTR_NULL(strchr(uncoloured, '\033'));
	CHECK_EQ_INT(strip(text), 10);
	CHECK_EQ_STR(text, uncoloured);
	free(text);
	free(uncoloured);
	sample_free(s);
}

static void expect_part(const struct snapshot *s, const char *part, bool there)
{
	char *text = print(s, &plain);
	bool found = strstr(text, part) != NULL;

	if (found != there)
		printf("\n    %s: %s\n%s", there ? "missing" : "unwanted", part, text);
	CHECK_EQ_INT(found, there);
	free(text);
}

static void test_bounded(void)
{
	struct snapshot *s = sample_hostile();

	expect_part(s, "\nand 990 more, none of them fuller\n", true);
	sample_free(s);
}

/* /proc/net/tcp tells neither limits nor who is full. */
static void test_fallback(void)
{
	struct snapshot *s = sample_quiet();

	s->info.source = SOURCE_PROC_NET;
	for (size_t i = 0; i < s->n_listeners; i++)
		s->listeners[i].has_limits = false;
	s->listeners[0].accept_queue_fullest = 100;
	expect_part(s, "   /proc/net/tcp   ", true);
	expect_part(s, "sock_diag is refused here", true);
	expect_part(s, " / 511", false);
	expect_part(s, "!", false);
	sample_free(s);
}

/* A user without privilege sees the service where the process is hidden. */
static void test_service_only(void)
{
	struct snapshot *s = sample_trouble();

	s->n_processes = 0;
	s->tops[STATE_CLOSE_WAIT - 1].owner = 5;
	s->tops[STATE_CLOSE_WAIT - 1].owner_count = 1203;
	expect_part(s, "CLOSE_WAIT    1,203  user@1000.service  ", true);
	sample_free(s);
}

/* The words for one of a thing. */
static void test_one(void)
{
	struct snapshot *s = sample_trouble();

	s->info.owners_unreadable = s->info.unknown_states = s->info.malformed = 1;
	s->info.suspects_omitted = 1;
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i].id == CONDITION_CLOSE_WAIT_STALE)
			s->conditions[i].value = 1;
	expect_part(s, " into 1 process: its sockets show no process. ", true);
	expect_part(s, "\nNot counted: 1 socket in a state ", true);
	expect_part(s, "\nNot counted: 1 socket that the kernel described ", true);
	expect_part(s, "  1 connection in CLOSE_WAIT, silent ", true);
	sample_free(s);
}

static void test_cannot_write(void)
{
	struct snapshot *s = sample_trouble();
	FILE *full = fopen("/dev/full", "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(full);
	CHECK_EQ_INT(report_print(full, s, &plain), -EIO);
	fclose(full);
	sample_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"whole pages", test_whole},
	    {"marks of a page that is watched", test_watched},
	    {"nothing is wider than the page or obeyed by a terminal", test_width},
	    {"colour", test_colour},
	    {"only the fullest listeners", test_bounded},
	    {"the fallback source", test_fallback},
	    {"a service without its process", test_service_only},
	    {"one of a thing", test_one},
	    {"a full disk", test_cannot_write},
	    CU_TEST_INFO_NULL,
	};

	setenv("TZ", "XYZ-1", 1);
	tzset();
	return suite_run("report", tests);
}
