/* SPDX-License-Identifier: MIT */
#include "subagent/once.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/timing.h"
#include "core/sample/sampler.h"
#include "subagent/check.h"
#include "subagent/eventfile.h"
#include "subagent/explain.h"
#include "subagent/json.h"
#include "subagent/prometheus.h"
#include "subagent/report.h"
#include "subagent/snapshotfile.h"
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

/* What is shown, and whose it is. */
struct view {
	const struct once_options *options;
	const struct rules *rules;
	const struct snapshot *snapshot;
	bool running; /* the running daemon's */
};

static int64_t age_ms(const struct snapshot *s)
{
	return (int64_t)timing_now_ms() - timing_ms(&s->info.monotonic);
}

static int print_snapshot_json(const struct view *view)
{
	json_t *json = json_snapshot(view->snapshot);

	if (json_object_set_new(json, "origin", json_string(view->running ? "daemon" : "own")) <
	    0) {
		json_decref(json);
		json = NULL;
	}
	return print_json(json) == 0 ? exit_code(view->snapshot) : EXIT_UNKNOWN;
}

static int print_report(const struct view *view)
{
	char host[256] = "", origin[80] = "Two samples of this command's own, a second apart";
	struct report_options options = {
	    .colour = isatty(STDOUT_FILENO), .host = host, .origin = origin};

	gethostname(host, sizeof(host) - 1);
	if (view->running)
		snprintf(origin, sizeof(origin), "From the running tcpstated, %.1f s ago",
			 (double)age_ms(view->snapshot) / 1000);
	report_print(stdout, view->snapshot, &options);
	return exit_code(view->snapshot);
}

static int print_explanation(const struct view *view)
{
	const char *name = view->options->condition;

	if (explain_print(stdout, view->rules, view->snapshot, name) == 0)
		return 0;
	fprintf(stderr, "tcpstated: \"%s\" is no condition; tcpstated --explain lists them\n",
		name);
	return EXIT_UNKNOWN;
}

static int print_view(const struct view *view)
{
	int ret = EXIT_UNKNOWN;

	switch (view->options->output) {
	case ONCE_CHECK:
		ret = check_print(stdout, view->snapshot,
				  view->running ? age_ms(view->snapshot) : -1);
		break;
	case ONCE_JSON:
		ret = print_snapshot_json(view);
		break;
	case ONCE_EXPLAIN:
		ret = print_explanation(view);
		break;
	case ONCE_PROMETHEUS:
		prometheus_print(stdout, view->snapshot);
		ret = 0;
		break;
	case ONCE_REPORT:
		ret = print_report(view);
		break;
	}
	return fflush(stdout) == EOF || ferror(stdout) ? EXIT_UNKNOWN : ret;
}

static int no_sample(enum once_output output, const char *why)
{
	if (output == ONCE_CHECK)
		printf("TCPSTATE UNKNOWN - no sample: %s\n", why);
	else
		fprintf(stderr, "tcpstated: no sample: %s\n", why);
	return EXIT_UNKNOWN;
}

static int show_own(const struct daemon_config *config, const struct once_options *options)
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
		return no_sample(options->output, strerror(-ret));
	}
	ret = take_two(sampler, &snapshot);
	/* Those of the daemon, if one runs here; without them the page has no such part. */
	if (ret == 0 && eventfile_read(config->events, events) == 0) {
		snapshot->events = events->rows;
		snapshot->n_events = events->count;
	}
	if (ret < 0)
		ret = no_sample(options->output, sampler_error(sampler));
	else
		ret = print_view(&(struct view){options, &config->common.rules, snapshot, false});
	sampler_release(sampler, snapshot);
	sampler_free(sampler);
	free(events);
	return ret;
}

/* False: there is none to show. Only a damaged one is worth a word: an ordinary user may not read
 * it, and no daemon need run. */
static bool show_running(const struct daemon_config *config, const struct once_options *options,
			 int *ret_code)
{
	struct snapshotfile file = {config->snapshot, options->config_path};
	struct view view = {options, &config->common.rules, NULL, true};
	void *block;
	int ret = snapshotfile_read(&file, &view.snapshot, &block);

	if (ret == -EINVAL)
		fprintf(stderr, "tcpstated: %s: not a snapshot; sampling\n", config->snapshot);
	if (ret < 0)
		return false;
	*ret_code = print_view(&view);
	free(block);
	return true;
}

int once_run(const struct daemon_config *config, const struct once_options *options)
{
	int code;

	if (!options->sample && config->snapshot[0] && show_running(config, options, &code))
		return code;
	return show_own(config, options);
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
