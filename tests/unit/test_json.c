/* SPDX-License-Identifier: MIT */
#include "tests/support/mibtree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subagent/json.h"
#include "subagent/member.h"
#include "subagent/tables.h"
#include "tests/support/model.h"
#include "tests/support/sample.h"

enum { DOC_MAX = 65536 };

/* One row of each table, whole: a new column belongs here and into doc/json.md. */
static const struct {
	const char *table;
	size_t count;
	size_t row;
	const char *expected;
} cases[] = {
    {"states", 33, 7,
     "{'ipVersion':'ipv4','state':'CLOSE_WAIT','count':1208,'peak1Min':1308,"
     "'peak5Min':1408,'peak15Min':1508,'ipVersionName':'ipv4'}"},
    {"states", 33, 25,
     "{'ipVersion':'total','state':'SYN_RECV','count':3204,'peak1Min':3304,"
     "'peak5Min':3404,'peak15Min':3504,'ipVersionName':'total'}"},
    {"listeners", 4, 2,
     "{'address':'::','port':8080,'sockets':4,'acceptQueue':97,'acceptQueueLimit':512,"
     "'acceptQueueFullest':75,'acceptQueuePeak':130,'synQueue':3,'synQueuePeak':9,"
     "'synUnanswered':0,'drops':5000000000,'processId':4321,'processName':'java',"
     "'service':'app.service','synQueueLimit':512,'synQueuePercent':0,"
     "'acceptQueuePercent':18,'fullestQueue':96,'fullestLimit':128,'fullestProcessId':77,"
     "'fullestProcessName':'caf\u00e9','fullestService':'',"
     "'discontinuityTime':'2026-11-21T03:12:10Z','name':'[::]:8080'}"},
    {"listenerStates", 44, 43,
     "{'listenerAddress':'fe80::1%2','listenerPort':53,'state':'TIME_WAIT','count':53}"},
    {"connections", 6, 1,
     "{'state':'CLOSE_WAIT','localAddress':'10.0.3.7','localPort':8080,"
     "'remoteAddress':'10.0.9.1','remotePort':51022,'summary':'java[4321] app.service, "
     "silent 1987 s, recvq 1, sendq 0, retrans 0, uid 1001','age':1987,'recvQueue':1,"
     "'sendQueue':0,'retransmits':0,'rtt':350,'uid':1001,'processId':4321,"
     "'processName':'java','service':'app.service'}"},
    /* What is not known is null. */
    {"connections", 6, 5,
     "{'state':'LAST_ACK','localAddress':'fe80::1%2','localPort':1,"
     "'remoteAddress':'fe80::1%2','remotePort':2,'summary':'no process, recvq 0, sendq "
     "1, retrans 15, uid 0','age':null,'recvQueue':0,'sendQueue':1,'retransmits':15,"
     "'rtt':null,'uid':0,'processId':0,'processName':'','service':''}"},
    {"remotes", 5, 2, "{'state':'ESTABLISHED','address':'2001:db8::2','count':7}"},
    {"spreads", 11, 3, "{'state':'SYN_RECV','remotes':103,'processes':203}"},
    {"processes", 4, 0,
     "{'id':77,'state':'CLOSE_WAIT','count':1,'name':'caf\xc3\xa9','service':''}"},
    /* What SNMP's Gauge32 cannot hold is here as it is. */
    {"limits", 5, 4,
     "{'limit':'openFiles','usage':8000,'capacity':9223372036854775807,"
     "'percent':0,'peakPercent':0,'overflows':null,'bound':'fs.file-max','detail':'','name':'openFiles','timeLeft':null}"},
    {"counters", 3, 1,
     "{'name':'TcpExtListenDrops','value':9223372036854775807,'label':'TcpExtListenDrops'}"},
    {"tuning", 5, 2,
     "{'name':'tcp_fin_timeout','element':1,'value':'2','number':2,'default':'60',"
     "'recommended':'30','persisted':'60','persistedIn':'/etc/sysctl.d/50-web.conf:3',"
     "'status':'harmful','drift':'differsFromPersisted','meaning':'seconds in "
     "FIN_WAIT_2','reason':'too short','note':'','label':'tcp_fin_timeout'}"},
    {"conditions", 4, 1,
     "{'condition':'stateCount','element':4,'name':'stateCount.SYN_RECV','value':129,"
     "'unit':'connections','warning':100,'critical':-1,'severity':'warning',"
     "'since':'2026-11-21T03:10:01Z','offender':'','advice':'You asked for it.',"
     "'ignored':0}"},
};

static json_t *make_model(void)
{
	struct snapshot s;
	json_t *json;

	model_fill(&s);
	json = json_snapshot(&s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	return json;
}

/* Quotes are written as ' above. */
static void expect(const json_t *json, const char *expected)
{
	char *text = strdup(expected), *got = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *wanted;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	wanted = json_loads(text, JSON_DECODE_ANY, NULL);
	CU_ASSERT_PTR_NOT_NULL(wanted);
	if (!json_equal(json, wanted))
		printf("\n    is:       %s\n    expected: %s\n", got, text);
	CU_ASSERT(json_equal(json, wanted));
	json_decref(wanted);
	free(text);
	free(got);
}

static void test_rows(void)
{
	json_t *json = make_model();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const json_t *table = json_object_get(json, cases[i].table);

		CHECK_EQ_INT(json_array_size(table), cases[i].count);
		expect(json_array_get(table, cases[i].row), cases[i].expected);
	}
	json_decref(json);
}

static void test_scalars(void)
{
	json_t *json = make_model();

	expect(json_object_get(json, "sampler"),
	       "{'version':'0.1.0','sampleTime':'2026-11-21T03:12:07Z','sampleAge':0,"
	       "'samples':1000,'sampleErrors':1,'sampleLastError':'sock_diag: Interrupted "
	       "system call','sampleDuration':41000,'sampleSockets':48211,"
	       "'sampleSource':'sockDiag','detailAge':0,'sampleInterval':5000,"
	       "'detailInterval':15000,'sampleCpu':35,'sampleRowsOmitted':3,"
	       "'sampleUnknownStates':2,'sampleOwnersUnreadable':4,"
	       "'startTime':'2026-11-21T03:10:00Z',"
	       "'counterDiscontinuityTime':'2026-11-21T03:10:01Z',"
	       "'sampleMissing':'/proc/net lacks sockstat\\u0027s mem (memory unknown)',"
	       "'sampleMalformed':6,'sampleSuspectsOmitted':5,'retransmittedShare':137}");
	expect(json_object_get(json, "diagnosis"),
	       "{'worstSeverity':'critical','conditionsWarning':1,'conditionsCritical':1,"
	       "'notificationsLost':7}");
	json_decref(json);
}

static void test_empty(void)
{
	struct snapshot *s = sample_empty();
	json_t *json = json_snapshot(s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CHECK_EQ_INT(json_object_size(json), tables_tree.n_tables);
	expect(json_object_get(json, "listeners"), "[]");
	expect(json_object_get(json, "tuning"), "[]");
	CHECK_EQ_INT(json_array_size(json_object_get(json, "states")), 33);
	json_decref(json);
	sample_free(s);
}

/* Names of any bytes come out as JSON that can be read again. */
static void test_hostile(void)
{
	struct snapshot *s = sample_hostile();
	json_t *json = json_snapshot(s), *again;
	char *text = json_dumps(json, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	again = json_loads(text, 0, NULL);
	CU_ASSERT(json_equal(json, again));
	CU_ASSERT_PTR_NULL(strstr(text, "\\u"));
	CU_ASSERT_PTR_NULL(strstr(text, "\xe2\x80\xae"));
	/* A state that is none keeps its number; a cut character becomes "?". */
	expect(json_object_get(json_array_get(json_object_get(json, "connections"), 0), "state"),
	       "255");
	expect(json_object_get(json_array_get(json_object_get(json, "counters"), 0), "name"),
	       "'TcpExt?"
	       "?'");
	json_decref(again);
	json_decref(json);
	free(text);
	sample_free(s);
}

static size_t allocations_left;

static void *allocate(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

/* Wherever memory ends: no result, and (under ASan) nothing lost. */
static void test_no_memory(void)
{
	struct snapshot *s = sample_quiet();
	json_t *json = NULL;
	size_t tries = 0;

	json_set_alloc_funcs(allocate, free);
	for (size_t room = 0; !json && tries < 10000; room += 7, tries++) {
		allocations_left = room;
		json = json_snapshot(s);
	}
	json_set_alloc_funcs(malloc, free);
	CU_ASSERT(tries > 100);
	CU_ASSERT_PTR_NOT_NULL(json);
	json_decref(json);
	sample_free(s);
}

/* The words of an enumeration are the MIB's; those of the states are ss's. */
static void check_labels(const char *column, const char *(*label)(uint32_t))
{
	struct tree *node = mibtree_named(column);

	CU_ASSERT_PTR_NOT_NULL_FATAL(node);
	mibtree_expect((node->enums != NULL) == (label != NULL), column,
		       "is an enumeration in the MIB or in JSON only");
	for (struct enum_list *e = node->enums; label && e; e = e->next) {
		const char *word = label((uint32_t)e->value);

		if (strcmp(column, "tcpStateState") == 0 ||
		    strcmp(column, "tcpStateConnState") == 0)
			mibtree_expect(word == state_name((enum tcp_state)e->value), column,
				       "has other words for the states");
		else
			mibtree_expect(word && strcmp(word, e->label) == 0, column,
				       "has other words in the MIB");
	}
	if (label)
		CU_ASSERT_PTR_NULL(label(0));
}

static void check_index(const struct table *table)
{
	struct tree *entry = mibtree_at(table->prefix, table->prefix_len);
	const struct index_part *part = table->index;

	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	for (struct index_list *i = entry->indexes; i; i = i->next) {
		if (strstr(i->ilabel, "AddressType"))
			continue;
		mibtree_expect(part->name && strcmp(part->name, i->ilabel) == 0, i->ilabel,
			       "is not in the index");
		mibtree_expect((part->syntax == INDEX_IMPLIED) == i->isimplied, i->ilabel,
			       "is IMPLIED in one of both only");
		check_labels(i->ilabel, part->label);
		part++;
	}
	CU_ASSERT_PTR_NULL(part->name);
}

static void test_mib(void)
{
	for (size_t i = 0; i < tables_tree.n_tables; i++) {
		const struct table *table = &tables_tree.tables[i];

		mibtree_expect(member_table(table) != NULL, table->name, "is missing in JSON");
		if (table->index)
			check_index(table);
		for (size_t c = 0; c < table->n_columns; c++)
			check_labels(table->columns[c].name, table->columns[c].label);
	}
}

static char *read_doc(void)
{
	const char *dir = getenv("DOCDIR");
	char path[4096], *text = calloc(1, DOC_MAX);
	FILE *file;

	snprintf(path, sizeof(path), "%s/json.md", dir ? dir : "doc");
	file = fopen(path, "re");
	CU_ASSERT_FATAL(file && text);
	CU_ASSERT(fread(text, 1, DOC_MAX, file) < DOC_MAX);
	fclose(file);
	return text;
}

/* Every member has its line in the section of its table, and every line its member. */
static void check_section(const char *name, const char *section, const json_t *row)
{
	const char *end = strstr(section, "\n## ");
	size_t lines = 0;
	const char *key;
	json_t *value;

	for (const char *p = section; (p = strstr(p, "\n| `")) && (!end || p < end); p++)
		lines++;
	mibtree_expect(lines == json_object_size(row), name,
		       "has more or fewer members in doc/json.md");
	json_object_foreach((json_t *)row, key, value)
	{
		char line[MEMBER_NAME_MAX + 8];
		const char *found;

		snprintf(line, sizeof(line), "\n| `%s` |", key);
		found = strstr(section, line);
		mibtree_expect(found && (!end || found < end), key, "has no line in doc/json.md");
	}
}

static void test_doc(void)
{
	json_t *json = make_model(), *value;
	char *doc = read_doc();
	const char *name;

	json_object_foreach(json, name, value)
	{
		char heading[MEMBER_NAME_MAX + 8];
		const char *section;

		snprintf(heading, sizeof(heading), "\n## `%s`\n", name);
		section = strstr(doc, heading);
		mibtree_expect(section != NULL, name, "has no section in doc/json.md");
		if (section)
			check_section(name, section + 1,
				      json_is_array(value) ? json_array_get(value, 0) : value);
	}
	json_decref(json);
	free(doc);
}

int main(void)
{
	static CU_TestInfo tests[] = {
	    {"rows", test_rows},
	    {"scalars", test_scalars},
	    {"an empty snapshot", test_empty},
	    {"hostile names", test_hostile},
	    {"out of memory", test_no_memory},
	    {"indexes and words are those of the MIB", test_mib},
	    {"every member is in doc/json.md", test_doc},
	    CU_TEST_INFO_NULL,
	};

	return mibtree_run("json", tests);
}
