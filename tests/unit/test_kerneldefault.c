/* SPDX-License-Identifier: MIT */
#include "core/tuning/kerneldefault.h"

#include "tests/support/suite.h"

static void releases(void)
{
	static const struct {
		const char *text;
		bool good;
		uint32_t release;
	} cases[] = {
	    {"6.1.0-18-amd64", true, KERNEL_RELEASE(6, 1)},
	    {"6.18.44", true, KERNEL_RELEASE(6, 18)},
	    {"3.10-rc1", true, KERNEL_RELEASE(3, 10)},
	    {"6", false, 0},
	    {"", false, 0},
	    {"x.y", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t release = 0;

		CHECK_EQ_INT(kerneldefault_release(cases[i].text, &release), cases[i].good);
		CHECK_EQ_INT(release, cases[i].release);
	}
}

static void defaults(void)
{
	static const struct {
		struct kernel kernel;
		const char *name;
		uint32_t element;
		const char *value; /* NULL: not known */
	} cases[] = {
	    {{KERNEL_RELEASE(4, 18), 0, 0, 4096}, "tcp_tw_reuse", 1, "0"},
	    {{KERNEL_RELEASE(4, 19), 0, 0, 4096}, "tcp_tw_reuse", 1, "2"},
	    {{KERNEL_RELEASE(5, 3), 0, 0, 4096}, "net.core.somaxconn", 1, "128"},
	    {{KERNEL_RELEASE(5, 4), 0, 0, 4096}, "net.core.somaxconn", 1, "4096"},
	    {{KERNEL_RELEASE(3, 9), 0, 0, 4096}, "net.core.somaxconn", 1, NULL},
	    {{0, 0, 0, 4096}, "tcp_fin_timeout", 1, NULL},
	    {{KERNEL_RELEASE(6, 1), 0, 0, 4096}, "tcp_fin_timeout", 1, "60"},
	    {{KERNEL_RELEASE(6, 1), 0, 0, 4096}, "tcp_fin_timeout", 2, NULL},
	    {{KERNEL_RELEASE(6, 1), 0, 0, 4096}, "tcp_unheard_of", 1, NULL},
	    {{KERNEL_RELEASE(4, 6), 0, 0, 4096}, "tcp_challenge_ack_limit", 1, NULL},
	    {{KERNEL_RELEASE(5, 19), 0, 0, 4096}, "tcp_challenge_ack_limit", 1, "1000"},
	    {{KERNEL_RELEASE(6, 0), 0, 0, 4096}, "tcp_challenge_ack_limit", 1, "2147483647"},
	    {{KERNEL_RELEASE(4, 0), 0, 0, 4096}, "tcp_base_mss", 1, "512"},
	    {{KERNEL_RELEASE(4, 1), 0, 0, 4096}, "tcp_base_mss", 1, "1024"},
	    {{KERNEL_RELEASE(6, 15), 0, 0, 4096}, "tcp_limit_output_bytes", 1, "1048576"},
	    {{KERNEL_RELEASE(6, 16), 0, 0, 4096}, "tcp_limit_output_bytes", 1, "4194304"},
	    {{KERNEL_RELEASE(6, 15), 262144, 262144, 4096}, "tcp_rmem", 3, "6291456"},
	    {{KERNEL_RELEASE(6, 1), 0, 0, 4096}, "tcp_max_tw_buckets", 1, NULL},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_max_tw_buckets", 1, "131072"},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_max_orphans", 1, "131072"},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_max_syn_backlog", 1, "2048"},
	    {{KERNEL_RELEASE(6, 1), 4096, 4096, 4096}, "tcp_max_syn_backlog", 1, "128"},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_mem", 1, NULL},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_rmem", 1, "4096"},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 65536}, "tcp_rmem", 1, NULL},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_rmem", 2, "131072"},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_rmem", 3, "6291456"},
	    {{KERNEL_RELEASE(6, 16), 262144, 262144, 4096}, "tcp_rmem", 3, "33554432"},
	    {{KERNEL_RELEASE(6, 16), 65536, 65536, 4096}, "tcp_rmem", 3, NULL},
	    {{KERNEL_RELEASE(6, 1), 16384, 16384, 4096}, "tcp_wmem", 3, NULL},
	    {{KERNEL_RELEASE(6, 1), 262144, 0, 4096}, "tcp_wmem", 3, NULL},
	    {{KERNEL_RELEASE(6, 1), 262144, 262144, 4096}, "tcp_wmem", 3, "4194304"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char value[KERNELDEFAULT_MAX] = "untouched";

		CHECK_EQ_INT(
		    kerneldefault_find(&cases[i].kernel, cases[i].name, cases[i].element, value),
		    cases[i].value != NULL);
		CHECK_EQ_STR(value, cases[i].value ? cases[i].value : "untouched");
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"releases", releases},
	    {"defaults", defaults},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("kerneldefault", tests);
}
