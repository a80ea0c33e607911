/* SPDX-License-Identifier: MIT */
#include "core/sample/tuningkeep.h"

#include <stdio.h>
#include <string.h>

#include "core/config/config.h"
#include "tests/support/recorded.h"
#include "tests/support/suite.h"

enum { INTERVAL_S = 300 };

/* A keeper with a kernel and a root of files, asked at times of the test's choice. */
struct keeper {
	struct tree t;
	char sys[128], root[128], profiles[128];
	struct tuningkeep keep;
	struct config config;
	struct snapshot now;
};

static void open_keeper(struct keeper *k)
{
	*k = (struct keeper){.keep.due = true};
	tree_make(&k->t);
	recorded_expand(&k->t, "6.18");
	tree_file(&k->t, "root/etc/sysctl.d/50-a.conf", "net.ipv4.tcp_fin_timeout=60\n");
	tree_file(&k->t, "profiles/mine.conf", "tcp_sack = 1 why\n");
	snprintf(k->sys, sizeof(k->sys), "%s/sys", k->t.path);
	snprintf(k->root, sizeof(k->root), "%s/root", k->t.path);
	snprintf(k->profiles, sizeof(k->profiles), "%s/profiles", k->t.path);
	k->keep.roots = (struct tunable_roots){
	    .proc_sys = k->sys,
	    .root = k->root,
	    .profiles = k->profiles,
	};
	config_init(&config_core_options, &k->config);
	k->config.tuning_interval_s = INTERVAL_S;
	strcpy(k->config.profile, "mine");
}

static void close_keeper(struct keeper *k)
{
	tuningkeep_drop(k->now.tuning);
	tuningkeep_drop(k->keep.newest);
	tree_remove(&k->t);
}

/* A sample. Returns whether it read the parameters anew. */
static bool sample(struct keeper *k, int64_t at_ms, bool look)
{
	struct snapshot before = k->now;
	bool anew;

	k->now = (struct snapshot){0};
	k->now.info.monotonic.tv_sec = at_ms / 1000;
	k->now.info.monotonic.tv_nsec = at_ms % 1000 * 1000000;
	tuningkeep_put(&k->keep, &k->config, look, &k->now);
	anew = k->now.tuning != before.tuning;
	tuningkeep_drop(before.tuning);
	return anew;
}

static const struct tuning *row(const struct keeper *k, const char *name)
{
	const struct tuning *found = recorded_find(k->now.tuning, name, 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(found);
	return found;
}

static void at_its_interval(void)
{
	struct keeper k;

	open_keeper(&k);
	CU_ASSERT_TRUE(sample(&k, 1000500, true));
	CHECK_EQ_INT(row(&k, "tcp_sack")->number, 1);
	CHECK_EQ_INT(row(&k, "tcp_sack")->status, TUNING_AS_RECOMMENDED);
	tree_file(&k.t, "sys/net/ipv4/tcp_sack", "0\n");
	CU_ASSERT_FALSE(sample(&k, 1000500 + INTERVAL_S * 1000 - 1, true));
	CHECK_EQ_INT(row(&k, "tcp_sack")->number, 1);
	/* A lesser sample reads as well when it is time. */
	CU_ASSERT_TRUE(sample(&k, 1000500 + INTERVAL_S * 1000, false));
	CHECK_EQ_INT(row(&k, "tcp_sack")->number, 0);
	CHECK_EQ_INT(row(&k, "tcp_sack")->status, TUNING_HARMFUL);
	CHECK_EQ_INT(k.now.tuning->harmful, 1);
	CHECK_EQ_INT(k.now.tuning->read_at.tv_sec, 1000 + INTERVAL_S);
	CU_ASSERT_FALSE(sample(&k, 1000500 + INTERVAL_S * 1000 + 1000, true));
	close_keeper(&k);
}

static void when_it_is_asked_for(void)
{
	struct keeper k;

	open_keeper(&k);
	sample(&k, 1000, true);
	k.keep.due = true;
	CU_ASSERT_TRUE(sample(&k, 2000, false));
	CU_ASSERT_FALSE(sample(&k, 3000, true));
	close_keeper(&k);
}

static void when_a_file_changes(void)
{
	static const struct {
		const char *path, *text;
		const char *persisted, *recommended; /* of tcp_fin_timeout */
	} cases[] = {
	    {"root/etc/sysctl.d/50-a.conf", "net.ipv4.tcp_fin_timeout = 30\n", "30", ""},
	    {"root/run/sysctl.d/60-b.conf", "net.ipv4.tcp_fin_timeout=31\n", "31", ""},
	    {"profiles/mine.conf", "tcp_fin_timeout <= 45 why\n", "31", "at most 45"},
	    {"profiles/yours.conf", "tcp_fin_timeout = 1 why\n", NULL, NULL},
	};
	int64_t at_ms = 1000;
	struct keeper k;

	open_keeper(&k);
	sample(&k, at_ms, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tree_file(&k.t, cases[i].path, cases[i].text);
		/* Only full samples look. */
		CU_ASSERT_FALSE(sample(&k, at_ms += 1000, false));
		CHECK_EQ_INT(sample(&k, at_ms += 1000, true), cases[i].persisted != NULL);
		CU_ASSERT_FALSE(sample(&k, at_ms += 1000, true));
		if (!cases[i].persisted)
			continue;
		CHECK_EQ_STR(row(&k, "tcp_fin_timeout")->persisted, cases[i].persisted);
		CHECK_EQ_STR(row(&k, "tcp_fin_timeout")->recommended, cases[i].recommended);
	}
	CHECK_EQ_INT(row(&k, "tcp_fin_timeout")->drift, DRIFT_DIFFERS_FROM_PERSISTED);
	close_keeper(&k);
}

/* A wrong profile takes the recommendations away and nothing else. */
static void wrong_profile(void)
{
	struct keeper k;

	open_keeper(&k);
	sample(&k, 1000, true);
	CHECK_EQ_STR(k.now.info.tuning_error, "");
	tree_file(&k.t, "profiles/mine.conf", "\ntcp_sack is good\n");
	tree_file(&k.t, "sys/net/ipv4/tcp_window_scaling", "0\n");
	CU_ASSERT_TRUE(sample(&k, 2000, true));
	CU_ASSERT_PTR_NOT_NULL(strstr(k.now.info.tuning_error, "/mine.conf:2: \"is\""));
	CHECK_EQ_INT(row(&k, "tcp_sack")->status, TUNING_NO_RECOMMENDATION);
	CHECK_EQ_INT(row(&k, "tcp_window_scaling")->status, TUNING_HARMFUL);
	CHECK_EQ_STR(row(&k, "tcp_fin_timeout")->persisted, "60");
	/* It is told as long as it lasts, and not tried again with each sample. */
	CU_ASSERT_FALSE(sample(&k, 3000, true));
	CU_ASSERT_PTR_NOT_NULL(strstr(k.now.info.tuning_error, "/mine.conf:2: "));
	tree_drop(&k.t, "profiles/mine.conf");
	CU_ASSERT_TRUE(sample(&k, 4000, true));
	CU_ASSERT_PTR_NOT_NULL(strstr(k.now.info.tuning_error, "No such file"));
	tree_file(&k.t, "profiles/mine.conf", "tcp_sack = 1 why\n");
	CU_ASSERT_TRUE(sample(&k, 5000, true));
	CHECK_EQ_STR(k.now.info.tuning_error, "");
	CHECK_EQ_INT(row(&k, "tcp_sack")->status, TUNING_AS_RECOMMENDED);
	close_keeper(&k);
}

/* Without /proc/sys, the table at hand stays; the next try comes at the interval. */
static void no_parameters(void)
{
	const struct tuning_table *table;
	struct keeper k;

	open_keeper(&k);
	k.keep.roots.proc_sys = "/nonexistent";
	CU_ASSERT_FALSE(sample(&k, 1000, true));
	CU_ASSERT_PTR_NULL(k.now.tuning);
	CU_ASSERT_PTR_NOT_NULL(strstr(k.now.info.tuning_error, "/nonexistent: "));
	k.keep.roots.proc_sys = k.sys;
	CU_ASSERT_FALSE(sample(&k, 2000, true));
	CU_ASSERT_TRUE(sample(&k, 1000 + INTERVAL_S * 1000, true));
	CHECK_EQ_STR(k.now.info.tuning_error, "");
	table = k.now.tuning;
	k.keep.roots.proc_sys = "/nonexistent";
	k.keep.due = true;
	CU_ASSERT_FALSE(sample(&k, 2000 + INTERVAL_S * 1000, true));
	CU_ASSERT_PTR_EQUAL(k.now.tuning, table);
	CU_ASSERT_PTR_NOT_NULL(strstr(k.now.info.tuning_error, "/nonexistent: "));
	close_keeper(&k);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"at its interval", at_its_interval},
	    {"when it is asked for", when_it_is_asked_for},
	    {"when a file changes", when_a_file_changes},
	    {"a wrong profile", wrong_profile},
	    {"no parameters", no_parameters},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("tuningkeep", tests);
}
