/* SPDX-License-Identifier: MIT */
#ifndef TCPSTATE_CORE_OPTION_H
#define TCPSTATE_CORE_OPTION_H

/*
 * This module is a row of the table of options, and what sets the members of the usual kinds from
 * an option's arguments. Whoever has options of its own makes its rows of these.
 */

#include <stddef.h>
#include <stdint.h>

#include "core/model/state.h"

enum { CONFIG_ERROR_MAX = 512 };

struct config_option;

/* Sets the member. -EINVAL: error says why, and the member is as before. */
typedef int option_setter(void *member, const struct config_option *option, int argc,
			  const char *const *argv, char error[CONFIG_ERROR_MAX]);

struct config_option {
	const char *name;
	option_setter *set;
	size_t offset; /* of the member, from the beginning of struct config */
	int min_args;
	int max_args;
	uint32_t min;             /* of a number */
	uint32_t max;             /* of a number; states: those allowed; text: bytes */
	const char *const *words; /* of a choice; the value is the index */
	const char *fallback;     /* the default, as in a file; NULL: nothing is set */
};

#define OPTION(name_, set_)      .name = (name_), .set = (set_)
#define OPTION_ARGS(min_, max_)  .min_args = (min_), .max_args = (max_)
#define OPTION_RANGE(min_, max_) .min = (min_), .max = (max_)

/* Those of one place; struct option_set puts the tables of several together. */
struct option_table {
	const struct config_option *rows;
	size_t count;
};

/* What a `set` of a row may be, by the type of the member. */
option_setter option_set_number;     /* uint32_t */
option_setter option_set_hundredths; /* uint32_t: a number with up to two decimals, times 100 */
option_setter option_set_switch;     /* bool */
option_setter option_set_choice;     /* uint32_t */
option_setter option_set_text;       /* char[max] */
option_setter option_set_states;     /* uint32_t: STATE_BIT()s */

/* For a `set` of another kind. */

/* Writes the message into error, made printable, and returns -EINVAL. */
int option_refuse(char error[CONFIG_ERROR_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A whole number in a range. name: of the option, for error. 0 or -EINVAL. */
int option_number(const char *name, const char *text, uint32_t min, uint32_t max,
		  uint32_t *ret_number, char error[CONFIG_ERROR_MAX]);

/* A state by its name, one of allowed (STATE_BIT()s). 0 or -EINVAL. */
int option_state(const char *name, const char *text, uint32_t allowed, enum tcp_state *ret_state,
		 char error[CONFIG_ERROR_MAX]);

/* on, off and the like. 1: on, 0: off, -EINVAL: neither. */
int option_switch(const char *name, const char *word, char error[CONFIG_ERROR_MAX]);

#endif
