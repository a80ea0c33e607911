/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysname.h"

#include <string.h>

#include "tests/support/suite.h"

static void names(void)
{
	static const struct {
		const char *text, *name, *path; /* name NULL: refused */
	} cases[] = {
	    {"tcp_fin_timeout", "tcp_fin_timeout", "net/ipv4/tcp_fin_timeout"},
	    {"net.ipv4.tcp_fin_timeout", "tcp_fin_timeout", "net/ipv4/tcp_fin_timeout"},
	    {"net/ipv4/tcp_fin_timeout", "tcp_fin_timeout", "net/ipv4/tcp_fin_timeout"},
	    {"net.core.somaxconn", "net.core.somaxconn", "net/core/somaxconn"},
	    {"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.rp_filter",
	     "net/ipv4/conf/all/rp_filter"},
	    {"", NULL, NULL},
	    {".", NULL, NULL},
	    {"net.ipv4.", NULL, NULL},
	    {"/net/ipv4/tcp_sack", NULL, NULL},
	    {"net..tcp_sack", NULL, NULL},
	    {"net.ipv4.../../kernel.panic", NULL, NULL},
	    {"kernel.panic", NULL, NULL},
	    {"tcp sack", NULL, NULL},
	    {"tcp_s\303\244ck", NULL, NULL},
	    {"tcp_fastopen_key", NULL, NULL},
	    {"net.ipv4.tcp_fastopen_key", NULL, NULL},
	    {"net/ipv4/tcp_fastopen_key", NULL, NULL},
	    {"net.ipv6.conf.all.stable_secret", NULL, NULL},
	    {"tcp_a23456789_123456789_123456789_123456789_123456789_123456789",
	     "tcp_a23456789_123456789_123456789_123456789_123456789_123456789",
	     "net/ipv4/tcp_a23456789_123456789_123456789_123456789_123456789_123456789"},
	    {"tcp_a23456789_123456789_123456789_123456789_123456789_123456789_", NULL, NULL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[SYSNAME_MAX] = "untouched", path[SYSNAME_KEY_MAX];
		bool good = sysname_parse(cases[i].text, name);

		CHECK_EQ_INT(good, cases[i].name != NULL);
		CHECK_EQ_STR(name, cases[i].name ? cases[i].name : "untouched");
		if (!good)
			continue;
		sysname_path(name, path);
		CHECK_EQ_STR(path, cases[i].path);
		sysname_key(name, path);
		CU_ASSERT_TRUE(sysname_parse(path, name));
		CHECK_EQ_STR(name, cases[i].name);
	}
}

static void order(void)
{
	CU_ASSERT(sysname_cmp("tcp_z", "tcp_aa") < 0);
	CU_ASSERT(sysname_cmp("tcp_b", "tcp_a") > 0);
	CHECK_EQ_INT(sysname_cmp("tcp_a", "tcp_a"), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {{"names", names}, {"order", order}, CU_TEST_INFO_NULL};

	return suite_run("sysname", tests);
}
