/* SPDX-License-Identifier: MIT */
#include "subagent/once.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/sampler.h"
#include "subagent/check.h"
#include "subagent/json.h"
#include "subagent/report.h"

enum { EXIT_UNKNOWN = 3 };

static void forget_holds(struct config *config)
{
	for (int i = 1; i <= CONDITION_COUNT; i++)
		config->rules[i].hold_s = 0;
	for (int i = 0; i < STATE_COUNT; i++)
		config->state_rules[i].hold_s = 0;
}

static int take_two(struct sampler *s, struct snapshot **ret_snapshot)
{
	struct pace pace = {0};
	struct snapshot *first, *second = NULL;
	int ret = sampler_take(s, SAMPLE_FULL, &pace, NULL, &first);

	if (ret < 0)
		return ret;
	nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	ret = sampler_take(s, SAMPLE_FULL, &pace, first, &second);
	sampler_release(s, first);
	if (ret < 0) {
		sampler_release(s, second);
		return ret;
	}
	*ret_snapshot = second;
	return 0;
}

static int exit_code(const struct snapshot *s)
{
	return s->diagnosis.worst == SEVERITY_NORMAL     ? 0
	       : s->diagnosis.worst == SEVERITY_WARNING  ? 1
	       : s->diagnosis.worst == SEVERITY_CRITICAL ? 2
							 : EXIT_UNKNOWN;
}

static int print_json(const struct snapshot *s)
{
	json_t *json = json_snapshot(s);
	int ret = json ? json_dumpf(json, stdout, JSON_INDENT(2)) : -1;

	json_decref(json);
	putchar('\n');
	return ret == 0 ? exit_code(s) : EXIT_UNKNOWN;
}

static int print_report(const struct snapshot *s)
{
	char host[256] = "";
	struct report_options options = {.colour = isatty(STDOUT_FILENO), .host = host};

	gethostname(host, sizeof(host) - 1);
	report_print(stdout, s, &options);
	return exit_code(s);
}

int once_run(const struct config *config, enum once_output output)
{
	struct config once = *config;
	struct snapshot *snapshot = NULL;
	struct sampler *sampler;
	int ret;

	forget_holds(&once);
	ret = sampler_new(&once, &sampler);
	if (ret == 0) {
		ret = take_two(sampler, &snapshot);
		if (ret < 0)
			sampler_free(sampler);
	}
	if (ret < 0) {
		if (output == ONCE_CHECK)
			printf("TCPSTATE UNKNOWN - no sample: %s\n", strerror(-ret));
		else
			fprintf(stderr, "tcpstated: no sample: %s\n", strerror(-ret));
		return EXIT_UNKNOWN;
	}
	if (output == ONCE_CHECK)
		ret = check_print(stdout, snapshot);
	else if (output == ONCE_JSON)
		ret = print_json(snapshot);
	else
		ret = print_report(snapshot);
	sampler_release(sampler, snapshot);
	sampler_free(sampler);
	if (fflush(stdout) == EOF || ferror(stdout))
		return EXIT_UNKNOWN;
	return ret;
}
