/* SPDX-License-Identifier: MIT */
/* What sets kernel parameters: sysctl.d, the kernel's command line, ufw, tuned; and what the kernel
 * makes of it. */
#include <string.h>
#include <sys/stat.h>

#include "core/tuning/kerneldefault.h"
#include "core/tuning/nextboot.h"
#include "tests/fuzz/fuzz.h"

static const char *const directories[] = {
    "etc", "etc/sysctl.d", "etc/ufw", "etc/default", "etc/tuned", "etc/tuned/web",
    "run", "run/tuned",    "usr",     "usr/lib",     "proc",      "usr/lib/sysctl.d",
};

static const char *const files[] = {
    "etc/sysctl.d/50-web.conf", "usr/lib/sysctl.d/60-all.conf",
    "etc/sysctl.conf",          "proc/cmdline",
    "etc/ufw/ufw.conf",         "etc/default/ufw",
    "etc/ufw/sysctl.conf",      "etc/tuned/active_profile",
    "etc/tuned/web/tuned.conf", "etc/tuned/tuned-main.conf",
    "run/tuned/tuned.pid",
};

static struct fuzz_directory make_root(void)
{
	struct fuzz_directory root = fuzz_directory();

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		REQUIRE(mkdirat(root.fd, directories[i], 0700) == 0);
	return root;
}

static void visit(void *data, const struct sysctld_write *write)
{
	(void)data;
	REQUIRE(write->file &&
		(write->file[0] == '/' || strcmp(write->file, "kernel command line") == 0));
	REQUIRE(!write->value || write->file[0] != '/' || !strchr(write->value, '\n'));
}

/* The rows of a parameter of each form. */
static void fill(const struct sysctld *sysctld)
{
	static const struct {
		const char *name;
		const char *values[3];
	} parameters[] = {
	    {"tcp_fin_timeout", {"60"}},
	    {"net.core.somaxconn", {"4096"}},
	    {"tcp_rmem", {"4096", "131072", "6291456"}},
	    {"ip_local_port_range", {"32768", "60999"}},
	    {"tcp_congestion_control", {"cubic"}},
	    {"ip_local_reserved_ports", {""}},
	    {"tcp_not_known", {"1"}},
	};
	static const struct portset reserved;
	struct nextboot boot = {.sysctld = sysctld,
				.kernel = {.release = KERNEL_RELEASE(6, 18),
					   .port_start = 1024,
					   .congestion_allowed = "reno cubic"},
				.reserved = &reserved};

	REQUIRE(textpool_new(&boot.pool) == 0);
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		struct tuning rows[3] = {{.element = 0}};
		size_t n = 0;

		for (; n < 3 && parameters[i].values[n]; n++) {
			rows[n].element = (uint32_t)n + 1;
			rows[n].value = parameters[i].values[n];
			rows[n].default_value = rows[n].persisted = rows[n].persisted_in =
			    rows[n].note = "";
			rows[n].name = parameters[i].name;
		}
		sysctld_replay(sysctld, parameters[i].name, visit, NULL);
		REQUIRE(nextboot_fill(&boot, rows, n) == 0);
		for (size_t k = 0; k < n; k++)
			REQUIRE(fuzz_is_printable(rows[k].persisted) &&
				fuzz_is_printable(rows[k].persisted_in) &&
				fuzz_is_printable(rows[k].note));
	}
	textpool_free(boot.pool);
}

/* The first byte says which program reads the files. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_directory root = {.fd = -1};
	struct fuzz_input input = {data + 1, size - 1};
	struct sysctld *sysctld;

	if (size < 1)
		return 0;
	if (root.fd < 0)
		root = make_root();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		fuzz_put(&root, files[i], fuzz_take(&input));
	if (sysctld_read(root.path, data[0] % 2 ? SYSCTLD_SYSTEMD : SYSCTLD_PROCPS, &sysctld) < 0)
		return 0;
	fill(sysctld);
	sysctld_free(sysctld);
	return 0;
}
