/* SPDX-License-Identifier: MIT */
/* A libFuzzer target: whatever a snapshot's file holds is refused, or fit to be shown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/check.h"
#include "subagent/connections.h"
#include "subagent/flat_private.h"
#include "subagent/json.h"
#include "subagent/prometheus.h"
#include "subagent/report.h"
#include "subagent/tables.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/model.h"

/* As a walk of the whole MIB. The rows need not be in order. */
static void walk(const struct snapshot *s)
{
	static const uint32_t root[] = {0};
	static struct oidtable_walk walk;
	static struct value value;
	size_t near = 0;

	oidtable_walk(&tables_tree, s, root, 0, false, &near, &walk);
	while (oidtable_next(&walk, &value))
		REQUIRE(walk.len <= OID_MAX);
}

static void show(const struct snapshot *s)
{
	static FILE *out;
	const struct report_options options = {.host = "web-03", .origin = "Of a fuzzer"};
	json_t *json = json_snapshot(s);

	if (!out)
		out = fopen("/dev/null", "we");
	check_print(out, s, 1);
	report_print(out, s, &options);
	prometheus_print(out, s);
	connections_print(out, s, STATE_MASK_ALL, "Of a fuzzer", 80);
	walk(s);
	json_dumpf(json, out, 0);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *block = malloc(size ? size : 1);
	const struct snapshot *s;
	struct flat_origin origin;

	memcpy(block, data, size);
	if (flat_unpack(block, size, &s, &origin) == 0)
		show(s);
	free(block);
	return 0;
}

/* Of ten thousand bytes, few decide. Whatever has been done to them, the head is put right in most
 * of the inputs, so that they get as far as the members. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct flat head;
	struct snapshot model;
	void *block;
	size_t n;

	if (size < sizeof(head)) {
		model_fill(&model);
		if (flat_pack(&model, &(struct flat_origin){0}, &block, &n) < 0)
			return size;
		size = n < max_size ? n : max_size;
		memcpy(data, block, size);
		free(block);
	}
	size = LLVMFuzzerMutate(data, size, max_size);
	if (size < sizeof(head) || seed % 16 == 0)
		return size;
	memcpy(&head, data, sizeof(head));
	memcpy(head.magic, "TCPSTATE", sizeof(head.magic));
	memset(head.version, 0, sizeof(head.version));
	memcpy(head.version, TCPSTATE_VERSION, sizeof(TCPSTATE_VERSION));
	head.layout = flat_layout();
	head.size = size;
	memcpy(data, &head, sizeof(head));
	data[size - 1] = '\0';
	return size;
}
