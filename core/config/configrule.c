/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/config/config_private.h"
#include "core/base/text.h"

/* One word of a rule and where its value goes. */
struct word {
	const char *name;
	uint32_t *value;
	uint32_t min, max;
	bool may_be_off; /* a threshold: "off" is -1 */
	bool refused;    /* this condition has none */
};

static int set_word(const struct word *words, size_t n, const char *label, const char *const *argv,
		    char *error)
{
	char what[96], buf[96];
	struct text known = text_begin(buf, sizeof(buf));

	for (size_t i = 0; i < n; i++) {
		if (words[i].refused)
			continue;
		text_add(&known, " ", "%s", words[i].name);
		if (strcasecmp(argv[0], words[i].name) != 0)
			continue;
		if (words[i].may_be_off && strcasecmp(argv[1], "off") == 0) {
			*words[i].value = (uint32_t)-1;
			return 0;
		}
		snprintf(what, sizeof(what), "%s: %s", label, words[i].name);
		return option_number(what, argv[1], words[i].min, words[i].max, words[i].value,
				     error);
	}
	return option_refuse(error, "%s: \"%s\" is none of %s", label, argv[0], buf);
}

/* argv: "off", or pairs of a word and its value. */
static int set_rule(struct rule *ret_rule, const struct rule *fallback, const char *label, int argc,
		    const char *const *argv, char *error)
{
	struct rule new = *ret_rule, *rule = &new;
	const struct word words[] = {
	    {"warning", (uint32_t *)&rule->warning, 1, INT32_MAX, true, false},
	    {"critical", (uint32_t *)&rule->critical, 1, INT32_MAX, true, false},
	    {"hold", &rule->hold_s, 0, 86400, false, false},
	    {"clear", &rule->clear_percent, 1, 100, false, false},
	    {"floor", &rule->floor, 1, INT32_MAX, false, fallback->floor == 0},
	    {"share", &rule->share_percent, 0, 100, false, fallback->share_percent == 0},
	};

	if (argc == 1 && strcasecmp(argv[0], "off") == 0) {
		ret_rule->enabled = false;
		return 0;
	}
	if (argc % 2 != 0)
		return option_refuse(error, "%s: wants \"off\" or pairs of a word and its value",
				     label);
	for (int i = 0; i < argc; i += 2) {
		int r = set_word(words, COUNT_OF(words), label, argv + i, error);

		if (r < 0)
			return r;
	}
	if (rule->critical != -1 && rule->warning > rule->critical)
		return option_refuse(error, "%s: warning %d is above critical %d", label,
				     rule->warning, rule->critical);
	rule->enabled = true;
	*ret_rule = new;
	return 0;
}

int config_refuse_condition(const char *option, const char *name, char error[CONFIG_ERROR_MAX])
{
	char buf[CONFIG_ERROR_MAX];
	struct text known = text_begin(buf, sizeof(buf));

	for (size_t i = 0; i < CONDITION_COUNT; i++)
		if (condition_table[i].id != CONDITION_STATE_COUNT)
			text_add(&known, " ", "%s", condition_table[i].name);
	return option_refuse(error, "%s: \"%s\" is none of %s", option, name, buf);
}

int config_set_condition(void *member, const struct config_option *option, int argc,
			 const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	struct rules *rules = member;
	const struct condition_info *info = condition_by_name(argv[0]);
	char label[64];

	if (!info)
		return config_refuse_condition(option->name, argv[0], error);
	if (info->id == CONDITION_STATE_COUNT)
		return option_refuse(error, "condition: stateCount is set by the option \"state\"");
	snprintf(label, sizeof(label), "condition %s", info->name);
	return set_rule(&rules->of[info->id], &info->rule, label, argc - 1, argv + 1, error);
}

int config_set_state(void *member, const struct config_option *option, int argc,
		     const char *const *argv, char error[CONFIG_ERROR_MAX])
{
	struct rules *rules = member;
	enum tcp_state state;
	char label[64];
	int r = option_state("state", argv[0], STATE_MASK_ALL, &state, error);

	(void)option;
	if (r < 0)
		return r;
	snprintf(label, sizeof(label), "state %s", state_name(state));
	return set_rule(&rules->of_state[state - 1],
			&condition_table[CONDITION_STATE_COUNT - 1].rule, label, argc - 1, argv + 1,
			error);
}
