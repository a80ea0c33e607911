/* SPDX-License-Identifier: MIT */
#include "core/tuning/syswrite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/tuning/kerneldefault.h"
#include "tests/support/suite.h"

enum { TAKEN = SYSWRITE_TAKEN, REFUSED = SYSWRITE_REFUSED, UNKNOWN = SYSWRITE_UNKNOWN };

static const struct syswrite_kernel fresh = {
    .release = KERNEL_RELEASE(6, 18),
    .port_start = 1024,
    .port_range = {32768, 60999},
    .congestion_allowed = "reno cubic",
};

/* "5000 6000": the numbers that are set. */
static const char *numbers(const struct syswrite *write, char text[128])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < write->count && write->form == SYSWRITE_NUMBERS; i++)
		len += (size_t)snprintf(text + len, 128 - len, "%s%" PRId64, i > 0 ? " " : "",
					write->numbers[i]);
	return text;
}

static void by_handler(void)
{
	static const struct {
		const char *name, *text;
		int result;
		const char *numbers;
	} cases[] = {
	    {"tcp_fin_timeout", "31 # c", TAKEN, "31"},
	    {"tcp_fin_timeout", "31# c", REFUSED, ""},
	    {"tcp_fin_timeout", "2147483", TAKEN, "2147483"},
	    {"tcp_fin_timeout", "2147484", UNKNOWN, ""},
	    {"tcp_fin_timeout", "21474836", UNKNOWN, ""},
	    {"tcp_fin_timeout", "21474837", REFUSED, ""},
	    {"tcp_fin_timeout", "-1", TAKEN, "-1"},
	    {"tcp_sack", "255", TAKEN, "255"},
	    {"tcp_sack", "256", REFUSED, ""},
	    {"tcp_sack", "-0", REFUSED, ""},
	    {"net.core.somaxconn", "-0", TAKEN, "0"},
	    {"net.core.somaxconn", "-1", REFUSED, ""},
	    {"net.core.somaxconn", "2147483647", TAKEN, "2147483647"},
	    {"net.core.somaxconn", "2147483648", REFUSED, ""},
	    {"net.core.somaxconn", "18446744073709551616", REFUSED, ""},
	    {"tcp_max_syn_backlog", "-2147483648", TAKEN, "-2147483648"},
	    {"tcp_max_syn_backlog", "-2147483649", REFUSED, ""},
	    {"tcp_notsent_lowat", "4294967295", TAKEN, "4294967295"},
	    {"tcp_notsent_lowat", "4294967296", REFUSED, ""},
	    {"tcp_comp_sack_delay_ns", "9223372036854775807", TAKEN, "9223372036854775807"},
	    {"tcp_comp_sack_delay_ns", "9223372036854775808", UNKNOWN, ""},
	    {"tcp_invalid_ratelimit", "500", TAKEN, "500"},
	    {"tcp_invalid_ratelimit", "501", UNKNOWN, ""},
	    {"tcp_invalid_ratelimit", "-20", UNKNOWN, ""},
	    {"tcp_invalid_ratelimit", "2147483640", TAKEN, "2147483640"},
	    {"tcp_invalid_ratelimit", "2147483660", UNKNOWN, ""},
	    {"tcp_reordering", "300", TAKEN, "300"},
	    {"tcp_reordering", "301", UNKNOWN, ""},
	    {"tcp_mem", "1 2 3 # c", TAKEN, "1 2 3"},
	    {"tcp_mem", "1 2 # c", REFUSED, "1 2"},
	    {"tcp_rmem", "4096 0 1", REFUSED, "4096"},
	    {"tcp_rmem", "", REFUSED, ""},
	    {"tcp_sack", "00000000000000000001", TAKEN, "1"},
	    {"tcp_sack", "000000000000000000001", REFUSED, ""},
	    {"ip_local_port_range", "1024 65535", TAKEN, "1024 65535"},
	    {"ip_local_port_range", "1023 65535", REFUSED, ""},
	    {"ip_local_port_range", "0 65535", REFUSED, ""},
	    {"ip_local_port_range", "1024 65536", REFUSED, ""},
	    {"ip_local_port_range", "40000 40000", TAKEN, "40000 40000"},
	    {"ip_local_port_range", "40001 40000", REFUSED, ""},
	    {"ip_local_port_range", "60999", TAKEN, "60999"},
	    {"ip_local_port_range", "61000", REFUSED, ""},
	    {"tcp_congestion_control", "reno", TAKEN, ""},
	    {"tcp_congestion_control", "vegas", UNKNOWN, ""},
	    {"tcp_congestion_control", "reno # old", REFUSED, ""},
	    {"tcp_congestion_control", "abcdefghijklmno", UNKNOWN, ""},
	    {"tcp_congestion_control", "abcdefghijklmnop", REFUSED, ""},
	    {"tcp_congestion_control", "", REFUSED, ""},
	    {"tcp_allowed_congestion_control", "cubic reno", TAKEN, ""},
	    {"tcp_allowed_congestion_control", "cubic # reno", REFUSED, ""},
	    {"tcp_allowed_congestion_control", "cubic vegas", UNKNOWN, ""},
	    {"tcp_available_ulp", "tls", REFUSED, ""},
	    {"net.ipv4.conf.all.rp_filter", "1", TAKEN, "1"},
	    {"net.ipv4.conf.all.rp_filter", "1 # c", UNKNOWN, "1"},
	    {"net.ipv4.conf.all.rp_filter", "yes", UNKNOWN, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syswrite write;
		char text[128];
		int result = syswrite_try(&fresh, cases[i].name, "0", cases[i].text, &write);

		if (result != cases[i].result || strcmp(numbers(&write, text), cases[i].numbers))
			printf("%s = %s: %d \"%s\"\n", cases[i].name, cases[i].text, result, text);
		CHECK_EQ_INT(result, cases[i].result);
		CHECK_EQ_STR(numbers(&write, text), cases[i].numbers);
	}
}

static void by_release(void)
{
	static const struct {
		uint32_t release;
		const char *name, *text;
		int result;
	} cases[] = {
	    {KERNEL_RELEASE(5, 12), "tcp_sack", "256", UNKNOWN},
	    {KERNEL_RELEASE(5, 13), "tcp_sack", "256", REFUSED},
	    {KERNEL_RELEASE(6, 18), "tcp_ecn", "3", REFUSED},
	    {KERNEL_RELEASE(6, 19), "tcp_ecn", "3", UNKNOWN},
	    {0, "tcp_sack", "256", UNKNOWN},
	    {0, "tcp_sack", "1s", REFUSED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syswrite_kernel kernel = fresh;
		struct syswrite write;

		kernel.release = cases[i].release;
		CHECK_EQ_INT(syswrite_try(&kernel, cases[i].name, "0", cases[i].text, &write),
			     cases[i].result);
	}
}

static void port_lists(void)
{
	static const struct {
		const char *text;
		int result;
		uint16_t in, out;
	} cases[] = {
	    {"80,8000-8010", TAKEN, 8010, 8011},
	    {"80,", TAKEN, 80, 81},
	    {"0x50", TAKEN, 80, 50},
	    {"80-80", TAKEN, 80, 79},
	    {"65535", TAKEN, 65535, 0},
	    {"65536", REFUSED, 0, 0},
	    {"80, 81", REFUSED, 0, 0},
	    {"80 # c", REFUSED, 0, 0},
	    {"90-80", REFUSED, 0, 0},
	    {",80", REFUSED, 0, 0},
	    {"80,,81", REFUSED, 0, 0},
	    {"80-", REFUSED, 0, 0},
	    {"80-85-90", REFUSED, 0, 0},
	    {"\"80\"", REFUSED, 0, 0},
	    {"-80", REFUSED, 0, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct syswrite write;

		CHECK_EQ_INT(
		    syswrite_try(&fresh, "ip_local_reserved_ports", "", cases[i].text, &write),
		    cases[i].result);
		CHECK_EQ_INT(write.count, cases[i].result == TAKEN);
		if (cases[i].result == TAKEN) {
			CU_ASSERT_TRUE(portset_has(&write.ports, cases[i].in));
			CU_ASSERT_FALSE(portset_has(&write.ports, cases[i].out));
		}
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"each handler", by_handler},
	    {"bounds by release", by_release},
	    {"lists of ports", port_lists},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("syswrite", tests);
}
