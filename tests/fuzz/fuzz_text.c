/* SPDX-License-Identifier: MIT */
/* What others have named, made fit for terminals, logs and notifications. */
#include <locale.h>
#include <string.h>

#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

/* Direction of writing, which hides or reorders what stands around it. */
static const char *const controls[] = {
    "\xe2\x80\xae", "\xe2\x80\x8f", "\xe2\x81\xa6", "\x1b", "\xc2\x9b", "\x7f", "\n"};

static void check_lists(const char *list)
{
	char buf[24];
	struct text text = text_begin(buf, sizeof(buf));

	text_add_list(&text, ": ", list);
	REQUIRE(strlen(buf) == text.len && strncmp(buf, list, text.len) == 0);
	text_add(&text, "; ", "%s", list);
	REQUIRE(strlen(buf) == text.len && text.len < sizeof(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text((struct fuzz_input){data, size});
	size_t len = strlen(text);

	if (MB_CUR_MAX == 1)
		REQUIRE(setlocale(LC_CTYPE, "C.UTF-8"));
	check_lists(text);
	text_clean(text);
	REQUIRE(strlen(text) == len && mbstowcs(NULL, text, 0) != (size_t)-1);
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		REQUIRE(!strstr(text, controls[i]));
	REQUIRE(fuzz_is_printable(text));
	free(text);
	return 0;
}
