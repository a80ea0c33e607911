#!/bin/bash
# SPDX-License-Identifier: MIT
# run: 300 s; plain; quick
# What the tuning audit raises: every value that does harm (but two that no namespace has),
# drift, and what collectd is sent. And that the secret key of TCP Fast Open stays one.
# shellcheck source=tests/e2e/lib/lib.sh
. "$(dirname "$0")/lib/lib.sh"
# shellcheck source=tests/e2e/lib/tuning.sh
. "$SRC/tests/e2e/lib/tuning.sh"
# shellcheck source=tests/e2e/lib/collectd.sh
. "$SRC/tests/e2e/lib/collectd.sh"

SECRET=0badc0de-0badc0de-0badc0de-0badc0de

# --- conditions --------------------------------------------------------------------------

check_harmful() { # NAME[ELEMENT] ASSIGNMENTS UNDO: sets, and sets back
	local name=$1 parameter=${1%\[*} element=1 offender value set undo
	[[ $1 != *\[* ]] || { element=${1#*\[} && element=${element%\]}; }
	mapfile -t set <<<"$2"
	mapfile -t undo <<<"$3"
	in_server sysctl -qw "${set[@]}"
	reread
	wait_until 10 is_condition warning tuningHarmful Severity
	check "${2//$'\n'/, } is harmful" "harmful warning 1" \
		"$(tuning Status "$parameter" "$element") $(condition tuningHarmful Severity Value)"
	value=$(tuning Value "$parameter" "$element")
	offender=$(condition tuningHarmful Offender)
	check "${2//$'\n'/, } is named with why" \
		"${name/\[1\]/} is $value: $(tuning Reason "$parameter" "$element")" "$offender"
	in_server sysctl -qw "${undo[@]}"
	reread
	check_run "${3//$'\n'/, } is not" wait_until 10 is_condition normal tuningHarmful Severity
}

make_full_listener() { # its backlog was cut to 64, and its queue is full
	in_server sysctl -qw net.core.somaxconn=64
	tell server listen full "$SERVER4" 82 1024
	in_server sysctl -qw net.core.somaxconn=4096
	tell client connect q "$SERVER4" 82 80 nowait
	wait_until 10 full_listener
}

full_listener() {
	in_server ss -Htln sport = :82 | grep -Eq '^LISTEN 65 +64 '
}

test_harmful() {
	local buckets
	host_start
	trapd_start
	snmpd_configure
	snmpd_start
	sockets_start server "${SERVER[@]}"
	sockets_start client "${CLIENT[@]}"
	tell server listen low "$SERVER4" 8080 16
	tell server listen high "$SERVER4" 64000 16
	make_full_listener
	tcpstated_start "$SAMPLING
$SELDOM"
	wait_until 10 is_condition normal tuningHarmful Severity
	check "nothing is harmful at first" "normal 0 " \
		"$(condition tuningHarmful Severity Value Offender)"
	check_harmful tcp_window_scaling net.ipv4.tcp_window_scaling=0 \
		net.ipv4.tcp_window_scaling=1
	check_run "a notification names it" \
		wait_until 10 traps 'tuningHarmful.*tcp_window_scaling is 0'
	check_harmful tcp_sack net.ipv4.tcp_sack=0 net.ipv4.tcp_sack=1
	check_harmful tcp_timestamps $'net.ipv4.tcp_timestamps=0\nnet.ipv4.tcp_tw_reuse=1' \
		$'net.ipv4.tcp_timestamps=0\nnet.ipv4.tcp_tw_reuse=2'
	sysctl_server tcp_timestamps=1
	check_harmful tcp_retries2 net.ipv4.tcp_retries2=5 net.ipv4.tcp_retries2=8
	check_harmful tcp_syncookies net.ipv4.tcp_syncookies=0 net.ipv4.tcp_syncookies=1
	check_harmful tcp_syncookies net.ipv4.tcp_syncookies=2 net.ipv4.tcp_syncookies=1
	check_harmful tcp_abort_on_overflow net.ipv4.tcp_abort_on_overflow=1 \
		net.ipv4.tcp_abort_on_overflow=0
	buckets=$(tuning Default tcp_max_tw_buckets)
	if [ -n "$buckets" ]; then
		check_harmful tcp_max_tw_buckets \
			"net.ipv4.tcp_max_tw_buckets=$((buckets / 2 - 1))" \
			"net.ipv4.tcp_max_tw_buckets=$((buckets / 2))"
	else # Linux before 6.1 does not tell what it was sized by
		sysctl_server tcp_max_tw_buckets=5000
		reread
		wait_until 10 is_tuning 5000 Value tcp_max_tw_buckets
		check "of an unknown default nothing is said" noRecommendation \
			"$(tuning Status tcp_max_tw_buckets)"
	fi
	sysctl_server 'ip_local_port_range=1024 65000'
	reread
	check_run "a port range that covers listeners is a recommendation" \
		wait_until 10 is_tuning 8080,64000 Recommended ip_local_reserved_ports
	check "and nothing that is harmful" "0 differs" \
		"$(condition tuningHarmful Value) $(tuning Status ip_local_reserved_ports)"
	sysctl_server ip_local_reserved_ports=8080,64000
	reread
	check_run "it is gone when they are reserved" \
		wait_until 10 is_tuning noRecommendation Status ip_local_reserved_ports
	sysctl_server 'ip_local_port_range=32768 60999'
	check_harmful net.core.somaxconn net.core.somaxconn=64 net.core.somaxconn=128
	sysctl_server tcp_sack=0 tcp_retries2=5
	reread
	check_run "of several, all are counted" wait_until 10 is_condition 2 tuningHarmful Value
	check_match "and one is named" '^tcp_sack is 0, and 1 more: ' \
		"$(condition tuningHarmful Offender)"
}

test_drift() {
	host_start
	trapd_start
	snmpd_configure
	snmpd_start
	echo 'net.ipv4.tcp_fin_timeout = 45' >"$HOST/sysctl.d/50-web.conf"
	tcpstated_start "$SAMPLING
		tuning-interval 10
		condition tuningDrift warning 1 hold 15"
	local offender='tcp_fin_timeout is 60, /etc/sysctl.d/50-web.conf:1 sets 45'
	check "a drift is not raised at once" "1 normal" \
		"$(condition tuningDrift Value Severity)"
	check_run "but after its hold" wait_until 60 is_condition warning tuningDrift Severity
	check "it names parameter and file" "$offender" "$(condition tuningDrift Offender)"
	check_run "and so does the notification" wait_until 10 traps "tuningDrift.*$offender"
	sysctl_server tcp_fin_timeout=45
	check_run "it clears when the value is the file's" \
		wait_until 60 is_condition normal tuningDrift Severity
	check "then nobody is named" "0 " \
		"$(condition tuningDrift Value Offender)"
}

# --- the secret, and collectd ------------------------------------------------------------

check_no_secret() { # NAME TEXT
	check_match "$1 says something" '.' "$2"
	check "$1 keeps the secret" "" "$(grep -iE "fastopen_key|${SECRET%%-*}" <<<"$2")"
}

# A vector's elements have their number behind the name.
collectd_names() {
	awk '
		{ name[NR] = $1; element[NR] = $2; elements[$1]++ }
		END {
			for (i = 1; i <= NR; i++)
				print name[i] (elements[name[i]] > 1 ? "-" element[i] : "")
		}' | by_name
}

collectd_sums() {
	echo "$(value collectd tuning/tcpstate_parameters-harmful)" \
		"$(value collectd tuning/tcpstate_parameters-drifted)"
}

test_collectd() {
	scene "$SELDOM"
	sysctl_server "tcp_fastopen_key=$SECRET" tcp_sack=0 tcp_fin_timeout=46
	echo "net.ipv4.tcp_fastopen_key = $SECRET" >"$HOST/sysctl.d/a.conf"
	echo 'net.ipv4.tcp_fin_timeout = 45' >>"$HOST/sysctl.d/a.conf"
	wait_until 10 is_tuning 46 Value tcp_fin_timeout
	check "there is a secret" "$SECRET" "$(in_server sysctl -n net.ipv4.tcp_fastopen_key)"
	check_no_secret "the whole MIB" "$(bulkwalk .1.3.6.1.4.1.8072.9999.9999.4022)"
	check_match "not even by name" 'No Such Instance' "$(tuning Value tcp_fastopen_key)"
	check_no_secret "the log" "$(cat "$T/tcpstated.log")"
	check_no_secret "--once --json" \
		"$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --once --json)"
	for option in --all --json --sysctl; do
		check_no_secret "--tuning $option" \
			"$(in_server "$BIN/tcpstated" -c "$T/tcpstate.conf" --tuning "$option")"
	done

	COLLECTD_IN=("${SERVER[@]}")
	collectd_configure collectd </dev/null
	plugin_configure collectd <<-END
		ReportTuning true
		TuningInterval 10
		Profile "$HOST/profiles/modern.conf"
	END
	collectd_start collectd
	check_no_secret "collectd" "$(ctl collectd listval)"
	check "collectd: how many are harmful, how many have drifted" "1 1" "$(collectd_sums)"
	check "collectd has the running values that are numbers" \
		"$(tuning_rows Number | collectd_names)" \
		"$(ctl collectd listval | sed -n 's,.*/tcpstate_tuning-,,p' | by_name)"
	check "as they are" 46 "$(value collectd tuning/tcpstate_tuning-tcp_fin_timeout)"
	sysctl_server tcp_sack=1 tcp_fin_timeout=45
	check_run "and as they change" \
		wait_until 30 value_is collectd tuning/tcpstate_tuning-tcp_fin_timeout 45
	check "then nothing is harmful nor drifts" "0 0" \
		"$(collectd_sums)"
}

for section in harmful drift collectd; do
	"test_$section"
	host_stop
done
