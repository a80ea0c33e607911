/* SPDX-License-Identifier: MIT */
/* The file of the last changes: what is read is written as it was. */
#include <string.h>

#include "core/diagnosis/events.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct events *events)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->rows[i];

		REQUIRE(e->id >= 1 && e->id <= CONDITION_COUNT && e->element <= STATE_COUNT);
		REQUIRE(e->was >= 1 && e->was <= SEVERITY_CRITICAL);
		REQUIRE(e->severity >= 1 && e->severity <= SEVERITY_CRITICAL);
		REQUIRE(i == 0 || e->number > events->rows[i - 1].number);
		REQUIRE(fuzz_is_printable(e->offender) && fuzz_is_printable(e->netns));
	}
	REQUIRE(events->count == 0 || events->last == events->rows[events->count - 1].number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct events events, again;
	char *text = fuzz_text((struct fuzz_input){data, size}), *written, *rewritten;

	if (events_parse(&events, text) == 0) {
		check(&events);
		written = events_format(&events);
		REQUIRE(written);
		rewritten = strdup(written);
		REQUIRE(rewritten && events_parse(&again, written) == 0);
		REQUIRE(again.count == events.count && again.last == events.last);
		free(written);
		written = events_format(&again);
		REQUIRE(written && strcmp(written, rewritten) == 0);
		free(rewritten);
		free(written);
	}
	free(text);
	return 0;
}
