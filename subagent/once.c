/* SPDX-License-Identifier: MIT */
#include "subagent/once.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/sample/sampler.h"
#include "subagent/check.h"
#include "subagent/eventfile.h"
#include "subagent/json.h"
#include "subagent/report.h"
#include "subagent/tuningreport.h"

enum { EXIT_UNKNOWN = 3 };

static void forget_holds(struct config *config)
{
	for (int i = 1; i <= CONDITION_COUNT; i++)
		config->rules.of[i].hold_s = 0;
	for (int i = 0; i < STATE_COUNT; i++)
		config->rules.of_state[i].hold_s = 0;
}

static int take_two(struct sampler *s, struct snapshot **ret_snapshot)
{
	const struct pace pace = {.scan_us = UINT32_MAX};
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

/* Takes the JSON over; NULL: it could not be made. 0 or -1. */
static int print_json(json_t *json)
{
	int ret = json ? json_dumpf(json, stdout, JSON_INDENT(2)) : -1;

	json_decref(json);
	if (ret < 0)
		fputs("tcpstated: the JSON cannot be written\n", stderr);
	else
		putchar('\n');
	return ret;
}

static int print_report(const struct snapshot *s)
{
	char host[256] = "";
	struct report_options options = {.colour = isatty(STDOUT_FILENO), .host = host};

	gethostname(host, sizeof(host) - 1);
	report_print(stdout, s, &options);
	return exit_code(s);
}

static int no_sample(enum once_output output, const char *why)
{
	if (output == ONCE_CHECK)
		printf("TCPSTATE UNKNOWN - no sample: %s\n", why);
	else
		fprintf(stderr, "tcpstated: no sample: %s\n", why);
	return EXIT_UNKNOWN;
}

int once_run(const struct daemon_config *config, enum once_output output)
{
	struct config once = config->common;
	struct events *events = calloc(1, sizeof(*events));
	struct snapshot *snapshot = NULL;
	struct sampler *sampler;
	int ret = events ? 0 : -ENOMEM;

	forget_holds(&once);
	if (ret == 0)
		ret = sampler_new(&once, &sampler);
	if (ret < 0) {
		free(events);
		return no_sample(output, strerror(-ret));
	}
	ret = take_two(sampler, &snapshot);
	/* Those of the daemon, if one runs here; without them the page has no such part. */
	if (ret == 0 && eventfile_read(config->events, events) == 0) {
		snapshot->events = events->rows;
		snapshot->n_events = events->count;
	}
	if (ret < 0)
		ret = no_sample(output, sampler_error(sampler));
	else if (output == ONCE_CHECK)
		ret = check_print(stdout, snapshot);
	else if (output == ONCE_JSON)
		ret = print_json(json_snapshot(snapshot)) == 0 ? exit_code(snapshot) : EXIT_UNKNOWN;
	else
		ret = print_report(snapshot);
	sampler_release(sampler, snapshot);
	sampler_free(sampler);
	free(events);
	if (fflush(stdout) == EOF || ferror(stdout))
		return EXIT_UNKNOWN;
	return ret;
}

static int print_tuning(const struct tuning_table *table, enum tuning_output output)
{
	switch (output) {
	case TUNING_SYSCTL:
		return tuningreport_sysctl(stdout, table);
	case TUNING_JSON:
		return print_json(tuningreport_json(table));
	case TUNING_LOOK:
	case TUNING_ALL:
		break;
	}
	return tuningreport_print(stdout, table, output == TUNING_ALL);
}

int once_tuning(const struct daemon_config *config, enum tuning_output output)
{
	struct snapshot *snapshot = NULL;
	const struct pace pace = {.scan_us = UINT32_MAX};
	struct sampler *sampler;
	int ret = sampler_new(&config->common, &sampler);

	if (ret < 0) {
		fprintf(stderr, "tcpstated: /proc: %s\n", strerror(-ret));
		return EXIT_FAILURE;
	}
	/* A sample, because some verdicts look at the listeners. */
	ret = sampler_take(sampler, SAMPLE_FULL, &pace, NULL, &snapshot);
	if (ret < 0)
		fprintf(stderr, "tcpstated: no sample: %s\n", sampler_error(sampler));
	else if (snapshot->info.tuning_error[0])
		fprintf(stderr, "tcpstated: %s\n", snapshot->info.tuning_error);
	if (ret == 0 && !snapshot->info.tuning_error[0] && snapshot->tuning)
		ret = print_tuning(snapshot->tuning, output);
	else
		ret = -EINVAL;
	sampler_release(sampler, snapshot);
	sampler_free(sampler);
	return ret < 0 || fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
