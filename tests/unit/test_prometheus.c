/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/prometheus.h"
#include "tests/support/tree.h"
#include "tests/support/model.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

/* The caller frees it. */
static char *print(const struct snapshot *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	prometheus_print(out, s);
	fclose(out);
	return text;
}

static const char *skip_name(const char *p)
{
	while (islower((unsigned char)*p) || *p == '_' || isdigit((unsigned char)*p))
		p++;
	return p;
}

/* Behind {name="value",...}; NULL: it is none. */
static const char *skip_labels(const char *p)
{
	do {
		const char *value = skip_name(++p);

		if (value == p || value[0] != '=' || value[1] != '"')
			return NULL;
		for (p = value + 2; *p != '"'; p++) {
			if (*p == '\\' && p[1] != '\\' && p[1] != '"')
				return NULL;
			if (*p == '\0' || (*p == '\\' && *++p == '\0'))
				return NULL;
		}
		p++;
	} while (*p == ',');
	return *p == '}' ? p + 1 : NULL;
}

static bool is_sample(const char *line)
{
	const char *p = skip_name(line);
	char *end;

	if (p == line)
		return false;
	if (*p == '{')
		p = skip_labels(p);
	if (!p || *p != ' ' || p[1] == '\0')
		return false;
	strtod(p + 1, &end);
	return *end == '\0';
}

/* Each line is a sample of the family begun last, or begins one that was not there yet. */
static void check_format(const struct snapshot *s)
{
	char *text = print(s), *rest = text, *line, name[64] = "", seen[8192] = "";
	size_t listeners = 0;

	while ((line = strsep(&rest, "\n")) && rest) {
		char begun[64], key[80];

		if (sscanf(line, "# HELP %63s", begun) == 1) {
			snprintf(key, sizeof(key), " %s ", begun);
			CU_ASSERT_PTR_NULL(strstr(seen, key));
			strncat(seen, key, sizeof(seen) - strlen(seen) - 1);
			strcpy(name, begun);
		} else if (sscanf(line, "# TYPE %63s", begun) == 1) {
			CHECK_EQ_STR(begun, name);
		} else {
			if (!is_sample(line))
				printf("\n    %s\n", line);
			CU_ASSERT_TRUE(is_sample(line));
			CHECK_EQ_INT(skip_name(line) - line, strlen(name));
			CHECK_EQ_INT(strncmp(line, name, strlen(name)), 0);
			listeners += strncmp(line, "tcpstate_listener_sockets{", 26) == 0;
		}
	}
	CHECK_EQ_INT(listeners, s->n_listeners < PROMETHEUS_LISTENERS_MAX
				    ? s->n_listeners
				    : PROMETHEUS_LISTENERS_MAX);
	free(text);
}

static void test_format(void)
{
	struct snapshot *(*const samples[])(void) = {sample_empty, sample_quiet, sample_trouble,
						     sample_hostile};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct snapshot *s = samples[i]();

		check_format(s);
		sample_free(s);
	}
}

static void expect(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	if (!found)
		printf("\n    missing: %s", line);
	CU_ASSERT_PTR_NOT_NULL(found);
}

/* Against the rows that tests/support/model.c fills by hand. */
static void test_values(void)
{
	struct snapshot s;
	char *text;

	model_fill(&s);
	text = print(&s);
	expect(text, "\ntcpstate_connections{state=\"CLOSE_WAIT\",ip_version=\"ipv4\"} 1208\n");
	expect(text, "\ntcpstate_connections_peak_15min{state=\"SYN_RECV\"} 3504\n");
	CU_ASSERT_PTR_NULL(strstr(text, "\"total\""));
	expect(text, "\ntcpstate_listener_accept_queue{listener=\"[::]:8080\",process=\"java\","
		     "service=\"app.service\"} 97\n");
	expect(text, "\n# TYPE tcpstate_listener_drops_total counter\n");
	expect(text, "service=\"app.service\"} 5000000000\n");
	expect(text, "\ntcpstate_limit_capacity{limit=\"openFiles\"} 9223372036854775807\n");
	expect(text, "\ntcpstate_kernel_total{name=\"TcpExtListenDrops\"} 18446744073709551615\n");
	free(text);
}

static void test_write(void)
{
	struct snapshot *s = sample_quiet();
	char path[64], other[96], read[64] = "";
	struct tree f;
	FILE *file;

	tree_make(&f);
	snprintf(path, sizeof(path), "%s/tcpstate.prom", f.path);
	CHECK_EQ_INT(prometheus_write(path, s), 0);
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_PTR_NOT_NULL(fgets(read, sizeof(read), file));
	fclose(file);
	CHECK_EQ_STR(read, "# HELP tcpstate_info The version of tcpstate.\n");
	snprintf(other, sizeof(other), "%s/none/tcpstate.prom", f.path);
	CHECK_EQ_INT(prometheus_write(other, s), -ENOENT);
	sample_free(s);
	tree_remove(&f);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"the format, whatever the names are", test_format},
	    {"the values are those of the tables", test_values},
	    {"the file", test_write},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("prometheus", tests);
}
