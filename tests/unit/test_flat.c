/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "subagent/check.h"
#include "subagent/flat_private.h"
#include "subagent/json.h"
#include "subagent/report.h"
#include "tests/support/model.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

static const struct flat_origin origin = {.netns = 4026531840, .config = 7};

struct block {
	void *bytes;
	size_t size;
};

static struct block pack(const struct snapshot *s)
{
	struct block b;

	CHECK_EQ_INT_FATAL(flat_pack(s, &origin, &b.bytes, &b.size), 0);
	return b;
}

/* An exact copy, so that a sanitizer sees a byte after its end. */
static void *copy_of(const struct block *b, size_t size)
{
	void *bytes = malloc(size ? size : 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	memcpy(bytes, b->bytes, size);
	return bytes;
}

/* All that the command line makes of it. */
static char *show(const struct snapshot *s)
{
	struct report_options options = {.host = "web-03"};
	json_t *json = json_snapshot(s);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	CU_ASSERT_FATAL(out && json);
	check_print(out, s, -1);
	report_print(out, s, &options);
	json_dumpf(json, out, JSON_INDENT(1));
	fclose(out);
	json_decref(json);
	return text;
}

static void check_same(const struct snapshot *s)
{
	struct block b = pack(s);
	const struct snapshot *again;
	struct flat_origin from;
	char *before = show(s), *after;

	CHECK_EQ_INT_FATAL(flat_unpack(b.bytes, b.size, &again, &from), 0);
	after = show(again);
	CHECK_EQ_STR(after, before);
	CHECK_EQ_INT(from.netns, origin.netns);
	CHECK_EQ_INT(from.config, origin.config);
	CHECK_EQ_INT(again->n_ports, s->n_ports);
	CU_ASSERT_PTR_NULL(again->next);
	free(before);
	free(after);
	free(b.bytes);
}

/* A snapshot that lies elsewhere afterwards shows that nothing points to where it was. */
static void test_same(void)
{
	struct port ports[] = {{.port = 80, .count = {1, 2}}, {.port = 5432, .remote = true}};
	struct snapshot *(*const make[])(void) = {sample_quiet, sample_trouble};
	struct snapshot s;
	struct block b;
	const struct snapshot *again;
	struct flat_origin from;
	void *moved;

	model_fill(&s);
	s.ports = ports;
	s.n_ports = 2;
	check_same(&s);
	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		struct snapshot *sample = make[i]();

		/* An age of 0 whenever it is asked for. */
		sample->info.monotonic.tv_sec = sample->info.detail_at.tv_sec = INT32_MAX;
		check_same(sample);
		sample_free(sample);
	}
	b = pack(&s);
	moved = copy_of(&b, b.size);
	memset(b.bytes, 0xff, b.size);
	free(b.bytes);
	CHECK_EQ_INT_FATAL(flat_unpack(moved, b.size, &again, &from), 0);
	CHECK_EQ_INT(again->ports[1].remote, true);
	CHECK_EQ_INT(again->ports[0].count[1], 2);
	CHECK_EQ_STR(again->tuning->rows[2].persisted_in, "/etc/sysctl.d/50-web.conf:3");
	CHECK_EQ_STR(again->conditions[0].advice, s.conditions[0].advice);
	free(moved);
}

/* Every array that a snapshot owns is one whose members are known, and lies within the block. */
static void test_arrays(void)
{
	for (size_t i = 0; i < SNAPSHOT_ARRAYS; i++) {
		size_t at = offsetof(struct flat, snapshot) + snapshot_arrays[i].rows;
		bool found = false;

		for (const struct flat_rows *r = flat_rows; r < flat_rows + FLAT_ROWS; r++)
			found |= !r->inside && r->at == at &&
				 r->size * r->times == snapshot_arrays[i].size;
		CU_ASSERT(found);
	}
}

/* A file of the source. The caller frees it. */
static char *read_source(const char *name)
{
	const char *srcdir = getenv("SRCDIR");
	char path[4096], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", srcdir ? srcdir : ".", name);
	CHECK_EQ_INT_FATAL(file_read(AT_FDCWD, path, 1 << 20, &text, &len), 0);
	return text;
}

/* Members that need a line in flatrows.c: what it begins with. */
static const struct checked {
	const char *type, *word; /* as it is declared; what the rest of the line has in it */
	const char *kind;        /* NULL: none is needed */
} checked[] = {
    {"const char *", "", "TEXT"},
    {"char ", "[", "CHARS"},
    {"bool ", "", "BOOL"},
    {"struct timespec ", "", "TIME"},
    {"struct inet_addr ", "", "ADDRESS"},
    {"struct suspect_remote ", "", "ADDRESS"},
    {"struct suspect_top listeners", "", "TOP"},
    {"struct suspect_top ", "", "OWNER"},
    {"uint8_t ", "/* enum ", "NUMBER8"},
    {"uint32_t ", "/* enum ", "NUMBER32"},
    {"uint32_t ", "/* 1 to ", "NUMBER32"},
    {"uint32_t ", "/* index into the snapshot's owners", "OWNER"},
    {"uint32_t ", "/* index into owners", "OWNER"},
    {"uint32_t ", "/* index into listeners", "FLAT_LISTENER, offsetof"},
    {"uint", "", NULL},
    {"int", "", NULL},
    {"size_t ", "", NULL},
    {"unsigned ", "", NULL},
    {"struct tuning *rows", "", NULL},   /* an array */
    {"struct textpool *pool", "", NULL}, /* none in a block */
};

static const struct checked *find_checked(const char *line)
{
	for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++) {
		size_t len = strlen(checked[i].type);

		if (strncmp(line, checked[i].type, len) == 0 && strstr(line, checked[i].word))
			return &checked[i];
	}
	return NULL;
}

static bool has_line(const char *rows, const char *kind, const char *row, const char *member)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "%s(struct %s, %s", kind, row, member);

	for (; (rows = strstr(rows, text)); rows++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz_0123456789", rows[len]))
			return true;
	return false;
}

/* The members of one declaration: "uint32_t from, to; ..." */
static size_t check_declaration(const char *rows, const char *row, const char *line)
{
	const struct checked *c = find_checked(line);
	char names[128], *save, *name;
	size_t count = 0;

	if (!c)
		printf("\n    struct %s: what of \"%s\"?", row, line);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	if (!c->kind)
		return 0;
	/* A type that has a name in it is for that name. */
	snprintf(names, sizeof(names), "%.*s", (int)strcspn(line, ";"), line);
	name = strrchr(c->type, ' ');
	name = names + (name[1] == '*' ? name + 2 - c->type : name + 1 - c->type);
	for (name = strtok_r(name, ", ", &save); name; name = strtok_r(NULL, ", ", &save)) {
		bool found;

		name[strcspn(name, "[")] = '\0';
		found = has_line(rows, c->kind, row, name);
		if (!found)
			printf("\n    subagent/flatrows.c: %s(struct %s, %s) is missing", c->kind,
			       row, name);
		CU_ASSERT(found);
		count += strncmp(c->kind, "NUMBER", 6) == 0;
	}
	return count;
}

static size_t count_word(const char *text, const char *word)
{
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

/* Each member that is more than a number which may have any value is checked. */
static void test_members(void)
{
	char *rows = read_source("subagent/flatrows.c"), pattern[4096];
	const char *srcdir = getenv("SRCDIR");
	size_t numbers = 0;
	glob_t headers;

	snprintf(pattern, sizeof(pattern), "%s/core/model/*.h", srcdir ? srcdir : ".");
	CHECK_EQ_INT_FATAL(glob(pattern, 0, NULL, &headers), 0);
	for (size_t i = 0; i < headers.gl_pathc; i++) {
		char row[32] = "", text[64], *header, *save, *line;
		size_t len;

		CHECK_EQ_INT_FATAL(file_read(AT_FDCWD, headers.gl_pathv[i], 1 << 20, &header, &len),
				   0);
		for (line = strtok_r(header, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			if (line[0] == '}')
				row[0] = '\0';
			else if (line[0] != '\t' && strchr(line, '{'))
				sscanf(line, "struct %31[a-z_]", row);
			snprintf(text, sizeof(text), "(struct %s, ", row);
			if (line[0] == '\t' && islower(line[1]) && strstr(rows, text) &&
			    strcmp(line + 1, "union {") != 0)
				numbers += check_declaration(rows, row, line + 1);
		}
		free(header);
	}
	globfree(&headers);
	/* The comment of a number that is checked says what it counts from. */
	CHECK_EQ_INT(numbers,
		     count_word(rows, "NUMBER8(struct") + count_word(rows, "NUMBER32(struct"));
	free(rows);
}

/* No tuning has been read, nobody has a socket. */
static void test_little(void)
{
	struct snapshot *s = sample_empty();
	struct tuning_table *tuning = s->tuning;
	struct block b;
	const struct snapshot *again;
	struct flat_origin from;

	s->tuning = NULL;
	b = pack(s);
	CHECK_EQ_INT_FATAL(flat_unpack(b.bytes, b.size, &again, &from), 0);
	CU_ASSERT_PTR_NULL(again->tuning);
	CHECK_EQ_INT(again->n_owners, 1);
	free(b.bytes);
	s->tuning = tuning;
	sample_free(s);
}

static int unpack_copy(const struct block *b, size_t size, bool use)
{
	void *copy = copy_of(b, size);
	const struct snapshot *s;
	struct flat_origin from;
	int ret = flat_unpack(copy, size, &s, &from);

	if (ret == 0 && use)
		free(show(s));
	free(copy);
	return ret;
}

static void test_truncated(void)
{
	struct snapshot s;
	struct block b;
	size_t accepted = 0;

	model_fill(&s);
	b = pack(&s);
	for (size_t size = 0; size < b.size; size++)
		accepted += unpack_copy(&b, size, false) == 0;
	CHECK_EQ_INT(accepted, 0);
	CHECK_EQ_INT(unpack_copy(&b, b.size, true), 0);
	free(b.bytes);
}

/* Refused, or fit to be shown: each byte as 0, as 0xff, and with its lowest bit the other way. */
static void test_flipped(void)
{
	struct snapshot s;
	struct block b;
	size_t refused = 0;

	model_fill(&s);
	b = pack(&s);
	for (size_t i = 0; i < b.size; i++) {
		unsigned char *byte = (unsigned char *)b.bytes + i, was = *byte;
		const unsigned char values[] = {0, 0xff, was ^ 1};

		for (size_t j = 0; j < 3; j++) {
			*byte = values[j];
			refused += unpack_copy(&b, b.size, (i + j) % 20 == 0) < 0;
		}
		*byte = was;
	}
	CU_ASSERT(refused > 1000);
	CHECK_EQ_INT(unpack_copy(&b, b.size, true), 0);
	free(b.bytes);
}

/* What must not be let in, one by one. */
static void test_refused(void)
{
	struct snapshot s;
	struct block b;
	struct flat *f;
	struct conn *conns = NULL;

	model_fill(&s);
	b = pack(&s);
	f = b.bytes;
#define REFUSED(lvalue, wrong, error)                                                              \
	do {                                                                                       \
		__typeof__(lvalue) was_ = (lvalue);                                                \
		(lvalue) = (wrong);                                                                \
		CHECK_EQ_INT(unpack_copy(&b, b.size, false), (error));                             \
		(lvalue) = was_;                                                                   \
	} while (0)
	REFUSED(f->magic[0], 'X', -EINVAL);
	REFUSED(f->layout, f->layout + 1, -ESTALE);
	REFUSED(f->version[0], 'x', -ESTALE);
	REFUSED(f->size, f->size - 1, -EINVAL);
	REFUSED(f->tuned, 2, -EINVAL);
	REFUSED(f->snapshot.n_owners, 0, -EINVAL);
	REFUSED(f->snapshot.n_limits, LIMIT_COUNT + 1, -EINVAL);
	REFUSED(f->snapshot.n_conns, SIZE_MAX / sizeof(*conns), -EINVAL);
	REFUSED(f->snapshot.n_conns, f->snapshot.n_conns + 1, -EINVAL);
	REFUSED(f->snapshot.tops[10].owner, (uint32_t)f->snapshot.n_owners, -EINVAL);
	REFUSED(f->snapshot.suspects[0].listeners[0],
		((struct suspect_top){(uint32_t)s.n_listeners, 1}), -EINVAL);
	REFUSED(f->snapshot.states[3].state, 12, -EINVAL);
	REFUSED(f->snapshot.info.time.tv_sec, INT64_MAX / 1000, -EINVAL);
	REFUSED(f->snapshot.info.time.tv_nsec, -1, -EINVAL);
	REFUSED(f->snapshot.info.missing[1], '\033', -EINVAL);
	REFUSED(f->tuning.profile, (const char *)0, -EINVAL);
	REFUSED(f->tuning.profile, (const char *)b.size, -EINVAL);
	REFUSED(((char *)b.bytes)[b.size - 1], 'x', -EINVAL);
#undef REFUSED
	memset(f->snapshot.info.last_error, 'x', sizeof(f->snapshot.info.last_error));
	CHECK_EQ_INT(unpack_copy(&b, b.size, false), -EINVAL);
	free(b.bytes);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"what comes out is what went in", test_same},
	    {"every array", test_arrays},
	    {"every member that is checked", test_members},
	    {"a snapshot of nothing", test_little},
	    {"cut anywhere", test_truncated},
	    {"any byte wrong", test_flipped},
	    {"what must not be let in", test_refused},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("flat", tests);
}
