/* SPDX-License-Identifier: MIT */
#include "core/tuning/syswrite.h"

#include <string.h>

#include "core/tuning/writerule.h"

enum {
	/* The kernel copies this much of a word, and refuses one that fills it. */
	WORD_MAX = 21,
	/* Longer lists of ports are written in parts. */
	PORTS_TEXT_MAX = 4000,
	CONGESTION_NAME_MAX = 15,
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* What a word says: its size without the sign. */
struct word {
	uint64_t size;
	bool negative;
};

/*
 * Reads a number as the kernel does, hexadecimal and octal too, and moves *text to the first
 * character of `end` or the NUL. False: something else is there.
 */
static bool take_word(const char **text, const char *end, struct word *ret_word)
{
	const char *p = *text;
	struct word word = {.negative = *p == '-'};
	int base = 10;

	p += word.negative;
	if (digit(*p) > 9)
		return false;
	if (*p == '0') {
		bool hex = (p[1] | 0x20) == 'x' && digit(p[2]) < 16;

		base = hex ? 16 : 8;
		p += hex ? 2 : 0;
	}
	for (; digit(*p) < base; p++)
		if (__builtin_mul_overflow(word.size, (uint64_t)base, &word.size) ||
		    __builtin_add_overflow(word.size, (uint64_t)digit(*p), &word.size))
			return false;
	if (p - *text >= WORD_MAX || (*p != '\0' && !strchr(end, *p)))
		return false;
	*text = p;
	*ret_word = word;
	return true;
}

/* Whether this kernel refuses what a release from since on does. */
static enum syswrite_result refused_since(const struct syswrite_kernel *kernel, uint32_t since)
{
	if (since == 0)
		return SYSWRITE_REFUSED;
	return kernel->release >= since && kernel->release <= WRITERULE_LAST_RELEASE
		   ? SYSWRITE_REFUSED
		   : SYSWRITE_UNKNOWN;
}

/* Seconds that some clock takes and another one does not. */
static bool depends_on_clock(const struct writerule *rule, const struct word *word)
{
	if (rule->kind == WRITERULE_MILLISECONDS)
		return word->negative || word->size > INT32_MAX || word->size % 20 != 0;
	return rule->kind == WRITERULE_SECONDS && word->size > INT32_MAX / WRITERULE_HZ_MOST &&
	       word->size <= INT32_MAX / WRITERULE_HZ_LEAST;
}

static enum syswrite_result judge_word(const struct syswrite_kernel *kernel,
				       const struct writerule *rule, const struct word *word,
				       int64_t *ret_number)
{
	int64_t number;

	if (depends_on_clock(rule, word))
		return SYSWRITE_UNKNOWN;
	if (word->negative && rule->kind == WRITERULE_NATURALS)
		return refused_since(kernel, rule->since);
	if (word->size > INT64_MAX)
		return rule->max == INT64_MAX ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	number = word->negative ? -(int64_t)word->size : (int64_t)word->size;
	/* An int refuses everywhere what it cannot hold. */
	if (rule->max <= INT32_MAX && (number < INT32_MIN || number > INT32_MAX))
		return rule->since == WRITERULE_NO_RELEASE ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	if (number < rule->min || number > rule->max)
		return refused_since(kernel, rule->since);
	*ret_number = number;
	return SYSWRITE_TAKEN;
}

/* Up to as many numbers as the parameter has elements; what follows is ignored. */
static enum syswrite_result try_numbers(const struct syswrite_kernel *kernel,
					const struct writerule *rule, const char *text,
					struct syswrite *write)
{
	while (write->count < rule->count) {
		enum syswrite_result result;
		struct word word;

		text += strspn(text, " \t\n\v\f\r");
		if (*text == '\0')
			break;
		if (!take_word(&text, " \t\n", &word))
			return SYSWRITE_REFUSED;
		result = judge_word(kernel, rule, &word, &write->numbers[write->count]);
		if (result != SYSWRITE_TAKEN)
			return result;
		write->count++;
	}
	return write->count > 0 ? SYSWRITE_TAKEN : SYSWRITE_REFUSED;
}

/* Both or none: the kernel looks at the pair, with the value of now for one that is not given. */
static enum syswrite_result try_port_range(const struct syswrite_kernel *kernel,
					   const struct writerule *rule, const char *text,
					   struct syswrite *write)
{
	enum syswrite_result result = try_numbers(kernel, rule, text, write);
	size_t count = write->count;
	int64_t first = write->numbers[0];
	int64_t last = count > 1 ? write->numbers[1] : kernel->port_range[1];

	write->count = 0;
	if (result != SYSWRITE_TAKEN)
		return result;
	if (last == 0)
		return SYSWRITE_UNKNOWN;
	if (first > last)
		return SYSWRITE_REFUSED;
	if (first < 1024 && kernel->port_start == 0)
		return SYSWRITE_UNKNOWN;
	/* The check came in 4.11, with ip_unprivileged_port_start. */
	if (first < kernel->port_start)
		return refused_since(kernel, KERNEL_RELEASE(4, 11));
	write->count = count;
	return SYSWRITE_TAKEN;
}

/* "80,443,8000-8010", without any blank; a comma may end it. All or nothing. */
static enum syswrite_result try_port_list(const char *text, struct syswrite *write)
{
	struct word first, last;

	if (strlen(text) > PORTS_TEXT_MAX)
		return SYSWRITE_UNKNOWN;
	while (*text) {
		if (!take_word(&text, "-,", &first) || first.negative || first.size > 65535)
			return SYSWRITE_REFUSED;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_word(&text, ",", &last) || last.negative || last.size > 65535 ||
			    last.size < first.size)
				return SYSWRITE_REFUSED;
		}
		for (uint64_t port = first.size; port <= last.size; port++)
			portset_add(&write->ports, (uint16_t)port);
		text += *text == ',';
	}
	write->count = 1;
	return SYSWRITE_TAKEN;
}

static bool lists_word(const char *list, const char *word, size_t len)
{
	while (*(list += strspn(list, " \t"))) {
		size_t n = strcspn(list, " \t");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

static bool is_name(const char *text, size_t len)
{
	return len > 0 && len <= CONGESTION_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= len;
}

/* Names of algorithms. One that is not allowed yet may be in a module, and a network namespace
 * takes none but those allowed. */
static enum syswrite_result try_congestion(const struct syswrite_kernel *kernel, bool several,
					   const char *text, struct syswrite *write)
{
	enum syswrite_result result = SYSWRITE_TAKEN;

	if (*text == '\0')
		return several ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	while (*text) {
		size_t len = several ? strcspn(text, " ") : strlen(text);

		if (!is_name(text, len))
			return SYSWRITE_REFUSED;
		if (!lists_word(kernel->congestion_allowed, text, len))
			result = SYSWRITE_UNKNOWN;
		text += len;
		text += strspn(text, " ");
	}
	write->count = 1;
	return result;
}

/* A parameter without a rule: only what any handler takes is certain. */
static enum syswrite_result try_any(const char *running, const char *text, struct syswrite *write)
{
	int64_t number;
	const char *p = text;
	struct word word;

	if (running[0] != '\0' && !sysvalue_number(running, &number)) {
		write->form = SYSWRITE_WORDS;
		write->count = 1;
		return text[strcspn(text, " \t\"'#;")] == '\0' ? SYSWRITE_TAKEN : SYSWRITE_UNKNOWN;
	}
	while (*p && write->count < SYSVALUE_ELEMENTS_MAX) {
		if (!take_word(&p, " \t", &word) || word.size > INT32_MAX)
			return SYSWRITE_UNKNOWN;
		write->numbers[write->count++] =
		    word.negative ? -(int64_t)word.size : (int64_t)word.size;
		p += strspn(p, " \t");
	}
	return write->count > 0 && *p == '\0' ? SYSWRITE_TAKEN : SYSWRITE_UNKNOWN;
}

enum syswrite_result syswrite_try(const struct syswrite_kernel *kernel, const char *name,
				  const char *running, const char *text, struct syswrite *ret_write)
{
	const struct writerule *rule = writerule_find(name);

	*ret_write = (struct syswrite){.form = SYSWRITE_NUMBERS};
	if (!rule)
		return try_any(running, text, ret_write);
	switch (rule->kind) {
	case WRITERULE_INTEGERS:
	case WRITERULE_NATURALS:
	case WRITERULE_SECONDS:
	case WRITERULE_MILLISECONDS:
		return try_numbers(kernel, rule, text, ret_write);
	case WRITERULE_PORT_RANGE:
		return try_port_range(kernel, rule, text, ret_write);
	case WRITERULE_PORT_LIST:
		ret_write->form = SYSWRITE_PORTS;
		return try_port_list(text, ret_write);
	case WRITERULE_CONGESTION:
	case WRITERULE_CONGESTIONS:
		ret_write->form = SYSWRITE_WORDS;
		return try_congestion(kernel, rule->kind == WRITERULE_CONGESTIONS, text, ret_write);
	case WRITERULE_READ_ONLY:
		break;
	}
	return SYSWRITE_REFUSED;
}
