/* SPDX-License-Identifier: MIT */
#include "subagent/once.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "subagent/check.h"
#include "subagent/connections.h"
#include "subagent/explain.h"
#include "subagent/json.h"
#include "subagent/look.h"
#include "subagent/prometheus.h"
#include "subagent/report.h"
#include "subagent/screen.h"
#include "subagent/tuningreport.h"

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
	if (!json)
		fputs("tcpstated: the JSON cannot be made\n", stderr);
	if (ret == 0)
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

static const char *origin_word(const struct view *view)
{
	return view->running ? "daemon" : "own";
}

static int print_snapshot_json(const struct view *view)
{
	json_t *json = json_snapshot(view->snapshot);

	if (json_object_set_new(json, "origin", json_string(origin_word(view))) < 0) {
		json_decref(json);
		json = NULL;
	}
	return print_json(json) == 0 ? exit_code(view->snapshot) : EXIT_UNKNOWN;
}

static int print_report(const struct view *view)
{
	char host[256] = "",
	     origin[LOOK_ORIGIN_MAX] = "Two samples of this command's own, a second apart";
	struct report_options options = {
	    .colour = isatty(STDOUT_FILENO), .host = host, .origin = origin};

	gethostname(host, sizeof(host) - 1);
	if (view->running)
		look_origin(view->snapshot, origin);
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

static int print_connections(const struct view *view)
{
	const struct once_options *options = view->options;
	char origin[LOOK_ORIGIN_MAX] = "A sample of this command's own";
	int ret;

	if (view->running)
		look_origin(view->snapshot, origin);
	ret = options->json
		  ? connections_json(stdout, view->snapshot, options->states, origin_word(view))
		  : connections_print(stdout, view->snapshot, options->states, origin,
				      screen_width(STDOUT_FILENO));
	return ret < 0 ? EXIT_UNKNOWN : 0;
}

static int print_view(const struct view *view)
{
	int ret = EXIT_UNKNOWN;

	switch (view->options->output) {
	case ONCE_CHECK:
		ret = check_print(stdout, view->snapshot,
				  view->running ? look_age_ms(view->snapshot) : -1);
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
	case ONCE_CONNECTIONS:
		ret = print_connections(view);
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

/* Twice, a second apart: some conditions are rates. */
static int sample_twice(struct look *l, struct seen *ret_seen)
{
	struct seen first;
	int ret = look_own(l, NULL, &first);

	if (ret < 0)
		return ret;
	nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	ret = look_own(l, first.own, ret_seen);
	look_drop(&first);
	return ret < 0 ? ret : look_others(l, ret_seen);
}

/* The daemon lists the connections that its configuration says, and so many. */
static bool lists_all(const struct seen *seen, const struct once_options *options)
{
	return options->output != ONCE_CONNECTIONS ||
	       connections_omitted(seen->snapshot, options->states) == 0;
}

static int look_once(struct look *l, const struct once_options *options, struct seen *ret_seen)
{
	int ret = options->sample ? -ENOENT : look_running(l, ret_seen);

	/* A damaged file is worth a word; an ordinary user may not read it, and no daemon need
	 * run. */
	if (ret == -EINVAL)
		fprintf(stderr, "tcpstated: %s: not a snapshot; sampling\n", l->config->snapshot);
	if (ret == -ENXIO || (ret == 0 && lists_all(ret_seen, options)))
		return ret;
	look_drop(ret_seen);
	if (options->output != ONCE_CONNECTIONS)
		return sample_twice(l, ret_seen);
	connections_configure(&l->own);
	return look_own(l, NULL, ret_seen);
}

int once_run(const struct daemon_config *config, const struct once_options *options)
{
	struct look look;
	struct seen seen = {.snapshot = NULL};
	int ret;

	look_begin(&look, config, options->config_path);
	look.netns.name = options->netns;
	if (look_once(&look, options, &seen) < 0)
		ret = no_sample(options->output, look_error(&look));
	else
		ret = print_view(&(struct view){options, &config->common.rules, seen.snapshot,
						seen.block != NULL});
	look_drop(&seen);
	look_end(&look);
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
	struct look look;
	struct seen seen = {.snapshot = NULL};
	const struct snapshot *s;
	int ret;

	/* A sample, because some verdicts look at the listeners. */
	look_begin(&look, config, "");
	ret = look_own(&look, NULL, &seen);
	s = seen.snapshot;
	if (ret < 0)
		fprintf(stderr, "tcpstated: no sample: %s\n", look_error(&look));
	else if (s->info.tuning_error[0])
		fprintf(stderr, "tcpstated: %s\n", s->info.tuning_error);
	if (ret == 0 && !s->info.tuning_error[0] && s->tuning)
		ret = print_tuning(s->tuning, output);
	else
		ret = -EINVAL;
	look_drop(&seen);
	look_end(&look);
	return ret < 0 || fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}
