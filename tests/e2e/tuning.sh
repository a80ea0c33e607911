#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 240 s; plain; quick
# The tuning audit over SNMP, against the kernel itself, `sysctl --system` and
# systemd-sysctl: on a host whose parameters and sysctl.d files are the test's own.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tuning.sh
. "$SRC/tests/e2e/lib/tuning.sh"

# --- values ------------------------------------------------------------------------------

# Precedence, masking, a pattern, a parameter that this kernel lacks.
make_files() {
	mkdir -p "$HOST/run/sysctl.d" "$HOST/local/sysctl.d"
	printf '%s\n' '# the last one' 'net.ipv4.tcp_keepalive_intvl = 33' >"$HOST/sysctl.conf"
	cat >"$HOST/sysctl.d/10-a.conf" <<-'END'
		# A comment, and ; another one
		; net.ipv4.tcp_fin_timeout = 1
		net.ipv4.tcp_fin_timeout = 30
		net/ipv4/tcp_wmem = 4096 16384 9000000
		-net.ipv4.tcp_retries1=4
		net.ipv4.tcp_keepalive_* = 44
		this is no assignment
		net.ipv4.tcp_keepalive_intvl = 45
	END
	echo 'net.ipv4.tcp_dsack = 0' >"$HOST/usr-sysctl.d/10-a.conf"
	echo 'net.ipv4.tcp_sack = 0' >"$HOST/usr-sysctl.d/50-vendor.conf"
	ln -s /dev/null "$HOST/sysctl.d/50-vendor.conf"
	echo 'net.ipv4.tcp_fin_timeout = 17' >"$HOST/run/sysctl.d/60-run.conf"
	printf '%s\n' 'net.core.somaxconn = 2048' 'net.ipv4.tcp_tw_recycle = 1' \
		>"$HOST/local/sysctl.d/70-local.conf"
	sysctl_server tcp_fin_timeout=17 'tcp_wmem=4096 20000 5000000' tcp_retries1=4 \
		tcp_syn_retries=6 tcp_synack_retries=5 tcp_orphan_retries=0 \
		ip_local_reserved_ports=9000-9010,9999
}

with_value() {
	awk 'NF > 2'
}

present() { # the parameter that this kernel lacks is left to a check of its own
	with_value | grep -v '^tcp_tw_recycle '
}

# What the program that reads the files makes of a namespace as the kernel starts it. Of /proc/sys
# no more than net can be written, which is the namespace's own.
set_in_fresh() { # COMMAND...
	nsenter "--mount=/proc/${PIDS[host]}/ns/mnt" -- unshare -n -m --propagation private bash -c '
		for part in /proc/sys/*/; do
			[ "$part" = /proc/sys/net/ ] || {
				mount --bind "$part" "$part" && mount -o remount,bind,ro "$part" || exit
			}
		done
		"$@" >/dev/null 2>&1
		eval "$KERNEL_ROWS"; kernel_rows' bash "$@"
}

check_next_boot() { # COMMAND...
	check "what the next boot sets is what $1 does" \
		"$(KERNEL_ROWS=$(declare -f kernel_rows by_name) set_in_fresh "$@" |
			grep -F -f <(tuning_rows Persisted | present | awk '{ print $1, $2, "" }') )" \
		"$(tuning_rows Persisted | present)"
}

check_values() {
	local rows fresh=tcpstate-f-$$
	rows=$(kernel_rows "${SERVER[@]}")
	check "the values are the kernel's" "$rows" "$(tuning_rows Value | with_value)"
	check "the numbers, where there is one that fits" \
		"$(awk '$3 ~ /^-?[0-9]+$/ && NF == 3 && $3 < 2147483648' <<<"$rows")" \
		"$(tuning_rows Number)"
	make_namespace "$fresh"
	check "the defaults that are known are those of a fresh namespace" "" \
		"$(comm -13 <(kernel_rows nsenter "--net=/run/netns/$fresh" --) \
			<(tuning_rows Default | with_value | grep -vE '^tcp_[rw]mem '))"
	check_match "there are many of them" '^([6-9][0-9]|1[0-9]+)$' \
		"$(tuning_rows Default | with_value | wc -l)"
	check "the default of a value that was changed" 60 "$(tuning Default tcp_fin_timeout)"
}

check_row() { # NAME ELEMENT STATUS DRIFT PERSISTED PERSISTED-IN
	check "$1[$2]: status, drift, next boot" "$3 $4 $5 $6" \
		"$(cells "$1" "$2" Status Drift Persisted PersistedIn)"
}

test_procps() {
	host_start
	make_files
	snmpd_start
	tcpstated_start "$SAMPLING
		sysctl-order procps"
	check_values
	check_next_boot sysctl --system
	check_row tcp_fin_timeout 1 noRecommendation none 17 /run/sysctl.d/60-run.conf:1
	check_row tcp_wmem 1 noRecommendation none 4096 /etc/sysctl.d/10-a.conf:4
	check_row tcp_wmem 2 noRecommendation differsFromPersisted 16384 \
		/etc/sysctl.d/10-a.conf:4
	check_row tcp_wmem 3 asRecommended differsFromPersisted 9000000 \
		/etc/sysctl.d/10-a.conf:4
	check_row tcp_retries1 1 asRecommended none 4 /etc/sysctl.d/10-a.conf:5
	check_row tcp_keepalive_time 1 noRecommendation differsFromPersisted 44 \
		/etc/sysctl.d/10-a.conf:6
	check_row tcp_keepalive_intvl 1 noRecommendation differsFromPersisted 33 \
		/etc/sysctl.conf:2
	check_row net.core.somaxconn 1 asRecommended differsFromPersisted 2048 \
		/usr/local/lib/sysctl.d/70-local.conf:1
	check_row tcp_sack 1 asRecommended none '' ''
	check_row tcp_dsack 1 noRecommendation none '' ''
	check_row ip_local_reserved_ports 1 noRecommendation notPersisted '' ''
	check_row tcp_tw_recycle 1 absent notApplicable 1 \
		/usr/local/lib/sysctl.d/70-local.conf:2
	check "recommended" "1 at least 4096" \
		"$(tuning Recommended tcp_sack) $(tuning Recommended net.core.somaxconn)"
	check_run "with the reason of the profile" grep -qF "$(tuning Reason tcp_sack)" \
		"$HOST/profiles/modern.conf"
	check "each parameter that the founding documents name has its meaning" "" \
		"$(comm -23 <(awk '!/^#/ { print $1, $2 }' "$SRC/tests/data/tuning/founding.tsv" | sort) \
			<(tuning_rows Meaning | awk 'NF > 2 { print $1, $2 }'))"
	check_match "an absent one tells when it went" 'gone since Linux 4\.12' \
		"$(tuning Meaning tcp_tw_recycle)"
	check "and has no value" "" "$(tuning Value tcp_tw_recycle)"
	check_match "nor a number" 'No Such Instance' "$(tuning Number tcp_tw_recycle)"
}

test_systemd() {
	host_start
	make_files
	mkdir -p "$HOST/run/systemd/system"
	snmpd_start
	tcpstated_start "$SAMPLING
$SELDOM"
	check_next_boot /lib/systemd/systemd-sysctl
	check_row tcp_keepalive_intvl 1 noRecommendation differsFromPersisted 45 \
		/etc/sysctl.d/10-a.conf:8
	ln -s ../sysctl.conf "$HOST/sysctl.d/99-sysctl.conf"
	wait_until 10 is_tuning 33 Persisted tcp_keepalive_intvl
	check_row tcp_keepalive_intvl 1 noRecommendation differsFromPersisted 33 \
		/etc/sysctl.d/99-sysctl.conf:2
}

# --- reading again -----------------------------------------------------------------------

test_reread() {
	cp -r "$SRC/profiles" "$T/"
	echo 'tcp_fin_timeout <= 100 mine' >"$T/mine.conf"
	chmod a+r "$T/mine.conf"
	scene "$SELDOM
profile \"$T/mine.conf\""
	sysctl_server tcp_fin_timeout=18
	next_sample
	check "a new value is not seen between two readings" 60 "$(tuning Value tcp_fin_timeout)"
	reread
	check_run "but at SIGHUP" wait_until 10 is_tuning 18 Value tcp_fin_timeout

	sysctl_server tcp_fin_timeout=19
	echo 'net.ipv4.tcp_fin_timeout = 20' >"$HOST/sysctl.d/a.conf"
	check_run "and when a file comes" wait_until 10 is_tuning 20 Persisted tcp_fin_timeout
	check "the values are read as well" "19 differsFromPersisted" \
		"$(cells tcp_fin_timeout 1 Value Drift)"
	echo 'net.ipv4.tcp_fin_timeout = 19' >"$HOST/sysctl.d/a.conf"
	check_run "when it is written in place" \
		wait_until 10 is_tuning none Drift tcp_fin_timeout
	mkdir "$HOST/run/sysctl.d"
	echo 'net.ipv4.tcp_fin_timeout = 21' >"$HOST/run/sysctl.d/b.conf"
	check_run "when a directory comes" \
		wait_until 10 is_tuning /run/sysctl.d/b.conf:1 PersistedIn tcp_fin_timeout
	rm "$HOST/run/sysctl.d/b.conf"
	check_run "when one goes" wait_until 10 is_tuning 19 Persisted tcp_fin_timeout

	echo 'tcp_fin_timeout <= 5 mine' >"$T/mine.conf"
	check_run "when the profile changes" wait_until 10 is_tuning differs Status tcp_fin_timeout
	check "with what it says" "at most 5 mine" \
		"$(cells tcp_fin_timeout 1 Recommended Reason)"
	printf '\ntcp_fin_timeout < 5 mine\n' >"$T/mine.conf"
	check_run "a wrong profile takes its recommendations away" \
		wait_until 10 is_tuning noRecommendation Status tcp_fin_timeout
	check "and is logged once, with its line" 1 \
		"$(log_lines "/mine\.conf:2: \"<\" where =, >=, <= or one-of is allowed: nothing is")"
	check "nothing else goes" "19 19" \
		"$(cells tcp_fin_timeout 1 Value Persisted)"
	echo 'tcp_fin_timeout = 19 mine' >"$T/mine.conf"
	check_run "a right one gives them back" \
		wait_until 10 is_tuning asRecommended Status tcp_fin_timeout
	check "and that is logged" 1 "$(log_lines 'profile can be read again')"
	tcpstated_stop

	tcpstated_start "$SAMPLING
		tuning-interval 10"
	sysctl_server tcp_fin_timeout=22
	check_run "a new value is seen at the interval" \
		wait_until 30 is_tuning 22 Value tcp_fin_timeout
}

for section in procps systemd reread; do
	"test_$section"
	host_stop
done
