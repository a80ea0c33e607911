/* SPDX-License-Identifier: MIT */
#include "core/base/number.h"

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return UINT32_MAX;
}

bool number_take(const char **text, unsigned base, uint64_t max, uint64_t *ret_number)
{
	const char *at = *text;
	uint64_t number = 0;

	for (unsigned digit; (digit = digit_of(*at)) < base; at++) {
		if (digit > max || number > (max - digit) / base)
			return false;
		number = number * base + digit;
	}
	if (at == *text)
		return false;
	*text = at;
	*ret_number = number;
	return true;
}
