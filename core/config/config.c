/* SPDX-License-Identifier: MIT */
#include "core/config/config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/config/config_private.h"

const struct config_option *config_option_at(const struct option_set *options, size_t place)
{
	for (size_t i = 0; options->tables[i]; i++) {
		if (place < options->tables[i]->count)
			return &options->tables[i]->rows[place];
		place -= options->tables[i]->count;
	}
	return NULL;
}

static int refuse_name(const struct option_set *options, const char *name, char *error)
{
	const struct config_option *option;
	char buf[400];
	struct text known = text_begin(buf, sizeof(buf));

	for (size_t i = 0; (option = config_option_at(options, i)); i++)
		text_add(&known, " ", "%s", option->name);
	return option_refuse(error, "unknown option \"%.40s\"; known are %s", name, buf);
}

static int set(const struct config_option *option, struct config *config, int argc,
	       const char *const *argv, char *error)
{
	return option->set((char *)config + option->offset, option, argc, argv, error);
}

int config_set(const struct option_set *options, struct config *config, const char *name, int argc,
	       const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	const struct config_option *option;
	size_t i = 0;

	while ((option = config_option_at(options, i)) &&
	       !text_is_same_name(name, option->name, "-"))
		i++;
	if (!option)
		return refuse_name(options, name, error);
	if (option->min_args == option->max_args && argc != option->min_args)
		return option_refuse(error, "%s: %d arguments, wants %d", option->name, argc,
				     option->min_args);
	if (argc < option->min_args || argc > option->max_args)
		return option_refuse(error, "%s: %d arguments, wants %d to %d", option->name, argc,
				     option->min_args, option->max_args);
	return set(option, config, argc, argv, error);
}

void config_init(const struct option_set *options, struct config *ret_config)
{
	char line[CONFIG_LINE_MAX], error[CONFIG_ERROR_MAX];
	const char *argv[CONFIG_ARGS_MAX];
	const struct config_option *option;

	memset(ret_config, 0, options->size);
	rules_init(&ret_config->rules);
	for (size_t i = 0; (option = config_option_at(options, i)); i++) {
		int argc, r;

		if (!option->fallback)
			continue;
		snprintf(line, sizeof(line), "%s", option->fallback);
		argc = config_split(line, argv, error);
		r = argc < 0 ? argc : set(option, ret_config, argc, argv, error);
		assert(r == 0);
		(void)r;
	}
}
