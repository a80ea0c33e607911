/* SPDX-License-Identifier: MIT */
#include "core/config/config.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/config/config_private.h"
#include "core/base/number.h"
#include "core/base/text.h"

int config_refuse(char error[CONFIG_ERROR_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	text_clean(error);
	return -EINVAL;
}

int config_number(const char *name, const char *text, uint32_t min, uint32_t max,
		  uint32_t *ret_number, char error[CONFIG_ERROR_MAX])
{
	const char *end = text;
	uint64_t number;

	if (!number_take(&end, 10, max, &number) || *end != '\0' || number < min)
		return config_refuse(error, "%s: \"%s\" is no whole number from %u to %u", name,
				     text, min, max);
	*ret_number = (uint32_t)number;
	return 0;
}

int config_state(const char *name, const char *text, uint32_t allowed, enum tcp_state *ret_state,
		 char error[CONFIG_ERROR_MAX])
{
	enum tcp_state state;
	char buf[160];
	struct text known = text_begin(buf, sizeof(buf));

	if (state_by_name(text, &state) && (allowed & STATE_BIT(state))) {
		*ret_state = state;
		return 0;
	}
	for (uint32_t i = 1; i <= STATE_COUNT; i++)
		if (allowed & STATE_BIT(i))
			text_add(&known, " ", "%s", state_name(i));
	return config_refuse(error, "%s: \"%s\" is none of %s", name, text, buf);
}

/* In any case, and hyphens do not count. */
static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '-')
			a++;
		while (*b == '-')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
	}
}

static const struct option *find_option(const char *name)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (same_name(name, config_options[i].name))
			return &config_options[i];
	return NULL;
}

static int refuse_name(const char *name, enum config_user user, char *error)
{
	char buf[400];
	struct text known = text_begin(buf, sizeof(buf));

	for (size_t i = 0; i < config_option_count; i++)
		if (config_options[i].user & user)
			text_add(&known, " ", "%s", config_options[i].name);
	return config_refuse(error, "unknown option \"%.40s\"; known are %s", name, buf);
}

int config_set(struct config *config, enum config_user user, const char *name, int argc,
	       const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	const struct option *option = find_option(name);
	struct config changed = *config;
	int r;

	if (!option)
		return refuse_name(name, user, error);
	if (!(option->user & user))
		return config_refuse(error, "%s is an option of %s only", option->name,
				     option->user == CONFIG_DAEMON ? "tcpstated"
								   : "the collectd plugin");
	if (argc < option->min_args || argc > option->max_args)
		return config_refuse(error, "%s: %d arguments, wants %d to %d", option->name, argc,
				     option->min_args, option->max_args);
	r = option->set(&changed, option, argc, argv, error);
	if (r == 0)
		*config = changed;
	return r;
}

void config_init(struct config *ret_config)
{
	char line[CONFIG_LINE_MAX], error[CONFIG_ERROR_MAX];
	const char *argv[CONFIG_ARGS_MAX];
	struct config config = {0};

	rules_init(&config.rules);
	for (size_t i = 0; i < config_option_count; i++) {
		const struct option *option = &config_options[i];
		int argc, r;

		if (!option->fallback)
			continue;
		snprintf(line, sizeof(line), "%s", option->fallback);
		argc = config_split(line, argv, error);
		r = argc < 0 ? argc : option->set(&config, option, argc, argv, error);
		assert(r == 0);
		(void)r;
	}
	*ret_config = config;
}
