/* SPDX-License-Identifier: MIT */
#include "core/tuning/writerule.h"

#include <string.h>

#include "core/base/array.h"

/* Most parameters became single bytes in 5.13, and were an int without bounds before. */
#define BYTES       KERNEL_RELEASE(5, 13)
#define KNOWN       WRITERULE_LAST_RELEASE
#define NEVER       WRITERULE_NO_RELEASE
#define SECONDS_MAX (INT32_MAX / WRITERULE_HZ_MOST)

static const struct writerule rules[] = {
    {"ip_local_port_range", WRITERULE_PORT_RANGE, 2, 1, 65535, 0},
    {"ip_local_reserved_ports", WRITERULE_PORT_LIST, 1, 0, 65535, 0},
    {"net.core.somaxconn", WRITERULE_INTEGERS, 1, 0, INT32_MAX, KERNEL_RELEASE(4, 2)},
    {"tcp_abort_on_overflow", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_adv_win_scale", WRITERULE_INTEGERS, 1, -31, 31, 0},
    {"tcp_allowed_congestion_control", WRITERULE_CONGESTIONS, 1, 0, 0, 0},
    {"tcp_app_win", WRITERULE_NATURALS, 1, 0, 31, KERNEL_RELEASE(6, 4)},
    {"tcp_autocorking", WRITERULE_NATURALS, 1, 0, 1, BYTES},
    {"tcp_available_congestion_control", WRITERULE_READ_ONLY, 1, 0, 0, 0},
    {"tcp_available_ulp", WRITERULE_READ_ONLY, 1, 0, 0, 0},
    {"tcp_backlog_ack_defer", WRITERULE_NATURALS, 1, 0, 1, 0},
    {"tcp_base_mss", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_challenge_ack_limit", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_child_ehash_entries", WRITERULE_NATURALS, 1, 0, 1 << 24, 0},
    {"tcp_comp_sack_delay_ns", WRITERULE_NATURALS, 1, 0, INT64_MAX, NEVER},
    {"tcp_comp_sack_nr", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_comp_sack_slack_ns", WRITERULE_NATURALS, 1, 0, INT64_MAX, NEVER},
    {"tcp_congestion_control", WRITERULE_CONGESTION, 1, 0, 0, 0},
    {"tcp_dsack", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_early_demux", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_early_retrans", WRITERULE_NATURALS, 1, 0, 4, BYTES},
    {"tcp_ecn", WRITERULE_NATURALS, 1, 0, 2, KNOWN},
    {"tcp_ecn_fallback", WRITERULE_NATURALS, 1, 0, 1, BYTES},
    {"tcp_ecn_option", WRITERULE_NATURALS, 1, 0, 2, KNOWN},
    {"tcp_ecn_option_beacon", WRITERULE_NATURALS, 1, 0, 3, KNOWN},
    {"tcp_ehash_entries", WRITERULE_READ_ONLY, 1, 0, 0, 0},
    {"tcp_fack", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_fastopen", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_fastopen_blackhole_timeout_sec", WRITERULE_INTEGERS, 1, 0, INT32_MAX, 0},
    {"tcp_fin_timeout", WRITERULE_SECONDS, 1, -SECONDS_MAX, SECONDS_MAX, 0},
    {"tcp_frto", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_fwmark_accept", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_invalid_ratelimit", WRITERULE_MILLISECONDS, 1, 0, INT32_MAX, NEVER},
    {"tcp_keepalive_intvl", WRITERULE_SECONDS, 1, -SECONDS_MAX, SECONDS_MAX, 0},
    {"tcp_keepalive_probes", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_keepalive_time", WRITERULE_SECONDS, 1, -SECONDS_MAX, SECONDS_MAX, 0},
    {"tcp_l3mdev_accept", WRITERULE_NATURALS, 1, 0, 1, BYTES},
    {"tcp_limit_output_bytes", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_low_latency", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_orphans", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_reordering", WRITERULE_INTEGERS, 1, 1, INT32_MAX, KNOWN},
    {"tcp_max_syn_backlog", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_max_tw_buckets", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_mem", WRITERULE_NATURALS, 3, 0, INT64_MAX, NEVER},
    {"tcp_migrate_req", WRITERULE_NATURALS, 1, 0, 1, 0},
    {"tcp_min_rtt_wlen", WRITERULE_INTEGERS, 1, 0, 86400, KERNEL_RELEASE(4, 19)},
    {"tcp_min_snd_mss", WRITERULE_INTEGERS, 1, 48, 65535, 0},
    {"tcp_min_tso_segs", WRITERULE_NATURALS, 1, 1, 255, BYTES},
    {"tcp_moderate_rcvbuf", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_mtu_probe_floor", WRITERULE_INTEGERS, 1, 48, 65535, 0},
    {"tcp_mtu_probing", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_no_metrics_save", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_no_ssthresh_metrics_save", WRITERULE_NATURALS, 1, 0, 1, BYTES},
    {"tcp_notsent_lowat", WRITERULE_NATURALS, 1, 0, UINT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_orphan_retries", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_pacing_ca_ratio", WRITERULE_INTEGERS, 1, 0, 1000, KERNEL_RELEASE(4, 19)},
    {"tcp_pacing_ss_ratio", WRITERULE_INTEGERS, 1, 0, 1000, KERNEL_RELEASE(4, 19)},
    {"tcp_pingpong_thresh", WRITERULE_NATURALS, 1, 1, 255, KNOWN},
    {"tcp_plb_cong_thresh", WRITERULE_INTEGERS, 1, 0, 256, 0},
    {"tcp_plb_enabled", WRITERULE_NATURALS, 1, 0, 1, 0},
    {"tcp_plb_idle_rehash_rounds", WRITERULE_NATURALS, 1, 0, 31, KNOWN},
    {"tcp_plb_rehash_rounds", WRITERULE_NATURALS, 1, 0, 31, KNOWN},
    {"tcp_plb_suspend_rto_sec", WRITERULE_NATURALS, 1, 0, 255, 0},
    {"tcp_probe_interval", WRITERULE_NATURALS, 1, 0, UINT32_MAX / WRITERULE_HZ_MOST, NEVER},
    {"tcp_probe_threshold", WRITERULE_INTEGERS, 1, INT32_MIN, INT32_MAX, 0},
    {"tcp_recovery", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_reflect_tos", WRITERULE_NATURALS, 1, 0, 1, BYTES},
    {"tcp_reordering", WRITERULE_INTEGERS, 1, 1, 300, NEVER},
    {"tcp_retrans_collapse", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_retries1", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_retries2", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_rfc1337", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_rmem", WRITERULE_INTEGERS, 3, 1, INT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_rto_max_ms", WRITERULE_INTEGERS, 1, 1000, 120000, 0},
    {"tcp_rto_min_us", WRITERULE_INTEGERS, 1, 1, INT32_MAX, 0},
    {"tcp_sack", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_shrink_window", WRITERULE_NATURALS, 1, 0, 1, 0},
    {"tcp_slow_start_after_idle", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_stdurg", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_syn_linear_timeouts", WRITERULE_NATURALS, 1, 0, 127, 0},
    {"tcp_syn_retries", WRITERULE_NATURALS, 1, 1, 127, BYTES},
    {"tcp_synack_retries", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_syncookies", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_thin_linear_timeouts", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_timestamps", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_tso_rtt_log", WRITERULE_NATURALS, 1, 0, 255, 0},
    {"tcp_tso_win_divisor", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_tw_reuse", WRITERULE_NATURALS, 1, 0, 2, BYTES},
    {"tcp_tw_reuse_delay", WRITERULE_INTEGERS, 1, 1, 60000, 0},
    {"tcp_window_scaling", WRITERULE_NATURALS, 1, 0, 255, BYTES},
    {"tcp_wmem", WRITERULE_INTEGERS, 3, 1, INT32_MAX, KERNEL_RELEASE(4, 19)},
    {"tcp_workaround_signed_windows", WRITERULE_NATURALS, 1, 0, 255, BYTES},
};

const struct writerule *writerule_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}
