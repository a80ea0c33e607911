/* SPDX-License-Identifier: MIT */
#include "core/config/option.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/number.h"
#include "core/base/text.h"

int option_refuse(char error[CONFIG_ERROR_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, CONFIG_ERROR_MAX, format, ap);
	va_end(ap);
	text_clean(error);
	return -EINVAL;
}

int option_number(const char *name, const char *text, uint32_t min, uint32_t max,
		  uint32_t *ret_number, char error[CONFIG_ERROR_MAX])
{
	const char *end = text;
	uint64_t number;

	if (!number_take(&end, 10, max, &number) || *end != '\0' || number < min)
		return option_refuse(error, "%s: \"%s\" is no whole number from %u to %u", name,
				     text, min, max);
	*ret_number = (uint32_t)number;
	return 0;
}

int option_state(const char *name, const char *text, uint32_t allowed, enum tcp_state *ret_state,
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
	return option_refuse(error, "%s: \"%s\" is none of %s", name, text, buf);
}

static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcasecmp(words[i], word) == 0)
			return i;
	return -1;
}

int option_switch(const char *name, const char *word, char error[CONFIG_ERROR_MAX])
{
	static const char *const words[] = {"off", "on", "no", "yes", "false", "true", NULL};
	int found = find_word(words, word);

	if (found < 0)
		return option_refuse(error, "%s: \"%s\" is neither on nor off", name, word);
	return found % 2;
}

int option_set_number(void *member, const struct config_option *option, int argc,
		      const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	(void)argc;
	return option_number(option->name, argv[0], option->min, option->max, member, error);
}

int option_set_hundredths(void *member, const struct config_option *option, int argc,
			  const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	size_t whole = strcspn(argv[0], ".");
	const char *decimals = argv[0][whole] == '.' ? argv[0] + whole + 1 : "00";
	size_t n = strlen(decimals);
	char digits[16];

	(void)argc;
	snprintf(digits, sizeof(digits), "%.*s%s%s", (int)whole, argv[0], decimals,
		 n == 1 ? "0" : "");
	if (whole >= 1 && whole <= 8 && n >= 1 && n <= 2 &&
	    option_number(option->name, digits, option->min, option->max, member, error) == 0)
		return 0;
	return option_refuse(error, "%s: \"%s\" is no number from %u.%02u to %u.%02u", option->name,
			     argv[0], option->min / 100, option->min % 100, option->max / 100,
			     option->max % 100);
}

int option_set_switch(void *member, const struct config_option *option, int argc,
		      const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	int on = option_switch(option->name, argv[0], error);

	(void)argc;
	if (on < 0)
		return on;
	*(bool *)member = on == 1;
	return 0;
}

int option_set_choice(void *member, const struct config_option *option, int argc,
		      const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	int word = find_word(option->words, argv[0]);
	char buf[128];
	struct text known = text_begin(buf, sizeof(buf));

	(void)argc;
	if (word >= 0) {
		*(uint32_t *)member = (uint32_t)word;
		return 0;
	}
	for (int i = 0; option->words[i]; i++)
		text_add(&known, " ", "%s", option->words[i]);
	return option_refuse(error, "%s: \"%s\" is none of %s", option->name, argv[0], buf);
}

int option_set_text(void *member, const struct config_option *option, int argc,
		    const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	(void)argc;
	if (strlen(argv[0]) >= option->max)
		return option_refuse(error, "%s: more than %u bytes", option->name,
				     option->max - 1);
	strcpy(member, argv[0]);
	return 0;
}

int option_set_states(void *member, const struct config_option *option, int argc,
		      const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	uint32_t states = 0;
	enum tcp_state state;

	if (argc == 1 && strcasecmp(argv[0], "all") == 0)
		states = option->max;
	else if (argc > 1 || strcasecmp(argv[0], "none") != 0)
		for (int i = 0; i < argc; i++) {
			if (option_state(option->name, argv[i], option->max, &state, error) < 0)
				return -EINVAL;
			states |= STATE_BIT(state);
		}
	*(uint32_t *)member = states;
	return 0;
}
