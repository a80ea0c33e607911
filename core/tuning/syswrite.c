/* SPDX-License-Identifier: MIT */
#include "core/tuning/syswrite.h"

#include <string.h>

#include "core/tuning/kerneldefault.h"

/* The newest release whose bounds are known: a later one may have widened them. */
#define LAST_KNOWN KERNEL_RELEASE(6, 18)
/* A bound that depends on another parameter, or is not known. */
#define NO_RELEASE UINT32_MAX
/* Most parameters became single bytes in 5.13, and were an int without bounds before. */
#define BYTES KERNEL_RELEASE(5, 13)

enum {
	/* The kernel copies this much of a word, and refuses one that fills it. */
	WORD_MAX = 21,
	/* Longer lists of ports are written in parts. */
	PORTS_TEXT_MAX = 4000,
	CONGESTION_NAME_MAX = 15,
	/* Of the kernel's clock: the slowest and the fastest that are built, in Hz. */
	HZ_LEAST = 100,
	HZ_MOST = 1000,
};

enum kind {
	INTEGERS, /* with a sign */
	NATURALS, /* a sign is refused, even in front of 0 */
	SECONDS,  /* kept in ticks of the clock: the bound depends on its rate */
	/* Likewise, and rounded up to a tick: only what no clock rounds is known. */
	MILLISECONDS,
	PORT_RANGE,
	PORT_LIST,
	CONGESTION,
	CONGESTIONS,
	READ_ONLY,
};

struct rule {
	const char *name;
	enum kind kind;
	uint32_t count; /* of elements */
	int64_t min, max;
	uint32_t since; /* the release that refuses what is out of these bounds */
};

static const struct rule rules[] = {
    {"ip_local_port_range", PORT_RANGE, 2, 1, 65535, 0},
    {"ip_local_reserved_ports", PORT_LIST, 1, 0, 65535, 0},
    {"net.core.somaxconn", INTEGERS, 1, 0, INT32_MAX, KERNEL_RELEASE(4, 2)},
    {"tcp_abort_on_overflow", NATURALS, 1, 0, 255, BYTES},
    {"tcp_adv_win_scale", INTEGERS, 1, -31, 31, 0},
    {"tcp_allowed_congestion_control", CONGESTIONS, 1, 0, 0, 0},
    {"tcp_app_win", NATURALS, 1, 0, 31, KERNEL_RELEASE(6, 4)},
    {"tcp_autocorking", NATURALS, 1, 0, 1, BYTES},
    {"tcp_available_congestion_control", READ_ONLY, 1, 0, 0, 0},
    {"tcp_available_ulp", READ_ONLY, 1, 0, 0, 0},
    {"tcp_backlog_ack_defer", NATURALS, 1, 0, 1, 0},
    {"tcp_base_mss", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_challenge_ack_limit", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_child_ehash_entries", NATURALS, 1, 0, 1 << 24, 0},
    {"tcp_comp_sack_delay_ns", NATURALS, 1, 0, INT64_MAX, NO_RELEASE},
    {"tcp_comp_sack_nr", NATURALS, 1, 0, 255, BYTES},
    {"tcp_comp_sack_slack_ns", NATURALS, 1, 0, INT64_MAX, NO_RELEASE},
    {"tcp_congestion_control", CONGESTION, 1, 0, 0, 0},
    {"tcp_dsack", NATURALS, 1, 0, 255, BYTES},
    {"tcp_early_demux", NATURALS, 1, 0, 255, BYTES},
    {"tcp_early_retrans", NATURALS, 1, 0, 4, BYTES},
    {"tcp_ecn", NATURALS, 1, 0, 2, LAST_KNOWN},
    {"tcp_ecn_fallback", NATURALS, 1, 0, 1, BYTES},
    {"tcp_ecn_option", NATURALS, 1, 0, 2, LAST_KNOWN},
    {"tcp_ecn_option_beacon", NATURALS, 1, 0, 3, LAST_KNOWN},
    {"tcp_ehash_entries", READ_ONLY, 1, 0, 0, 0},
    {"tcp_fack", NATURALS, 1, 0, 255, BYTES},
    {"tcp_fastopen", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_fastopen_blackhole_timeout_sec", INTEGERS, 1, 0, INT32_MAX, 0},
    {"tcp_fin_timeout", SECONDS, 1, -(INT32_MAX / HZ_MOST), INT32_MAX / HZ_MOST, 0},
    {"tcp_frto", NATURALS, 1, 0, 255, BYTES},
    {"tcp_fwmark_accept", NATURALS, 1, 0, 255, BYTES},
    {"tcp_invalid_ratelimit", MILLISECONDS, 1, 0, INT32_MAX, NO_RELEASE},
    {"tcp_keepalive_intvl", SECONDS, 1, -(INT32_MAX / HZ_MOST), INT32_MAX / HZ_MOST, 0},
    {"tcp_keepalive_probes", NATURALS, 1, 0, 255, BYTES},
    {"tcp_keepalive_time", SECONDS, 1, -(INT32_MAX / HZ_MOST), INT32_MAX / HZ_MOST, 0},
    {"tcp_l3mdev_accept", NATURALS, 1, 0, 1, BYTES},
    {"tcp_limit_output_bytes", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_low_latency", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_orphans", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_reordering", INTEGERS, 1, 1, INT32_MAX, LAST_KNOWN},
    {"tcp_max_syn_backlog", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_tw_buckets", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_mem", NATURALS, 3, 0, INT64_MAX, NO_RELEASE},
    {"tcp_migrate_req", NATURALS, 1, 0, 1, 0},
    {"tcp_min_rtt_wlen", INTEGERS, 1, 0, 86400, KERNEL_RELEASE(4, 19)},
    {"tcp_min_snd_mss", INTEGERS, 1, 48, 65535, 0},
    {"tcp_min_tso_segs", NATURALS, 1, 1, 255, BYTES},
    {"tcp_moderate_rcvbuf", NATURALS, 1, 0, 255, BYTES},
    {"tcp_mtu_probe_floor", INTEGERS, 1, 48, 65535, 0},
    {"tcp_mtu_probing", NATURALS, 1, 0, 255, BYTES},
    {"tcp_no_metrics_save", NATURALS, 1, 0, 255, BYTES},
    {"tcp_no_ssthresh_metrics_save", NATURALS, 1, 0, 1, BYTES},
    {"tcp_notsent_lowat", NATURALS, 1, 0, UINT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_orphan_retries", NATURALS, 1, 0, 255, BYTES},
    {"tcp_pacing_ca_ratio", INTEGERS, 1, 0, 1000, KERNEL_RELEASE(4, 19)},
    {"tcp_pacing_ss_ratio", INTEGERS, 1, 0, 1000, KERNEL_RELEASE(4, 19)},
    {"tcp_pingpong_thresh", NATURALS, 1, 1, 255, LAST_KNOWN},
    {"tcp_plb_cong_thresh", INTEGERS, 1, 0, 256, 0},
    {"tcp_plb_enabled", NATURALS, 1, 0, 1, 0},
    {"tcp_plb_idle_rehash_rounds", NATURALS, 1, 0, 31, LAST_KNOWN},
    {"tcp_plb_rehash_rounds", NATURALS, 1, 0, 31, LAST_KNOWN},
    {"tcp_plb_suspend_rto_sec", NATURALS, 1, 0, 255, 0},
    {"tcp_probe_interval", NATURALS, 1, 0, UINT32_MAX / HZ_MOST, NO_RELEASE},
    {"tcp_probe_threshold", INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_recovery", NATURALS, 1, 0, 255, BYTES},
    {"tcp_reflect_tos", NATURALS, 1, 0, 1, BYTES},
    {"tcp_reordering", INTEGERS, 1, 1, 300, NO_RELEASE},
    {"tcp_retrans_collapse", NATURALS, 1, 0, 255, BYTES},
    {"tcp_retries1", NATURALS, 1, 0, 255, BYTES},
    {"tcp_retries2", NATURALS, 1, 0, 255, BYTES},
    {"tcp_rfc1337", NATURALS, 1, 0, 255, BYTES},
    {"tcp_rmem", INTEGERS, 3, 1, INT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_rto_max_ms", INTEGERS, 1, 1000, 120000, 0},
    {"tcp_rto_min_us", INTEGERS, 1, 1, INT32_MAX, 0},
    {"tcp_sack", NATURALS, 1, 0, 255, BYTES},
    {"tcp_shrink_window", NATURALS, 1, 0, 1, 0},
    {"tcp_slow_start_after_idle", NATURALS, 1, 0, 255, BYTES},
    {"tcp_stdurg", NATURALS, 1, 0, 255, BYTES},
    {"tcp_syn_linear_timeouts", NATURALS, 1, 0, 127, 0},
    {"tcp_syn_retries", NATURALS, 1, 1, 127, BYTES},
    {"tcp_synack_retries", NATURALS, 1, 0, 255, BYTES},
    {"tcp_syncookies", NATURALS, 1, 0, 255, BYTES},
    {"tcp_thin_linear_timeouts", NATURALS, 1, 0, 255, BYTES},
    {"tcp_timestamps", NATURALS, 1, 0, 255, BYTES},
    {"tcp_tso_rtt_log", NATURALS, 1, 0, 255, 0},
    {"tcp_tso_win_divisor", NATURALS, 1, 0, 255, BYTES},
    {"tcp_tw_reuse", NATURALS, 1, 0, 2, BYTES},
    {"tcp_tw_reuse_delay", INTEGERS, 1, 1, 60000, 0},
    {"tcp_window_scaling", NATURALS, 1, 0, 255, BYTES},
    {"tcp_wmem", INTEGERS, 3, 1, INT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_workaround_signed_windows", NATURALS, 1, 0, 255, BYTES},
};

static const struct rule *find_rule(const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* What a word says: its size without the sign. */
struct word {
	uint64_t size;
	bool negative;
};

/*
 * Reads a number as the kernel does, hexadecimal and octal too, and moves *text to the first
 * character of `end` or the NUL. False: something else is there.
 */
static bool take_word(const char **text, const char *end, struct word *ret_word)
{
	const char *p = *text;
	struct word word = {.negative = *p == '-'};
	int base = 10;

	p += word.negative;
	if (digit(*p) > 9)
		return false;
	if (*p == '0') {
		bool hex = (p[1] | 0x20) == 'x' && digit(p[2]) < 16;

		base = hex ? 16 : 8;
		p += hex ? 2 : 0;
	}
	for (; digit(*p) < base; p++)
		if (__builtin_mul_overflow(word.size, (uint64_t)base, &word.size) ||
		    __builtin_add_overflow(word.size, (uint64_t)digit(*p), &word.size))
			return false;
	if (p - *text >= WORD_MAX || (*p != '\0' && !strchr(end, *p)))
		return false;
	*text = p;
	*ret_word = word;
	return true;
}

/* Whether this kernel refuses what a release from since on does. */
static enum syswrite_result refused_since(const struct syswrite_kernel *kernel, uint32_t since)
{
	if (since == 0)
		return SYSWRITE_REFUSED;
	return kernel->release >= since && kernel->release <= LAST_KNOWN ? SYSWRITE_REFUSED
									 : SYSWRITE_UNKNOWN;
}

/* Seconds that some clock takes and another one does not. */
static bool depends_on_clock(const struct rule *rule, const struct word *word)
{
	if (rule->kind == MILLISECONDS)
		return word->negative || word->size > INT32_MAX || word->size % 20 != 0;
	return rule->kind == SECONDS && word->size > INT32_MAX / HZ_MOST &&
	       word->size <= INT32_MAX / HZ_LEAST;
}

static enum syswrite_result judge_word(const struct syswrite_kernel *kernel,
				       const struct rule *rule, const struct word *word,
				       int64_t *ret_number)
{
	int64_t number;

	if (depends_on_clock(rule, word))
		return SYSWRITE_UNKNOWN;
	if (word->negative && rule->kind == NATURALS)
		return refused_since(kernel, rule->since);
	if (word->size > INT64_MAX)
		return rule->max == INT64_MAX ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	number = word->negative ? -(int64_t)word->size : (int64_t)word->size;
	/* An int refuses everywhere what it cannot hold. */
	if (rule->max <= INT32_MAX && (number < INT32_MIN || number > INT32_MAX))
		return rule->since == NO_RELEASE ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	if (number < rule->min || number > rule->max)
		return refused_since(kernel, rule->since);
	*ret_number = number;
	return SYSWRITE_TAKEN;
}

/* Up to as many numbers as the parameter has elements; what stands behind is ignored. */
static enum syswrite_result try_numbers(const struct syswrite_kernel *kernel,
					const struct rule *rule, const char *text,
					struct syswrite *write)
{
	while (write->count < rule->count) {
		enum syswrite_result result;
		struct word word;

		text += strspn(text, " \t\n\v\f\r");
		if (*text == '\0')
			break;
		if (!take_word(&text, " \t\n", &word))
			return SYSWRITE_REFUSED;
		result = judge_word(kernel, rule, &word, &write->numbers[write->count]);
		if (result != SYSWRITE_TAKEN)
			return result;
		write->count++;
	}
	return write->count > 0 ? SYSWRITE_TAKEN : SYSWRITE_REFUSED;
}

/* Both or none: the kernel looks at the pair, with the value of now for one that is not given. */
static enum syswrite_result try_port_range(const struct syswrite_kernel *kernel,
					   const struct rule *rule, const char *text,
					   struct syswrite *write)
{
	enum syswrite_result result = try_numbers(kernel, rule, text, write);
	size_t count = write->count;
	int64_t first = write->numbers[0];
	int64_t last = count > 1 ? write->numbers[1] : kernel->port_range[1];

	write->count = 0;
	if (result != SYSWRITE_TAKEN)
		return result;
	if (last == 0)
		return SYSWRITE_UNKNOWN;
	if (first > last)
		return SYSWRITE_REFUSED;
	if (first < 1024 && kernel->port_start == 0)
		return SYSWRITE_UNKNOWN;
	/* The check came in 4.11, with ip_unprivileged_port_start. */
	if (first < kernel->port_start)
		return refused_since(kernel, KERNEL_RELEASE(4, 11));
	write->count = count;
	return SYSWRITE_TAKEN;
}

static void add_ports(struct portset *ports, uint64_t first, uint64_t last)
{
	for (uint64_t port = first; port <= last; port++)
		ports->bits[port / 64] |= UINT64_C(1) << (port % 64);
}

/* "80,443,8000-8010", without any blank; a comma may end it. All or nothing. */
static enum syswrite_result try_port_list(const char *text, struct syswrite *write)
{
	struct word first, last;

	if (strlen(text) > PORTS_TEXT_MAX)
		return SYSWRITE_UNKNOWN;
	while (*text) {
		if (!take_word(&text, "-,", &first) || first.negative || first.size > 65535)
			return SYSWRITE_REFUSED;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_word(&text, ",", &last) || last.negative || last.size > 65535 ||
			    last.size < first.size)
				return SYSWRITE_REFUSED;
		}
		add_ports(&write->ports, first.size, last.size);
		text += *text == ',';
	}
	write->count = 1;
	return SYSWRITE_TAKEN;
}

static bool lists_word(const char *list, const char *word, size_t len)
{
	while (*(list += strspn(list, " \t"))) {
		size_t n = strcspn(list, " \t");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n;
	}
	return false;
}

static bool is_name(const char *text, size_t len)
{
	return len > 0 && len <= CONGESTION_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= len;
}

/* Names of algorithms. One that is not allowed yet may be in a module, and a network namespace
 * takes none but those allowed. */
static enum syswrite_result try_congestion(const struct syswrite_kernel *kernel, bool several,
					   const char *text, struct syswrite *write)
{
	enum syswrite_result result = SYSWRITE_TAKEN;

	if (*text == '\0')
		return several ? SYSWRITE_UNKNOWN : SYSWRITE_REFUSED;
	while (*text) {
		size_t len = several ? strcspn(text, " ") : strlen(text);

		if (!is_name(text, len))
			return SYSWRITE_REFUSED;
		if (!lists_word(kernel->congestion_allowed, text, len))
			result = SYSWRITE_UNKNOWN;
		text += len;
		text += strspn(text, " ");
	}
	write->count = 1;
	return result;
}

/* A parameter without a rule: only what any handler takes is certain. */
static enum syswrite_result try_any(const char *running, const char *text, struct syswrite *write)
{
	int64_t number;
	const char *p = text;
	struct word word;

	if (running[0] != '\0' && !sysvalue_number(running, &number)) {
		write->form = SYSWRITE_WORDS;
		write->count = 1;
		return text[strcspn(text, " \t\"'#;")] == '\0' ? SYSWRITE_TAKEN : SYSWRITE_UNKNOWN;
	}
	while (*p && write->count < SYSVALUE_ELEMENTS_MAX) {
		if (!take_word(&p, " \t", &word) || word.size > INT32_MAX)
			return SYSWRITE_UNKNOWN;
		write->numbers[write->count++] =
		    word.negative ? -(int64_t)word.size : (int64_t)word.size;
		p += strspn(p, " \t");
	}
	return write->count > 0 && *p == '\0' ? SYSWRITE_TAKEN : SYSWRITE_UNKNOWN;
}

enum syswrite_result syswrite_try(const struct syswrite_kernel *kernel, const char *name,
				  const char *running, const char *text, struct syswrite *ret_write)
{
	const struct rule *rule = find_rule(name);

	*ret_write = (struct syswrite){.form = SYSWRITE_NUMBERS};
	if (!rule)
		return try_any(running, text, ret_write);
	switch (rule->kind) {
	case INTEGERS:
	case NATURALS:
	case SECONDS:
	case MILLISECONDS:
		return try_numbers(kernel, rule, text, ret_write);
	case PORT_RANGE:
		return try_port_range(kernel, rule, text, ret_write);
	case PORT_LIST:
		ret_write->form = SYSWRITE_PORTS;
		return try_port_list(text, ret_write);
	case CONGESTION:
	case CONGESTIONS:
		ret_write->form = SYSWRITE_WORDS;
		return try_congestion(kernel, rule->kind == CONGESTIONS, text, ret_write);
	case READ_ONLY:
		break;
	}
	return SYSWRITE_REFUSED;
}
