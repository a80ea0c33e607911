/* SPDX-License-Identifier: MIT */

/*
 * The collectd plugin: reads its block of collectd.conf, takes a sample in each read, and
 * dispatches what plugin/metrics makes of it. The only file that knows collectd.
 */

#include "collectd.h"
#include "globals.h"
#include "plugin.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "core/base/timing.h"
#include "core/diagnosis/notify.h"
#include "core/diagnosis/wording.h"
#include "core/sample/namespaces.h"
#include "core/sample/sampler.h"
#include "core/sample/schedule.h"
#include "plugin/metrics.h"
#include "plugin/series.h"

enum { ARGS_MAX = 64, NUMBER_MAX = 32 };

_Static_assert(METRIC_NAME_MAX == DATA_MAX_NAME_LEN, "a name that fits here fits there");

struct reader {
	struct plugin_config config;
	struct schedule schedule;
	struct sampler *sampler;
	struct namespaces *namespaces; /* NULL: they are off, or lost */
	struct metrics *metrics;
	struct notify *notify;
	struct snapshot *last; /* NULL before the first sample */
	uint32_t source;       /* of the newest sample, 0 before the first */
	bool failing;          /* the newest sample failed, and the log says so */
	char
	    tuning_error[sizeof(((struct sample_info *)0)->tuning_error)]; /* the last one logged */
	char missing[sizeof(((struct sample_info *)0)->missing)];          /* the same */
	char others_error[sizeof(((struct sample_info *)0)->others_error)]; /* the same */
};

/* collectd gives no context to the callbacks that configure and start a plugin. Nothing reads this
 * once on_init() has copied it. */
static struct plugin_config config;

/* --- configuration --------------------------------------------------------- */

/* collectd's parser has made numbers and switches of some words; this makes words of them. */
static const char *value_text(const oconfig_value_t *value, char buf[NUMBER_MAX])
{
	switch (value->type) {
	case OCONFIG_TYPE_NUMBER:
		snprintf(buf, NUMBER_MAX, "%.15g", value->value.number);
		return buf;
	case OCONFIG_TYPE_BOOLEAN:
		return value->value.boolean ? "on" : "off";
	default:
		return value->value.string;
	}
}

static void set_option(const oconfig_item_t *item)
{
	char numbers[ARGS_MAX][NUMBER_MAX];
	const char *argv[ARGS_MAX];
	char error[CONFIG_ERROR_MAX];
	int argc = item->values_num;

	if (item->children_num > 0 || argc > ARGS_MAX) {
		WARNING("tcpstate plugin: %s: %s; the option is ignored", item->key,
			argc > ARGS_MAX ? "too many arguments" : "is no block");
		return;
	}
	for (int i = 0; i < argc; i++)
		argv[i] = value_text(&item->values[i], numbers[i]);
	if (config_set(&plugin_config_options, &config.common, item->key, argc, argv, error) < 0)
		WARNING("tcpstate plugin: %s; the option is ignored", error);
}

/* A wrong option must not keep collectd, and with it all other plugins, from starting. */
static int on_config(oconfig_item_t *block)
{
	for (int i = 0; i < block->children_num; i++)
		set_option(&block->children[i]);
	return 0;
}

/* --- values ---------------------------------------------------------------- */

static void dispatch(const struct metric *metric, void *arg)
{
	value_t value;
	value_list_t vl = VALUE_LIST_INIT;

	(void)arg;
	if (metric->type->derive)
		value.derive = metric->derive;
	else
		value.gauge = metric->gauge;
	vl.values = &value;
	vl.values_len = 1;
	snprintf(vl.plugin, sizeof(vl.plugin), "tcpstate");
	snprintf(vl.plugin_instance, sizeof(vl.plugin_instance), "%s", metric->plugin_instance);
	snprintf(vl.type, sizeof(vl.type), "%s", metric->type->name);
	snprintf(vl.type_instance, sizeof(vl.type_instance), "%s", metric->type_instance);
	plugin_dispatch_values(&vl);
}

/* --- notifications --------------------------------------------------------- */

/* The names that the threshold plugin gives its own, where it has the same thing. */
static void add_meta(notification_t *n, const struct transition *transition)
{
	const struct condition *c = &transition->condition;
	bool critical = c->severity == SEVERITY_CRITICAL ||
			(c->severity == SEVERITY_NORMAL && transition->was == SEVERITY_CRITICAL);

	plugin_notification_meta_add_string(n, "Condition", c->name);
	plugin_notification_meta_add_unsigned_int(n, "Element", c->element);
	plugin_notification_meta_add_double(n, "CurrentValue", c->value);
	plugin_notification_meta_add_double(n, "WarningMax", c->warning < 0 ? NAN : c->warning);
	plugin_notification_meta_add_double(n, "FailureMax", c->critical < 0 ? NAN : c->critical);
	plugin_notification_meta_add_double(n, "Threshold", critical ? c->critical : c->warning);
	plugin_notification_meta_add_string(n, "Unit", c->unit);
	plugin_notification_meta_add_string(n, "Offender", c->offender);
	plugin_notification_meta_add_string(n, "Advice", c->advice);
	plugin_notification_meta_add_double(n, "Since", (double)c->since.tv_sec);
	plugin_notification_meta_add_unsigned_int(n, "Told", transition->told);
	plugin_notification_meta_add_string(n, "Namespace", transition->netns);
}

static void notify(const struct transition *transition, void *arg)
{
	const struct condition *c = &transition->condition;
	notification_t n = {
	    .severity = c->severity == SEVERITY_NORMAL     ? NOTIF_OKAY
			: c->severity == SEVERITY_CRITICAL ? NOTIF_FAILURE
							   : NOTIF_WARNING,
	    .time = cdtime(),
	};

	(void)arg;
	transition_format(transition, n.message, sizeof(n.message));
	snprintf(n.host, sizeof(n.host), "%s", hostname_g);
	snprintf(n.plugin, sizeof(n.plugin), "tcpstate");
	snprintf(n.plugin_instance, sizeof(n.plugin_instance), "%s%sconditions", transition->netns,
		 transition->netns[0] ? ":" : "");
	snprintf(n.type, sizeof(n.type), "%s", metric_types[METRIC_CONDITION].name);
	snprintf(n.type_instance, sizeof(n.type_instance), "%s", c->name);
	add_meta(&n, transition);
	plugin_dispatch_notification(&n);
	plugin_notification_meta_free(n.meta);
}

/* --- reading --------------------------------------------------------------- */

static void log_source(struct reader *r)
{
	uint32_t source = r->last->info.source;

	if (r->source != source && source == SOURCE_PROC_NET)
		WARNING("tcpstate plugin: sock_diag is refused here: reading /proc/net/tcp, "
			"which is slower and knows less");
	else if (r->source == SOURCE_PROC_NET && r->source != source)
		NOTICE("tcpstate plugin: reading sock_diag again");
	r->source = source;
}

static void log_outcome(struct reader *r, int rc)
{
	if (rc < 0 && !r->failing)
		ERROR("tcpstate plugin: no sample: %s; no counts are sent until one "
		      "succeeds",
		      sampler_error(r->sampler));
	else if (rc == 0 && r->failing)
		NOTICE("tcpstate plugin: samples succeed again");
	r->failing = rc < 0;
}

/* What fails no sample. It is tried again and again, so that each text is logged once. told: what
 * it was, of the same size. */
static void log_text(const char *text, char *told, size_t size, const char *consequence,
		     const char *end)
{
	if (strcmp(text, told) == 0)
		return;
	if (text[0])
		WARNING("tcpstate plugin: %s%s", text, consequence);
	else
		NOTICE("tcpstate plugin: %s", end);
	memcpy(told, text, size);
}

static void log_texts(struct reader *r, const struct sample_info *info)
{
	log_text(info->tuning_error, r->tuning_error, sizeof(r->tuning_error),
		 ": nothing is recommended", "the tuning profile can be read again");
	log_text(info->missing, r->missing, sizeof(r->missing), "",
		 "/proc/net lacks nothing any more");
	log_text(info->others_error, r->others_error, sizeof(r->others_error), "",
		 "all namespaces can be entered");
}

/* collectd says when to count, and each value it gets is a new one; the budget says how often that
 * is a full sample. What falls due within a tenth of the interval is due: collectd's pauses are
 * not exact. */
static enum sample_kind due_kind(const struct schedule *s, uint64_t now_ms)
{
	uint64_t soon_ms = now_ms + s->interval_ms[SAMPLE_FAST] / 10;

	return s->due_ms[SAMPLE_FULL] <= soon_ms ? SAMPLE_FULL : SAMPLE_FAST;
}

/* Takes a sample, which is r->last then, unless it fails before the first one. */
static int take(struct reader *r, enum sample_kind kind, uint64_t now_ms)
{
	struct pace pace = schedule_pace(&r->schedule, kind, now_ms);
	struct snapshot *next = NULL;
	int rc;

	/* collectd's intervals are not stretched. */
	pace.interval_ms = r->config.common.interval_s * 1000;
	rc = sampler_take(r->sampler, kind, &pace, r->last, &next);
	if (next) {
		sampler_release(r->last);
		r->last = next;
	}
	return rc;
}

/* Returns the CPU time that it took, which is not the host's samples'. A thread that does not come
 * back to its own namespace samples no other one any more. */
static uint64_t step_namespaces(struct reader *r, uint64_t now_ms)
{
	uint64_t begun_us = timing_cpu_us(), cpu_us;
	int rc = namespaces_step(r->namespaces, now_ms, r->config.common.cpu_budget / 2);

	cpu_us = timing_cpu_us() - begun_us;
	schedule_spend(&r->schedule, now_ms, cpu_us);
	if (rc == 0)
		return cpu_us;
	ERROR("tcpstate plugin: cannot leave a network namespace: %s; restart collectd",
	      strerror(-rc));
	namespaces_free(r->namespaces);
	r->namespaces = NULL;
	return cpu_us;
}

static void notify_all(struct reader *r, const struct snapshot *shown)
{
	notify_update(r->notify, shown, notify, NULL);
	for (size_t i = 0; i < shown->n_namespaces; i++) {
		const struct snapshot *s = namespaces_snapshot(r->namespaces, i);

		if (s)
			notify_update(r->notify, s, notify, NULL);
	}
	notify_gone(r->notify, shown, notify, NULL);
}

static void emit(struct reader *r, int rc)
{
	struct snapshot shown = *r->last;

	if (r->namespaces)
		namespaces_show(r->namespaces, &shown);
	log_source(r);
	log_texts(r, &shown.info);
	if (rc == 0 && metrics_emit(r->metrics, &r->config.series, &shown, dispatch, NULL) < 0)
		ERROR("tcpstate plugin: out of memory: values of listeners are missing");
	if (r->config.series.sampler) {
		struct timespec now = timing_now(CLOCK_MONOTONIC);

		metrics_emit_sampler(r->last, &now, dispatch, NULL);
	}
	if (r->config.series.notifications)
		notify_all(r, &shown);
}

/* Never reports a failure to collectd, which would answer with ever longer pauses. The thread is
 * collectd's: what it did between two calls is not ours. */
static int on_read(user_data_t *ud)
{
	struct reader *r = ud->data;
	uint64_t cpu_us = timing_cpu_us();
	uint64_t now_ms = timing_now_ms();
	enum sample_kind kind = sampler_kind(r->sampler, due_kind(&r->schedule, now_ms), r->last);
	int rc = take(r, kind, now_ms);

	log_outcome(r, rc);
	if (r->namespaces)
		cpu_us += step_namespaces(r, now_ms);
	if (r->last)
		emit(r, rc);
	cpu_us = timing_cpu_us() - cpu_us;
	if (r->last)
		schedule_done(&r->schedule, kind, now_ms, cpu_us, r->last->info.scan_us);
	else
		schedule_failed_first(&r->schedule, now_ms, cpu_us);
	return 0;
}

/* --- start and end --------------------------------------------------------- */

static void reader_free(void *arg)
{
	struct reader *r = arg;

	if (!r)
		return;
	sampler_release(r->last);
	notify_free(r->notify);
	metrics_free(r->metrics);
	namespaces_free(r->namespaces);
	sampler_free(r->sampler);
	free(r);
}

static int reader_new(struct reader **ret_reader)
{
	struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->config = config;
	plugin_config_settle(&r->config);
	schedule_init(&r->schedule, &config.common, timing_now_ms());
	rc = metrics_new(&r->metrics);
	if (rc == 0)
		rc = notify_new(&r->notify);
	if (rc == 0)
		rc = sampler_new(&r->config.common, &r->sampler);
	if (rc == 0 && r->config.common.namespaces)
		rc = namespaces_new(&r->config.common, &r->namespaces);
	if (rc < 0)
		reader_free(r);
	else
		*ret_reader = r;
	return rc;
}

/* So that a host needs no second TypesDB; a server without the plugin does. */
static void register_types(void)
{
	for (size_t i = 0; i < METRIC_TYPE_COUNT; i++) {
		const struct metric_type *type = &metric_types[i];
		data_source_t source = {
		    .name = "value",
		    .type = type->derive ? DS_TYPE_DERIVE : DS_TYPE_GAUGE,
		    .min = type->min,
		    .max = type->max,
		};
		data_set_t set = {.ds_num = 1, .ds = &source};

		snprintf(set.type, sizeof(set.type), "%s", type->name);
		if (!plugin_get_ds(type->name))
			plugin_register_data_set(&set);
	}
}

static int on_init(void)
{
	cdtime_t interval = TIME_T_TO_CDTIME_T(config.common.interval_s);
	struct reader *reader;
	int rc;

	if (config.common.interval_s == 0)
		config.common.interval_s = (uint32_t)CDTIME_T_TO_TIME_T(plugin_get_interval());
	if (config.common.interval_s == 0)
		config.common.interval_s = 1;
	rc = reader_new(&reader);
	if (rc < 0) {
		ERROR("tcpstate plugin: cannot start: %s", strerror(-rc));
		return -1;
	}
	register_types();
	/* An error frees the reader as well, whatever collectd's header says. */
	return plugin_register_complex_read(NULL, "tcpstate", on_read, interval,
					    &(user_data_t){reader, reader_free});
}

void module_register(void);

void module_register(void)
{
	config_init(&plugin_config_options, &config.common);
	/* Nothing shows single connections here. The interval is collectd's unless the block sets
	 * one; with collectd's default of 10 s this budget is less than half of what tcpconns
	 * takes for 100,000 sockets. */
	config.common.conn_states = 0;
	config.common.interval_s = 0;
	config.common.cpu_budget = 35;
	plugin_register_complex_config("tcpstate", on_config);
	plugin_register_init("tcpstate", on_init);
}
