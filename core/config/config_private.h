/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_CONFIG_PRIVATE_H
#define TCPSTATE_CORE_CONFIG_PRIVATE_H

/*
 * This module is the inner side of config: the table of options, and what its files share. Nobody
 * else includes it but its test.
 */

#include "core/config/config.h"

enum {
	CONFIG_LINE_MAX = 1024,                  /* bytes of a line, with a NUL */
	CONFIG_RULE_ARGS = 13,                   /* a name and six pairs */
	CONFIG_ARGS_MAX = COUNTER_NAMES_MAX + 1, /* words of a line */
};

struct option {
	const char *name;
	enum config_user user;
	/* Sets the option in config. -EINVAL: error says why; config may be half changed. */
	int (*set)(struct config *config, const struct option *option, int argc,
		   const char *const *argv, char *error);
	size_t offset; /* of the member in struct config */
	int min_args;
	int max_args;
	uint32_t min;             /* of a number */
	uint32_t max;             /* of a number; states: those allowed; text: bytes */
	const char *const *words; /* of a choice; the value is the index */
	const char *fallback;     /* the default, as in a file; NULL: nothing is set */
	const char *example;      /* shown where there is no default */
	const char *help;         /* for the example file; lines of 88 bytes at the most */
};

extern const struct option config_options[];
extern const size_t config_option_count;

/* Writes the message into error, made printable, and returns -EINVAL. */
int config_refuse(char error[CONFIG_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A whole number in a range. name: of the option, for error. 0 or -EINVAL. */
int config_number(const char *name, const char *text, uint32_t min, uint32_t max,
		  uint32_t *ret_number, char error[CONFIG_ERROR_MAX]);

/* A state by its name, one of allowed (STATE_BIT()s). 0 or -EINVAL. */
int config_state(const char *name, const char *text, uint32_t allowed, enum tcp_state *ret_state,
		 char error[CONFIG_ERROR_MAX]);

/* The options "condition" and "state": argv[0] is the name, then "off" or pairs of a word and its
 * value. 0 or -EINVAL. */
int config_set_condition(struct config *config, int argc, const char *const *argv,
			 char error[CONFIG_ERROR_MAX]);
int config_set_state(struct config *config, int argc, const char *const *argv,
		     char error[CONFIG_ERROR_MAX]);

/* Splits a line into its words, in place. Returns how many; -EINVAL: a quote that is not closed or
 * too many words. */
int config_split(char *line, const char *argv[CONFIG_ARGS_MAX], char error[CONFIG_ERROR_MAX]);

#endif
