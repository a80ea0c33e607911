/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONFIG_PRIVATE_H
#define TCPSTATE_CORE_CONFIG_PRIVATE_H

/*
 * What the parts of config share; nobody else includes it but tests.
 */

#include "core/config/config.h"

enum {
	CONFIG_LINE_MAX = 1024,                  /* bytes of a line, with a NUL */
	CONFIG_RULE_ARGS = 13,                   /* a name and six pairs */
	CONFIG_ARGS_MAX = COUNTER_NAMES_MAX + 1, /* words of a line */
};

/* Option number `place` of all tables, from 0; NULL: there are fewer. */
const struct config_option *config_option_at(const struct option_set *options, size_t place);

/* The options "condition" and "state", of struct rules: argv[0] is the name, then "off" or pairs of
 * a word and its value. */
option_setter config_set_condition, config_set_state;

/* The option "ignore", of struct ignores: a condition, what it is told by, and the value. */
option_setter config_set_ignore;

/* Says which conditions there are, stateCount left out. Returns -EINVAL. */
int config_refuse_condition(const char *option, const char *name, char error[CONFIG_ERROR_MAX]);

/* Splits a line into its words, in place. Returns how many; -EINVAL: a quote that is not closed or
 * too many words. */
int config_split(char *line, const char *argv[CONFIG_ARGS_MAX], char error[CONFIG_ERROR_MAX]);

#endif
