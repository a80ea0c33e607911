/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/config_private.h"
#include "plugin/series.h"
#include "plugin/metric.h"
#include "tests/support/suite.h"

/* A file of the sources, whole, to be freed. */
static char *read_source(const char *name)
{
	const char *srcdir = getenv("SRCDIR");
	char *text = calloc(1, 65536);
	char path[4096];
	FILE *file;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	snprintf(path, sizeof(path), "%s/%s", srcdir ? srcdir : ".", name);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static const struct metric_type *type_by_name(const char *name)
{
	for (size_t i = 0; i < METRIC_TYPE_COUNT; i++) {
		if (strcmp(metric_types[i].name, name) == 0)
			return &metric_types[i];
	}
	return NULL;
}

/* types.tcpstate.db is what a server needs that does not load the plugin. */
static void test_types_db(void)
{
	char *text = read_source("plugin/types.tcpstate.db");
	size_t described = 0;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char name[64], kind[16], min[16], max[16], more;
		const struct metric_type *type;

		if (line[0] == '#')
			continue;
		CHECK_EQ_INT_FATAL(
		    sscanf(line, "%63s value:%15[^:]:%15[^:]:%15s %c", name, kind, min, max, &more),
		    4);
		type = type_by_name(name);
		CU_ASSERT_PTR_NOT_NULL_FATAL(type);
		CHECK_EQ_STR(kind, type->derive ? "DERIVE" : "GAUGE");
		CU_ASSERT(strcmp(min, "U") == 0 ? isnan(type->min) : atof(min) == type->min);
		CU_ASSERT(strcmp(max, "U") == 0 ? isnan(type->max) : atof(max) == type->max);
		described++;
	}
	free(text);
	/* collectd's own types.db has tcp_connections. */
	CHECK_EQ_INT(described, METRIC_TYPE_COUNT - 1);
}

/* "max-listeners" as collectd's users write it: "MaxListeners". */
static void capitalize(const char *name, char buf[64])
{
	bool upper = true;

	for (; *name; name++) {
		if (*name != '-')
			*buf++ = (char)(upper ? toupper((unsigned char)*name) : *name);
		upper = *name == '-';
	}
	*buf = '\0';
}

static void test_man_page(void)
{
	char *page = read_source("plugin/collectd-tcpstate.5.in");
	const struct config_option *option;

	for (size_t i = 0; (option = config_option_at(&plugin_config_options, i)); i++) {
		char name[64], entry[96];

		capitalize(option->name, name);
		snprintf(entry, sizeof(entry), "\n.BI %s \" ", name);
		if (!strstr(page, entry))
			printf("\n    %s", name);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, entry));
	}
	for (size_t i = 0; i < METRIC_TYPE_COUNT; i++) {
		char entry[96];

		snprintf(entry, sizeof(entry), " %s-", metric_types[i].name);
		CU_ASSERT_PTR_NOT_NULL(strstr(page, entry));
	}
	free(page);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"types.tcpstate.db has the same types", test_types_db},
	    {"the man page has each option and type", test_man_page},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("metric", tests);
}
