/* SPDX-License-Identifier: MIT */
#include "core/tuning/sysctld.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/suite.h"
#include "tests/support/tree.h"

static struct sysctld *read_tree(const struct tree *t, enum sysctld_order order)
{
	struct sysctld *s = NULL;

	CHECK_EQ_INT_FATAL(sysctld_read(t->path, order, &s), 0);
	return s;
}

struct found {
	bool any;
	struct sysctld_write last;
};

static void take_last(void *data, const struct sysctld_write *write)
{
	struct found *found = data;

	found->any = true;
	found->last = *write;
}

/* The last write to a parameter. */
static bool find_last(const struct sysctld *s, const char *name, struct sysctld_write *ret_write)
{
	struct found found = {0};

	sysctld_replay(s, name, take_last, &found);
	*ret_write = found.last;
	return found.any;
}

/* Expects "value file:line" for a parameter; NULL: nothing sets it. */
static void expect(const struct sysctld *s, const char *name, const char *expected)
{
	struct sysctld_write setting;
	char text[512];

	if (!find_last(s, name, &setting)) {
		if (expected)
			printf("%s: nothing, expected %s\n", name, expected);
		CU_ASSERT_PTR_NULL(expected);
		return;
	}
	snprintf(text, sizeof(text), "%s %s:%u", setting.value ? setting.value : "?", setting.file,
		 setting.line);
	if (!expected || strcmp(text, expected) != 0)
		printf("%s: %s, expected %s\n", name, text, expected ? expected : "nothing");
	CU_ASSERT_TRUE_FATAL(expected != NULL);
	CHECK_EQ_STR(text, expected);
}

static void precedence(void)
{
	struct sysctld *s;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "usr/lib/sysctl.d/90-vendor.conf", "net.ipv4.tcp_sack=0\n");
	tree_file(&t, "etc/sysctl.d/50-admin.conf",
		  "net.ipv4.tcp_sack=1\n"
		  "net.ipv4.tcp_fin_timeout=11\n"
		  "net.ipv4.tcp_fin_timeout=12\n");
	tree_file(&t, "usr/lib/sysctl.d/50-admin.conf", "net.ipv4.tcp_retries1=9\n");
	tree_file(&t, "run/sysctl.d/40-run.conf", "net.ipv4.tcp_retries2=4\n");
	tree_file(&t, "usr/local/lib/sysctl.d/40-run.conf", "net.ipv4.tcp_retries2=5\n");
	tree_file(&t, "usr/local/lib/sysctl.d/30-local.conf", "net.core.somaxconn = 7\n");
	tree_file(&t, "lib/sysctl.d/20-lib.conf", "net.ipv4.tcp_dsack=0\n");
	tree_file(&t, "etc/sysctl.d/README", "net.ipv4.tcp_stdurg=1\n");
	tree_file(&t, "etc/sysctl.d/sub.conf/x.conf", "net.ipv4.tcp_stdurg=1\n");
	for (int order = SYSCTLD_SYSTEMD; order <= SYSCTLD_PROCPS; order++) {
		s = read_tree(&t, order);
		expect(s, "tcp_sack", "0 /usr/lib/sysctl.d/90-vendor.conf:1");
		expect(s, "tcp_fin_timeout", "12 /etc/sysctl.d/50-admin.conf:3");
		expect(s, "tcp_retries1", NULL);
		expect(s, "tcp_retries2", "4 /run/sysctl.d/40-run.conf:1");
		expect(s, "net.core.somaxconn", "7 /usr/local/lib/sysctl.d/30-local.conf:1");
		expect(s, "tcp_dsack", "0 /lib/sysctl.d/20-lib.conf:1");
		expect(s, "tcp_stdurg", NULL);
		CHECK_EQ_INT(sysctld_stats(s)->unreadable, 1);
		sysctld_free(s);
	}
	tree_remove(&t);
}

static void sysctl_conf_and_order(void)
{
	struct sysctld *s;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/99-z.conf", "net.ipv4.tcp_sack=0\n");
	tree_file(&t, "etc/sysctl.d/.hidden.conf", "net.ipv4.tcp_dsack=0\n");
	tree_file(&t, "etc/sysctl.conf", "net.ipv4.tcp_sack=1\n");
	s = read_tree(&t, SYSCTLD_AUTO);
	CHECK_EQ_INT(sysctld_stats(s)->order, SYSCTLD_PROCPS);
	expect(s, "tcp_sack", "1 /etc/sysctl.conf:1");
	expect(s, "tcp_dsack", "0 /etc/sysctl.d/.hidden.conf:1");
	sysctld_free(s);

	tree_file(&t, "run/systemd/system/x", "");
	s = read_tree(&t, SYSCTLD_AUTO);
	CHECK_EQ_INT(sysctld_stats(s)->order, SYSCTLD_SYSTEMD);
	expect(s, "tcp_sack", "0 /etc/sysctl.d/99-z.conf:1");
	expect(s, "tcp_dsack", NULL);
	sysctld_free(s);

	tree_link(&t, "etc/sysctl.d/99-zz.conf", "../sysctl.conf");
	s = read_tree(&t, SYSCTLD_SYSTEMD);
	expect(s, "tcp_sack", "1 /etc/sysctl.d/99-zz.conf:1");
	sysctld_free(s);
	tree_remove(&t);
}

static void masking(void)
{
	struct sysctld *s;
	struct tree t;

	tree_make(&t);
	tree_file(&t, "usr/lib/sysctl.d/a.conf", "net.ipv4.tcp_sack=0\n");
	tree_file(&t, "usr/lib/sysctl.d/b.conf", "net.ipv4.tcp_dsack=0\n");
	tree_file(&t, "usr/lib/sysctl.d/c.conf", "net.ipv4.tcp_fack=0\n");
	tree_file(&t, "usr/lib/sysctl.d/d.conf", "net.ipv4.tcp_frto=0\n");
	tree_link(&t, "etc/sysctl.d/a.conf", "/dev/null");
	tree_file(&t, "run/sysctl.d/b.conf", "");
	tree_link(&t, "etc/sysctl.d/c.conf", "nowhere");
	tree_link(&t, "etc/sysctl.d/d.conf", "d.conf");
	s = read_tree(&t, SYSCTLD_SYSTEMD);
	expect(s, "tcp_sack", NULL);
	expect(s, "tcp_dsack", NULL);
	expect(s, "tcp_fack", NULL);
	expect(s, "tcp_frto", NULL);
	CHECK_EQ_INT(sysctld_stats(s)->unreadable, 2);
	sysctld_free(s);
	tree_remove(&t);
}

static void lines(void)
{
	static const struct {
		const char *line;
		const char *name;
		const char *systemd; /* the value; NULL: not set */
		const char *procps;
		uint32_t bad;
	} cases[] = {
	    {"net.ipv4.tcp_sack=1", "tcp_sack", "1", "1", 0},
	    {" \tnet.ipv4.tcp_sack \t= \t1 \t\r", "tcp_sack", "1", "1", 0},
	    {"net/ipv4/tcp_sack=1", "tcp_sack", "1", "1", 0},
	    {"net.ipv4/tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"net/ipv4.tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"/net/ipv4//tcp_sack=1", "tcp_sack", "1", "1", 0},
	    {"-net.ipv4.tcp_sack=1", "tcp_sack", "1", "1", 0},
	    {"- net.ipv4.tcp_sack=1", "tcp_sack", "1", NULL, 0},
	    {"--net.ipv4.tcp_sack=1", "tcp_sack", NULL, "1", 0},
	    {"net.ipv4.tcp_sack.=1", "tcp_sack", "1", NULL, 0},
	    {"\fnet.ipv4.tcp_sack = 1\v", "tcp_sack", NULL, "1", 0},
	    {"net.ipv4.tcp_rmem = 4096 \t87380  6291456", "tcp_rmem", "4096 \t87380  6291456",
	     "4096 \t87380  6291456", 0},
	    {"net.ipv4.ip_local_reserved_ports =", "ip_local_reserved_ports", "", "", 0},
	    {"net.ipv4.tcp_sack=a=b # c", "tcp_sack", "a=b # c", "a=b # c", 0},
	    {"#net.ipv4.tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"  ; net.ipv4.tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_sack", "tcp_sack", NULL, NULL, 1},
	    {"net.ipv4.tcp_sack: 1", "tcp_sack", NULL, NULL, 1},
	    {"=1", "tcp_sack", NULL, NULL, 0},
	    {"-", "tcp_sack", NULL, NULL, 0},
	    {"tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_fastopen_key=1-2-3-4", "tcp_fastopen_key", NULL, NULL, 0},
	    {"net.ipv4.conf.eth0/100.rp_filter=1", "net.ipv4.conf.eth0.100.rp_filter", NULL, NULL,
	     0},
	    {"net.core.somaxconn=1", "net.core.somaxconn", "1", "1", 0},
	    /* patterns */
	    {"net.ipv4.tcp_s?ck=1", "tcp_sack", "1", "1", 0},
	    {"net.ipv4.*=1", "tcp_sack", "1", "1", 0},
	    {"net.*.tcp_[a-s]ack=1", "tcp_sack", "1", "1", 0},
	    {"net.*=1", "tcp_sack", NULL, NULL, 0},
	    {"*.tcp_sack=1", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_{dsack,s{i,a}ck}*=1", "tcp_sack", "1", NULL, 0},
	    {"net.ipv4.tcp_{dsack,sack}=1", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_{sack*=1", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_s[ack=1", "tcp_sack", NULL, NULL, 0},
	    /* a name beats a pattern, a later pattern an earlier one */
	    {"net.ipv4.tcp_sack=1\nnet.ipv4.tcp_sac*=2", "tcp_sack", "1", "1", 0},
	    {"net.ipv4.tcp_sac*=1\nnet.ipv4.tcp_sa*=2", "tcp_sack", "2", "2", 0},
	    {"net.ipv4.tcp_sa*=1\nnet.ipv4.tcp_s*=2\nnet.ipv4.tcp_sa*=1", "tcp_sack", "2", "1", 0},
	    {"net.ipv4.tcp_sa*=1\nnet.ipv4.tcp_s*=2\nnet.ipv4.tcp_sa*=3", "tcp_sack", "3", "3", 0},
	    /* lines without a value */
	    {"-net.ipv4.tcp_sack\nnet.ipv4.tcp_s*=2", "tcp_sack", NULL, NULL, 0},
	    {"net.ipv4.tcp_sack=1\n-net.ipv4.tcp_sack", "tcp_sack", NULL, "1", 0},
	    {"-net.ipv4.tcp_sack\nnet.ipv4.tcp_sack=1", "tcp_sack", "1", "1", 0},
	    {"net.ipv4.tcp_s*=2\n-net.ipv4.tcp_sa*", "tcp_sack", "2", "2", 0},
	    {"net.ipv4.tcp_s*=2\n-net.ipv4.tcp_s*", "tcp_sack", NULL, "2", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int order = SYSCTLD_SYSTEMD; order <= SYSCTLD_PROCPS; order++) {
			const char *expected =
			    order == SYSCTLD_SYSTEMD ? cases[i].systemd : cases[i].procps;
			struct sysctld_write setting;
			struct sysctld *s;
			struct tree t;
			bool found;

			tree_make(&t);
			tree_file(&t, "etc/sysctl.d/x.conf", cases[i].line);
			s = read_tree(&t, order);
			found = find_last(s, cases[i].name, &setting);
			if (found != (expected != NULL) ||
			    (found && strcmp(setting.value ? setting.value : "?", expected) != 0)) {
				printf("order %d: %s\n", order, cases[i].line);
				CU_FAIL("another winner");
			}
			CHECK_EQ_INT(sysctld_stats(s)->bad_lines, cases[i].bad);
			sysctld_free(s);
			tree_remove(&t);
		}
	}
}

static void hostile_files(void)
{
	static char large[1024 * 1024 + 2];
	struct sysctld_write setting;
	struct sysctld *s;
	struct tree t;

	tree_make(&t);
	memset(large, 'x', sizeof(large) - 1);
	tree_file(&t, "etc/sysctl.d/large.conf", large);
	large[500000] = '\0';
	tree_file(&t, "etc/sysctl.d/line.conf", large);
	tree_file(&t, "etc/sysctl.d/control.conf",
		  "\001\377net.ipv4.tcp_sack=1\n\n\n=\n==\n--\n[\n"
		  "-[\n*=\nnet.ipv4.tcp_dsack=\033[1m");
	CHECK_EQ_INT(mkfifo(tree_path(&t, "etc/sysctl.d/pipe.conf"), 0600), 0);
	tree_link(&t, "etc/sysctl.d/device.conf", "/dev/zero");
	s = read_tree(&t, SYSCTLD_SYSTEMD);
	/* What is too large to be read may set anything. */
	expect(s, "tcp_sack", "? /etc/sysctl.d/large.conf:0");
	CU_ASSERT_TRUE(find_last(s, "tcp_dsack", &setting));
	CHECK_EQ_INT(sysctld_stats(s)->unreadable, 1);
	CHECK_EQ_INT(sysctld_stats(s)->bad_lines, 2);
	sysctld_free(s);
	tree_remove(&t);
}

/* With a NUL the rest of the line is another line for systemd, and lost for procps. */
static void nul_in_file(void)
{
	static const char text[] = "net.ipv4.tcp_sack=1\0net.ipv4.tcp_dsack=1\n";
	struct sysctld *s;
	struct tree t;
	FILE *file;

	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/nul.conf", "");
	file = fopen(tree_path(&t, "etc/sysctl.d/nul.conf"), "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CHECK_EQ_INT(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	fclose(file);
	s = read_tree(&t, SYSCTLD_SYSTEMD);
	expect(s, "tcp_sack", "1 /etc/sysctl.d/nul.conf:1");
	expect(s, "tcp_dsack", "1 /etc/sysctl.d/nul.conf:1");
	sysctld_free(s);
	s = read_tree(&t, SYSCTLD_PROCPS);
	expect(s, "tcp_sack", "1 /etc/sysctl.d/nul.conf:1");
	expect(s, "tcp_dsack", NULL);
	sysctld_free(s);
	tree_remove(&t);
}

static void ten_thousand_files(void)
{
	struct sysctld *s;
	struct tree t;
	char name[64], text[64];

	tree_make(&t);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "%s/sysctl.d/%05d.conf", i % 2 ? "etc" : "usr/lib", i);
		snprintf(text, sizeof(text), "net.ipv4.tcp_test_%d=%d\nnet.ipv4.tcp_sack=%d\n",
			 i % 1000, i, i);
		tree_file(&t, name, text);
	}
	s = read_tree(&t, SYSCTLD_SYSTEMD);
	expect(s, "tcp_sack", "9999 /etc/sysctl.d/09999.conf:2");
	expect(s, "tcp_test_0", "9000 /usr/lib/sysctl.d/09000.conf:1");
	expect(s, "tcp_test_999", "9999 /etc/sysctl.d/09999.conf:1");
	sysctld_free(s);
	tree_remove(&t);
}

/* More than the bound: no winner is better than a wrong one. */
static void too_much(void)
{
	static char text[900000];
	struct sysctld *s = NULL;
	struct tree t;
	char name[64];
	size_t len;

	tree_make(&t);
	for (len = 0; len + 64 < sizeof(text);)
		len += (size_t)snprintf(text + len, 64, "net.ipv4.tcp_sack=1\n");
	tree_file(&t, "etc/sysctl.d/1.conf", text);
	tree_file(&t, "etc/sysctl.d/2.conf", text);
	CHECK_EQ_INT(sysctld_read(t.path, SYSCTLD_SYSTEMD, &s), -EFBIG);
	tree_remove(&t);

	tree_make(&t);
	for (len = 0; len + 64 < sizeof(text) / 20;)
		len += (size_t)snprintf(text + len, 64, "net.ipv4.tcp_sack%zu*=1\n", len);
	tree_file(&t, "etc/sysctl.d/1.conf", text);
	CHECK_EQ_INT(sysctld_read(t.path, SYSCTLD_SYSTEMD, &s), -EFBIG);
	tree_remove(&t);

	tree_make(&t);
	memset(text, '#', sizeof(text) - 1);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "etc/sysctl.d/%d.conf", i);
		tree_file(&t, name, text);
	}
	CHECK_EQ_INT(sysctld_read(t.path, SYSCTLD_SYSTEMD, &s), -EFBIG);
	tree_remove(&t);
	CU_ASSERT_PTR_NULL(s);
}

static void nothing_there(void)
{
	struct sysctld *s = NULL;
	struct tree t;

	tree_make(&t);
	s = read_tree(&t, SYSCTLD_PROCPS);
	expect(s, "tcp_sack", NULL);
	CHECK_EQ_INT(sysctld_stats(s)->unreadable, 0);
	sysctld_free(s);
	s = NULL;
	CHECK_EQ_INT(sysctld_read(tree_path(&t, "no"), SYSCTLD_AUTO, &s), -ENOENT);
	CU_ASSERT_PTR_NULL(s);
	sysctld_free(NULL);
	tree_remove(&t);
}

static void add_write(void *data, const struct sysctld_write *w)
{
	char *text = data;
	size_t len = strlen(text);

	snprintf(text + len, 512 - len, "%s%s %s:%u", len > 0 ? "; " : "",
		 w->value ? w->value : "?", w->file, w->line);
}

/* Expects all writes to a parameter, in their order. */
static void expect_all(const struct tree *t, enum sysctld_order order, const char *name,
		       const char *expected)
{
	struct sysctld *s = read_tree(t, order);
	char text[512] = "";

	sysctld_replay(s, name, add_write, text);
	CHECK_EQ_STR(text, expected);
	sysctld_free(s);
}

static void kernel_command_line(void)
{
	static const struct {
		const char *line, *expected;
	} cases[] = {
	    {"ro sysctl.net.ipv4.tcp_sack=0 quiet\n", "0 kernel command line:0"},
	    {"sysctl.net/ipv4/tcp_sack=0", "0 kernel command line:0"},
	    {"sysctl/net/ipv4/tcp_sack=0", "0 kernel command line:0"},
	    {"sysctl.net/ipv4.tcp_sack=0", "0 kernel command line:0"},
	    {"sysctl.net.ipv4.tcp_s*=0", ""},
	    {"sysctl.net.ipv4.tcp_sack=\"1 2\" x", "1 2 kernel command line:0"},
	    {"\"sysctl.net.ipv4.tcp_sack=1 2\" x", "1 2 kernel command line:0"},
	    {"sysctl.net.ipv4.tcp_sack=\"1 2\n", "1 2 kernel command line:0"},
	    {"\"sysctl.net.ipv4.tcp_sack=1 2\n", "1 2 kernel command line:0"},
	    {"sysctl.net.ipv4.tcp_sack=\"\n", ""},
	    {"sysctl.net.ipv4.tcp_sack=\"\"\n", ""},
	    {"\"\n", ""},
	    {"sysctl.net.ipv4.tcp_sack=0 sysctl.net.ipv4.tcp_sack=1",
	     "0 kernel command line:0; 1 kernel command line:0"},
	    {"x -- sysctl.net.ipv4.tcp_sack=0", ""},
	    {"xsysctl.net.ipv4.tcp_sack=0", ""},
	    {"sysctl.net.ipv4.tcp_sack", ""},
	    {"sysctl.net.ipv4.tcp_sack=", ""},
	    {"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree t;

		tree_make(&t);
		tree_file(&t, "proc/cmdline", cases[i].line);
		expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack", cases[i].expected);
		tree_remove(&t);
	}
}

/* A file that is too large stands for one that may not be read, which root always may. */
static void not_seen(void)
{
	static char large[1024 * 1024 + 2];
	struct tree t;

	memset(large, '#', sizeof(large) - 1);
	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/10.conf", "net.ipv4.tcp_sack=1\nnet.ipv4.tcp_d*=1\n");
	tree_file(&t, "etc/sysctl.d/20.conf", large);
	tree_file(&t, "etc/sysctl.d/30.conf", "net.ipv4.tcp_fack=1\nnet.ipv4.tcp_rf*=1\n");
	expect_all(&t, SYSCTLD_PROCPS, "tcp_sack",
		   "1 /etc/sysctl.d/10.conf:1; ? /etc/sysctl.d/20.conf:0");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack",
		   "1 /etc/sysctl.d/10.conf:1; ? /etc/sysctl.d/20.conf:0");
	expect_all(&t, SYSCTLD_PROCPS, "tcp_fack",
		   "? /etc/sysctl.d/20.conf:0; 1 /etc/sysctl.d/30.conf:1");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_fack", "1 /etc/sysctl.d/30.conf:1");
	/* The file may name what the pattern means. */
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_rfc1337",
		   "1 /etc/sysctl.d/30.conf:2; ? /etc/sysctl.d/20.conf:0");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_ecn", "? /etc/sysctl.d/20.conf:0");
	tree_remove(&t);
}

static void ufw(void)
{
	struct tree t;

	tree_make(&t);
	tree_file(&t, "etc/sysctl.d/10.conf", "net.ipv4.tcp_sack=1\n");
	tree_file(&t, "etc/ufw/ufw.conf", "# x\nENABLED=no\n");
	tree_file(&t, "etc/default/ufw", "IPV6=yes\nIPT_SYSCTL=/etc/ufw/sysctl.conf\n");
	tree_file(&t, "etc/ufw/sysctl.conf", "# x\nnet/ipv4/tcp_sack=0\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack", "1 /etc/sysctl.d/10.conf:1");
	tree_file(&t, "etc/ufw/ufw.conf", "ENABLED=yes\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack",
		   "1 /etc/sysctl.d/10.conf:1; 0 /etc/ufw/sysctl.conf:2");
	tree_file(&t, "etc/default/ufw", "IPT_SYSCTL=\"$dir/sysctl.conf\"\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack",
		   "1 /etc/sysctl.d/10.conf:1; ? /etc/default/ufw:0");
	tree_file(&t, "etc/default/ufw", "IPT_SYSCTL=\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack", "1 /etc/sysctl.d/10.conf:1");
	/* The shell sees neither quotes nor a comment; sysctl(8) sees no name after a blank. */
	tree_file(&t, "etc/ufw/ufw.conf", "ENABLED=\"yes\" # on\n");
	tree_file(&t, "etc/default/ufw", "IPT_SYSCTL='/etc/ufw/sysctl.conf'\t# ours\n");
	tree_file(&t, "etc/ufw/sysctl.conf", "- net/ipv4/tcp_sack=2\nnet/ipv4/tcp_sack=3\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack",
		   "1 /etc/sysctl.d/10.conf:1; 3 /etc/ufw/sysctl.conf:2");
	tree_remove(&t);
}

static void tuned(void)
{
	struct tree t;

	tree_make(&t);
	tree_file(&t, "usr/lib/sysctl.d/10.conf", "net.ipv4.tcp_sack=1\n");
	tree_file(&t, "etc/tuned/active_profile", "mine\n");
	tree_file(&t, "usr/lib/tuned/base/tuned.conf",
		  "[main]\nsummary=x\n[sysctl]\nnet.ipv4.tcp_sack=2\nnet.ipv4.tcp_ecn=0\n"
		  "net.core.somaxconn=>2048\nnet.ipv4.tcp_frto=${x}\n[vm]\nnet.ipv4.tcp_dsack=0\n");
	tree_file(&t, "etc/tuned/mine/tuned.conf",
		  "[main]\ninclude=base\n[sysctl]\nnet.ipv4.tcp_sack = \"0\"\n");
	/* Nothing says that it runs. */
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_ecn", "? /usr/lib/tuned/base/tuned.conf:5");
	tree_file(&t, "run/tuned/tuned.pid", "1\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_sack",
		   "1 /usr/lib/sysctl.d/10.conf:1; 0 /etc/tuned/mine/tuned.conf:4");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_ecn", "0 /usr/lib/tuned/base/tuned.conf:5");
	expect_all(&t, SYSCTLD_SYSTEMD, "net.core.somaxconn", "? /usr/lib/tuned/base/tuned.conf:6");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_frto", "? /usr/lib/tuned/base/tuned.conf:7");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_dsack", "");
	/* Files of /etc have the last word, unless it is told otherwise. */
	tree_file(&t, "etc/sysctl.d/20.conf", "net.ipv4.tcp_ecn=1\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_ecn",
		   "1 /etc/sysctl.d/20.conf:1; 0 /usr/lib/tuned/base/tuned.conf:5; "
		   "1 /etc/sysctl.d/20.conf:1");
	/* It reads sysctl.conf, too, which systemd-sysctl does not. */
	tree_file(&t, "etc/sysctl.conf", "net.ipv4.tcp_retries2=9\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_retries2", "9 /etc/sysctl.conf:1");
	expect_all(&t, SYSCTLD_PROCPS, "tcp_retries2", "9 /etc/sysctl.conf:1");
	tree_file(&t, "etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_retries2", "");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_ecn",
		   "1 /etc/sysctl.d/20.conf:1; 0 /usr/lib/tuned/base/tuned.conf:5");
	/* A profile that includes itself, and one that is missing, may set anything. */
	tree_file(&t, "etc/tuned/mine/tuned.conf", "[main]\ninclude=mine\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_rfc1337", "? /etc/tuned/active_profile:0");
	tree_file(&t, "etc/tuned/active_profile", "nowhere\n");
	expect_all(&t, SYSCTLD_SYSTEMD, "tcp_rfc1337", "? /usr/lib/tuned/nowhere/tuned.conf:0");
	tree_remove(&t);
}

int main(void)
{
	CU_TestInfo tests[] = {
	    {"directories, names and the last assignment", precedence},
	    {"sysctl.conf, for systemd and for procps", sysctl_conf_and_order},
	    {"masking, dangling and looping links", masking},
	    {"lines", lines},
	    {"hostile files", hostile_files},
	    {"a NUL", nul_in_file},
	    {"10,000 files", ten_thousand_files},
	    {"more than the bounds", too_much},
	    {"the kernel's command line", kernel_command_line},
	    {"files that are not seen", not_seen},
	    {"ufw", ufw},
	    {"tuned", tuned},
	    {"nothing there", nothing_there},
	    CU_TEST_INFO_NULL,
	};

	return suite_run("sysctld", tests);
}
